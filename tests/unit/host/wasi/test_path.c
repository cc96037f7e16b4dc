/* Paths and times as guests give them; what is done there is for guests. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "host/wasi/path.h"
#include "host/wasi/wasi.h"
#include "support/shortage.h"

/* In memory of its own of that very length. */
static uint32_t copy(const char *text, size_t len, char **out)
{
	uint8_t *own = malloc(len > 0 ? len : 1);
	struct ln_slice path = { own, len };
	uint32_t result;

	memcpy(own, text, len);
	*out = NULL;
	result = ln_wasi_copy_path(path, out);
	free(own);
	assert_int_equal(*out != NULL, result == LN_WASI_SUCCESS);
	return result;
}

static void paths(void **state)
{
	char text[PATH_MAX];
	char *path;

	(void)state;
	assert_int_equal(copy("a/\xc3\xa4", 4, &path), LN_WASI_SUCCESS);
	assert_string_equal(path, "a/\xc3\xa4");
	free(path);
	memset(text, 'a', sizeof(text));
	assert_int_equal(copy(text, PATH_MAX - 1, &path), LN_WASI_SUCCESS);
	assert_int_equal(strlen(path), PATH_MAX - 1);
	free(path);
	assert_int_equal(copy(text, PATH_MAX, &path), LN_WASI_NAMETOOLONG);
	assert_int_equal(copy("", 0, &path), LN_WASI_NOENT);
	assert_int_equal(copy("a\0b", 3, &path), LN_WASI_INVAL);
	assert_int_equal(copy("a\0", 2, &path), LN_WASI_INVAL);
	assert_int_equal(copy("a\xff", 2, &path), LN_WASI_ILSEQ);
	assert_int_equal(copy("a\xc3", 2, &path), LN_WASI_ILSEQ);
}

static void no_memory(void **state)
{
	const struct ln_slice path = { (const uint8_t *)"a", 1 };
	uint32_t result;
	char *out;

	(void)state;
	test_shortage_begin(TEST_SHORT_ALL, 0);
	result = ln_wasi_copy_path(path, &out);
	assert_true(test_shortage_end());
	assert_int_equal(result, LN_WASI_NOMEM);
}

static void errors(void **state)
{
	(void)state;
	assert_int_equal(ln_wasi_from_beneath(-EXDEV), LN_WASI_PERM);
	assert_int_equal(ln_wasi_from_beneath(-ENOENT), LN_WASI_NOENT);
	assert_int_equal(ln_wasi_from_beneath(-EAGAIN), LN_WASI_AGAIN);
}

/* For each of the two: left alone, set, now, both. */
static void times(void **state)
{
	const uint64_t atim = UINT64_C(5000000001);
	const uint64_t mtim = UINT64_MAX;
	struct timespec both[2];

	(void)state;
	for (uint32_t flags = 0; flags < 16; flags++) {
		uint32_t result = ln_wasi_times(atim, mtim, flags, both);

		if ((flags & 3) == 3 || (flags & 12) == 12) {
			assert_int_equal(result, LN_WASI_INVAL);
			continue;
		}
		assert_int_equal(result, LN_WASI_SUCCESS);
		if ((flags & 3) == 1) {
			assert_int_equal(both[0].tv_sec, 5);
			assert_int_equal(both[0].tv_nsec, 1);
		} else {
			assert_int_equal(both[0].tv_nsec,
					 flags & 2 ? UTIME_NOW : UTIME_OMIT);
		}
		if ((flags & 12) == 4) {
			assert_int_equal(both[1].tv_sec, 18446744073);
			assert_int_equal(both[1].tv_nsec, 709551615);
		} else {
			assert_int_equal(both[1].tv_nsec,
					 flags & 8 ? UTIME_NOW : UTIME_OMIT);
		}
	}
	assert_int_equal(ln_wasi_times(0, 0, 16, both), LN_WASI_INVAL);
	assert_int_equal(ln_wasi_times(0, 0, UINT32_MAX, both), LN_WASI_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(errors),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
