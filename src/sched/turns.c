/*
 * DESIGN
 * As in mutex.c, turns are handed over directly, and a waiter lives on the
 * stack of its task; it is granted and woken under the lock, and its task takes
 * the lock before it returns.
 *
 * When a turn ends, the next waiter is chosen by comparing all of them. For two
 * waiters, find their lowest common ancestor in the tree: the waiter whose
 * branch below it was served longer ago goes first. Among siblings this is an
 * order by (served, number), so it is a total order. Waiters of the same party
 * go in the order in which they came.
 *
 * Threads: any. Lock order: turns.lock, then whatever ln_task_wake takes.
 * Limits: ending a turn takes a time in proportion to the number of waiters.
 * The work done in a turn takes longer.
 */
#include "sched/turns.h"

#include <stdbool.h>

#include "base/error.h"
#include "base/time.h"
#include "sched/task.h"

struct waiter {
	struct ln_list link; /* in turns.waiters, until granted */
	struct ln_task *task;
	struct ln_party *party;
	bool granted; /* under the lock */
};

/* A branch below some party: when it was served last, and its number. */
struct branch {
	uint64_t served;
	uint64_t number;
};

void ln_turns_init(struct ln_turns *turns, uint32_t width)
{
	*turns = (struct ln_turns){ .free = width };
	ln_list_init(&turns->waiters);
}

/* Steps up from *party until it has `depth`, and says where from. */
static struct branch climb(const struct ln_party **party, uint32_t depth)
{
	struct branch branch = { .served = (*party)->served_itself };

	while ((*party)->depth > depth) {
		branch.served = (*party)->served;
		branch.number = (*party)->number;
		*party = (*party)->above;
	}
	return branch;
}

/* Whether `a` is to be served before `b`. */
static bool precedes(const struct ln_party *a, const struct ln_party *b)
{
	uint32_t depth = a->depth < b->depth ? a->depth : b->depth;
	struct branch of_a = climb(&a, depth);
	struct branch of_b = climb(&b, depth);

	while (a != b) {
		of_a = (struct branch){ a->served, a->number };
		of_b = (struct branch){ b->served, b->number };
		a = a->above;
		b = b->above;
	}
	return of_a.served < of_b.served ||
	       (of_a.served == of_b.served && of_a.number < of_b.number);
}

static void note(struct ln_turns *turns, struct ln_party *party)
{
	uint64_t now = ++turns->clock;

	party->served_itself = now;
	for (; party != NULL; party = party->above)
		party->served = now;
}

int ln_turns_take(struct ln_turns *turns, struct ln_party *party)
{
	struct waiter waiter = { .party = party };
	int error = 0;

	ln_lock_acquire(&turns->lock);
	if (turns->free > 0) {
		turns->free--;
		note(turns, party);
		ln_lock_release(&turns->lock);
		return 0;
	}
	waiter.task = ln_task_current();
	ln_list_append(&turns->waiters, &waiter.link);
	while (!waiter.granted && error == 0) {
		ln_lock_release(&turns->lock);
		error = ln_task_wait(waiter.task, LN_NEVER);
		ln_lock_acquire(&turns->lock);
	}
	if (!waiter.granted)
		ln_list_remove(&waiter.link);
	ln_lock_release(&turns->lock);
	if (waiter.granted && error < 0)
		ln_turns_end(turns);
	return error;
}

void ln_turns_end(struct ln_turns *turns)
{
	struct waiter *next = NULL;

	ln_lock_acquire(&turns->lock);
	ln_list_for_each (at, &turns->waiters) {
		struct waiter *waiter =
			ln_container_of(at, struct waiter, link);

		if (next == NULL || precedes(waiter->party, next->party))
			next = waiter;
	}
	if (next == NULL) {
		turns->free++;
	} else {
		ln_list_remove(&next->link);
		note(turns, next->party);
		next->granted = true;
		ln_task_wake(next->task);
	}
	ln_lock_release(&turns->lock);
}
