/*
 * Deadlines: one heap per scheduler. A timer lives in its owner, usually on the
 * stack of the fiber that waits.
 */
#ifndef LN_SCHED_TIMER_H
#define LN_SCHED_TIMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"

struct ln_task;

struct ln_timer {
	int64_t deadline;     /* CLOCK_MONOTONIC, nanoseconds */
	struct ln_task *task; /* woken when the deadline has passed; or NULL */
	size_t index;         /* place in the heap, plus one; 0: not in it */
};

struct ln_timers {
	_Atomic int64_t earliest; /* LN_NEVER when empty; any thread reads */

	/* Under `lock`. */
	struct ln_lock lock;
	struct ln_timer **heap; /* four children a node */
	size_t count;
	size_t capacity;
};

void ln_timers_init(struct ln_timers *timers);
void ln_timers_deinit(struct ln_timers *timers);

/* Adds a timer; LN_ENOMEM. Sets *earliest to whether it is now the first one
 * to expire. Any thread. */
int ln_timers_add(struct ln_timers *timers, struct ln_timer *timer,
		  int *earliest);

/* Takes the timer out; false if it has expired, which does no harm. Afterwards
 * nobody uses the timer or wakes its task because of it. Any thread. */
bool ln_timers_remove(struct ln_timers *timers, struct ln_timer *timer);

/* Has `to` stand in the place of `from`, which nobody uses afterwards, whether
 * it is in the heap or not. Neither is added or removed meanwhile, but it may
 * expire. Any thread. */
void ln_timers_move(struct ln_timers *timers, const struct ln_timer *from,
		    struct ln_timer *to);

/* Takes the earliest timer out if its deadline is not after `now`; for separate
 * heaps, whose timers need no task. NULL: none. */
struct ln_timer *ln_timers_take(struct ln_timers *timers, int64_t now);

/* Wakes the tasks of timers whose deadline is not after `now`, the earliest
 * first, at most 64 of them; the next check of `earliest` continues. Any
 * thread.
 */
void ln_timers_expire(struct ln_timers *timers, int64_t now);

#endif
