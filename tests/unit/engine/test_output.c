/* Binaries that are written: what is added, up to a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/cursor.h"
#include "engine/output.h"
#include "support/shortage.h"

static void nothing_is_nothing(void **state)
{
	struct ln_bytes output = { .max = 10 };

	(void)state;
	ln_bytes_add(&output, NULL, 0);
	assert_int_equal(output.error, 0);
	assert_int_equal(output.len, 0);
	assert_null(output.data);
	ln_bytes_deinit(&output);
}

/* Larger than the first room, and than twice that. */
static void what_is_added_is_there(void **state)
{
	struct ln_bytes output = { .max = 4096 };
	uint8_t block[1500];

	(void)state;
	memset(block, 0xab, sizeof(block));
	for (unsigned i = 0; i < 300; i++)
		ln_output_byte(&output, (uint8_t)i);
	ln_bytes_add(&output, block, sizeof(block));
	assert_int_equal(output.error, 0);
	assert_int_equal(output.len, 1800);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(output.data[i], (uint8_t)i);
	assert_memory_equal(output.data + 300, block, sizeof(block));
	ln_bytes_deinit(&output);
	assert_null(output.data);
	assert_int_equal(output.len, 0);
}

static void check_number(uint64_t value, size_t len)
{
	struct ln_bytes output = { .max = 10 };
	struct ln_cursor cursor;
	uint64_t read;

	ln_output_number(&output, value);
	assert_int_equal(output.error, 0);
	assert_int_equal(output.len, len);
	cursor = (struct ln_cursor){ output.data, output.data + output.len };
	assert_true(ln_cursor_number(&cursor, 64, &read));
	assert_true(read == value);
	assert_ptr_equal(cursor.at, cursor.end);
	ln_bytes_deinit(&output);
}

static void numbers_are_short(void **state)
{
	static const uint8_t known[] = { 0xe5, 0x8e, 0x26 };
	struct ln_bytes output = { .max = 10 };

	(void)state;
	ln_output_number(&output, 624485);
	assert_int_equal(output.len, sizeof(known));
	assert_memory_equal(output.data, known, sizeof(known));
	ln_bytes_deinit(&output);
	check_number(0, 1);
	for (unsigned digits = 1; digits < 10; digits++) {
		check_number((UINT64_C(1) << (7 * digits)) - 1, digits);
		check_number(UINT64_C(1) << (7 * digits), digits + 1);
	}
	check_number(UINT64_MAX, 10);
}

static void counts_come_first(void **state)
{
	static const uint8_t expected[] = { 3, 'a', 'b', 'c', 0 };
	struct ln_bytes output = { .max = 10 };

	(void)state;
	ln_output_counted(&output, "abc", 3);
	ln_output_counted(&output, NULL, 0);
	assert_int_equal(output.len, sizeof(expected));
	assert_memory_equal(output.data, expected, sizeof(expected));
	ln_bytes_deinit(&output);
}

/* What does not fit is left out as a whole, and so is all that follows. */
static void bound(void **state)
{
	struct ln_bytes output = { .max = 5 };
	struct ln_bytes none = { 0 };

	(void)state;
	ln_bytes_add(&output, "1234", 4);
	ln_bytes_add(&output, "56", 2);
	assert_int_equal(output.error, LN_ELIMIT);
	assert_int_equal(output.len, 4);
	ln_output_byte(&output, '5');
	assert_int_equal(output.error, LN_ELIMIT);
	assert_int_equal(output.len, 4);
	ln_bytes_deinit(&output);

	output = (struct ln_bytes){ .max = 5 };
	ln_bytes_add(&output, "12345", 5);
	assert_int_equal(output.error, 0);
	ln_output_byte(&output, '6');
	assert_int_equal(output.error, LN_ELIMIT);
	assert_memory_equal(output.data, "12345", 5);
	ln_bytes_deinit(&output);

	ln_bytes_add(&none, "", 0);
	assert_int_equal(none.error, 0);
	ln_output_byte(&none, 0);
	assert_int_equal(none.error, LN_ELIMIT);
	ln_bytes_deinit(&none);
}

/* What was there before stays, and is freed. */
static void no_memory(void **state)
{
	struct ln_bytes output = { .max = 4096 };
	uint8_t block[300] = { 0 };

	(void)state;
	ln_bytes_add(&output, "kept", 4);
	test_shortage_begin(TEST_SHORT_ALL, 0);
	ln_bytes_add(&output, block, sizeof(block));
	assert_true(test_shortage_end());
	assert_int_equal(output.error, LN_ENOMEM);
	ln_output_byte(&output, 1);
	assert_int_equal(output.error, LN_ENOMEM);
	assert_int_equal(output.len, 4);
	assert_memory_equal(output.data, "kept", 4);
	ln_bytes_deinit(&output);
	assert_int_equal(output.error, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(what_is_added_is_there),
		cmocka_unit_test(numbers_are_short),
		cmocka_unit_test(counts_come_first),
		cmocka_unit_test(bound),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
