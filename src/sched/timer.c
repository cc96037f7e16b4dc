/*
 * DESIGN
 * A 4-ary min-heap of pointers under one lock; every timer knows its place, so
 * removal is logarithmic too. The earliest deadline is mirrored in an atomic,
 * so that a scheduling point costs one load when nothing is due. When very many
 * are due, each look wakes EXPIRE_MAX of them: the lock is never held long,
 * and other tasks run in between.
 *
 * Lock order: timers.lock, then whatever ln_task_wake takes.
 */
#include "sched/timer.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "sched/task.h"

#define EXPIRE_MAX 64

void ln_timers_init(struct ln_timers *timers)
{
	*timers = (struct ln_timers){ 0 };
	atomic_store_explicit(&timers->earliest, LN_NEVER,
			      memory_order_relaxed);
}

void ln_timers_deinit(struct ln_timers *timers)
{
	free(timers->heap);
	timers->heap = NULL;
}

static void place(struct ln_timers *timers, size_t at, struct ln_timer *timer)
{
	ln_lock_assert(&timers->lock);
	ln_assert(at < timers->count);
	timers->heap[at] = timer;
	timer->index = at + 1;
}

static void sift_up(struct ln_timers *timers, size_t at, struct ln_timer *timer)
{
	while (at > 0) {
		size_t parent = (at - 1) / 4;

		if (timers->heap[parent]->deadline <= timer->deadline)
			break;
		place(timers, at, timers->heap[parent]);
		at = parent;
	}
	place(timers, at, timer);
}

static void sift_down(struct ln_timers *timers, size_t at,
		      struct ln_timer *timer)
{
	for (;;) {
		size_t first = at * 4 + 1;
		size_t min = first;

		if (first >= timers->count)
			break;
		for (size_t i = first + 1; i < first + 4 && i < timers->count;
		     i++) {
			if (timers->heap[i]->deadline <
			    timers->heap[min]->deadline)
				min = i;
		}
		if (timers->heap[min]->deadline >= timer->deadline)
			break;
		place(timers, at, timers->heap[min]);
		at = min;
	}
	place(timers, at, timer);
}

static void publish_earliest(struct ln_timers *timers)
{
	int64_t earliest =
		timers->count > 0 ? timers->heap[0]->deadline : LN_NEVER;

	ln_lock_assert(&timers->lock);
	/* Relaxed: a hint; whoever acts on it takes the lock. */
	atomic_store_explicit(&timers->earliest, earliest,
			      memory_order_relaxed);
}

static void take_out(struct ln_timers *timers, struct ln_timer *timer)
{
	size_t at = timer->index - 1;
	struct ln_timer *last;

	ln_lock_assert(&timers->lock);
	ln_assert(timer->index > 0 && timer->index <= timers->count);
	ln_assert(timers->heap[at] == timer);
	last = timers->heap[--timers->count];
	timer->index = 0;
	if (last == timer)
		return;
	if (at > 0 && timers->heap[(at - 1) / 4]->deadline > last->deadline)
		sift_up(timers, at, last);
	else
		sift_down(timers, at, last);
}

int ln_timers_add(struct ln_timers *timers, struct ln_timer *timer,
		  int *earliest)
{
	struct ln_timer **heap;

	ln_assert(timer->index == 0); /* it is in no heap */
	ln_lock_acquire(&timers->lock);
	heap = ln_array_grow(timers->heap, timers->count, &timers->capacity,
			     sizeof(struct ln_timer *));
	if (heap == NULL) {
		ln_lock_release(&timers->lock);
		return LN_ENOMEM;
	}
	timers->heap = heap;
	timers->count++;
	sift_up(timers, timers->count - 1, timer);
	*earliest = timer->index == 1;
	publish_earliest(timers);
	ln_lock_release(&timers->lock);
	return 0;
}

bool ln_timers_remove(struct ln_timers *timers, struct ln_timer *timer)
{
	bool there;

	ln_lock_acquire(&timers->lock);
	there = timer->index != 0;
	if (there) {
		take_out(timers, timer);
		publish_earliest(timers);
	}
	ln_lock_release(&timers->lock);
	return there;
}

void ln_timers_move(struct ln_timers *timers, const struct ln_timer *from,
		    struct ln_timer *to)
{
	ln_lock_acquire(&timers->lock);
	*to = *from;
	if (to->index > 0) {
		ln_assert(timers->heap[to->index - 1] == from);
		timers->heap[to->index - 1] = to;
	}
	ln_lock_release(&timers->lock);
}

struct ln_timer *ln_timers_take(struct ln_timers *timers, int64_t now)
{
	struct ln_timer *timer = NULL;

	ln_lock_acquire(&timers->lock);
	if (timers->count > 0 && timers->heap[0]->deadline <= now) {
		timer = timers->heap[0];
		take_out(timers, timer);
		publish_earliest(timers);
	}
	ln_lock_release(&timers->lock);
	return timer;
}

void ln_timers_expire(struct ln_timers *timers, int64_t now)
{
	struct ln_wakes wakes = { .count = 0 };

	ln_lock_acquire(&timers->lock);
	for (int i = 0; i < EXPIRE_MAX && timers->count > 0 &&
			timers->heap[0]->deadline <= now;
	     i++) {
		struct ln_timer *timer = timers->heap[0];

		ln_assert(timer->task != NULL);
		take_out(timers, timer);
		ln_task_wake_later(timer->task, &wakes);
	}
	publish_earliest(timers);
	ln_lock_release(&timers->lock);
	ln_wakes_queue_due(&wakes);
}
