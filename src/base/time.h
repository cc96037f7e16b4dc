/* Clocks. All deadlines in the program are absolute, in nanoseconds of
 * CLOCK_MONOTONIC; LN_NEVER is a deadline that never comes. */
#ifndef LN_BASE_TIME_H
#define LN_BASE_TIME_H

#include <stdint.h>

#define LN_NEVER INT64_MAX
#define LN_NS_PER_MS INT64_C(1000000)
#define LN_NS_PER_S INT64_C(1000000000)

/* Now; any thread. */
int64_t ln_time_now(void);

/* The deadline `ms` milliseconds from now; saturates at LN_NEVER. */
int64_t ln_time_after_ms(uint64_t ms);

#endif
