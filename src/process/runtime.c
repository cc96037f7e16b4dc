/*
 * DESIGN
 * All live processes are in one of several lists, by address, each under its
 * own lock, so that spawning on many workers does not meet in one place.
 * Stopping sets a flag that refuses new processes and kills those in the lists,
 * again and again until none is left: one that is being started may come late.
 *
 * Reports of failures go to the thread that writes the log (base/log.h), which
 * also makes them texts. Who must be told at once, on_trap or a console, waits
 * for another thread, TEXT_THREADS, to make the text.
 *
 * Lock order: a shard's, then a process's, then the scheduler's.
 */
#include "process/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_writer.h"
#include "base/refs.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/engine.h"
#include "engine/needs.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "net/resolver.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/label.h"
#include "process/process.h"
#include "sched/blocking.h"
#include "sched/sched.h"

/* Makes texts that take milliseconds at most. */
#define TEXT_THREADS 1

/* Names that are looked up at the same time; for one environment and all below
 * it at most half as many. */
#define RESOLVER_THREADS 16

int ln_runtime_new(const struct ln_runtime_options *options,
		   struct ln_runtime **out)
{
	struct ln_runtime *runtime = calloc(1, sizeof(*runtime));
	struct ln_sched_options sched = {
		.workers = options->workers,
	};
	int error;

	if (runtime == NULL)
		return LN_ENOMEM;
	atomic_init(&runtime->references, 1);
	runtime->free_wasi = options->free_wasi;
	runtime->on_trap = options->on_trap;
	runtime->on_trap_argument = options->on_trap_argument;
	runtime->heap_profiles = options->heap_profiles;
	runtime->started = ln_time_now();
	for (int i = 0; i < LN_RUNTIME_SHARDS; i++)
		ln_list_init(&runtime->shards[i].processes);
	error = ln_needs_check();
	if (error == 0)
		error = ln_log_start();
	if (error < 0)
		goto fail_log;
	error = ln_engine_new(options->host,
			      options->epochs ? LN_PREEMPTION_EPOCHS
					      : LN_PREEMPTION_SIGNAL,
			      &runtime->engine);
	if (error < 0)
		goto fail_engine;
	error = ln_engine_set_compiling(runtime->engine, &options->compiling);
	if (error < 0)
		goto fail_sched;
	if (options->stack > 0)
		ln_engine_set_stack(runtime->engine, options->stack);
	sched.stack_size = ln_engine_stack_size(runtime->engine);
	if (ln_engine_preemption(runtime->engine) == LN_PREEMPTION_SIGNAL) {
		sched.on_preempt = ln_preempt_guest;
	} else {
		sched.on_tick = ln_engine_tick;
		sched.on_tick_argument = runtime->engine;
	}
	error = ln_sched_new(&sched, &runtime->sched);
	if (error < 0)
		goto fail_sched;
	error = ln_resolver_new(RESOLVER_THREADS, NULL, NULL,
				&runtime->resolver);
	if (error < 0)
		goto fail_resolver;
	error = ln_blocking_new(TEXT_THREADS, TEXT_THREADS, 0, &runtime->texts);
	if (error < 0)
		goto fail_texts;
	*out = runtime;
	return 0;
fail_texts:
	ln_resolver_free(runtime->resolver);
fail_resolver:
	ln_sched_free(runtime->sched);
fail_sched:
	ln_engine_free(runtime->engine);
fail_engine:
	ln_log_stop();
fail_log:
	free(runtime);
	return error;
}

const char *ln_runtime_refusal(int error)
{
	switch (error) {
	case LN_ENOMEM:
		return "out of memory or address space; raise the limit "
		       "(ulimit -v, MemoryMax= or the container's), or start "
		       "fewer workers (--workers)";
	case LN_EIO:
		return "no more threads can be started; raise the limit "
		       "(ulimit -u, TasksMax= or the container's pids limit), "
		       "or start fewer workers (--workers)";
	case LN_ELIMIT:
		return "no more descriptors; raise the limit (ulimit -n)";
	case LN_EPERM:
		return "memory cannot be made executable, which compiled code "
		       "needs; switch off what forbids it "
		       "(MemoryDenyWriteExecute= of systemd, PR_SET_MDWE, or "
		       "execmem of SELinux)";
	case LN_EUNSUP:
		return "handlers of signals cannot be installed; a filter of "
		       "system calls (seccomp) forbids sigaction";
	default:
		return ln_error_text(error);
	}
}

static unsigned shard_of(const struct ln_process *process)
{
	return (unsigned)(((uintptr_t)process >> 9) % LN_RUNTIME_SHARDS);
}

void ln_runtime_add(struct ln_runtime *runtime, struct ln_process *process)
{
	unsigned i = shard_of(process);

	ln_lock_acquire(&runtime->shards[i].lock);
	ln_list_append(&runtime->shards[i].processes, &process->siblings);
	runtime->shards[i].tally.started++;
	ln_lock_release(&runtime->shards[i].lock);
}

void ln_runtime_remove(struct ln_runtime *runtime, struct ln_process *process)
{
	unsigned i = shard_of(process);
	struct ln_tally *tally = &runtime->shards[i].tally;

	ln_lock_acquire(&runtime->shards[i].lock);
	ln_list_remove(&process->siblings);
	/* Its mailbox is closed, so these change no more. */
	tally->ended[process->outcome]++;
	tally->messages += process->mailbox.pushed;
	tally->dropped += process->mailbox.dropped;
	ln_lock_release(&runtime->shards[i].lock);
}

static bool is_in(const struct ln_process *process,
		  const struct ln_environment *environment)
{
	const struct ln_environment *at = process->environment;

	while (at != NULL && at != environment)
		at = at->parent;
	return at == environment;
}

/* Kills those of an environment, or all when it is NULL. */
static void kill_all(struct ln_runtime *runtime,
		     const struct ln_environment *environment)
{
	for (int i = 0; i < LN_RUNTIME_SHARDS; i++) {
		struct ln_list *all = &runtime->shards[i].processes;

		ln_lock_acquire(&runtime->shards[i].lock);
		ln_list_for_each (at, all) {
			struct ln_process *process = ln_container_of(
				at, struct ln_process, siblings);

			if (is_in(process, environment))
				ln_process_kill(process);
		}
		ln_lock_release(&runtime->shards[i].lock);
	}
}

void ln_runtime_service_begins(struct ln_runtime *runtime)
{
	atomic_fetch_add(&runtime->services, 1);
}

void ln_runtime_service_ends(struct ln_runtime *runtime)
{
	atomic_fetch_add(&runtime->services_over, 1);
}

/* Whether a task may be left that is a process. A service is counted while its
 * task is. So those that had begun before the tasks were counted, less those
 * that are over after it, are at most as many as there were among the tasks. */
static bool has_processes(struct ln_runtime *runtime)
{
	uint64_t begun = atomic_load(&runtime->services);
	uint64_t tasks = ln_sched_live(runtime->sched);

	return tasks > begun - atomic_load(&runtime->services_over);
}

void ln_runtime_stop(struct ln_runtime *runtime)
{
	const struct timespec pause = { .tv_nsec = LN_NS_PER_MS };

	atomic_store_explicit(&runtime->stopping, true, memory_order_seq_cst);
	while (has_processes(runtime)) {
		kill_all(runtime, NULL);
		nanosleep(&pause, NULL);
	}
}

bool ln_runtime_clear(struct ln_runtime *runtime,
		      struct ln_environment *environment, int64_t deadline)
{
	const struct timespec pause = { .tv_nsec = LN_NS_PER_MS };

	/* Just a number, as where it is changed. */
	while (atomic_load_explicit(&environment->processes,
				    memory_order_relaxed) > 0) {
		if (ln_time_now() > deadline)
			return false;
		kill_all(runtime, environment);
		nanosleep(&pause, NULL);
	}
	return true;
}

void ln_runtime_free(struct ln_runtime *runtime)
{
	if (runtime == NULL)
		return;
	ln_runtime_stop(runtime);
	ln_sched_wait_idle(runtime->sched);
	ln_log_flush();
	ln_runtime_release(runtime);
}

struct ln_runtime *ln_runtime_retain(struct ln_runtime *runtime)
{
	ln_refs_retain(&runtime->references);
	return runtime;
}

void ln_runtime_release(struct ln_runtime *runtime)
{
	if (!ln_refs_release(&runtime->references))
		return;
	ln_resolver_free(runtime->resolver);
	ln_sched_free(runtime->sched);
	ln_blocking_free(runtime->texts);
	ln_engine_free(runtime->engine);
	free(runtime);
	ln_log_stop();
}

struct text_call {
	const struct ln_report *report;
	char *text;
};

static void make_text(void *argument)
{
	struct text_call *call = argument;

	call->text = ln_report_text(call->report);
}

char *ln_runtime_report_text(struct ln_runtime *runtime,
			     const struct ln_report *report)
{
	struct text_call call = { .report = report };

	/* Without a thread the reason has to do. */
	if (ln_blocking_run(runtime->texts, make_text, &call) < 0)
		return strdup(ln_report_reason(report));
	return call.text;
}

/* What a process is called: its id, and what people know it by. */
#define WHO_SIZE (LN_UUID_TEXT + LN_LABEL_SIZE + 4)

static void name_process(struct ln_process *process, char who[WHO_SIZE])
{
	char name[LN_LABEL_SIZE];
	char shown[LN_LABEL_SIZE];
	size_t len = LN_UUID_TEXT - 1;

	ln_uuid_format(process->id, who);
	if (!ln_process_known_as(process, name))
		return;
	ln_text_copy(shown, sizeof(shown), name, strlen(name));
	snprintf(who + len, WHO_SIZE - len, " '%s'", shown);
}

/* A report on its way to standard error. */
struct queued_report {
	struct ln_log_item item;
	struct ln_report *report;
	char id[WHO_SIZE];
};

static char *format_line(const char *id, const char *text, size_t *len)
{
	char *line;
	int n = asprintf(&line, "lunatic: process %s trapped: %s\n", id, text);

	if (n < 0)
		return NULL;
	*len = (size_t)n;
	return line;
}

static char *render_report(struct ln_log_item *item, size_t *len)
{
	struct queued_report *queued =
		ln_container_of(item, struct queued_report, item);
	char *text = ln_report_text(queued->report);
	char *line = NULL;

	if (text != NULL)
		line = format_line(queued->id, text, len);
	free(text);
	return line;
}

static void free_report(struct ln_log_item *item)
{
	struct queued_report *queued =
		ln_container_of(item, struct queued_report, item);

	ln_report_free(queued->report);
	free(queued);
}

/* Leaves a report to the thread that writes the log. */
static void queue_report(struct ln_process *process, struct ln_report *report)
{
	struct queued_report *queued = NULL;

	if (ln_log_enabled(LN_LOG_WARN) && ln_log_admits_report())
		queued = malloc(sizeof(*queued));
	if (queued == NULL) {
		ln_report_free(report);
		return;
	}
	queued->report = report;
	queued->item = (struct ln_log_item){
		.size = sizeof(*queued) + ln_report_size(report),
		.kind = LN_LOG_REPORT,
		.render = render_report,
		.free = free_report,
	};
	name_process(process, queued->id);
	ln_log_push(&queued->item);
}

struct told_report {
	struct ln_runtime *runtime;
	struct ln_process *process;
	const char *text;
};

/* Tells those who want to know before anybody else does. */
static void tell(void *argument)
{
	struct told_report *told = argument;
	struct ln_runtime *runtime = told->runtime;
	const struct ln_console *console = told->process->environment->console;
	char id[WHO_SIZE];
	size_t len = 0;
	char *line;

	if (runtime->on_trap != NULL)
		runtime->on_trap(runtime->on_trap_argument, told->process,
				 told->text);
	if (console == NULL || !ln_log_enabled(LN_LOG_WARN))
		return;
	name_process(told->process, id);
	line = format_line(id, told->text, &len);
	/* Its file is full: what follows is not kept. */
	if (line != NULL && write(console->reports, line, len) < 0)
		len = 0;
	free(line);
}

void ln_runtime_report(struct ln_runtime *runtime, struct ln_process *process,
		       struct ln_report *report)
{
	struct told_report told = { .runtime = runtime, .process = process };
	char *text;

	if (report == NULL)
		return;
	if (runtime->on_trap == NULL && process->environment->console == NULL) {
		queue_report(process, report);
		return;
	}
	text = ln_runtime_report_text(runtime, report);
	ln_report_free(report);
	told.text = text != NULL ? text : "out of memory";
	ln_task_on_worker_stack(ln_task_current(), tell, &told);
	free(text);
}
