/*
 * DESIGN
 * The program: reads the command line and the file, starts a runtime, spawns
 * the first process from `_start`, and waits for it or for a signal. A separate
 * thread takes the signals, so that no signal handlers are needed: it kills the
 * first process, whose end ends the program, or prints a report. Before there
 * is a first process it stops the runtime, in which plugins may be running. The
 * compiler cannot be stopped; the program waits for it for PATIENCE at most.
 *
 * A node joins its peers before the first process starts, and leaves them when
 * all processes have ended. Without a first process it works for the others
 * until a signal.
 *
 * With --drain a first SIGTERM makes the thread wait for a drain before it ends
 * the program (process/drain.h).
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/cargo.h"
#include "cli/commands.h"
#include "cli/node.h"
#include "cli/observe.h"
#include "cli/options.h"
#include "cli/patience.h"
#include "cli/pid_one.h"
#include "cli/plugins.h"
#include "cli/prepare.h"
#include "cli/report.h"
#include "cli/serve.h"
#include "cli/supervisor.h"
#include "cluster/node.h"
#include "control/control.h"
#include "engine/compiler.h"
#include "host/stdio.h"
#include "lunatic_version.h"
#include "process/add_module.h"
#include "process/drain.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "process/wasm.h"

#define STATUS_ERROR 1
#define STATUS_USAGE 2    /* of lunatic test, and of former commands */
#define STATUS_FAILED 134 /* as after SIGABRT, and as Wasmtime's program */

#define PATIENCE_NS 500000000
/* Of a node, which says goodbye to the others. */
#define NODE_PATIENCE_NS (LN_FABRIC_FAREWELL + PATIENCE_NS)

/* How often a drain is looked at. */
#define DRAIN_LOOK_NS (10 * LN_NS_PER_MS)

static _Atomic int caught_signal;
static _Atomic bool in_peace; /* a drain is under way, or was in time */

struct signal_thread {
	pthread_t thread;
	sigset_t set;
	struct ln_runtime *runtime;
	const struct ln_cli_options *options;
	struct ln_control *control;     /* NULL: none */
	struct ln_cli_observe *observe; /* NULL: none */
	pthread_mutex_t lock;
	pthread_cond_t ended;     /* by a signal */
	struct ln_process *first; /* under lock; NULL: there is none yet */
	struct ln_node *member;   /* under lock; NULL: no node, or not yet */
	bool reported;            /* under lock; the report at the end is out */
	bool over;                /* under lock; all is to end */
	struct ln_supervisor *supervisor; /* NULL: none */
};

static void report(struct ln_runtime *runtime, struct ln_node *member,
		   const struct ln_cli_options *options)
{
	enum ln_report_form form = options->report != LN_REPORT_NONE
					   ? options->report
					   : LN_REPORT_TABLE;

	ln_cli_report(runtime, member, ln_log_is_json() ? LN_REPORT_JSON : form,
		      options->report_max);
}

/* The report that an option asks for at the end; under the lock. */
static void report_at_end(struct signal_thread *signals)
{
	if (signals->options->report == LN_REPORT_NONE || signals->reported)
		return;
	signals->reported = true;
	report(signals->runtime, signals->member, signals->options);
}

/* Kills all processes, or ends a node without a first one; false: there is no
 * first process. */
static bool kill_all(struct signal_thread *signals)
{
	bool there;

	pthread_mutex_lock(&signals->lock);
	signals->over = true;
	there = signals->first != NULL;
	if (there) {
		report_at_end(signals);
		ln_runtime_begin_stop(signals->runtime);
	} else if (signals->member != NULL) {
		ln_node_interrupt(signals->member);
	}
	pthread_cond_broadcast(&signals->ended);
	pthread_mutex_unlock(&signals->lock);
	ln_supervisor_wake(signals->supervisor);
	return there;
}

/* Prints a report. Under the lock, so that the node stays meanwhile. */
static void report_now(struct signal_thread *signals)
{
	pthread_mutex_lock(&signals->lock);
	report(signals->runtime, signals->member, signals->options);
	pthread_mutex_unlock(&signals->lock);
}

/* Ends whatever runs before the first process, and the program if that does not
 * end by itself. */
static void end_early(struct signal_thread *signals, int number)
{
	int64_t wait = ln_cli_is_node(signals->options) ? NODE_PATIENCE_NS
							: PATIENCE_NS;
	const struct timespec patience = { .tv_sec = wait / LN_NS_PER_S,
					   .tv_nsec = wait % LN_NS_PER_S };
	int next;

	ln_runtime_stop(signals->runtime);
	do {
		next = sigtimedwait(&signals->set, NULL, &patience);
	} while (next == SIGUSR1 || (next < 0 && errno == EINTR));
	if (next != SIGUSR2)
		_exit(128 + number);
}

/* Drains the runtime, until it is drained or the time is over. A second signal
 * ends the program at once. False: the program ends by itself. */
static bool drain(struct signal_thread *signals)
{
	const struct timespec pause = { .tv_nsec = DRAIN_LOOK_NS };
	int64_t deadline = ln_time_now() + (int64_t)signals->options->drain;

	atomic_store(&in_peace, true);
	ln_runtime_drain(signals->runtime);
	ln_supervisor_wake(signals->supervisor);
	while (!ln_runtime_drained(signals->runtime)) {
		int next = sigtimedwait(&signals->set, NULL, &pause);

		if (next == SIGUSR2)
			return false;
		if (next == SIGUSR1)
			report_now(signals);
		else if (next > 0)
			_exit(128 + next);
		if (ln_time_now() >= deadline) {
			atomic_store(&in_peace, false);
			break;
		}
	}
	return true;
}

/* Whether a signal begins a drain rather than an end; also while the first
 * process is being started. */
static bool drains(const struct signal_thread *signals, int number)
{
	return number == SIGTERM && signals->options->drain > 0 &&
	       ln_runtime_state(signals->runtime) < LN_RUNTIME_DRAINING;
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
			report_now(signals);
			continue;
		}
		/* A second signal does not wait for a clean end. */
		if (atomic_exchange(&caught_signal, number) != 0)
			_exit(128 + number);
		if (drains(signals, number) && !drain(signals))
			return NULL;
		if (!kill_all(signals)) {
			end_early(signals, number);
			return NULL;
		}
	}
}

static bool start_signals(struct signal_thread *signals)
{
	pthread_mutex_init(&signals->lock, NULL);
	pthread_cond_init(&signals->ended, NULL);
	if (pthread_create(&signals->thread, NULL, take_signals, signals) == 0)
		return true;
	ln_cli_refuse_start(LN_EIO);
	pthread_cond_destroy(&signals->ended);
	pthread_mutex_destroy(&signals->lock);
	return false;
}

static void stop_signals(struct signal_thread *signals)
{
	pthread_kill(signals->thread, SIGUSR2);
	pthread_join(signals->thread, NULL);
	pthread_cond_destroy(&signals->ended);
	pthread_mutex_destroy(&signals->lock);
}

/* Blocks the signals, for the thread that waits for them; false after a line
 * about an error. */
static bool block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a guest's write fails instead */
	if (pthread_sigmask(SIG_BLOCK, set, NULL) == 0)
		return true;
	ln_cli_refuse_start(LN_EUNSUP);
	return false;
}

/* Prints why the program cannot be run, unless a signal has ended it. */
static void complain(const struct ln_cli_options *options, const char *error,
		     int result)
{
	if (atomic_load(&caught_signal) == 0)
		ln_cli_refuse(options->serve ? "serve" : "run", options->file,
			      result, error);
}

/* What `lunatic upgrade` calls it: the file without folder and ending. */
static void name_module(struct ln_module *module, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *start = slash != NULL ? slash + 1 : file;
	const char *dot = strrchr(start, '.');
	char name[LN_MODULE_NAME];

	snprintf(name, sizeof(name), "%.*s",
		 dot != NULL && dot != start ? (int)(dot - start) : INT_MAX,
		 start);
	ln_module_set_name(module, name);
}

/* The module of the file; NULL after a line about what went wrong. */
static struct ln_module *add_file(struct ln_environment *environment,
				  const struct ln_cli_options *options)
{
	struct ln_patience patience;
	struct ln_module *module;
	uint8_t *bytes;
	char *error;
	size_t len;
	int result;

	bytes = ln_cli_read_module(options, &len);
	if (bytes == NULL || !ln_cli_check_heap_profile(options, bytes, len)) {
		free(bytes);
		return NULL;
	}
	ln_patience_begin(&patience, options->file, bytes, len);
	result = ln_environment_add_module(environment, bytes, len, &module,
					   &error);
	ln_patience_end(&patience);
	free(bytes);
	if (result < 0) {
		complain(options, error, result);
		free(error);
		return NULL;
	}
	name_module(module, options->file);
	return module;
}

/* Spawns the first process; NULL after a line about what went wrong. */
static struct ln_process *spawn_first(struct ln_environment *environment,
				      const struct ln_cli_options *options)
{
	static const char entry[] = "_start";
	struct ln_module *module = add_file(environment, options);
	const struct ln_spawn spawn = { .module = module,
					.function = entry,
					.function_len = sizeof(entry) - 1 };
	struct ln_process *process;
	char *error;
	int result;

	if (module == NULL)
		return NULL;
	result = ln_wasm_spawn(&spawn, &process, &error);
	ln_module_release(module);
	if (result == 0)
		return process;
	if (result == LN_ENOENT)
		complain(
			options,
			"it exports no function `_start`, or as a component "
			"no `wasi:cli/run`; build it as a program (a command), "
			"not as a library",
			result);
	else
		complain(options, error, result);
	free(error);
	return NULL;
}

/* What the program exits with. */
static int exit_status(enum ln_outcome outcome, uint32_t exit_code)
{
	int signal_number = atomic_load(&caught_signal);
	bool drained = atomic_load(&in_peace);

	if (signal_number != 0 && !drained)
		return 128 + signal_number;
	if (outcome == LN_OUTCOME_NORMAL ||
	    (drained && outcome == LN_OUTCOME_KILLED))
		return 0;
	if (outcome != LN_OUTCOME_EXITED)
		return STATUS_FAILED;
	/* The system keeps eight bits; a failure must not look like success. */
	return (exit_code & 0xff) != 0 ? (int)(exit_code & 0xff) : STATUS_ERROR;
}

/* The process that serves a module; NULL after a line about an error. */
static struct ln_process *spawn_server(struct ln_environment *environment,
				       const struct ln_cli_options *options)
{
	struct ln_module *module = add_file(environment, options);
	struct ln_process *process =
		module != NULL ? ln_cli_serve(module, options) : NULL;

	if (module != NULL)
		ln_module_release(module);
	return process;
}

/* Runs the first process to its end. */
static int run_file(struct ln_environment *environment,
		    const struct ln_cli_options *options,
		    struct signal_thread *signals)
{
	struct ln_process *first = options->serve
					   ? spawn_server(environment, options)
					   : spawn_first(environment, options);
	enum ln_outcome outcome;
	uint32_t exit_code;
	int status;

	if (first == NULL)
		return STATUS_ERROR;
	pthread_mutex_lock(&signals->lock);
	signals->first = first;
	pthread_mutex_unlock(&signals->lock);
	ln_runtime_enter(environment->runtime, LN_RUNTIME_READY);
	ln_supervisor_wake(signals->supervisor);
	/* A signal just before that has stopped the runtime, and all in it. */
	outcome = ln_process_wait(first, &exit_code);
	status = exit_status(outcome, exit_code);
	pthread_mutex_lock(&signals->lock);
	report_at_end(signals);
	pthread_mutex_unlock(&signals->lock);
	ln_runtime_stop(environment->runtime);
	if (outcome == LN_OUTCOME_KILLED && atomic_load(&caught_signal) == 0)
		ln_log_say("the first process was killed because a linked "
			   "process failed (see lunatic help killed)");
	/* Only if the log's level lets the report itself be printed. */
	if (outcome == LN_OUTCOME_TRAPPED && ln_log_enabled(LN_LOG_WARN))
		ln_log_say("the first process trapped (see "
			   "lunatic help traps)");
	if (status != 0 && atomic_load(&caught_signal) == 0)
		ln_cli_hint_directories(environment);
	return status;
}

/* Works for other nodes until a signal, which is the normal end. */
static int serve(struct ln_environment *environment,
		 struct signal_thread *signals)
{
	ln_runtime_enter(environment->runtime, LN_RUNTIME_READY);
	ln_supervisor_wake(signals->supervisor);
	pthread_mutex_lock(&signals->lock);
	while (!signals->over)
		pthread_cond_wait(&signals->ended, &signals->lock);
	report_at_end(signals);
	pthread_mutex_unlock(&signals->lock);
	ln_runtime_stop(environment->runtime);
	return 0;
}

static void set_member(struct signal_thread *signals, struct ln_node *member)
{
	ln_control_set_member(signals->control, member);
	ln_cli_observe_member(signals->observe, member);
	pthread_mutex_lock(&signals->lock);
	signals->member = member;
	/* A signal just before that found nothing to interrupt. */
	if (member != NULL && atomic_load(&caught_signal) != 0)
		ln_node_interrupt(member);
	pthread_mutex_unlock(&signals->lock);
}

/* The life of the program, as a node or not. */
static int run(struct ln_environment *environment,
	       const struct ln_cli_options *options,
	       struct signal_thread *signals)
{
	struct ln_node *member;
	int status = STATUS_ERROR;

	if (!ln_cli_is_node(options))
		return run_file(environment, options, signals);
	member = ln_cli_start_node(environment, options);
	if (member == NULL)
		return STATUS_ERROR;
	set_member(signals, member);
	if (ln_cli_join(member))
		status = options->no_entry
				 ? serve(environment, signals)
				 : run_file(environment, options, signals);
	set_member(signals, NULL);
	/* Other nodes may have spawned processes here in any case. */
	ln_runtime_stop(environment->runtime);
	ln_node_free(member);
	return status;
}

/* From plugins to the end of the first process. */
static int prepare_and_run(struct ln_runtime *runtime,
			   const struct ln_cli_options *options,
			   struct signal_thread *signals)
{
	struct ln_environment *environment =
		ln_cli_first_environment(runtime, options);
	int status = STATUS_ERROR;

	if (environment == NULL)
		return STATUS_ERROR;
	/* After it, so that the program's own environment is the first. */
	if (ln_cli_start_observe(runtime, options, &signals->observe))
		status = run(environment, options, signals);
	ln_environment_release(environment);
	return status;
}

/* Has lunatic ps and the like find the program. It runs without that, unless
 * an option has said where. False after a line about what is wrong. */
static bool start_control(struct ln_runtime *runtime,
			  const struct ln_cli_options *options,
			  struct ln_control **control)
{
	const struct ln_control_options wanted = {
		.runtime = runtime,
		.folder = options->ask.folder,
		.name = options->no_entry ? options->node.name : options->file,
	};
	char *error;
	int result;

	*control = NULL;
	if (options->no_control)
		return true;
	result = ln_control_start(&wanted, control, &error);
	if (result < 0 && wanted.folder != NULL)
		ln_log_say("no control socket: %s",
			   error != NULL ? error : ln_error_text(result));
	else if (result < 0)
		ln_log(LN_LOG_INFO, "no control socket: %s",
		       error != NULL ? error : ln_error_text(result));
	free(error);
	return result == 0 || wanted.folder == NULL;
}

/* The whole life of the runtime; returns the program's status. */
static int run_program(struct ln_cli_options *options)
{
	struct signal_thread signals = { .options = options };
	int status = STATUS_ERROR;

	if (!block_signals(&signals.set))
		return STATUS_ERROR;
	signals.runtime = ln_cli_start_runtime(options);
	if (signals.runtime == NULL)
		return STATUS_ERROR;
	ln_cli_allow_http(signals.runtime, options);
	signals.supervisor =
		ln_supervisor_start(signals.runtime, (int64_t)options->drain);
	if (start_signals(&signals)) {
		if (start_control(signals.runtime, options, &signals.control))
			status = prepare_and_run(signals.runtime, options,
						 &signals);
		/* While a second signal still ends the program at once. */
		ln_log_flush();
		ln_cli_stop_observe(signals.observe);
		ln_control_stop(signals.control);
		stop_signals(&signals);
	}
	ln_supervisor_stop(signals.supervisor);
	if (signals.first != NULL)
		ln_process_release(signals.first);
	ln_runtime_free(signals.runtime);
	ln_cli_forget_http(options);
	if (status == STATUS_ERROR && atomic_load(&caught_signal) != 0 &&
	    !atomic_load(&in_peace))
		status = 128 + atomic_load(&caught_signal);
	return status;
}

/* When the command line, or a variable, is wrong. */
static int usage_status(const struct ln_cli_options *options)
{
	if (options->test.cargo)
		return LN_CARGO_FAILED;
	return options->action == LN_CLI_TEST ? STATUS_USAGE : STATUS_ERROR;
}

/* glibc's allocator takes 64 MiB of addresses for a thread that allocates:
 * where addresses are few, the next thread, or the compiler, would find none.
 */
static void spare_addresses(void)
{
#ifdef __GLIBC__
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		(void)mallopt(M_ARENA_MAX, 1);
#endif
}

int main(int argc, char **argv)
{
	const struct ln_cli_command *command =
		argc > 1 ? ln_cli_find_command(argv[1]) : NULL;
	struct ln_cli_options options;
	int status = STATUS_ERROR;
	bool log_is_set;

	spare_addresses();
	/* Before anything else, so that its limits apply first. */
	if (argc > 1 && strcmp(argv[1], LN_COMPILER_MODE) == 0)
		_exit(ln_compiler_serve(argc, argv));
	log_is_set = ln_log_init();
	ln_stdio_reserve();
	if (command != NULL && command->run != NULL)
		return command->run(argc, argv);
	if (argc > 1 && ln_cli_refuse_former(argv[1]))
		return STATUS_USAGE;
	if (ln_cli_parse(argc, argv, &options) < 0) {
		status = usage_status(&options);
		goto end;
	}
	if (options.action == LN_CLI_HELP) {
		ln_cli_print_help();
		status = ln_cli_flush() ? 0 : STATUS_ERROR;
		goto end;
	}
	if (options.action == LN_CLI_VERSION) {
		printf("lunatic %s (host functions of lunatic 0.7.5)\n",
		       LUNATIC_VERSION);
		status = ln_cli_flush() ? 0 : STATUS_ERROR;
		goto end;
	}
	ln_cli_be_first();
	if (!log_is_set)
		ln_log_say("LUNATIC_LOG should be error, warn, info or debug, "
			   "and LUNATIC_LOG_FORMAT text or json");
	if (!ln_cli_check_settings())
		status = usage_status(&options);
	else if (options.action == LN_CLI_TEST)
		status = ln_cli_test(&options);
	else
		status = run_program(&options);
end:
	ln_cli_options_deinit(&options);
	return status;
}
