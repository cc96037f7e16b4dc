/*
 * DESIGN
 * The mutex is handed over directly: a release takes the first waiter out of
 * the queue and marks it as the owner. So nobody can overtake, and a waiter is
 * woken in vain at most once. A waiter lives on the stack of its task. It is
 * granted and woken under the lock, and its task takes the lock before it
 * returns, so both are alive when they are touched.
 *
 * A task that is killed while it waits either finds itself still in the queue,
 * and leaves it, or has been granted the mutex meanwhile, and passes it on.
 *
 * Threads: any. Lock order: mutex.lock, then whatever ln_task_wake takes.
 */
#include "sched/mutex.h"

#include "base/compiler.h"
#include "base/error.h"
#include "sched/task.h"

struct waiter {
	struct ln_list link; /* in mutex.waiters, until granted */
	struct ln_task *task;
	bool granted; /* under the mutex's lock */
};

void ln_mutex_init(struct ln_mutex *mutex)
{
	*mutex = (struct ln_mutex){ .held = false };
	ln_list_init(&mutex->waiters);
}

int ln_mutex_acquire(struct ln_mutex *mutex, int64_t deadline)
{
	struct waiter waiter = { .granted = false };
	int error = 0;

	ln_lock_acquire(&mutex->lock);
	if (LN_LIKELY(!mutex->held)) {
		mutex->held = true;
		ln_assert(ln_list_empty(&mutex->waiters));
		ln_lock_release(&mutex->lock);
		return 0;
	}
	waiter.task = ln_task_current();
	ln_assert(waiter.task != NULL);
	ln_list_append(&mutex->waiters, &waiter.link);
	while (!waiter.granted && error == 0) {
		ln_lock_release(&mutex->lock);
		error = ln_task_wait(waiter.task, deadline);
		ln_lock_acquire(&mutex->lock);
	}
	if (!waiter.granted)
		ln_list_remove(&waiter.link);
	ln_lock_release(&mutex->lock);
	if (!waiter.granted || error == 0)
		return error;
	if (error != LN_EKILLED)
		return 0; /* just in time */
	ln_mutex_release(mutex);
	return LN_EKILLED;
}

bool ln_mutex_try(struct ln_mutex *mutex)
{
	bool taken;

	ln_lock_acquire(&mutex->lock);
	taken = !mutex->held;
	mutex->held = true;
	ln_lock_release(&mutex->lock);
	return taken;
}

void ln_mutex_release(struct ln_mutex *mutex)
{
	struct waiter *waiter;

	ln_lock_acquire(&mutex->lock);
	ln_assert(mutex->held);
	if (ln_list_empty(&mutex->waiters)) {
		mutex->held = false;
	} else {
		waiter = ln_container_of(mutex->waiters.next, struct waiter,
					 link);
		ln_assert(!waiter->granted);
		ln_list_remove(&waiter->link);
		waiter->granted = true;
		ln_task_wake(waiter->task);
	}
	ln_lock_release(&mutex->lock);
}
