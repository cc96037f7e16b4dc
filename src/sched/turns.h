/*
 * Turns at something that only few tasks may do at the same time, given out by
 * a fair queue (base/fair.h): round robin over tenants, however many tasks wait
 * for each of them. Tenants form a tree, and take turns with their siblings.
 */
#ifndef LN_SCHED_TURNS_H
#define LN_SCHED_TURNS_H

#include "base/futex.h"

struct ln_tenant;

struct ln_turns {
	struct ln_lock lock;
	struct ln_tenant *root; /* under lock; counts the turns */
};

/* Prepares turns for `width` tasks at the same time. LN_ENOMEM. */
int ln_turns_init(struct ln_turns *turns, unsigned width);

/* When all tenants have left. */
void ln_turns_deinit(struct ln_turns *turns);

/* Makes a tenant below another one, or, with NULL, below none; it may have all
 * turns at the same time. NULL: memory is short. Any thread. */
struct ln_tenant *ln_turns_join(struct ln_turns *turns,
				struct ln_tenant *above);

/* Ends it; nobody waits for it any more. NULL is fine. Any thread. */
void ln_turns_leave(struct ln_turns *turns, struct ln_tenant *tenant);

/* Takes a turn on behalf of a tenant, or of none (NULL); parks the running task
 * until it comes. 0: the task has it. LN_EKILLED: it has not. Tasks only. */
int ln_turns_take(struct ln_turns *turns, struct ln_tenant *tenant);

/* Gives it back. Never parks. By the task that has it, from any thread. */
void ln_turns_end(struct ln_turns *turns, struct ln_tenant *tenant);

#endif
