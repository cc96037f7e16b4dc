/*
 * Turns at something that only few tasks may do at the same time, given out by
 * a fair queue (base/fair.h): round robin over tenants, however many tasks wait
 * for each of them. Tenants form a tree, and take turns with their siblings.
 */
#ifndef LN_SCHED_FAIR_QUEUE_H
#define LN_SCHED_FAIR_QUEUE_H

#include "base/futex.h"

struct ln_tenant;

struct ln_fair_queue {
	struct ln_lock lock;
	struct ln_tenant *root; /* under lock; counts the turns */
};

/* Prepares turns for `width` tasks at the same time. LN_ENOMEM. */
int ln_fair_queue_init(struct ln_fair_queue *queue, unsigned width);

/* When all tenants have left. */
void ln_fair_queue_deinit(struct ln_fair_queue *queue);

/* Makes a tenant below another one, or, with NULL, below none; it may have all
 * turns at the same time. NULL: memory is short. Any thread. */
struct ln_tenant *ln_fair_queue_join(struct ln_fair_queue *queue,
				     struct ln_tenant *above);

/* Ends it; nobody waits for it any more. NULL is fine. Any thread. */
void ln_fair_queue_quit(struct ln_fair_queue *queue, struct ln_tenant *tenant);

/* Takes a turn on behalf of a tenant, or of none (NULL); parks the running task
 * until it comes. 0: the task has it. LN_EKILLED: it has not. Tasks only. */
int ln_fair_queue_enter(struct ln_fair_queue *queue, struct ln_tenant *tenant);

/* Gives it back. Never parks. By the task that has it, from any thread. */
void ln_fair_queue_leave(struct ln_fair_queue *queue, struct ln_tenant *tenant);

#endif
