/* src/sql/values.c: layouts, and what is malformed. */
#include "sql/fixture.h"

static void lists(void **state)
{
	/* Two pairs: number 1 is the text "ab", "x" is 3 as an i32. */
	static const uint8_t list[] = {
		2, 0, 0, 0, 0,    0,    0,    0,                /* count */
		1, 0, 0, 0, 1,    0,    0,    0,    0, 0, 0, 0, /* Numeric(1) */
		2, 0, 0, 0, 2,    0,    0,    0,    0, 0, 0, 0, 'a', 'b',
		2, 0, 0, 0, 1,    0,    0,    0,    0, 0, 0, 0, 'x', /* String
								      */
		4, 0, 0, 0, 0xfd, 0xff, 0xff, 0xff,
	};
	struct ln_sql_reader reader;
	struct ln_sql_bind bind;

	(void)state;
	assert_true(ln_sql_binds_begin(&reader, list, sizeof(list)));
	assert_int_equal(reader.count, 2);
	assert_true(ln_sql_binds_next(&reader, &bind));
	assert_int_equal(bind.key, LN_SQL_KEY_NUMBER);
	assert_int_equal(bind.number, 1);
	assert_int_equal(bind.type, LN_SQL_TEXT);
	assert_int_equal(bind.len, 2);
	assert_memory_equal(bind.bytes, "ab", 2);
	assert_true(ln_sql_binds_next(&reader, &bind));
	assert_int_equal(bind.key, LN_SQL_KEY_NAME);
	assert_int_equal(bind.name_len, 1);
	assert_int_equal(bind.type, LN_SQL_INTEGER);
	assert_int_equal(bind.integer, -3);
	assert_int_equal(reader.count, 0);
	/* Cut anywhere it is malformed, and nothing behind it is read. */
	for (size_t len = 0; len < sizeof(list); len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);
		bool ok;

		memcpy(copy, list, len);
		ok = ln_sql_binds_begin(&reader, copy, len);
		while (ok && reader.count > 0)
			ok = ln_sql_binds_next(&reader, &bind);
		assert_false(ok);
		free(copy);
	}
}

static void text(void **state)
{
	struct ln_sql_buffer buffer = { 0 };
	uint64_t len;

	(void)state;
	ln_sql_put_text(&buffer, "a\xff\xc3\xa9\xc3", 5);
	assert_false(buffer.failed);
	memcpy(&len, buffer.data, sizeof(len));
	assert_int_equal(len, 9);
	assert_int_equal(buffer.len, sizeof(len) + 9);
	assert_memory_equal(buffer.data + sizeof(len),
			    "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd", 9);
	ln_sql_buffer_deinit(&buffer);
	ln_sql_put_text(&buffer, NULL, 0);
	assert_int_equal(buffer.len, sizeof(len));
	ln_sql_buffer_deinit(&buffer);
}

static void rows(void **state)
{
	struct ln_sql_buffer row = { 0 };
	double real = 1.5;
	size_t start;
	size_t size;

	(void)state;
	ln_sql_put_u64(&row, 3);
	ln_sql_put_u32(&row, LN_SQL_NULL);
	ln_sql_put_u32(&row, LN_SQL_BLOB);
	ln_sql_put_bytes(&row, "abc", 3);
	ln_sql_put_u32(&row, LN_SQL_DOUBLE);
	ln_sql_put(&row, &real, sizeof(real));
	assert_true(ln_sql_row_value(row.data, row.len, 0, &start, &size));
	assert_int_equal(start, 8);
	assert_int_equal(size, 4);
	assert_true(ln_sql_row_value(row.data, row.len, 1, &start, &size));
	assert_int_equal(start, 12);
	assert_int_equal(size, 4 + 8 + 3);
	assert_true(ln_sql_row_value(row.data, row.len, 2, &start, &size));
	assert_int_equal(start + size, row.len);
	assert_false(ln_sql_row_value(row.data, row.len, 3, &start, &size));
	assert_false(
		ln_sql_row_value(row.data, row.len, UINT32_MAX, &start, &size));
	ln_sql_buffer_deinit(&row);
}

static void errors(void **state)
{
	static const uint8_t expected[] = { 1, 5, 0, 0, 0, 1, 2,   0,
					    0, 0, 0, 0, 0, 0, 'h', 'i' };
	struct ln_sql_buffer buffer = { 0 };

	(void)state;
	ln_sql_put_error(&buffer, 5, "hi");
	assert_int_equal(buffer.len, sizeof(expected));
	assert_memory_equal(buffer.data, expected, sizeof(expected));
	ln_sql_buffer_deinit(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(text),
		cmocka_unit_test(rows),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
