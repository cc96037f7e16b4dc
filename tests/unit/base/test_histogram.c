/* src/base/histogram.c: percentiles of known values, values that no bucket
 * is for, and many threads. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/histogram.h"

#define THREADS 4
#define VALUES 20000

static struct ln_histogram histogram;

static int setup(void **state)
{
	(void)state;
	ln_histogram_init(&histogram);
	return 0;
}

static struct ln_histogram_summary sum_up(void)
{
	struct ln_histogram_summary summary;

	ln_histogram_sum_up(&histogram, &summary);
	return summary;
}

/* Within the 1/16 that the header promises. */
static void expect_near(double value, double expected)
{
	if (!(fabs(value - expected) <= fabs(expected) / 16))
		fail_msg("%g instead of %g", value, expected);
}

static void nothing(void **state)
{
	struct ln_histogram_summary summary = sum_up();

	(void)state;
	assert_int_equal(summary.count, 0);
	assert_true(summary.sum == 0 && summary.min == 0 && summary.max == 0);
	assert_true(summary.p50 == 0 && summary.p99 == 0);
}

static void one_value(void **state)
{
	struct ln_histogram_summary summary;

	(void)state;
	ln_histogram_record(&histogram, 5.3);
	summary = sum_up();
	assert_int_equal(summary.count, 1);
	assert_true(summary.sum == 5.3);
	assert_true(summary.min == 5.3 && summary.max == 5.3);
	assert_true(summary.p50 == 5.3 && summary.p90 == 5.3);
	assert_true(summary.p99 == 5.3);
}

static void a_thousand(void **state)
{
	struct ln_histogram_summary summary;

	(void)state;
	for (int i = 1000; i > 0; i--)
		ln_histogram_record(&histogram, i / 1000.0);
	summary = sum_up();
	assert_int_equal(summary.count, 1000);
	expect_near(summary.sum, 500.5);
	assert_true(summary.min == 0.001 && summary.max == 1);
	expect_near(summary.p50, 0.5);
	expect_near(summary.p90, 0.9);
	expect_near(summary.p99, 0.99);
}

/* Every power of two up to 2^32, and the values next to those. */
static void all_sizes(void **state)
{
	struct ln_histogram_summary summary;

	(void)state;
	for (int power = -32; power < 32; power++) {
		double values[] = { nextafter(ldexp(1, power), 1e300),
				    ldexp(1.1, power), ldexp(1, power + 1) };

		for (size_t i = 0; i < 3; i++) {
			ln_histogram_init(&histogram);
			/* So that the value is not at the edge. */
			ln_histogram_record(&histogram, -1);
			ln_histogram_record(&histogram, values[i]);
			ln_histogram_record(&histogram, values[i]);
			ln_histogram_record(&histogram, ldexp(1, 40));
			summary = sum_up();
			expect_near(summary.p50, values[i]);
			assert_true(summary.p99 == ldexp(1, 40));
		}
	}
}

static void strange_values(void **state)
{
	struct ln_histogram_summary summary;

	(void)state;
	ln_histogram_record(&histogram, NAN);
	assert_int_equal(sum_up().count, 0);
	ln_histogram_record(&histogram, -3);
	ln_histogram_record(&histogram, -0.0);
	ln_histogram_record(&histogram, 1e-300);
	summary = sum_up();
	assert_int_equal(summary.count, 3);
	assert_true(summary.min == -3 && summary.max == 1e-300);
	assert_true(summary.p50 == 0);
	ln_histogram_record(&histogram, (double)INFINITY);
	ln_histogram_record(&histogram, 1e300);
	summary = sum_up();
	assert_int_equal(summary.count, 5);
	assert_true(isinf(summary.max) && isinf(summary.sum));
	assert_true(isinf(summary.p99));
	ln_histogram_record(&histogram, -(double)INFINITY);
	summary = sum_up();
	assert_true(isinf(summary.min) && summary.min < 0);
	assert_true(isnan(summary.sum));
	assert_int_equal(summary.count, 6);
}

/* Those that stand for many, sums and differences of two. */
static void weights_sums_differences(void **state)
{
	static struct ln_histogram other;
	static struct ln_histogram earlier;
	struct ln_histogram_summary summary;
	uint64_t in_buckets = 0;

	(void)state;
	ln_histogram_init(&other);
	ln_histogram_record_many(&histogram, 1, 98);
	ln_histogram_record(&other, 100);
	ln_histogram_record(&other, 0.5);
	ln_histogram_add(&histogram, &other);
	summary = sum_up();
	assert_int_equal(summary.count, 100);
	assert_true(summary.sum == 198.5);
	assert_true(summary.min == 0.5 && summary.max == 100);
	expect_near(summary.p50, 1);

	ln_histogram_init(&earlier);
	ln_histogram_add(&earlier, &histogram);
	ln_histogram_record_many(&histogram, 8.5, 3);
	ln_histogram_subtract(&histogram, &earlier);
	summary = sum_up();
	assert_int_equal(summary.count, 3);
	assert_true(summary.sum == 25.5);
	assert_true(summary.min <= 8.5 && summary.max >= 8.5);
	expect_near(summary.p99, 8.5);
	for (size_t i = 0; i < LN_HISTOGRAM_BUCKETS; i++) {
		uint64_t count = ln_histogram_bucket(&histogram, i);

		in_buckets += count;
		if (count > 0) {
			assert_true(ln_histogram_limit(i) >= 8.5);
			assert_true(ln_histogram_limit(i - 1) <= 8.5);
		}
	}
	assert_int_equal(in_buckets, 3);
	assert_true(isinf(ln_histogram_limit(LN_HISTOGRAM_BUCKETS - 1)));
	ln_histogram_subtract(&histogram, &earlier);
	assert_int_equal(sum_up().count, 3);
}

/* How many are at most a power of four: that is no approximation. */
static void powers(void **state)
{
	uint64_t counts[LN_HISTOGRAM_POWERS];

	(void)state;
	assert_int_equal(ln_histogram_powers(&histogram, counts), 0);
	ln_histogram_record(&histogram, -5);
	ln_histogram_record(&histogram, 1);
	ln_histogram_record(&histogram, 4);
	ln_histogram_record(&histogram, nextafter(4, 5));
	ln_histogram_record(&histogram, 1e300);
	assert_int_equal(ln_histogram_powers(&histogram, counts), 5);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[-1 - LN_HISTOGRAM_POWER_MIN], 1);
	assert_int_equal(counts[0 - LN_HISTOGRAM_POWER_MIN], 2);
	assert_int_equal(counts[1 - LN_HISTOGRAM_POWER_MIN], 3);
	assert_int_equal(counts[2 - LN_HISTOGRAM_POWER_MIN], 4);
	assert_int_equal(counts[LN_HISTOGRAM_POWERS - 1], 4);
	/* Each bound is in the bucket below it. */
	for (int power = LN_HISTOGRAM_POWER_MIN;
	     power <= LN_HISTOGRAM_POWER_MAX; power++) {
		double bound = ldexp(1, 2 * power);

		ln_histogram_init(&histogram);
		ln_histogram_record(&histogram, bound);
		ln_histogram_record(&histogram, nextafter(bound, 1e300));
		(void)ln_histogram_powers(&histogram, counts);
		assert_int_equal(counts[power - LN_HISTOGRAM_POWER_MIN], 1);
	}
}

static void *record_many(void *argument)
{
	(void)argument;
	for (int i = 1; i <= VALUES; i++)
		ln_histogram_record(&histogram, i);
	return NULL;
}

static void threads(void **state)
{
	struct ln_histogram_summary summary;
	pthread_t list[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&list[i], NULL, record_many, NULL), 0);
	/* What is seen meanwhile is neither too much nor torn. */
	do {
		summary = sum_up();
		assert_true(summary.count <= THREADS * VALUES);
		assert_true(summary.count == 0 ||
			    (summary.p50 > 0 && summary.p50 <= VALUES));
	} while (summary.count < VALUES);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(list[i], NULL), 0);
	summary = sum_up();
	assert_int_equal(summary.count, THREADS * VALUES);
	assert_true(summary.sum == THREADS * (VALUES * (VALUES + 1.0) / 2));
	assert_true(summary.min == 1 && summary.max == VALUES);
	expect_near(summary.p90, 0.9 * VALUES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing, setup),
		cmocka_unit_test_setup(one_value, setup),
		cmocka_unit_test_setup(a_thousand, setup),
		cmocka_unit_test_setup(all_sizes, setup),
		cmocka_unit_test_setup(strange_values, setup),
		cmocka_unit_test_setup(powers, setup),
		cmocka_unit_test_setup(weights_sums_differences, setup),
		cmocka_unit_test_setup(threads, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
