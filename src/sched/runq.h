/*
 * The run queue of one worker: a ring that its owner fills at one end, and that
 * the owner and thieves empty at the other.
 */
#ifndef LN_SCHED_RUNQ_H
#define LN_SCHED_RUNQ_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct ln_task;

#define LN_RUNQ_SIZE 256u

struct ln_runq {
	/* Owner and thieves. */
	alignas(LN_CACHE_LINE) _Atomic uint32_t head;
	/* Owner writes, thieves read. */
	alignas(LN_CACHE_LINE) _Atomic uint32_t tail;
	struct ln_task *_Atomic tasks[LN_RUNQ_SIZE];
};

/* Puts a task at the tail; false when the ring is full. Owner only. */
bool ln_runq_push(struct ln_runq *queue, struct ln_task *task);

/* Takes the task at the head, or NULL. Owner only. */
struct ln_task *ln_runq_pop(struct ln_runq *queue);

/* Takes half of the tasks, at most `max`, from the head into `out`; returns how
 * many. Any thread. */
uint32_t ln_runq_steal(struct ln_runq *queue, struct ln_task **out,
		       uint32_t max);

bool ln_runq_empty(struct ln_runq *queue);

/* How many tasks there are; thieves may make it less. Owner only. */
uint32_t ln_runq_length(struct ln_runq *queue);

#endif
