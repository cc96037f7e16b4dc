/*
 * Mutual exclusion between tasks, for as long as their owner likes: unlike
 * ln_lock it may be held while the owner parks. Waiters get it in the order in
 * which they came; a killed one leaves the queue.
 */
#ifndef LN_SCHED_MUTEX_H
#define LN_SCHED_MUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"

struct ln_mutex {
	struct ln_lock lock;
	bool held;              /* under lock */
	struct ln_list waiters; /* under lock; the longest waiting first */
};

/* Prepares a free mutex. There is nothing to undo. */
void ln_mutex_init(struct ln_mutex *mutex);

/* Takes the mutex; parks the running task while another one has it, at most
 * until `deadline`. 0: the task has it. LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM: it
 * has not. Tasks only. */
int ln_mutex_acquire(struct ln_mutex *mutex, int64_t deadline);

/* Takes the mutex if it is free. Any thread. */
bool ln_mutex_try(struct ln_mutex *mutex);

/* Hands the mutex to the next waiter, or frees it. Never parks. By the owner,
 * in any thread. */
void ln_mutex_release(struct ln_mutex *mutex);

#endif
