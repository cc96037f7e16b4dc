/*
 * DESIGN
 * Stopping sets a flag that refuses new processes and kills those in the
 * directory, again and again until none is left: one that is being started may
 * come late.
 */
#include "process/shutdown.h"

#include <time.h>

#include "base/log.h"
#include "base/log_writer.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/tiers.h"
#include "process/environment.h"
#include "process/fold.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/timers.h"
#include "sched/sched.h"

/* So that a wait that is under way, or begins, ends with a kill. */
static void mark(struct ln_process *process)
{
	atomic_fetch_or_explicit(&process->task.interrupts, LN_INTERRUPT_END,
				 memory_order_release);
}

static void for_each(struct ln_runtime *runtime,
		     const struct ln_environment *environment,
		     void (*act)(struct ln_process *))
{
	struct ln_directory_walk walk = { 0 };
	struct ln_process *list[LN_DIRECTORY_STEP];
	size_t count;

	while ((count = ln_process_list(runtime, environment, &walk, list)) >
	       0) {
		for (size_t i = 0; i < count; i++) {
			act(list[i]);
			ln_process_release(list[i]);
		}
	}
}

/* Kills those of an environment, or all when it is NULL. All are marked before
 * the first one is woken to end: otherwise a supervisor that comes late in the
 * directory would see its children die, report that and start them again. */
static void kill_all(struct ln_runtime *runtime,
		     const struct ln_environment *environment)
{
	for_each(runtime, environment, mark);
	for_each(runtime, environment, ln_process_kill);
}

/* Whether a task may be left that is a process. A service is counted while its
 * task is. So those that had begun before the tasks were counted, less those
 * that are over after it, are at most as many as there were among the tasks. */
static bool has_processes(struct ln_runtime *runtime)
{
	uint64_t begun = atomic_load(&runtime->services);
	uint64_t tasks = ln_sched_live(runtime->sched);

	return tasks + atomic_load(&runtime->services_over) > begun;
}

void ln_runtime_begin_stop(struct ln_runtime *runtime)
{
	atomic_store_explicit(&runtime->stopping, true, memory_order_seq_cst);
	kill_all(runtime, NULL);
	ln_clocks_stop(runtime);
	for (unsigned i = 0; i < LN_ENGINES; i++) {
		struct ln_engine *engine = ln_runtime_engine_at(runtime, i);

		if (engine != NULL)
			ln_tiers_stop(ln_engine_tiers(engine));
	}
	ln_folding_stop(runtime);
}

void ln_runtime_stop(struct ln_runtime *runtime)
{
	const struct timespec pause = { .tv_nsec = LN_NS_PER_MS };

	ln_runtime_begin_stop(runtime);
	while (has_processes(runtime)) {
		nanosleep(&pause, NULL);
		kill_all(runtime, NULL);
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
