/* Pages that are given back, locked ones, and a kernel that takes none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/pages.h"
#include "support/refusal.h"

#define SIZE ((size_t)64 << 10)

static char *map(void)
{
	char *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	memset(at, 'x', SIZE);
	return at;
}

static bool all_are(const char *bytes, size_t len, char value)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

static void dropped_ones_are_zero(void **state)
{
	char *at = map();

	(void)state;
	assert_int_equal(ln_pages_drop(at, SIZE / 2), 0);
	assert_true(all_are(at, SIZE / 2, 0));
	assert_true(all_are(at + SIZE / 2, SIZE / 2, 'x'));
	assert_int_equal(ln_pages_unmap(at, SIZE), 0);
}

static void locked_ones_too(void **state)
{
	char *at = map();

	(void)state;
	if (mlock(at, SIZE) != 0)
		skip();
	if (ln_pages_drop(at, SIZE) == 0)
		assert_true(all_are(at, SIZE, 0));
	else /* before Linux 5.18 */
		assert_true(all_are(at, SIZE, 'x'));
	assert_int_equal(ln_pages_unmap(at, SIZE), 0);
}

static void refusals_are_told(void **state)
{
	char *at = map();

	(void)state;
	test_refuse(TEST_REFUSE_MADVISE, 0);
	assert_int_equal(ln_pages_drop(at, SIZE), LN_ENOMEM);
	assert_true(all_are(at, SIZE, 'x'));
	/* Emptied, if it cannot be unmapped. */
	test_refuse(TEST_REFUSE_MUNMAP, 0);
	assert_int_equal(ln_pages_unmap(at, SIZE), LN_ENOMEM);
	assert_true(all_are(at, SIZE, 0));
	memset(at, 'y', SIZE);
	test_refuse(TEST_REFUSE_MUNMAP | TEST_REFUSE_MADVISE, 0);
	assert_int_equal(ln_pages_unmap(at, SIZE), LN_ENOMEM);
	assert_true(all_are(at, SIZE, 'y'));
	test_refuse(0, 0);
	assert_int_equal(ln_pages_unmap(at, SIZE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dropped_ones_are_zero),
		cmocka_unit_test(locked_ones_too),
		cmocka_unit_test(refusals_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
