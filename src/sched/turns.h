/*
 * Turns at work that only few tasks may do at the same time, given out fairly:
 * round robin over parties, however many tasks wait in each. Parties form a
 * tree, and a party takes turns with its siblings: making more parties below it
 * gives a party no more turns.
 */
#ifndef LN_SCHED_TURNS_H
#define LN_SCHED_TURNS_H

#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"

struct ln_party {
	/* Immutable. */
	struct ln_party *above; /* NULL: none; outlives this one */
	uint32_t depth;         /* parties above */
	uint64_t number;        /* its own; lower ones come first in a draw */

	/* Under the turns' lock: when, counted in turns. */
	uint64_t served;        /* it, or one below */
	uint64_t served_itself; /* it */
};

struct ln_turns {
	struct ln_lock lock;
	uint32_t free;          /* under lock, as all that follows */
	uint64_t clock;         /* turns that were given out */
	struct ln_list waiters; /* in the order in which they came */
};

/* Prepares turns for `width` tasks at the same time. Nothing to undo. */
void ln_turns_init(struct ln_turns *turns, uint32_t width);

/* Takes a turn on behalf of a party; parks the running task until its turn
 * comes. 0: the task has the turn. LN_EKILLED: it has not. A party belongs to
 * one `turns` only. Tasks only. */
int ln_turns_take(struct ln_turns *turns, struct ln_party *party);

/* Gives it back. Never parks. By the task that has it, from any thread. */
void ln_turns_end(struct ln_turns *turns);

#endif
