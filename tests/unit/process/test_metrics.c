/* src/process/metrics.c: kinds, names, the bounds, and many threads that add
 * and make the same ones. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/metrics.h"

#define THREADS 4
#define NAMES 500
#define ROUNDS 20

static struct ln_metrics *metrics;

static int setup(void **state)
{
	(void)state;
	metrics = ln_metrics_new();
	return metrics == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	ln_metrics_free(metrics);
	return 0;
}

static int count(const char *name, uint64_t value)
{
	return ln_metrics_count(metrics, name, strlen(name), value);
}

/* The list, of which there must be so many. */
static struct ln_metric_value *list(size_t expected)
{
	struct ln_metric_value *values;
	size_t found;

	assert_int_equal(ln_metrics_list(metrics, &values, &found), 0);
	assert_int_equal(found, expected);
	return values;
}

static void expect_name(const struct ln_metric_value *value, const char *name)
{
	assert_int_equal(value->name_len, strlen(name));
	assert_memory_equal(value->name, name, value->name_len);
}

static void kinds(void **state)
{
	struct ln_metric_value *values;

	(void)state;
	free(list(0));
	assert_int_equal(count("b", 2), 1);
	assert_int_equal(count("b", UINT64_MAX), 0);
	assert_int_equal(ln_metrics_add(metrics, "b", 1, 1.5), 1);
	assert_int_equal(ln_metrics_add(metrics, "b", 1, -4), 0);
	assert_int_equal(ln_metrics_record(metrics, "b", 1, 7), 1);
	assert_int_equal(ln_metrics_record(metrics, "b", 1, 9), 0);
	assert_int_equal(ln_metrics_add(metrics, "a", 1, 3), 1);
	assert_int_equal(ln_metrics_set(metrics, "a", 1, 2), 0);
	assert_int_equal(ln_metrics_add(metrics, "a", 1, 0.25), 0);
	values = list(4);
	expect_name(&values[0], "a");
	assert_int_equal(values[0].kind, LN_METRIC_GAUGE);
	assert_true(values[0].gauge == 2.25);
	assert_int_equal(values[1].kind, LN_METRIC_COUNTER);
	assert_int_equal(values[1].counter, 1);
	assert_int_equal(values[2].kind, LN_METRIC_GAUGE);
	assert_true(values[2].gauge == -2.5);
	assert_int_equal(values[3].kind, LN_METRIC_HISTOGRAM);
	assert_int_equal(values[3].histogram.count, 2);
	assert_true(values[3].histogram.sum == 16);
	free(values);
	assert_int_equal(ln_metrics_lost(metrics), 0);
}

/* Beginnings of each other, nothing, the longest, and zeros. */
static void names(void **state)
{
	struct ln_metric_value *values;
	char longest[LN_METRIC_NAME_MAX];

	(void)state;
	memset(longest, 'z', sizeof(longest));
	assert_int_equal(count("", 1), 1);
	assert_int_equal(count("ab", 2), 1);
	assert_int_equal(count("a", 3), 1);
	assert_int_equal(ln_metrics_count(metrics, "a\0", 2, 4), 1);
	assert_int_equal(ln_metrics_count(metrics, "a\0b", 3, 5), 1);
	assert_int_equal(ln_metrics_count(metrics, longest, sizeof(longest), 6),
			 1);
	assert_int_equal(
		ln_metrics_count(metrics, longest, sizeof(longest) - 1, 7), 1);
	values = list(7);
	assert_int_equal(values[0].name_len, 0);
	assert_int_equal(values[1].counter, 3);
	assert_int_equal(values[2].counter, 4);
	assert_int_equal(values[3].counter, 5);
	assert_int_equal(values[4].counter, 2);
	assert_int_equal(values[5].counter, 7);
	assert_int_equal(values[6].counter, 6);
	assert_memory_equal(values[6].name, longest, sizeof(longest));
	free(values);
}

static void bound_of_names(void **state)
{
	char name[32];

	(void)state;
	for (int i = 0; i < LN_METRICS_MAX; i++) {
		snprintf(name, sizeof(name), "metric %d", i);
		assert_int_equal(count(name, 1), 1);
	}
	assert_int_equal(ln_metrics_lost(metrics), 0);
	assert_int_equal(count("another", 1), LN_ELIMIT);
	assert_int_equal(ln_metrics_set(metrics, "metric 1", 8, 1), LN_ELIMIT);
	assert_int_equal(ln_metrics_lost(metrics), 2);
	/* Those that there are go on. */
	assert_int_equal(count("metric 1", 1), 0);
	assert_int_equal(count("metric 9999", 1), 0);
	free(list(LN_METRICS_MAX));
}

static void bound_of_bytes(void **state)
{
	size_t made = 0;
	char name[32];
	int result;

	(void)state;
	do {
		snprintf(name, sizeof(name), "metric %zu", made);
		result = ln_metrics_record(metrics, name, strlen(name), 1);
		made += result > 0;
	} while (result > 0);
	assert_int_equal(result, LN_ELIMIT);
	assert_true(made > 1000 && made < LN_METRICS_MAX);
	assert_true(made * sizeof(struct ln_histogram) <= LN_METRICS_BYTES);
	assert_int_equal(ln_metrics_lost(metrics), 1);
	free(list(made));
}

static void *add_many(void *argument)
{
	size_t made = 0;
	char name[32];

	(void)argument;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < NAMES; i++) {
			snprintf(name, sizeof(name), "metric %d", i);
			made += count(name, (uint64_t)i) == 1;
			ln_metrics_add(metrics, "gauge", 5, 1);
		}
	}
	return (void *)made;
}

/* Each is made by one thread, and nothing is lost. */
static void threads(void **state)
{
	struct ln_metric_value *values;
	pthread_t many[THREADS];
	size_t made = 0;
	size_t seen;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&many[i], NULL, add_many, NULL),
				 0);
	for (int i = 0; i < THREADS; i++) {
		void *part;

		assert_int_equal(ln_metrics_list(metrics, &values, &seen), 0);
		assert_true(seen <= NAMES + 1);
		free(values);
		assert_int_equal(pthread_join(many[i], &part), 0);
		made += (size_t)part;
	}
	assert_int_equal(made, NAMES);
	values = list(NAMES + 1);
	assert_true(values[0].gauge == THREADS * ROUNDS * NAMES);
	for (size_t i = 1; i <= NAMES; i++) {
		char name[LN_METRIC_NAME_MAX + 1] = { 0 };

		memcpy(name, values[i].name, values[i].name_len);
		assert_int_equal(values[i].counter,
				 (uint64_t)atoi(name + strlen("metric ")) *
					 THREADS * ROUNDS);
	}
	free(values);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
		cmocka_unit_test_setup_teardown(bound_of_names, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bound_of_bytes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(threads, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
