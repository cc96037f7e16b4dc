/* Monotonic time. */
#include "base/time.h"

#include <time.h>

int64_t ln_time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * LN_NS_PER_S + now.tv_nsec;
}

int64_t ln_time_after_ms(uint64_t ms)
{
	int64_t now = ln_time_now();

	if (ms >= (uint64_t)((LN_NEVER - now) / LN_NS_PER_MS))
		return LN_NEVER;
	return now + (int64_t)ms * LN_NS_PER_MS;
}
