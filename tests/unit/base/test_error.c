/* src/base/error.c: every code has a text of its own, errno finds a code. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static const int codes[] = {
#define CODE(name, number, text) LN_E##name,
	LN_ERROR_MAP(CODE)
#undef CODE
};

#define CODES (sizeof(codes) / sizeof(codes[0]))

static void texts_differ(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODES; i++) {
		const char *text = ln_error_text(codes[i]);

		assert_true(codes[i] < 0);
		assert_true(strlen(text) > 0);
		assert_string_not_equal(text, "unknown error");
		for (size_t j = 0; j < i; j++) {
			assert_int_not_equal(codes[i], codes[j]);
			assert_string_not_equal(text, ln_error_text(codes[j]));
		}
	}
}

static void any_number_has_a_text(void **state)
{
	(void)state;
	assert_string_equal(ln_error_text(0), "success");
	assert_string_equal(ln_error_text(LN_ENOMEM), "out of memory");
	assert_string_equal(ln_error_text(1), "unknown error");
	assert_string_equal(ln_error_text(-1000), "unknown error");
	assert_string_equal(ln_error_text(INT32_MIN), "unknown error");
}

static void errno_becomes_a_code(void **state)
{
	static const struct {
		int number;
		int code;
	} pairs[] = {
		{ 0, 0 },
		{ ENOMEM, LN_ENOMEM },
		{ EINVAL, LN_EINVAL },
		{ ENOENT, LN_ENOENT },
		{ EEXIST, LN_EEXIST },
		{ ETIMEDOUT, LN_ETIMEDOUT },
		{ EAGAIN, LN_EAGAIN },
		{ EWOULDBLOCK, LN_EAGAIN },
		{ EACCES, LN_EPERM },
		{ EPERM, LN_EPERM },
		{ ENOSYS, LN_EUNSUP },
		{ ENOTSUP, LN_EUNSUP },
		{ EMFILE, LN_ELIMIT },
		{ ENFILE, LN_ELIMIT },
		{ EBADF, LN_EIO },
		{ 99999, LN_EIO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(ln_error_from_errno(pairs[i].number),
				 pairs[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_differ),
		cmocka_unit_test(any_number_has_a_text),
		cmocka_unit_test(errno_becomes_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
