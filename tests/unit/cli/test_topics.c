/* `lunatic help`: every topic of docs/errors.md is listed and printed as text
 * that fits a terminal; what is no topic is refused with a hint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cli/commands.h"
#include "support/capture.h"

/* Not inlined, or gcc 12 takes what it returns for a pointer to its own
 * variable. */
static LN_NOINLINE char *help(const char *topic, int fd, int expected)
{
	char copy[32] = "";
	char name[] = "lunatic", command[] = "help";
	char *words[] = { name, command, topic != NULL ? copy : NULL, NULL };
	struct test_capture capture;
	int status;

	if (topic != NULL)
		strncat(copy, topic, sizeof(copy) - 1);
	test_capture_begin(&capture, fd);
	status = ln_cli_help(topic != NULL ? 3 : 2, words);
	assert_int_equal(status, expected);
	return test_capture_end(&capture);
}

static void check_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void check_page(const char *text)
{
	size_t column = 0;

	for (const char *c = text; *c != '\0'; c++) {
		column = *c == '\n' ? 0 : column + 1;
		assert_true(column < 80);
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	}
	assert_true(strlen(text) > 80);
	assert_int_equal(text[strlen(text) - 1], '\n');
	/* What is for browsers. */
	assert_null(strstr(text, "]("));
	assert_null(strstr(text, "|"));
	assert_null(strstr(text, "<a"));
	assert_null(strstr(text, "## "));
}

static void pages(void **state)
{
	static const char *const names[] = { "refused",    "traps",  "files",
					     "killed",     "limits", "nodes",
					     "exit-status" };
	char *list = help(NULL, STDOUT_FILENO, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *text = help(names[i], STDOUT_FILENO, 0);

		check_has(list, names[i]);
		check_page(text);
		free(text);
	}
	free(list);
}

static void tables(void **state)
{
	char *text = help("traps", STDOUT_FILENO, 0);

	(void)state;
	check_has(text, "Traps\n\n`lunatic: process ID trapped");
	check_has(text, "\n\ninteger divide by zero\n"
			"  cause: the guest divided by zero\n"
			"  next step: look at the innermost function\n");
	/* A link is its text. */
	check_has(text, "raise the limit; see sandbox.md\n");
	free(text);
}

static void refusals(void **state)
{
	char *text = help("trap", STDERR_FILENO, 1);

	(void)state;
	check_has(text, "no topic 'trap'; did you mean lunatic help traps?\n");
	free(text);
	text = help("nonsense", STDERR_FILENO, 1);
	check_has(text, "no topic 'nonsense'; lunatic help lists all\n");
	free(text);
	text = help("test", STDERR_FILENO, 1);
	check_has(text, "'test' is a command; see lunatic --help\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages),
		cmocka_unit_test(tables),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
