#include "base/condition.h"

#include <time.h>

#include "base/time.h"

void ln_condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool ln_condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock,
		       int64_t deadline)
{
	const struct timespec time = { .tv_sec = deadline / LN_NS_PER_S,
				       .tv_nsec = deadline % LN_NS_PER_S };

	return pthread_cond_timedwait(condition, lock, &time) == 0;
}
