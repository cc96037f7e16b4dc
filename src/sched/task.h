/*
 * A task: one fiber and its place in the scheduler. Upper layers embed it. It
 * parks, and anybody who holds a reference wakes it; the scheduler knows
 * nothing else about what it does.
 *
 * Waking is a token: a wake-up that comes while the task still runs makes its
 * next park return at once. So a task that checks its condition, parks, and
 * checks again never misses a wake-up that followed the change of the
 * condition; it may be woken for nothing.
 */
#ifndef LN_SCHED_TASK_H
#define LN_SCHED_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/fiber.h"

struct ln_probe;
struct ln_sched;
struct ln_worker;

enum ln_task_state {
	LN_TASK_NEW,      /* zeroed memory; not started, wake-ups do nothing */
	LN_TASK_PARKED,   /* in no queue; a wake-up must queue it */
	LN_TASK_ACTIVE,   /* running, or in exactly one run queue */
	LN_TASK_NOTIFIED, /* the same, and woken since */
	LN_TASK_HELD,     /* as PARKED, while somebody folds it: sched/fold.h */
	LN_TASK_CALLED,   /* the same, and woken since: is to be queued */
	LN_TASK_DONE,     /* its function has returned */
};

/* What a parked task waits for, as reports say it. */
enum ln_wait {
	LN_WAIT_OTHER, /* a message, a mutex, another task */
	LN_WAIT_TIMER,
	LN_WAIT_IO,
	LN_WAIT_WATCHED,  /* the same, with something on its stack that who
			   * wakes it uses */
	LN_WAIT_BLOCKING, /* work in the blocking pool */
	LN_WAIT_REQUEST,  /* something new to do, after what it has done */
};

/* Why waits of a task end early; bits. */
enum ln_interrupt {
	LN_INTERRUPT_END = 1,    /* for good */
	LN_INTERRUPT_CANCEL = 2, /* until the task has seen it */
};

/* A switch touches only one cache line, that from `fiber.sp` on, and the state
 * behind it; the others are rarely needed. A struct that embeds a task must
 * align it to a cache line. */
struct ln_task {
	struct ln_task *next;           /* link of the inject queue */
	void (*run)(struct ln_task *);  /* the body; on the fiber */
	void (*done)(struct ln_task *); /* after it, off the fiber; may free */
	_Atomic uint64_t cpu;   /* time that it ran, ns; see sched/counters.h;
				 * written by its worker */
	uint32_t queued_weight; /* see there, and ln_sampler_take */
	bool gives_way;         /* it holds no lock where it copies or frees
				 * much, so that others may run then; it sets
				 * it itself */
	int64_t queued;         /* when it was made runnable, if that is
				 * measured */

	struct ln_fiber fiber;
	struct ln_sched *sched;
	void *local;              /* the engine's: what runs here */
	uintptr_t entry_note;     /* what is to be done when it is entered; 0:
				   * nothing. See sched/worker.h. */
	const void *_Atomic soon; /* see ln_task_expect */
	_Atomic uint64_t slices;  /* times it was entered, or went on after a
				   * tick; written by its worker */
	struct ln_probe *_Atomic probe; /* a question to it, sched/probe.h */
	_Atomic uint32_t state;         /* enum ln_task_state; any thread */
	_Atomic uint8_t interrupts; /* enum ln_interrupt; any thread sets it */
	_Atomic uint8_t waiting;    /* enum ln_wait; the task itself sets it */
	_Atomic bool traced;        /* the upper layer's: process/trace.h */
	_Atomic bool running; /* on a worker, not in a queue; for reports */
};

/* Starts a task whose memory was zero, or which is done: takes a stack and
 * queues it on the calling worker (in any other thread: for all of them). `run`
 * is called on the fiber; `done` when the stack is given back. An earlier
 * interrupt stays in force. After LN_ENOMEM nothing has changed and nothing was
 * called. */
int ln_task_start(struct ln_sched *sched, struct ln_task *task,
		  void (*run)(struct ln_task *),
		  void (*done)(struct ln_task *));

/* Makes a task run again, or its next park return at once. The caller keeps the
 * task's memory alive. Any thread. */
void ln_task_wake(struct ln_task *task);

/* Tasks that are woken together; zeroed at first. */
struct ln_wakes {
	struct ln_task *first; /* linked by `next` */
	struct ln_task *last;
	uint32_t count;
};

/* The same in two steps, for many tasks of one scheduler. The first function
 * marks a task and adds it to `wakes`. The second, which must follow, queues
 * all of them: the first one runs next on this worker, the others go to all
 * workers, in their order. */
void ln_task_wake_later(struct ln_task *task, struct ln_wakes *wakes);
void ln_wakes_queue(const struct ln_wakes *wakes);

/* The same for tasks whose timers are due, which do not wait behind tasks that
 * compute. By a worker that looks for its next task. */
void ln_wakes_queue_due(const struct ln_wakes *wakes);

/* Makes every wait of the task end with LN_EKILLED, now and later. Any thread.
 */
void ln_task_interrupt(struct ln_task *task);

static inline bool ln_task_interrupted(struct ln_task *task)
{
	/* Acquire pairs with the release in ln_task_interrupt. */
	return atomic_load_explicit(&task->interrupts, memory_order_acquire) !=
	       0;
}

/* The same as ln_task_interrupt, until the task calls ln_task_uncancel: what it
 * does now is to end, but not the task. Any thread. */
void ln_task_cancel(struct ln_task *task);
void ln_task_uncancel(struct ln_task *task);

/* The task that runs on this thread, or NULL. */
struct ln_task *ln_task_current(void);

/* The `local` of the task that runs on this thread. To be read once, at the
 * start of a function that compiled code calls: compilers may keep the address
 * of a thread-local variable, which is another one after a switch. */
extern _Thread_local void *ln_task_running_local
	__attribute__((tls_model("initial-exec")));

/* Sets the `local` of the running task. */
void ln_task_set_local(struct ln_task *task, void *local);

/* Gives the worker away until somebody wakes the running task. Only by the
 * running task itself, as all that follow. */
void ln_task_park(struct ln_task *task);

/* Parks until woken or `deadline`. 0 when woken, perhaps for nothing;
 * LN_ETIMEDOUT; LN_EKILLED when interrupted; LN_ENOMEM. */
int ln_task_wait(struct ln_task *task, int64_t deadline);

/* Says what the running task is about to wait for; LN_WAIT_OTHER when it no
 * longer does. Only for reports. */
static inline void ln_task_set_waiting(struct ln_task *task, enum ln_wait what)
{
	atomic_store_explicit(&task->waiting, (uint8_t)what,
			      memory_order_relaxed);
}

/* ln_task_wait, which says meanwhile what it waits for. */
static inline int ln_task_wait_for(struct ln_task *task, enum ln_wait what,
				   int64_t deadline)
{
	int error;

	ln_task_set_waiting(task, what);
	error = ln_task_wait(task, deadline);
	ln_task_set_waiting(task, LN_WAIT_OTHER);
	return error;
}

/* Tells where the running task will read or write soon after it is next woken.
 * The waker prefetches that address; it is only a hint, and may point anywhere.
 */
static inline void ln_task_expect(struct ln_task *task, const void *address)
{
	atomic_store_explicit(&task->soon, address, memory_order_relaxed);
}

/* Counts one more slice of the running task, and the time until now. Also in
 * the handler of a signal that has interrupted a guest. */
void ln_task_count_slice(struct ln_task *task);

/* Sleeps until `deadline`: 0, LN_EKILLED or LN_ENOMEM. */
int ln_task_sleep(struct ln_task *task, int64_t deadline);

/* Lets others run first, if there are any. */
void ln_task_yield(struct ln_task *task);

/* The same when ln_task_should_yield has said so. A task whose slice has only
 * just begun gives way to due timers, and then gets the rest of its slice. */
void ln_task_give_way(struct ln_task *task);

/* The running task gets another slice, of one to two ticks, without waiting for
 * its turn: for short work in the midst of which others should not find it.
 * Rarely: it is at the expense of others. */
void ln_task_renew_slice(struct ln_task *task);

/* To be called every few microseconds in long work on any fiber: lets others
 * run if it is time for that. Does nothing in threads that run no task and on
 * the worker's own stack. No lock may be held. */
void ln_task_rest(void);

/* The same for code that may be called with locks held: does nothing unless the
 * running task has said that it gives way. */
void ln_task_rest_if_free(void);

/* Whether a task that has used its slice should yield: somebody waits. */
bool ln_task_should_yield(struct ln_task *task);

/* Calls function(argument) on the stack of the worker's thread, which is as
 * large as a thread's stack, and without giving the worker away. The function
 * must not park. Called in place when there is no task (NULL), or that stack is
 * in use already. */
void ln_task_on_worker_stack(struct ln_task *task, void (*function)(void *),
			     void *argument);

/* Calls function(argument) on another stack like the task's, which is given
 * back when it returns. It may park, be preempted, and go on in another thread.
 * The task's own stack stays as it is. LN_ENOMEM: it was not called. */
int ln_task_on_other_stack(struct ln_task *task, void (*function)(void *),
			   void *argument);

#endif
