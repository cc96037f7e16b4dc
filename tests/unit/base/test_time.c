/* src/base/time.c: the clock goes on, deadlines saturate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"

static void never_goes_back(void **state)
{
	int64_t last = ln_time_now();

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 10000; i++) {
		int64_t now = ln_time_now();

		assert_true(now >= last);
		last = now;
	}
}

static void deadline_is_that_far(void **state)
{
	int64_t before = ln_time_now();
	int64_t deadline = ln_time_after_ms(1500);
	int64_t after = ln_time_now();

	(void)state;
	assert_true(deadline >= before + 1500 * LN_NS_PER_MS);
	assert_true(deadline <= after + 1500 * LN_NS_PER_MS);
	assert_true(ln_time_after_ms(0) <= ln_time_now());
}

static void far_deadlines_are_never(void **state)
{
	const uint64_t max = (uint64_t)(LN_NEVER / LN_NS_PER_MS);

	(void)state;
	assert_true(ln_time_after_ms(UINT64_MAX) == LN_NEVER);
	assert_true(ln_time_after_ms(UINT64_MAX / 1000000) == LN_NEVER);
	assert_true(ln_time_after_ms(INT64_MAX) == LN_NEVER);
	assert_true(ln_time_after_ms(max) == LN_NEVER);
	/* A hundred years are not. */
	assert_true(ln_time_after_ms(UINT64_C(100) * 366 * 86400 * 1000) <
		    LN_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_goes_back),
		cmocka_unit_test(deadline_is_that_far),
		cmocka_unit_test(far_deadlines_are_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
