/*
 * Condition variables whose deadlines are those of base/time.h. For threads
 * that are no workers; any of them.
 */
#ifndef LN_BASE_CONDITION_H
#define LN_BASE_CONDITION_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Then pthread_cond_destroy ends it. */
void ln_condition_init(pthread_cond_t *condition);

/* Waits, as pthread_cond_wait; false: the deadline has passed. */
bool ln_condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
		       int64_t deadline);

#endif
