/*
 * The inside of the scheduler, shared by sched.c, worker.c and task.c only.
 */
#ifndef LN_SCHED_WORKER_H
#define LN_SCHED_WORKER_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/futex.h"
#include "base/histogram.h"
#include "base/slab.h"
#include "sched/counters.h"
#include "sched/fiber.h"
#include "sched/runq.h"
#include "sched/sched.h"
#include "sched/timer.h"

struct ln_task;

/* What remains to be done with the task that was left, once off its stack. */
enum ln_leaving {
	LN_LEAVE_NOTHING,
	LN_LEAVE_PARK,
	LN_LEAVE_YIELD,
	LN_LEAVE_INTERRUPTED, /* by timers that are due */
	LN_LEAVE_DONE,
};

/* A queue of tasks that all workers have in common. */
struct ln_shared {
	alignas(LN_CACHE_LINE) struct ln_lock lock;
	struct ln_task *head; /* under lock */
	struct ln_task **tail;
	_Atomic uint32_t count; /* a hint without the lock */
};

/* What a worker counts; see sched/counters.c. It alone writes them. */
struct ln_worker_counters {
	_Atomic uint64_t switches;
	/* The tick in which it does not read the clock any more when it
	 * switches; UINT64_MAX: it does. */
	uint64_t settled;
	uint64_t tick;  /* the last one in which it did */
	uint32_t reads; /* and how many times */
	_Atomic uint64_t preemptions;
	_Atomic uint64_t steals;
	_Atomic uint64_t stolen;
	_Atomic uint64_t messages; /* as of the last tick */
	_Atomic uint64_t dropped;  /* likewise */

	_Atomic uint64_t version; /* of what follows, up to `sleeps` */
	_Atomic uint64_t awake;
	_Atomic uint64_t in_tasks;
	_Atomic uint64_t asleep;
	_Atomic int64_t until; /* when the last of these times ended; 0: it has
				* not begun */
	_Atomic bool sleeps;

	struct ln_histogram run_waits; /* seconds */
	struct ln_histogram message_waits;
};

struct ln_worker {
	/* Immutable after start. */
	struct ln_sched *sched;
	unsigned index;
	pthread_t thread;

	/* The worker's own thread. */
	alignas(LN_CACHE_LINE) struct ln_fiber base; /* the thread's stack */
	struct ln_task *current;
	struct ln_task *left; /* the task left by the last switch */
	enum ln_leaving leaving;
	uint32_t next_streak; /* tasks taken from `next` in a row */
	uint32_t finished;    /* tasks that ended here */
	/* Switches from which on other queues are looked into first; and from
	 * which on tasks do not hand over, 0 while time is measured. */
	uint64_t look_at;
	uint64_t rest_at;
	bool shared_first;   /* the shared queue came first last time */
	bool was_due;        /* the last task that was found was due */
	uint64_t slice_tick; /* tick at which `current` was entered */
	uint64_t seen_tick;  /* tick at the last look at timers and poller */
	bool borrowed;       /* a task runs something on `base` */
	bool searching;      /* counted in sched->searching */
	uint64_t seed;       /* of the order in which victims are tried */

	/* Owner and thieves. */
	alignas(LN_CACHE_LINE) struct ln_task *_Atomic next; /* runs next */
	_Atomic uint64_t next_tick; /* tick at which `next` was set */
	/* The tick at which a task with a `local` was entered, for the ticker;
	 * LN_NOT_PREEMPTIBLE while none runs. */
	_Atomic uint64_t preemptible_since;
	/* The tick at which it was last seen to go on to the next task, or to
	 * ask whether it should: for ln_sched_stuck. */
	_Atomic uint64_t beat;
	struct ln_runq queue;

	/* Whoever wakes it. */
	alignas(LN_CACHE_LINE) _Atomic uint32_t asleep; /* futex: 1 = asleep */
	struct ln_worker *idle_next; /* under sched->idle_lock */
	bool idle;                   /* in the idle list; same lock */
	_Atomic bool polling; /* asleep in the poller, not on the futex */

	alignas(LN_CACHE_LINE) struct ln_worker_counters counters;
};

struct ln_sched {
	/* Immutable after start. */
	struct ln_worker *workers;
	unsigned count;
	struct ln_sched_options options;
	struct ln_poller *poller; /* NULL in manual mode */
	struct ln_blocking *blocking;
	struct ln_blocking *files;
	struct ln_blocking *bulk;
	struct ln_blocking *databases;
	pthread_t ticker;
	/* The first stacks are close together, so that those of a few tasks
	 * need few page tables; the others are apart. */
	struct ln_slab stacks;
	struct ln_slab stacks_apart;
	struct ln_timers timers;

	/* Any thread. */
	alignas(LN_CACHE_LINE) _Atomic uint32_t sleeping; /* in idle list */
	_Atomic uint32_t searching; /* workers looking for work to steal */
	_Atomic bool stopping;
	_Atomic bool poll_taken;       /* a worker is the poller */
	_Atomic int64_t poll_deadline; /* when that worker wakes by itself; 0:
					* it does not sleep there */
	_Atomic uint32_t polls;        /* looks into the poller */
	struct ln_lock idle_lock;
	struct ln_worker *idle; /* under idle_lock */

	struct ln_shared shared; /* what all workers take from */
	struct ln_shared due;    /* whose timers were due, each to run soon */

	alignas(LN_CACHE_LINE) _Atomic uint64_t tick;
	_Atomic int64_t coarse_now;     /* time of the last tick */
	_Atomic uint32_t ticker_asleep; /* futex: 1 = asleep */
	_Atomic uint32_t ticker_nudged; /* futex: 1 = is to look again */
	_Atomic int64_t ticker_until;   /* when it looks by itself; 0: at once,
					 * or no earlier for a nudge */

	/* The ticker. */
	unsigned turn;       /* the worker whose guest is interrupted next */
	unsigned rounds;     /* in which a due timer was not served */
	uint32_t seen_polls; /* `polls` at the last tick */

	alignas(LN_CACHE_LINE) _Atomic uint64_t live;
	_Atomic uint32_t none_left; /* futex: changes when live becomes 0 */
};

#define LN_NOT_PREEMPTIBLE UINT64_MAX

/*
 * Notes on a task for whoever enters it, so that all others cost an entry only
 * one comparison. One at a time:
 * - the tick at which its slice began, which was interrupted and goes on, in
 *   ticks times two, plus one;
 * - the address of the timer on its stack, while it waits for that: where
 *   sched/fold.c finds it, and of no other use;
 * - LN_NOTE_FOLDED: its stack must be there first.
 * Beside any of these LN_NOTE_STAMPED: how long it has waited for a worker is
 * measured, since `queued`. No address and no tick is that large.
 */
#define LN_NOTE_FOLDED ((uintptr_t)2)
#define LN_NOTE_STAMPED ((uintptr_t)1 << 63)

static inline uintptr_t ln_note_of_tick(uint64_t tick)
{
	return (uintptr_t)(tick << 1 | 1);
}

/* The timer that a parked task waits for, or NULL. */
static inline struct ln_timer *ln_note_timer(uintptr_t note)
{
	return (note & 1) != 0 || note == LN_NOTE_FOLDED
		       ? NULL
		       : (struct ln_timer *)note;
}

/* Whether the task in the `next` slot may be stolen: it must have been there
 * for a whole tick. Stealing one that was put there just before a tick would
 * move a chain of messages to another core, with cold caches, each millisecond.
 */
static inline bool ln_worker_next_is_old(struct ln_worker *worker,
					 uint64_t tick)
{
	return atomic_load_explicit(&worker->next_tick, memory_order_relaxed) +
		       2 <=
	       tick;
}

extern _Thread_local struct ln_worker *ln_thread_worker
	__attribute__((tls_model("initial-exec")));

/* The worker of this thread, or NULL. Never keep it across a switch. Where a
 * variable of the thread is reached by a prefix of the instruction no address
 * is kept; elsewhere this is a call. */
#if defined(__x86_64__)
static inline struct ln_worker *ln_worker_current(void)
{
	return ln_thread_worker;
}
#else
struct ln_worker *ln_worker_current(void);
#endif

/* The body of a worker's thread. */
void *ln_worker_main(void *worker);

/* Queues a task behind the others of this worker. */
void ln_worker_enqueue(struct ln_worker *worker, struct ln_task *task);

/* Notes that the worker is not stuck. */
static inline void ln_worker_beat(struct ln_worker *worker, uint64_t tick)
{
	atomic_store_explicit(&worker->beat, tick, memory_order_relaxed);
}

/* Stacks that are close together, at most. */
#define LN_STACKS_CLOSE 4096

/* Where the stack of a task is from: one that is apart is longer than asked
 * for. */
static inline struct ln_slab *ln_stacks_of(struct ln_sched *sched,
					   const struct ln_fiber *fiber)
{
	return fiber->stack_len > sched->options.stack_size
		       ? &sched->stacks_apart
		       : &sched->stacks;
}

/* Queues a task that was woken, whose state says so: to run soon. */
void ln_task_queue_woken(struct ln_task *task);

/* Puts a chain of tasks into a queue that all workers share. */
void ln_shared_append(struct ln_shared *queue, struct ln_task *first,
		      struct ln_task *last, uint32_t count);

/* Whether there is anything in it; a hint. */
static inline bool ln_shared_filled(struct ln_shared *queue)
{
	return atomic_load_explicit(&queue->count, memory_order_relaxed) > 0;
}

/* Wakes a sleeping worker unless one is already looking for work. */
void ln_sched_wake_worker(struct ln_sched *sched);

/* Whether there is work in a queue; a hint. */
bool ln_sched_work_visible(struct ln_sched *sched);

/* Has the ticker look again when it would sleep beyond `deadline`. */
void ln_sched_nudge_ticker(struct ln_sched *sched, int64_t deadline);

/* The next task from the worker's own queues, or NULL if it must search
 * further, on its own stack. */
struct ln_task *ln_worker_pick(struct ln_worker *worker);

/* Finishes what the last switch began; first thing on every stack entered. */
void ln_worker_arrived(void);

/* Marks `task` as the one that runs on `worker`. */
void ln_worker_run(struct ln_worker *worker, struct ln_task *task);

/* Marks `worker` as running none: its own stack is entered next. */
void ln_worker_rest(struct ln_worker *worker);

/* Charges the time since the last call to `task`, which the worker leaves or
 * interrupts; NULL: it was the scheduler's own. */
void ln_worker_charge(struct ln_worker *worker, struct ln_task *task,
		      uint64_t tick);

/* Says when the running task may not hand over to the next one. */
static inline void ln_worker_set_rest(struct ln_worker *worker)
{
	worker->rest_at =
		worker->counters.settled == UINT64_MAX ? 0 : worker->look_at;
}

/* The first and the last times: it begins, sleeps, and has slept until `now`.
 */
void ln_worker_begin_counting(struct ln_worker *worker);
void ln_worker_falls_asleep(struct ln_worker *worker);
void ln_worker_awakes(struct ln_worker *worker, int64_t now);

/* Shows what the thread has counted; once a tick, and before it sleeps. */
void ln_worker_publish(struct ln_worker *worker, bool sleeps);

/* Says, now and then, when a task was made runnable, before it is queued. */
void ln_worker_stamp_measured(struct ln_task *task);

static inline void ln_worker_stamp(struct ln_task *task)
{
	if (ln_count_wake())
		ln_worker_stamp_measured(task);
}

/* One that was stamped runs. */
void ln_worker_measure_wait(struct ln_worker *worker, struct ln_task *task);

/* Adds to a counter that only the caller writes. */
static inline void ln_worker_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_store_explicit(
		counter,
		atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_relaxed);
}

/* Says what `local` the running task has: NULL or something that is alive until
 * the next call. */
void ln_worker_set_local(struct ln_worker *worker, void *local);

#endif
