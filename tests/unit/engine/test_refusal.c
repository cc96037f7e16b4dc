/* Texts of refusals: one line, whatever comes into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/refusal.h"
#include "support/shortage.h"

static void check(const char *part, const char *expected)
{
	char *error;

	assert_int_equal(ln_refuse(&error, LN_EINVAL, "%s", part), LN_EINVAL);
	assert_string_equal(error, expected);
	free(error);
}

static void parts_are_put_in(void **state)
{
	char *error;

	(void)state;
	assert_int_equal(
		ln_refuse(&error, LN_ELIMIT, "%d of \"%.*s\"", 7, 2, "abc"),
		LN_ELIMIT);
	assert_string_equal(error, "7 of \"ab\"");
	free(error);
}

static void one_line(void **state)
{
	(void)state;
	check("", "");
	check("plain text", "plain text");
	check("a\nb\r\nc\td", "a b c d");
	check("  a   b  ", "a b");
	check(" \n\t ", "");
	check("bell\a esc\033[31m del\177", "bell? esc?[31m del?");
	check("\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac");
}

/* Cut off between characters, not inside of one. */
static void bounded(void **state)
{
	char part[2001];
	char *error;

	(void)state;
	memset(part, 'a', 2000);
	part[2000] = '\0';
	ln_refuse(&error, LN_EINVAL, "%s", part);
	assert_int_equal(strlen(error), 1000);
	assert_string_equal(error + 997, "a..");
	free(error);
	part[1000] = '\0';
	check(part, part);
	/* Three bytes each: 332 of them are 996, and two dots follow. */
	for (size_t i = 0; i < 1998; i += 3)
		memcpy(part + i, "\xe2\x82\xac", 3);
	part[1998] = '\0';
	ln_refuse(&error, LN_EINVAL, "%s", part);
	assert_int_equal(strlen(error), 998);
	assert_true(ln_utf8_valid((const uint8_t *)error, 998));
	free(error);
}

static int shown(const char *text)
{
	return ln_refuse_shown(text, strlen(text));
}

static void names_are_shortened(void **state)
{
	char name[101];

	(void)state;
	assert_int_equal(shown(""), 0);
	assert_int_equal(shown("name"), 4);
	memset(name, 'a', 100);
	name[100] = '\0';
	assert_int_equal(shown(name), 80);
	name[81] = '\0';
	assert_int_equal(shown(name), 80);
	name[80] = '\0';
	assert_int_equal(shown(name), 80);
	/* A character that would be cut is left out. */
	memcpy(name + 78, "\xf0\x9f\x98\x80", 5);
	assert_int_equal(shown(name), 78);
}

static void no_memory(void **state)
{
	char *error;
	int code;

	(void)state;
	test_shortage_begin(TEST_SHORT_ALL, 0);
	code = ln_refuse(&error, LN_EINVAL, "%s", "x");
	assert_true(test_shortage_end());
	assert_int_equal(code, LN_ENOMEM);
	assert_null(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_put_in),
		cmocka_unit_test(one_line),
		cmocka_unit_test(bounded),
		cmocka_unit_test(names_are_shortened),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
