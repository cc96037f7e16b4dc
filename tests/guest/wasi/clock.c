// Clocks: resolution and time of all four, and those that do not exist.
#include "check.h"

static uint64_t time_of(uint32_t clock)
{
	uint64_t time = 0;

	CHECK_OK(__wasi_clock_time_get(clock, 0, &time));
	return time;
}

int main(void)
{
	volatile uint64_t work = 0;
	uint64_t value;
	uint64_t start;

	for (uint32_t clock = 0; clock < 4; clock++) {
		value = 0;
		CHECK_OK(__wasi_clock_res_get(clock, &value));
		CHECK(value > 0 && value <= 1000000000);
		start = time_of(clock);
		CHECK(start > 0);
		/* The real-time clock may be set back, the others go on. */
		CHECK(clock == 0 || time_of(clock) >= start);
		CHECK_OK(__wasi_clock_time_get(clock, UINT64_MAX, &value));
	}
	/* Later than 2020, and in nanoseconds. */
	CHECK(time_of(0) > UINT64_C(1577836800000000000));
	start = time_of(2);
	while (time_of(2) < start + 1000000)
		work++;
	CHECK(work > 0);

	CHECK_ERRNO(__wasi_clock_time_get(4, 0, &value), INVAL);
	CHECK_ERRNO(__wasi_clock_time_get(UINT32_MAX, 0, &value), INVAL);
	CHECK_ERRNO(__wasi_clock_res_get(4, &value), INVAL);
	CHECK_ERRNO(__wasi_clock_res_get(UINT32_MAX, &value), INVAL);
	CHECK_OK(__wasi_clock_time_get(1, 0, before_end(8)));
	CHECK_ERRNO(__wasi_clock_time_get(1, 0, before_end(7)), FAULT);
	CHECK_OK(__wasi_clock_res_get(1, before_end(8)));
	CHECK_ERRNO(__wasi_clock_res_get(1, before_end(7)), FAULT);
	return 0;
}
