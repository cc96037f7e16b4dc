/* src/observe/guest_metrics.c: from names of guests to families and labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "observe/guest_metrics.h"
#include "process/metrics.h"

#define MAX ((size_t)1 << 20)

static struct ln_metrics *metrics;
static struct ln_bytes out;
static uint64_t left_out;

static int setup(void **state)
{
	(void)state;
	out = (struct ln_bytes){ .max = 2 * MAX };
	metrics = ln_metrics_new();
	return metrics != NULL ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	ln_metrics_free(metrics);
	ln_bytes_deinit(&out);
	return 0;
}

static void count(const char *name)
{
	assert_true(ln_metrics_count(metrics, name, strlen(name), 7) >= 0);
}

static void gauge(const char *name)
{
	assert_true(ln_metrics_set(metrics, name, strlen(name), 1.5) >= 0);
}

static const char *all(size_t max)
{
	out.len = 0;
	ln_guest_metrics_add(metrics, max, &out, &left_out);
	assert_int_equal(out.error, 0);
	ln_bytes_add(&out, "", 1);
	out.len--;
	return (const char *)out.data;
}

/* Whether the text has a line. */
static void expect_line(const char *line)
{
	const char *text = all(MAX);
	char *whole;

	if (asprintf(&whole, "\n%s\n", line) < 0)
		fail();
	if (strstr(text, whole) == NULL)
		fail_msg("%s is not in:\n%s", line, text);
	free(whole);
}

static void nothing(void **state)
{
	(void)state;
	assert_string_equal(all(MAX), "");
	assert_int_equal(left_out, 0);
}

static void names(void **state)
{
	(void)state;
	count("plain_total");
	count("plain2");
	count("a.b");
	count("a_b");
	count("9x");
	count("");
	count("lunatic_x");
	count("lunatic.y");
	count("x_sum");
	gauge("g_total");
	gauge("Gr\xc3\xb6\xc3\x9f\x65");
	expect_line("plain_total 7");
	expect_line("plain2_total 7");
	expect_line("a_b_total 7");
	expect_line("a_b_total{name=\"a.b\"} 7");
	expect_line("guest_9x_total{name=\"9x\"} 7");
	expect_line("guest__total{name=\"%\"} 7");
	expect_line("guest_lunatic_x_total{name=\"lunatic_x\"} 7");
	expect_line("guest_lunatic_y_total{name=\"lunatic.y\"} 7");
	expect_line("x_sum_value_total{name=\"x_sum\"} 7");
	expect_line("g_total_value{name=\"g_total\"} 1.5");
	expect_line("Gr__e{name=\"Gr\xc3\xb6\xc3\x9f\x65\"} 1.5");
	assert_int_equal(left_out, 0);
}

/* One family for each name, whoever came first; and one series for each. */
static void clashes(void **state)
{
	(void)state;
	gauge("x");
	count("x");
	count("x_total");
	expect_line("x_total 7");
	expect_line("x_total{name=\"x_total\"} 7");
	assert_int_equal(left_out, 1);
	assert_null(strstr(all(MAX), "1.5"));
}

static void histograms(void **state)
{
	(void)state;
	assert_true(ln_metrics_record(metrics, "h", 1, 4) >= 0);
	assert_true(ln_metrics_record(metrics, "h", 1, 1e12) >= 0);
	expect_line("h_bucket{le=\"1\"} 0");
	expect_line("h_bucket{le=\"4\"} 1");
	expect_line("h_bucket{le=\"1073741824\"} 1");
	expect_line("h_bucket{le=\"+Inf\"} 2");
	expect_line("h_sum 1000000000004");
	expect_line("h_count 2");
	assert_true(ln_metrics_record(metrics, "h", 1, -1) >= 0);
	expect_line("h_bucket{le=\"+Inf\"} 3");
	assert_null(strstr(all(MAX), "h_sum"));
}

/* What finds no room is left out whole, and counted. */
static void bounds(void **state)
{
	char name[LN_METRIC_NAME_MAX + 1];
	const char *text;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		count(name);
	}
	memset(name, '"', LN_METRIC_NAME_MAX);
	name[LN_METRIC_NAME_MAX] = '\0';
	count(name);
	text = all(10000);
	assert_true(out.len <= 10000);
	assert_true(out.len > 9000);
	assert_true(left_out > 0 && left_out < 1001);
	assert_int_equal(text[out.len - 1], '\n');
	(void)all(MAX);
	assert_int_equal(left_out, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
		cmocka_unit_test_setup_teardown(clashes, setup, teardown),
		cmocka_unit_test_setup_teardown(histograms, setup, teardown),
		cmocka_unit_test_setup_teardown(bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
