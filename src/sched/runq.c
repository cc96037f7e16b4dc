/*
 * DESIGN
 * Indices only grow; an entry's slot is its index modulo the size. Only the
 * owner moves the tail, so a push is a plain store and a release of the tail.
 * Entries leave at the head by compare-and-swap, by the owner one at a time and
 * by thieves in batches: whoever moves the head owns what it passed. A thief
 * reads the slots before it moves the head; they cannot be overwritten
 * meanwhile, since the owner reuses a slot only after it has seen the head move
 * past it, and then the thief's swap fails.
 */
#include "sched/runq.h"

#include <stddef.h>

#include "base/compiler.h"
#include "base/systematic.h"

bool ln_runq_push(struct ln_runq *queue, struct ln_task *task)
{
	/* Acquire pairs with the release of whoever emptied the slot. */
	uint32_t head =
		atomic_load_explicit(&queue->head, memory_order_acquire);
	uint32_t tail =
		atomic_load_explicit(&queue->tail, memory_order_relaxed);

	ln_assert(task != NULL);
	ln_assert(tail - head <= LN_RUNQ_SIZE);
	ln_systematic_point();
	if (tail - head >= LN_RUNQ_SIZE)
		return false;
	atomic_store_explicit(&queue->tasks[tail % LN_RUNQ_SIZE], task,
			      memory_order_relaxed);
	/* Release pairs with the acquire of a thief's load of the tail. */
	atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
	ln_systematic_point();
	return true;
}

struct ln_task *ln_runq_pop(struct ln_runq *queue)
{
	uint32_t head =
		atomic_load_explicit(&queue->head, memory_order_acquire);

	for (;;) {
		uint32_t tail = atomic_load_explicit(&queue->tail,
						     memory_order_relaxed);
		struct ln_task *task;

		ln_assert(tail - head <= LN_RUNQ_SIZE);
		ln_systematic_point();
		if (head == tail)
			return NULL;
		task = atomic_load_explicit(&queue->tasks[head % LN_RUNQ_SIZE],
					    memory_order_relaxed);
		/* Release: the slot was read before it may be reused. */
		if (atomic_compare_exchange_weak_explicit(
			    &queue->head, &head, head + 1, memory_order_acq_rel,
			    memory_order_acquire)) {
			ln_assert(task != NULL);
			return task;
		}
	}
}

uint32_t ln_runq_steal(struct ln_runq *queue, struct ln_task **out,
		       uint32_t max)
{
	for (;;) {
		uint32_t head = atomic_load_explicit(&queue->head,
						     memory_order_acquire);
		/* Acquire pairs with the release in ln_runq_push. */
		uint32_t tail = atomic_load_explicit(&queue->tail,
						     memory_order_acquire);
		uint32_t n = tail - head;

		ln_systematic_point();
		n -= n / 2;
		if (n == 0)
			return 0;
		if (n > LN_RUNQ_SIZE / 2)
			continue; /* head and tail are not of one moment */
		if (n > max)
			n = max;
		for (uint32_t i = 0; i < n; i++)
			out[i] = atomic_load_explicit(
				&queue->tasks[(head + i) % LN_RUNQ_SIZE],
				memory_order_relaxed);
		ln_systematic_point();
		if (atomic_compare_exchange_strong_explicit(
			    &queue->head, &head, head + n, memory_order_acq_rel,
			    memory_order_relaxed)) {
			ln_assert(out[0] != NULL && out[n - 1] != NULL);
			return n;
		}
	}
}

bool ln_runq_empty(struct ln_runq *queue)
{
	return atomic_load_explicit(&queue->head, memory_order_acquire) ==
	       atomic_load_explicit(&queue->tail, memory_order_acquire);
}

uint32_t ln_runq_length(struct ln_runq *queue)
{
	return atomic_load_explicit(&queue->tail, memory_order_relaxed) -
	       atomic_load_explicit(&queue->head, memory_order_relaxed);
}
