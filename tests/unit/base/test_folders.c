/* src/base/folders.c: the variable first, then HOME, then the user's record;
 * nothing relative. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/folders.h"
#include "support/record.h"

#define NAME "XDG_CONFIG_HOME"

static int setup(void **state)
{
	(void)state;
	test_record_home = "/record";
	test_record_error = 0;
	return setenv(NAME, "/config", 1) + setenv("HOME", "/home/user", 1);
}

static void expect(const char *expected)
{
	char *path;

	assert_int_equal(ln_folders_find(NAME, ".config", &path), 0);
	assert_string_equal(path, expected);
	free(path);
}

static void expect_error(int error)
{
	char *path = (char *)NAME;

	assert_int_equal(ln_folders_find(NAME, ".config", &path), error);
	assert_null(path);
}

static void test_order(void **state)
{
	(void)state;
	expect("/config/lunatic");
	unsetenv("HOME");
	expect("/config/lunatic");
	unsetenv(NAME);
	expect("/record/.config/lunatic");
	setenv("HOME", "/home/user", 1);
	expect("/home/user/.config/lunatic");
	/* The record is not asked for what is known. */
	test_record_error = EMFILE;
	expect("/home/user/.config/lunatic");
}

static void test_relative(void **state)
{
	static const char *const values[] = { "", "relative", "./here", "~" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		setenv(NAME, values[i], 1);
		setenv("HOME", "/home/user", 1);
		expect("/home/user/.config/lunatic");
		setenv("HOME", values[i], 1);
		expect("/record/.config/lunatic");
		test_record_home = values[i];
		expect_error(LN_ENOENT);
		test_record_home = "/record";
	}
}

static void test_no_home(void **state)
{
	(void)state;
	unsetenv(NAME);
	unsetenv("HOME");
	test_record_home = NULL;
	expect_error(LN_ENOENT);
	test_record_error = EIO;
	expect_error(LN_ENOENT);
	test_record_error = EMFILE;
	expect_error(LN_ELIMIT);
	test_record_error = ENFILE;
	expect_error(LN_ELIMIT);
	test_record_error = ENOMEM;
	expect_error(LN_ENOMEM);
	/* It says so for ever. */
	test_record_error = ERANGE;
	expect_error(LN_ENOENT);
}

static void test_long_record(void **state)
{
	static char home[100000];
	char *path;

	(void)state;
	unsetenv(NAME);
	unsetenv("HOME");
	memset(home, 'x', sizeof(home) - 1);
	home[0] = '/';
	test_record_home = home;
	assert_int_equal(ln_folders_find(NAME, "below", &path), 0);
	assert_int_equal(strlen(path),
			 sizeof(home) - 1 + strlen("/below/lunatic"));
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_relative, setup),
		cmocka_unit_test_setup(test_no_home, setup),
		cmocka_unit_test_setup(test_long_record, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
