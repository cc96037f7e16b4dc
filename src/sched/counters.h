/*
 * What the scheduler counts, always. Each worker has counters of its own, which
 * only it writes; whoever reads them adds them up.
 *
 * Exact: switches, steals, preemptions, the time that workers are awake and
 * asleep, and, as of the last tick, messages and drops.
 *
 * Sampled: waits in run queues and of messages, since a clock may take as long
 * as a whole switch. Where there are more than some thousand a second, one in
 * so many is measured and stands for all of these; the number adapts itself.
 *
 * The time of each task (ln_task.cpu) is exact while a worker switches at most
 * LN_EXACT_SWITCHES times a tick. What it does in the rest of that tick counts
 * for the task that runs when the tick is over: right on average, and off by
 * about the root of the number of ticks. So the sum over all tasks is exact. It
 * does not contain work in the blocking pool.
 */
#ifndef LN_SCHED_COUNTERS_H
#define LN_SCHED_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct ln_histogram;
struct ln_sched;

#define LN_EXACT_SWITCHES 8

/* What one worker, or all of them, have done since the start. Times are in
 * nanoseconds. */
struct ln_sched_counts {
	uint64_t awake;       /* time in tasks, or looking for one */
	uint64_t in_tasks;    /* time in tasks; up to some ticks behind */
	uint64_t asleep;      /* time with nothing to do */
	uint64_t switches;    /* times that a task was entered */
	uint64_t steals;      /* successful looks into others' queues */
	uint64_t stolen;      /* tasks that these found */
	uint64_t preemptions; /* of tasks whose slice was over, or that timers
			       * interrupted */
	uint64_t messages;    /* sent, wherever to */
	uint64_t dropped;     /* of these, because a mailbox was full */
};

/* Those of one worker, which there must be; and of all. Any thread. */
void ln_sched_counts_of(const struct ln_sched *sched, unsigned worker,
			struct ln_sched_counts *counts);
void ln_sched_counts(const struct ln_sched *sched,
		     struct ln_sched_counts *counts);

/* Adds the waits of tasks, from when they were made runnable until they ran,
 * and of messages, from the push until they were received, in seconds.
 * Either may be NULL. Any thread. */
void ln_sched_waits(const struct ln_sched *sched, struct ln_histogram *runs,
		    struct ln_histogram *messages);

/* ---- Sampling, by those who count ---- */

/* Says which of many events are measured. */
struct ln_sampler {
	int32_t left;      /* events until the next one that is */
	uint32_t interval; /* events that it will stand for */
	uint32_t looks;    /* ticks since the last one */
	int64_t last;      /* when that was, ns */
	uint64_t total;    /* events until the last one, it included */
};

/* Of a thread: what it counts while it must not look for its worker. */
struct ln_thread_counts {
	struct ln_sampler messages;
	struct ln_sampler wakes;
	uint64_t dropped;
};

/* Its address is not to be taken by a function that switches, or that is
 * compiled into one: it is another one afterwards. */
extern _Thread_local struct ln_thread_counts ln_thread_counts
	__attribute__((tls_model("initial-exec")));

/* Counts one event; true: it is to be measured. */
static inline bool ln_sampler_due(struct ln_sampler *sampler)
{
	return LN_UNLIKELY(--sampler->left < 0);
}

/* The same for a message of this thread's, and for a task that it wakes. Where
 * a variable of the thread is reached by a prefix of the instruction no address
 * is kept. */
#if defined(__x86_64__)
static inline bool ln_count_message(void)
{
	return LN_UNLIKELY(--ln_thread_counts.messages.left < 0);
}

static inline bool ln_count_wake(void)
{
	return LN_UNLIKELY(--ln_thread_counts.wakes.left < 0);
}
#else
bool ln_count_message(void);
bool ln_count_wake(void);
#endif

/* Begins to measure the message that was counted, as ln_sampler_take does. */
int64_t ln_measure_message(uint32_t *weight);

/* Counts one that a full mailbox has refused. */
void ln_count_dropped(void);

#define LN_SAMPLER_MAX 4096 /* events that one stands for at most */

/* Begins to measure it: returns the time and stores for how many it stands. */
int64_t ln_sampler_take(struct ln_sampler *sampler, uint32_t *weight);

/* Events ever. */
uint64_t ln_sampler_total(const struct ln_sampler *sampler);

/* To be called each tick: where events have become rare, the next one is
 * measured. `now`: it is in any case. */
void ln_sampler_look(struct ln_sampler *sampler, bool now);

/* A message that was sent at a time, and stands for `weight`, has been
 * received. By a task. */
void ln_sched_message_received(int64_t sent, uint32_t weight);

#endif
