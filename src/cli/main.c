/*
 * DESIGN
 * The program: reads the command line and the file, starts a runtime, spawns
 * the first process from `_start`, and waits for it or for a signal. A thread
 * of its own takes the signals, so that handlers need no care: it kills the
 * first process, whose end ends the program, or prints a report.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/options.h"
#include "cli/report.h"
#include "host/abi_gen.h"
#include "host/stdio.h"
#include "host/wasi.h"
#include "lunatic_version.h"
#include "process/environment.h"
#include "process/listeners.h"
#include "process/plugin.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/wasm.h"

#define STATUS_ERROR 1
#define STATUS_FAILED 134 /* as after SIGABRT, and as Wasmtime's program */

static _Atomic int caught_signal;

struct signal_thread {
	pthread_t thread;
	sigset_t set;
	struct ln_process *first;
	struct ln_runtime *runtime;
	const struct ln_cli_options *options;
};

static void report(struct ln_runtime *runtime,
		   const struct ln_cli_options *options)
{
	ln_cli_report(runtime,
		      options->report != LN_REPORT_NONE ? options->report
							: LN_REPORT_TABLE,
		      options->report_most);
}

static void *take_signals(void *argument)
{
	struct signal_thread *signals = argument;
	int number;

	for (;;) {
		if (sigwait(&signals->set, &number) != 0)
			continue;
		if (number == SIGUSR2) /* the program ends */
			return NULL;
		if (number == SIGUSR1) {
			report(signals->runtime, signals->options);
			continue;
		}
		/* The second time nobody waits for a clean end. */
		if (atomic_exchange(&caught_signal, number) != 0)
			_exit(128 + number);
		ln_process_kill(signals->first);
	}
}

static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a guest's write fails instead */
}

/* Every connection is a descriptor, and the usual bound is for programs that
 * wait with select(2), as this one does not. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Reads the whole file, at most one byte more than `most`. */
static uint8_t *read_file(const char *path, size_t most, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	uint8_t *bytes;
	size_t room;

	if (fd < 0) {
		fprintf(stderr, "lunatic: cannot open '%s': %s\n", path,
			strerror(errno));
		return NULL;
	}
	room = most + 1;
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
	    (uintmax_t)stat.st_size < most)
		room = (size_t)stat.st_size + 1;
	bytes = malloc(room);
	*len = 0;
	while (bytes != NULL && *len < room) {
		ssize_t n = read(fd, bytes + *len, room - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(stderr, "lunatic: cannot read '%s': %s\n", path,
				strerror(errno));
			free(bytes);
			bytes = NULL;
			break;
		}
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	close(fd);
	return bytes;
}

/* Adds a plugin to the configuration; false after a line about what went
 * wrong. */
static bool add_plugin(struct ln_runtime *runtime, struct ln_config *config,
		       const char *path)
{
	const char *slash = strrchr(path, '/');
	struct ln_plugin *plugin;
	uint8_t *bytes;
	char *error;
	size_t len;
	int result;

	bytes = read_file(path, config->limits.max_module_bytes, &len);
	if (bytes == NULL)
		return false;
	result = ln_plugin_new(runtime, NULL, slash != NULL ? slash + 1 : path,
			       bytes, len, &plugin, &error);
	free(bytes);
	if (result < 0) {
		fprintf(stderr, "lunatic: cannot load the plugin '%s': %s\n",
			path, error != NULL ? error : ln_error_text(result));
		free(error);
		return false;
	}
	result = ln_config_add_plugin(config, plugin);
	ln_plugin_release(plugin);
	if (result < 0)
		fprintf(stderr, "lunatic: too many plugins: at most %d\n",
			LN_PLUGINS_MOST);
	return result == 0;
}

static bool add_plugins(struct ln_runtime *runtime,
			const struct ln_cli_options *options)
{
	for (size_t i = 0; i < options->plugin_count; i++) {
		if (!add_plugin(runtime, options->config, options->plugins[i]))
			return false;
	}
	return true;
}

/* Whether the configuration sets the variable that `text` begins with. */
static bool has_variable(const struct ln_config *config, const char *text)
{
	size_t len = strcspn(text, "=");

	for (size_t i = 0; i < config->envs.count; i++) {
		const char *other = config->envs.list[i];

		if (strncmp(text, other, len) == 0 && other[len] == '=')
			return true;
	}
	return false;
}

/* Grants the first process everything that it can have, and shows it the
 * command line and the variables of this program. */
static int complete_config(const struct ln_cli_options *options)
{
	struct ln_config *config = options->config;
	int error = ln_config_allow(config, "", 0);

	for (size_t i = 0; i < options->arg_count && error == 0; i++)
		error = ln_config_add_arg(config, options->args[i]);
	for (char **at = environ; *at != NULL && error == 0; at++) {
		if (!options->some_envs && !has_variable(config, *at))
			error = ln_config_add_env(config, *at);
	}
	return error;
}

/* Says which directory guests cannot have, and why; false if there is one. */
static bool check_directories(const struct ln_config *config)
{
	for (size_t i = 0; i < config->preopen_count; i++) {
		const char *host = config->preopens[i].host;
		int fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0) {
			fprintf(stderr,
				"lunatic: cannot open the directory '%s' of "
				"--dir: %s\n",
				host, strerror(errno));
			return false;
		}
		close(fd);
	}
	return true;
}

/* Says where guests cannot listen, and why; false if there is such a place. */
static bool check_listeners(const struct ln_config *config)
{
	for (size_t i = 0; i < config->listeners.count; i++) {
		const char *address = config->listeners.list[i];
		int fd = ln_listener_open(address);

		if (fd >= 0) {
			close(fd);
			continue;
		}
		if (fd == -EINVAL)
			fprintf(stderr,
				"lunatic: '%s' of --tcplisten is no IP "
				"address and port, such as 127.0.0.1:8080\n",
				address);
		else
			fprintf(stderr,
				"lunatic: cannot listen at '%s' of "
				"--tcplisten: %s\n",
				address, strerror(-fd));
		return false;
	}
	return true;
}

/* Spawns the first process; NULL after a line about what went wrong. */
static struct ln_process *spawn_first(struct ln_environment *environment,
				      const struct ln_cli_options *options)
{
	static const char entry[] = "_start";
	struct ln_env_module *module;
	struct ln_spawn spawn = { .function = entry,
				  .function_len = sizeof(entry) - 1 };
	struct ln_process *process;
	uint8_t *bytes;
	char *error;
	size_t len;
	int result;

	bytes = read_file(options->file,
			  options->config->limits.max_module_bytes, &len);
	if (bytes == NULL)
		return NULL;
	result = ln_environment_add_module(environment, bytes, len, &module,
					   &error);
	free(bytes);
	if (result < 0) {
		fprintf(stderr, "lunatic: cannot run '%s': %s\n", options->file,
			error != NULL ? error : ln_error_text(result));
		free(error);
		return NULL;
	}
	spawn.module = module;
	result = ln_wasm_spawn(&spawn, &process, &error);
	ln_env_module_release(module);
	if (result == 0)
		return process;
	if (result == LN_ENOENT)
		fprintf(stderr,
			"lunatic: cannot run '%s': it exports no function "
			"`_start`; build it as a program (a command), not as "
			"a library\n",
			options->file);
	else
		fprintf(stderr, "lunatic: cannot run '%s': %s\n", options->file,
			error != NULL ? error : ln_error_text(result));
	free(error);
	return NULL;
}

/* What the program exits with. */
static int exit_status(enum ln_outcome outcome, uint32_t exit_code)
{
	int signal_number = atomic_load(&caught_signal);

	if (signal_number != 0)
		return 128 + signal_number;
	if (outcome == LN_OUTCOME_NORMAL)
		return 0;
	if (outcome != LN_OUTCOME_EXITED)
		return STATUS_FAILED;
	/* The system keeps eight bits; a failure must not look like success. */
	return (exit_code & 0xff) != 0 ? (int)(exit_code & 0xff) : STATUS_ERROR;
}

static int run(struct ln_environment *environment,
	       const struct ln_cli_options *options, sigset_t *set)
{
	struct signal_thread signals = { .set = *set,
					 .runtime = environment->runtime,
					 .options = options };
	enum ln_outcome outcome;
	uint32_t exit_code;
	int status;

	signals.first = spawn_first(environment, options);
	if (signals.first == NULL)
		return STATUS_ERROR;
	if (pthread_create(&signals.thread, NULL, take_signals, &signals) !=
	    0) {
		fprintf(stderr, "lunatic: cannot start a thread\n");
		ln_process_release(signals.first);
		return STATUS_ERROR;
	}
	outcome = ln_process_wait(signals.first, &exit_code);
	status = exit_status(outcome, exit_code);
	if (options->report != LN_REPORT_NONE)
		report(environment->runtime, options);
	ln_runtime_stop(environment->runtime);
	pthread_kill(signals.thread, SIGUSR2);
	pthread_join(signals.thread, NULL);
	if (outcome == LN_OUTCOME_KILLED && atomic_load(&caught_signal) == 0)
		fprintf(stderr, "lunatic: the first process was killed, by "
				"the death of a process that it is linked "
				"to\n");
	ln_process_release(signals.first);
	return status;
}

/* The whole life of the runtime; returns the program's status. */
static int run_program(const struct ln_cli_options *options)
{
	struct ln_runtime_options runtime_options = {
		.workers = options->workers,
		.epochs = options->epochs,
		.host = &ln_host_abi,
		.free_wasi = ln_wasi_free,
		.heap_profiles = options->heap_profiles,
	};
	struct ln_environment *environment;
	struct ln_runtime *runtime;
	int status = STATUS_ERROR;
	sigset_t set;
	int error;

	block_signals(&set);
	raise_descriptor_limit();
	if (!check_directories(options->config) ||
	    !check_listeners(options->config))
		return STATUS_ERROR;
	if (ln_runtime_new(&runtime_options, &runtime) < 0) {
		fprintf(stderr, "lunatic: cannot start the runtime: out of "
				"memory, threads or descriptors\n");
		return STATUS_ERROR;
	}
	if (!add_plugins(runtime, options)) {
		ln_runtime_free(runtime);
		return STATUS_ERROR;
	}
	error = complete_config(options);
	if (error == 0)
		error = ln_environment_new(runtime, NULL, options->config,
					   &environment);
	if (error == 0) {
		status = run(environment, options, &set);
		ln_environment_release(environment);
	} else {
		fprintf(stderr, "lunatic: %s\n", ln_error_text(error));
	}
	ln_runtime_free(runtime);
	return status;
}

int main(int argc, char **argv)
{
	struct ln_cli_options options;
	int status = STATUS_ERROR;

	ln_stdio_reserve();
	if (ln_cli_parse(argc, argv, &options) < 0)
		goto end;
	if (options.action == LN_CLI_HELP) {
		ln_cli_print_help();
		status = fflush(stdout) == 0 ? 0 : STATUS_ERROR;
		goto end;
	}
	if (options.action == LN_CLI_VERSION) {
		printf("lunatic %s (host functions of lunatic 0.7.5)\n",
		       LUNATIC_VERSION);
		status = fflush(stdout) == 0 ? 0 : STATUS_ERROR;
		goto end;
	}
	if (!ln_log_init())
		fprintf(stderr, "lunatic: LUNATIC_LOG should be error, warn, "
				"info or debug\n");
	status = run_program(&options);
end:
	ln_config_free(options.config);
	free(options.plugins);
	return status;
}
