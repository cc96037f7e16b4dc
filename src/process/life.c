/*
 * DESIGN
 * ln_process_new, perhaps ln_process_link, ln_process_start; the body runs on
 * the task's fiber; conclude() closes the mailbox and settles the links, still
 * on the fiber; the scheduler gives the stack back and calls task_done, which
 * drops the reference that the running task held.
 */
#include "process/life.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "base/probe.h"
#include "base/time.h"
#include "engine/account.h"
#include "process/change.h"
#include "process/deaths.h"
#include "process/drain.h"
#include "process/environment.h"
#include "process/extra.h"
#include "process/inspect.h"
#include "process/monitors.h"
#include "process/registry.h"
#include "process/remote.h"
#include "process/runtime.h"
#include "process/startup.h"
#include "process/timers.h"
#include "process/trace.h"
#include "sched/sched.h"

_Static_assert(LN_OUTCOME_NORMAL == LN_DEATH_NORMAL, "outcomes");
_Static_assert(sizeof(((struct ln_death *)0)->entry) ==
		       sizeof(((struct ln_process_info *)0)->entry),
	       "texts of one length");
_Static_assert(LN_OUTCOME_KILLED + 1 == LN_OUTCOMES, "outcomes");

/* Values of `ended`. */
enum { ALIVE, AWAITED, ENDED };

/* The part of the end that few processes need. */
LN_NOINLINE static void conclude_rest(struct ln_process *process,
				      struct ln_extra *extra)
{
	struct ln_end end = ln_process_end(process);

	ln_change_end_of(process);
	ln_watchers_tell(process, &end);
	if (extra == NULL)
		return;
	ln_monitors_end(&extra->monitors);
	ln_own_timers_end(&extra->timers, process->environment);
	ln_drain_forget(process->environment->runtime, &extra->drain);
	ln_startup_end(extra->startup, process->environment);
	free(extra);
}

/* While it still has its registrations and its argument. */
LN_NOINLINE static void keep_death(struct ln_process *process,
				   enum ln_outcome outcome)
{
	struct ln_process_info info;
	struct ln_death death = {
		.number = ln_directory_id(&process->entry),
		.environment = process->environment->number,
		.when = ln_time_now(),
		.outcome = outcome,
	};

	ln_process_look(process, &info);
	death.age = info.age;
	death.cpu = info.cpu;
	death.memory = info.memory;
	if (outcome == LN_OUTCOME_EXITED)
		death.exit_code = process->exit_code;
	memcpy(death.id, process->id, sizeof(death.id));
	memcpy(death.parent, process->parent, sizeof(death.parent));
	memcpy(death.entry, info.entry, sizeof(death.entry));
	memcpy(death.name,
	       info.registered[0] != '\0' ? info.registered : info.label,
	       sizeof(death.name));
	ln_deaths_add(process->environment->runtime->deaths, &death,
		      process->failure);
	process->failure = NULL;
}

/* Keeps the death, unless it is a normal one of many. */
static void note_death(struct ln_process *process, enum ln_outcome outcome)
{
	struct ln_runtime *runtime = process->environment->runtime;

	if (LN_LIKELY(outcome == LN_OUTCOME_NORMAL &&
		      ln_deaths_skips(runtime->deaths,
				      ln_sched_ticks(runtime->sched))))
		return;
	keep_death(process, outcome);
}

static void conclude(struct ln_process *process, enum ln_outcome outcome)
{
	struct ln_links links;
	struct ln_end_watch *watch;
	struct ln_extra *extra;
	bool registered;
	bool more;

	ln_process_lock(process);
	ln_assert(!process->dead); /* a process ends once */
	ln_mailbox_close_locked(&process->mailbox);
	process->dead = true;
	registered = process->registrations != NULL;
	watch = process->watches;
	process->watches = NULL;
	process->outcome = (uint8_t)outcome;
	links = process->links;
	process->links = (struct ln_links){ 0 };
	extra = process->extra;
	process->extra = NULL;
	more = extra != NULL || process->watchers != NULL ||
	       process->change != NULL;
	ln_process_unlock(process);

	if (ln_process_is_traced(process))
		ln_trace_ended(process, outcome);
	/* From here on no code of the process's own runs that could hold a
	 * lock, so the work below may let others run. A process that was never
	 * started is concluded by another task. */
	process->task.gives_way = true;
	ln_mailbox_deinit(&process->mailbox);
	/* Its registrations are removed before its links are told. */
	if (registered)
		ln_registry_forget(process);
	if (process->free_argument != NULL)
		process->free_argument(process->argument);
	while (watch != NULL) {
		struct ln_end_watch *next = watch->next;

		watch->ended(watch, process);
		watch = next;
	}
	/* Whoever is told may start a replacement: make room for it first. */
	ln_environment_leave(process->environment, NULL);
	ln_process_settle_links(process, &links, outcome != LN_OUTCOME_NORMAL);
	if (LN_UNLIKELY(more))
		conclude_rest(process, extra);
}

static void task_run(struct ln_task *task)
{
	struct ln_process *process = ln_process_of(task);
	enum ln_outcome outcome = LN_OUTCOME_KILLED;

	if (!ln_task_interrupted(task))
		outcome = process->body(process);
	/* A kill that came while it was about to return is still a kill. */
	if (ln_task_interrupted(task))
		outcome = LN_OUTCOME_KILLED;
	note_death(process, outcome);
	conclude(process, outcome);
}

/* Ends everything but the memory of the process itself. */
static void finish(struct ln_process *process)
{
	uint32_t before;

	ln_assert(process->dead);
	ln_account_refund(process->environment->charged, NULL,
			  LN_PROCESS_BYTES - LN_PROCESS_ENDED_BYTES);
	/* Release pairs with the acquire in ln_process_wait_until. A system
	 * call only when somebody sleeps. */
	before = atomic_exchange_explicit(&process->ended, ENDED,
					  memory_order_acq_rel);
	ln_assert(before != ENDED);
	if (before == AWAITED)
		ln_futex_wake(&process->ended, INT32_MAX);
	ln_process_release(process);
}

static void leave_directory(struct ln_process *process)
{
	/* Its mailbox is closed, so these change no more. */
	ln_directory_remove(process->environment->runtime->directory,
			    &process->entry, process->outcome,
			    process->mailbox.pushed, process->mailbox.dropped);
}

static void task_done(struct ln_task *task)
{
	struct ln_process *process = ln_process_of(task);

	leave_directory(process);
	finish(process);
}

/* The process that runs here; NULL: none does. */
static struct ln_process *spawner(void)
{
	struct ln_task *task = ln_task_current();

	return task != NULL && task->run == task_run ? ln_process_of(task)
						     : NULL;
}

int ln_process_start(struct ln_process *process)
{
	struct ln_runtime *runtime = process->environment->runtime;
	int error;

	ln_assert(process->body != NULL && !process->dead);
	process->started = ln_sched_time(runtime->sched);
	ln_process_retain(process); /* the task's */
	ln_directory_add(runtime->directory, &process->entry);
	if (ln_trace_is_any(runtime))
		ln_trace_started(process, spawner());
	LN_PROBE_SPAWN(process, ln_directory_id(&process->entry),
		       process->environment->number, &process->task);
	error = ln_task_start(runtime->sched, &process->task, task_run,
			      task_done);
	if (error < 0) {
		/* Whoever started it knows; its links are not told. */
		conclude(process, LN_OUTCOME_NORMAL);
		leave_directory(process);
		finish(process);
		return error;
	}
	return 0;
}

void ln_process_discard(struct ln_process *process)
{
	conclude(process, LN_OUTCOME_NORMAL);
	finish(process);
}

bool ln_process_wait_until(struct ln_process *process, int64_t deadline)
{
	uint32_t state =
		atomic_load_explicit(&process->ended, memory_order_acquire);
	int64_t left = -1;

	while (state != ENDED) {
		if (deadline != LN_NEVER) {
			left = deadline - ln_time_now();
			if (left <= 0)
				return false;
		}
		if (state == ALIVE &&
		    atomic_compare_exchange_strong_explicit(
			    &process->ended, &state, AWAITED,
			    memory_order_acquire, memory_order_acquire))
			state = AWAITED;
		if (state == AWAITED) {
			ln_futex_wait(&process->ended, AWAITED, left);
			state = atomic_load_explicit(&process->ended,
						     memory_order_acquire);
		}
	}
	return true;
}

enum ln_outcome ln_process_wait(struct ln_process *process, uint32_t *exit_code)
{
	ln_process_wait_until(process, LN_NEVER);
	*exit_code = process->exit_code;
	return process->outcome;
}
