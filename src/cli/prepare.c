/*
 * DESIGN
 * What a runtime needs before its first process: the module's bytes, plugins,
 * and a complete configuration. Each failure is reported in one line.
 */
#include "cli/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/guard.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/plugins.h"
#include "engine/cache.h"
#include "engine/engine.h"
#include "host/abi_gen.h"
#include "host/wasi/wasi.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/fold.h"
#include "process/listeners.h"
#include "process/runtime.h"
#include "process/shutdown.h"

/* Every connection is a descriptor, and the usual limit exists for programs
 * that wait with select(2), which this one does not. */
void ln_cli_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* If it fails, the lower limit stays. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Initial buffer for a file of unknown size. */
#define ROOM_FIRST ((size_t)64 << 10)

/* Reads until the end, or until the buffer is full. An errno. */
static int read_all(int fd, struct ln_bytes *buffer)
{
	while (buffer->len < buffer->max) {
		ssize_t n;

		if (!ln_bytes_reserve(buffer, 1))
			return ENOMEM;
		n = read(fd, buffer->data + buffer->len,
			 buffer->room - buffer->len);
		if (n == 0)
			return 0;
		if (n > 0)
			buffer->len += (size_t)n;
		else if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* Prints that a file cannot be opened, with a suggestion if it is the first
 * word of the command line. */
static void refuse_open(const char *path, int error, bool is_word)
{
	bool no_file = is_word && error == ENOENT;
	const char *command = no_file ? ln_cli_nearest_command(path) : NULL;
	const char *instead = no_file ? ln_cli_instead(path) : NULL;

	if (instead != NULL)
		ln_log_say("cannot open '%s': %s; there is no such command, "
			   "use %s",
			   path, strerror(error), instead);
	else if (command != NULL)
		ln_log_say("cannot open '%s': %s; did you mean lunatic %s?",
			   path, strerror(error), command);
	else
		ln_log_say("cannot open '%s': %s", path, strerror(error));
}

static void refuse_size(const char *path, bool exact, uint64_t size,
			size_t bound)
{
	ln_log_say("cannot read '%s': the module is too large: it has "
		   "%s%" PRIu64 " bytes, at most %zu are allowed; strip its "
		   "debug information, or raise --max-module (see lunatic help "
		   "refused)",
		   path, exact ? "" : "more than ", size, bound);
}

/* Reads an open file; NULL after a line about an error. */
static uint8_t *read_open(int fd, const char *path, size_t bound, size_t *len)
{
	/* One more tells that the file is too large, and with one more the end
	 * is seen at once. */
	struct ln_bytes buffer = {
		.max = bound < SIZE_MAX ? bound + 1 : bound,
		.first = ROOM_FIRST,
	};
	struct stat stat;
	int error;

	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) &&
	    stat.st_size > 0) {
		if ((uintmax_t)stat.st_size > bound) {
			refuse_size(path, true, (uint64_t)stat.st_size, bound);
			return NULL;
		}
		buffer.first = (size_t)stat.st_size + 1;
	}
	error = read_all(fd, &buffer);
	*len = buffer.len;
	if (error == 0 && buffer.len <= bound)
		return buffer.data;
	if (error == 0)
		refuse_size(path, false, bound, bound);
	else
		ln_log_say("cannot read '%s': %s", path, strerror(error));
	ln_bytes_deinit(&buffer);
	return NULL;
}

static uint8_t *read_path(const char *path, bool is_word, size_t bound,
			  size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *bytes;

	*len = 0;
	if (fd < 0) {
		refuse_open(path, errno, is_word);
		return NULL;
	}
	bytes = read_open(fd, path, bound, len);
	ln_fd_close(fd);
	return bytes;
}

uint8_t *ln_cli_read_file(const char *path, size_t bound, size_t *len)
{
	return read_path(path, false, bound, len);
}

uint8_t *ln_cli_read_module(const struct ln_cli_options *options, size_t *len)
{
	return read_path(options->file,
			 options->action == LN_CLI_RUN && !options->run,
			 options->config->limits.max_module_bytes, len);
}

bool ln_cli_check_settings(void)
{
	const char *wrong = ln_cache_check_settings();

	if (wrong != NULL)
		ln_log_say("%s; see lunatic --help", wrong);
	return wrong == NULL;
}

/* Grants the first process all permissions, and passes it the command line and,
 * unless --env or --no-env is used, the variables of this program. Environments
 * that guests make have none of them. */
int ln_cli_complete_config(const struct ln_cli_options *options)
{
	struct ln_config *config = options->config;
	int error = ln_config_allow(config, "", 0);

	for (size_t i = 0; i < options->arg_count && error == 0; i++)
		error = ln_config_add_arg(config, options->args[i]);
	if (options->bench && error == 0)
		error = ln_config_add_arg(config, "--bench");
	if (options->some_envs)
		return error;
	for (char **at = environ; *at != NULL && error == 0; at++)
		error = ln_config_add_env(config, *at);
	return error;
}

/* Adds the current directory, as lunatic 0.13 does, unless an option says
 * something of it, or guests cannot have it. LN_ENOMEM. */
static int add_current_directory(struct ln_config *config)
{
	struct stat stat;
	bool closed;
	int fd;

	for (size_t i = 0; i < config->preopen_count; i++) {
		if (strcmp(config->preopens[i].guest, ".") == 0)
			return 0;
	}
	/* The folders closed to guests must be known by now. */
	if (ln_cache_guard() < 0)
		return LN_ENOMEM;
	fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	closed = fstat(fd, &stat) < 0 || ln_guard_closes(&stat);
	ln_fd_close(fd);
	return closed ? 0 : ln_config_preopen(config, ".", ".", false);
}

/* Prints which directory guests cannot have, and why; false if there is one. */
bool ln_cli_check_directories(const struct ln_config *config)
{
	struct stat stat;

	/* The folders closed to guests must be known by now. */
	if (config->preopen_count > 0 && ln_cache_guard() < 0) {
		ln_log_say("out of memory");
		return false;
	}
	for (size_t i = 0; i < config->preopen_count; i++) {
		const char *host = config->preopens[i].host;
		int fd = open(host, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0) {
			ln_log_say("cannot open the directory '%s' of "
				   "--dir: %s",
				   host, strerror(errno));
			return false;
		}
		if (fstat(fd, &stat) < 0 || ln_guard_closes(&stat)) {
			ln_log_say("guests cannot have the directory "
				   "'%s' of --dir: it holds compiled code or "
				   "keys",
				   host);
			ln_fd_close(fd);
			return false;
		}
		ln_fd_close(fd);
	}
	return true;
}

/* Prints where guests cannot listen, and why; false if there is such an
 * address.
 */
bool ln_cli_check_listeners(const struct ln_config *config)
{
	for (size_t i = 0; i < config->listeners.count; i++) {
		const char *address = config->listeners.list[i];
		int fd = ln_listener_open(address, NULL);

		if (fd >= 0) {
			ln_fd_close(fd);
			continue;
		}
		if (fd == -EINVAL)
			ln_log_say(
				"'%s' of --tcplisten is not an IP address and "
				"port, such as 127.0.0.1:8080",
				address);
		else
			ln_log_say("cannot listen at '%s' of "
				   "--tcplisten: %s",
				   address, strerror(-fd));
		return false;
	}
	return true;
}

void ln_cli_refuse_environment(int error)
{
	const char *reason = ln_error_text(error);

	/* The first one is in no other, and there are few of them. */
	if (error == LN_ELIMIT)
		reason = "the directories and sockets of --dir and --tcplisten "
			 "are more than --max-descriptors, or the system, "
			 "allows";
	ln_log_say("%s", reason);
}

void ln_cli_refuse(const char *verb, const char *file, int result,
		   const char *error)
{
	ln_log_say("cannot %s '%s': %s (see lunatic help refused)", verb, file,
		   error != NULL ? error : ln_error_text(result));
}

void ln_cli_hint_directories(const struct ln_environment *environment)
{
	if (!atomic_load_explicit(&environment->lacks_directories,
				  memory_order_relaxed) ||
	    !ln_log_enabled(LN_LOG_WARN))
		return;
	ln_log_say("the program looked for a directory and was "
		   "given none; if it needs files, run it with --dir (see "
		   "lunatic help files)");
}

void ln_cli_refuse_start(int error)
{
	ln_log_say("cannot start the runtime: %s (see lunatic help start)",
		   ln_runtime_refusal(error));
}

/* The engine that was asked for; NULL: none. False, and said: there is none. */
static bool find_engine(const struct ln_cli_options *options,
			struct ln_engine_choice *engine)
{
	const char *name = getenv("LUNATIC_ENGINE");

	if (options->engine > 0)
		name = ln_cli_engines[options->engine - 1];
	else if (name == NULL || name[0] == '\0')
		return true;
	if (ln_engine_choose(name, engine))
		return true;
	ln_log_say("cannot start the runtime: the variable LUNATIC_ENGINE is "
		   "`%s`, but this program has no engine of that name (see "
		   "lunatic --help)",
		   name);
	return false;
}

struct ln_runtime *ln_cli_start_runtime(const struct ln_cli_options *options)
{
	struct ln_runtime_options runtime_options = {
		.workers = options->workers,
		.epochs = options->epochs,
		.stack = options->stack,
		.host = &ln_host_abi,
		.free_wasi = ln_wasi_free,
		.heap_profiles = options->heap_profiles,
		.compiling = { .program = LN_CLI_COMPILER,
			       .limits = options->compiling },
	};
	struct ln_runtime *runtime;
	int error;

	if (!find_engine(options, &runtime_options.engine))
		return NULL;
	ln_cli_raise_descriptor_limit();
	error = options->run ? add_current_directory(options->config) : 0;
	if (error < 0) {
		ln_cli_refuse_start(error);
		return NULL;
	}
	if (!ln_cli_check_directories(options->config) ||
	    !ln_cli_check_listeners(options->config))
		return NULL;
	error = ln_runtime_new(&runtime_options, &runtime);
	if (error == 0 && options->fold_after > 0) {
		error = ln_folding_start(runtime, options->fold_after);
		if (error < 0)
			ln_runtime_free(runtime);
	}
	if (error == 0)
		return runtime;
	ln_cli_refuse_start(error);
	return NULL;
}

struct ln_environment *
ln_cli_first_environment(struct ln_runtime *runtime,
			 const struct ln_cli_options *options)
{
	struct ln_environment *environment;
	int error;

	if (!ln_cli_add_plugins(runtime, options))
		return NULL;
	error = ln_cli_complete_config(options);
	if (error == 0)
		error = ln_environment_new(runtime, NULL, options->config,
					   &environment);
	if (error == 0)
		return environment;
	ln_cli_refuse_environment(error);
	return NULL;
}
