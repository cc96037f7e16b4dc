/*
 * DESIGN
 * As in mutex.c, turns are handed over directly, and a waiter lives on the
 * stack of its task; it is granted and woken under the lock, and its task takes
 * the lock before it returns.
 *
 * Threads: any. Lock order: the queue's lock, then whatever ln_task_wake takes.
 */
#include "sched/fair_queue.h"

#include <stdbool.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/fair.h"
#include "base/time.h"
#include "sched/task.h"

struct waiter {
	struct ln_list link; /* queued for its tenant, until granted */
	struct ln_task *task;
	bool granted; /* under the lock */
};

int ln_fair_queue_init(struct ln_fair_queue *queue, unsigned width)
{
	*queue = (struct ln_fair_queue){ .root = ln_tenant_new(NULL, width) };
	return queue->root != NULL ? 0 : LN_ENOMEM;
}

void ln_fair_queue_deinit(struct ln_fair_queue *queue)
{
	ln_tenant_release(queue->root);
	queue->root = NULL;
}

struct ln_tenant *ln_fair_queue_join(struct ln_fair_queue *queue,
				     struct ln_tenant *above)
{
	struct ln_tenant *tenant;

	ln_lock_acquire(&queue->lock);
	tenant = ln_tenant_new(above != NULL ? above : queue->root,
			       ln_tenant_max(queue->root));
	ln_lock_release(&queue->lock);
	return tenant;
}

void ln_fair_queue_quit(struct ln_fair_queue *queue, struct ln_tenant *tenant)
{
	ln_lock_acquire(&queue->lock);
	ln_tenant_release(tenant);
	ln_lock_release(&queue->lock);
}

/* Hands out what is free; under the lock. */
static void grant(struct ln_fair_queue *queue)
{
	struct ln_list *link;

	ln_lock_assert(&queue->lock);
	while ((link = ln_tenant_take(queue->root)) != NULL) {
		struct waiter *waiter =
			ln_container_of(link, struct waiter, link);

		ln_assert(!waiter->granted && waiter->task != NULL);
		waiter->granted = true;
		if (waiter->task != ln_task_current())
			ln_task_wake(waiter->task);
	}
}

int ln_fair_queue_enter(struct ln_fair_queue *queue, struct ln_tenant *tenant)
{
	struct waiter waiter = { .task = ln_task_current() };
	int error = 0;

	ln_assert(waiter.task != NULL);
	if (tenant == NULL)
		tenant = queue->root;
	ln_lock_acquire(&queue->lock);
	ln_tenant_queue(tenant, &waiter.link);
	grant(queue);
	while (!waiter.granted && error == 0) {
		ln_lock_release(&queue->lock);
		error = ln_task_wait(waiter.task, LN_NEVER);
		ln_lock_acquire(&queue->lock);
	}
	if (!waiter.granted)
		ln_tenant_withdraw(tenant, &waiter.link);
	ln_lock_release(&queue->lock);
	if (waiter.granted && error < 0)
		ln_fair_queue_leave(queue, tenant);
	return error;
}

void ln_fair_queue_leave(struct ln_fair_queue *queue, struct ln_tenant *tenant)
{
	ln_lock_acquire(&queue->lock);
	ln_tenant_end(tenant != NULL ? tenant : queue->root);
	grant(queue);
	ln_lock_release(&queue->lock);
}
