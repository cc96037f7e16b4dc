/*
 * The clock of an environment: the timers of its processes, and the task that
 * serves them while there are any (process/timers.c).
 */
#ifndef LN_PROCESS_CLOCK_H
#define LN_PROCESS_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/futex.h"
#include "sched/timer.h"

struct ln_task;

struct ln_clock {
	struct ln_timers timers;
	struct ln_lock lock;
	struct ln_task *task;  /* under `lock`; NULL: none is needed */
	_Atomic uint64_t left; /* timers whose process has ended; any thread */
};

static inline void ln_clock_init(struct ln_clock *clock)
{
	*clock = (struct ln_clock){ 0 };
	ln_timers_init(&clock->timers);
}

/* There must be no timer left. */
static inline void ln_clock_deinit(struct ln_clock *clock)
{
	ln_timers_deinit(&clock->timers);
}

#endif
