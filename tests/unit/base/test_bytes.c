/* src/base/bytes.c: bytes and arrays that grow, their bounds and failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/error.h"

static void keeps_what_is_added(void **state)
{
	struct ln_bytes buffer = { .max = SIZE_MAX };
	size_t len = 0;

	(void)state;
	ln_bytes_add(&buffer, NULL, 0);
	assert_null(buffer.data);
	for (unsigned i = 0; i < 1000; i++) {
		uint8_t bytes[256];

		memset(bytes, (int)(i & 0xff), sizeof(bytes));
		ln_bytes_add(&buffer, bytes, i % sizeof(bytes));
		len += i % sizeof(bytes);
		assert_int_equal(buffer.len, len);
		assert_true(buffer.room >= len);
	}
	len = 0;
	for (unsigned i = 0; i < 1000; i++) {
		for (unsigned j = 0; j < i % 256; j++)
			assert_int_equal(buffer.data[len++], i & 0xff);
	}
	assert_int_equal(buffer.error, 0);
	ln_bytes_deinit(&buffer);
	assert_int_equal(buffer.room, 0);
	ln_bytes_deinit(&buffer);
}

static void has_a_bound(void **state)
{
	struct ln_bytes none = { .max = 0 };

	(void)state;
	ln_bytes_add(&none, "x", 1);
	assert_int_equal(none.error, LN_ELIMIT);
	for (size_t max = 1; max < 600; max += 7) {
		struct ln_bytes buffer = { .max = max };
		size_t i;

		for (i = 0; i < max; i++) {
			ln_bytes_add(&buffer, "x", 1);
			assert_int_equal(buffer.error, 0);
			assert_true(buffer.room <= max);
		}
		ln_bytes_add(&buffer, "x", 1);
		assert_int_equal(buffer.error, LN_ELIMIT);
		assert_int_equal(buffer.len, max);
		ln_bytes_deinit(&buffer);
		assert_int_equal(buffer.max, max);
		assert_int_equal(buffer.error, 0);
	}
}

static void a_failure_sticks(void **state)
{
	struct ln_bytes buffer = { .max = 10 };

	(void)state;
	ln_bytes_add(&buffer, "12345678", 8);
	ln_bytes_add(&buffer, "90a", 3);
	ln_bytes_add(&buffer, "9", 1);
	assert_null(ln_bytes_extend(&buffer, 1));
	assert_false(ln_bytes_reserve(&buffer, 0));
	assert_int_equal(buffer.error, LN_ELIMIT);
	assert_int_equal(buffer.len, 8);
	assert_memory_equal(buffer.data, "12345678", 8);
	ln_bytes_deinit(&buffer);
}

static void no_length_wraps_around(void **state)
{
	struct ln_bytes buffer = { .max = SIZE_MAX };

	(void)state;
	ln_bytes_add(&buffer, "1", 1);
	assert_null(ln_bytes_extend(&buffer, SIZE_MAX));
	assert_int_equal(buffer.error, LN_ELIMIT);
	ln_bytes_deinit(&buffer);
}

static void begins_with_what_it_is_told(void **state)
{
	struct ln_bytes buffer = { .first = 1000, .max = 1500 };

	(void)state;
	assert_true(ln_bytes_reserve(&buffer, 0));
	assert_null(buffer.data);
	assert_non_null(ln_bytes_extend(&buffer, 1));
	assert_int_equal(buffer.room, 1000);
	assert_non_null(ln_bytes_extend(&buffer, 1000));
	assert_int_equal(buffer.room, 1500);
	ln_bytes_deinit(&buffer);
	assert_int_equal(buffer.first, 1000);
}

static void says_what_it_costs(void **state)
{
	struct ln_bytes buffer = { .first = 100, .max = 1000 };

	(void)state;
	assert_int_equal(ln_bytes_growth(&buffer, 0), 0);
	assert_int_equal(ln_bytes_growth(&buffer, 1001), 0);
	for (size_t i = 0; i < 1000; i += 10) {
		size_t more = ln_bytes_growth(&buffer, 10);
		size_t before = buffer.room;

		assert_non_null(ln_bytes_extend(&buffer, 10));
		assert_int_equal(buffer.room, before + more);
	}
	assert_int_equal(ln_bytes_growth(&buffer, 1), 0);
	ln_bytes_deinit(&buffer);
}

static void arrays_grow(void **state)
{
	uint32_t *items = NULL;
	size_t room = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t *grown =
			ln_array_grow(items, i, &room, sizeof(*items));

		assert_non_null(grown);
		assert_true(room > i);
		items = grown;
		items[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_is_added),
		cmocka_unit_test(has_a_bound),
		cmocka_unit_test(a_failure_sticks),
		cmocka_unit_test(no_length_wraps_around),
		cmocka_unit_test(begins_with_what_it_is_told),
		cmocka_unit_test(says_what_it_costs),
		cmocka_unit_test(arrays_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
