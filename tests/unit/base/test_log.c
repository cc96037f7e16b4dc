/* src/base/log.c: levels, and lines that arrive whole. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static int standard_error;
static int caught[2];

/* From here on, what goes to standard error comes out of `caught`. */
static void catch (void)
{
	assert_int_equal(pipe2(caught, O_NONBLOCK), 0);
	standard_error = dup(STDERR_FILENO);
	assert_true(standard_error >= 0);
	assert_true(dup2(caught[1], STDERR_FILENO) >= 0);
}

/* Ends it, and stores what came. */
static void caught_text(char *text, size_t size)
{
	ssize_t n;

	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	n = read(caught[0], text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	close(caught[0]);
	close(caught[1]);
}

static void set_level(const char *level, bool valid)
{
	assert_int_equal(setenv("LUNATIC_LOG", level, 1), 0);
	assert_int_equal(ln_log_init(), valid);
}

static void warn_is_the_default(void **state)
{
	(void)state;
	unsetenv("LUNATIC_LOG");
	assert_true(ln_log_init());
	assert_true(ln_log_enabled(LN_LOG_ERROR));
	assert_true(ln_log_enabled(LN_LOG_WARN));
	assert_false(ln_log_enabled(LN_LOG_INFO));
	assert_false(ln_log_enabled(LN_LOG_DEBUG));
}

static void unknown_word_changes_nothing(void **state)
{
	(void)state;
	set_level("loud", false);
	assert_true(ln_log_enabled(LN_LOG_WARN));
	assert_false(ln_log_enabled(LN_LOG_INFO));
	set_level("", true);
	assert_true(ln_log_enabled(LN_LOG_WARN));
	assert_false(ln_log_enabled(LN_LOG_INFO));
}

static void levels_include_lower_ones(void **state)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };

	(void)state;
	for (int level = 0; level < 4; level++) {
		set_level(names[level], true);
		for (int other = 0; other < 4; other++)
			assert_int_equal(
				ln_log_enabled((enum ln_log_level)other),
				other <= level);
	}
}

static void prints_what_is_enabled(void **state)
{
	char text[256];

	(void)state;
	set_level("info", true);
	catch ();
	ln_log(LN_LOG_INFO, "%d and %s", 42, "more");
	ln_log(LN_LOG_DEBUG, "hidden");
	ln_log(LN_LOG_ERROR, "second");
	caught_text(text, sizeof(text));
	assert_string_equal(text, "lunatic: 42 and more\nlunatic: second\n");
}

static void long_lines_are_cut(void **state)
{
	static char long_text[5000];
	char text[8000];
	size_t len;

	(void)state;
	set_level("warn", true);
	memset(long_text, 'y', sizeof(long_text) - 1);
	catch ();
	ln_log(LN_LOG_WARN, "%s", long_text);
	caught_text(text, sizeof(text));
	len = strlen(text);
	assert_true(len > 900 && len < 1100);
	assert_memory_equal(text, "lunatic: y", 10);
	assert_int_equal(text[len - 2], 'y');
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
}

static void survives_without_standard_error(void **state)
{
	(void)state;
	set_level("warn", true);
	standard_error = dup(STDERR_FILENO);
	close(STDERR_FILENO);
	ln_log(LN_LOG_WARN, "nobody reads this");
	assert_int_equal(dup2(standard_error, STDERR_FILENO), STDERR_FILENO);
	close(standard_error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warn_is_the_default),
		cmocka_unit_test(unknown_word_changes_nothing),
		cmocka_unit_test(levels_include_lower_ones),
		cmocka_unit_test(prints_what_is_enabled),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(survives_without_standard_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
