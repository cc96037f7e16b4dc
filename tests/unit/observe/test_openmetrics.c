/* src/observe/openmetrics.c: numbers, labels of any bytes, and families. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"
#include "observe/openmetrics.h"

static struct ln_bytes out;

static int setup(void **state)
{
	(void)state;
	out = (struct ln_bytes){ .max = 10000 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ln_bytes_deinit(&out);
	return 0;
}

static void expect_out(const char *text)
{
	assert_int_equal(out.error, 0);
	ln_bytes_add(&out, "", 1);
	assert_string_equal((const char *)out.data, text);
	out.len = 0;
}

static void numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ -2.5, "-2.5" },
		{ 0.1, "0.1" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 9007199254740992.0, "9007199254740992" },
		{ 1e300, "1e+300" },
		{ 5e-324, "4.94065645841247e-324" },
		{ (double)INFINITY, "+Inf" },
		{ -(double)INFINITY, "-Inf" },
		{ (double)NAN, "NaN" },
	};
	char text[LN_OPENMETRICS_NUMBER];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ln_openmetrics_number(text, cases[i].value);
		assert_string_equal(text, cases[i].text);
	}
}

static void label(const char *value, size_t len, const char *text)
{
	ln_openmetrics_label(&out, "l", value, len);
	expect_out(text);
}

static void labels(void **state)
{
	(void)state;
	label("a b", 3, "l=\"a b\"");
	label("", 0, "l=\"%\"");
	label("%", 1, "l=\"%25\"");
	label("\"\\", 2, "l=\"\\\"\\\\\"");
	label("\n\0\x7f", 3, "l=\"%0A%00%7F\"");
	label("\xe2\x82\xac", 3, "l=\"\xe2\x82\xac\"");
	/* A direction mark, and what is no UTF-8. */
	label("\xe2\x80\xae", 3, "l=\"%E2%80%AE\"");
	label("a\xff", 2, "l=\"a%FF\"");
	ln_openmetrics_label(&out, "a", "1", 1);
	ln_openmetrics_label(&out, "b", "2", 1);
	expect_out("a=\"1\",b=\"2\"");
}

static void families(void **state)
{
	static const struct ln_family counter = { "x_seconds",
						  LN_FAMILY_COUNTER, "seconds",
						  "Time." };
	static const struct ln_family gauge = { "y", LN_FAMILY_GAUGE, NULL,
						"Some." };
	static const struct ln_family info = { "z", LN_FAMILY_INFO, NULL,
					       "What." };

	(void)state;
	ln_openmetrics_family(&out, &counter);
	ln_openmetrics_sample(&out, &counter, NULL, NULL, 3);
	expect_out("# TYPE x_seconds counter\n# UNIT x_seconds seconds\n"
		   "# HELP x_seconds Time.\nx_seconds_total 3\n");
	ln_openmetrics_family(&out, &gauge);
	ln_openmetrics_sample(&out, &gauge, NULL, "a=\"b\"", -1);
	expect_out("# TYPE y gauge\n# HELP y Some.\ny{a=\"b\"} -1\n");
	ln_openmetrics_sample(&out, &gauge, "_bucket", "", 2);
	ln_openmetrics_sample(&out, &info, NULL, "v=\"1\"", 1);
	ln_openmetrics_end(&out);
	expect_out("y_bucket 2\nz_info{v=\"1\"} 1\n# EOF\n");
}

static void no_room(void **state)
{
	static const struct ln_family gauge = { "y", LN_FAMILY_GAUGE, NULL,
						"Some." };

	(void)state;
	out.max = 20;
	ln_openmetrics_family(&out, &gauge);
	assert_int_equal(out.error, LN_ELIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(labels, setup, teardown),
		cmocka_unit_test_setup_teardown(families, setup, teardown),
		cmocka_unit_test_setup_teardown(no_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
