/*
 * The scheduler: worker threads that run tasks, steal from each other, and
 * sleep when there is nothing to do; one clock tick for preemption; timers and
 * the poller.
 */
#ifndef LN_SCHED_SCHED_H
#define LN_SCHED_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_blocking;
struct ln_poller;
struct ln_sched;
struct ln_timers;

struct ln_sched_options {
	unsigned workers;        /* threads, 1 to 256; 0: one per usable core */
	size_t stack_size;       /* bytes of each fiber's slot, or some more */
	unsigned blocking;       /* most threads for compiling; 0: 7 */
	void (*on_tick)(void *); /* every millisecond while anything runs */
	void *on_tick_argument;
	/* Called in a signal handler, with the `local` of the running task and
	 * the handler's ucontext_t, when a task that has one runs for longer
	 * than a tick. NULL: no signals are sent. */
	void (*on_preempt)(void *local, void *context);
	bool manual; /* no ticker, no poller: the deterministic tests' mode */
};

/* Starts the workers. LN_ENOMEM, LN_EIO (no thread, no descriptor). */
int ln_sched_new(const struct ln_sched_options *options,
		 struct ln_sched **sched);

/* Stops the workers and frees everything. All tasks must have ended. Not from
 * a task. */
void ln_sched_free(struct ln_sched *sched);

/* Waits until no task is left. Not from a task. */
void ln_sched_wait_idle(struct ln_sched *sched);

/* Tasks that have been started and have not ended. Any thread. */
uint64_t ln_sched_live(struct ln_sched *sched);

unsigned ln_sched_workers(const struct ln_sched *sched);

/* The number of the worker that the calling thread is, from 0; 0 for other
 * threads. A hint on fibers, which may go on in another one. */
unsigned ln_sched_worker_index(void);

size_t ln_sched_stack_size(const struct ln_sched *sched);
struct ln_timers *ln_sched_timers(struct ln_sched *sched);
struct ln_poller *ln_sched_poller(struct ln_sched *sched);

/* The pools: for compiling and similar work; for short work on files, such as
 * opening one; for long work on files in steps, such as large writes; and for
 * statements of databases, which compute, read and write without steps. So work
 * that hangs in a file system does not delay compiling, and long work does not
 * delay short work. The kernel also throttles threads that write much: these
 * never open files. */
struct ln_blocking *ln_sched_blocking(struct ln_sched *sched);
struct ln_blocking *ln_sched_files(struct ln_sched *sched);
struct ln_blocking *ln_sched_bulk(struct ln_sched *sched);
struct ln_blocking *ln_sched_databases(struct ln_sched *sched);

/* The count of ticks since the start; it stands still while all sleep. */
uint64_t ln_sched_ticks(struct ln_sched *sched);

/* Whether something does not go on: a worker has neither slept nor gone on to
 * the next task, nor asked whether it should, since the tick `since`; or all
 * sleep beside work that waits. One that has just woken may look so for a
 * moment. Any thread. */
bool ln_sched_stuck(struct ln_sched *sched, uint64_t since);

/* The time, CLOCK_MONOTONIC in nanoseconds, for display: in a task it may be
 * some ticks old, but does not read the clock. */
int64_t ln_sched_time(struct ln_sched *sched);

/* One tick by hand, for options.manual. */
void ln_sched_tick(struct ln_sched *sched);

/* Makes a sleeping worker check the timers again, after a deadline was added
 * that is earlier than the one it sleeps for. Any thread. */
void ln_sched_deadline_changed(struct ln_sched *sched, int64_t deadline);

#endif
