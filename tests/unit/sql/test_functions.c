/* src/sql/functions.c and policy.c: functions are as SQLite's own, as far as
 * they can be. */
#include "sql/fixture.h"

/* The sanitizers' memmem is not linear. Called by them. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
	return "intercept_memmem=0";
}

const char *__tsan_default_options(void)
{
	return "intercept_memmem=0";
}

/* The same query to SQLite as it is: one text, or NULL. */
static char *plain_text(const char *query)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	char *text = NULL;

	assert_int_equal(
		sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, "unix"),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	if (sqlite3_column_type(statement, 0) != SQLITE_NULL)
		text = strdup((const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return text;
}

static char *our_text(struct ln_sql *sql, const char *query)
{
	struct ln_sql_statement *statement = prepare(sql, query);
	const uint8_t *row;
	uint32_t type;
	size_t len;
	char *text = NULL;

	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	assert_true(ln_sql_row(statement, &row, &len));
	memcpy(&type, row + 8, sizeof(type));
	if (type == LN_SQL_TEXT)
		text = strndup((const char *)row + 20, len - 20);
	else
		assert_int_equal(type, LN_SQL_NULL);
	ln_sql_statement_release(statement);
	return text;
}

static void equal(void **state)
{
	static const char *const calls[] = {
		"instr('abcabc', 'c')",
		"instr('abc', '')",
		"instr('', 'a')",
		"instr('h\xc3\xa9llo', 'l')",
		"instr(x'00616200', x'62')",
		"instr('ab', x'62')",
		"instr(12345, 34)",
		"instr(NULL, 'a')",
		"instr('a', NULL)",
		"instr('aab', 'ab')",
		"replace('abcabc', 'b', 'xyz')",
		"replace('aaa', 'a', '')",
		"replace('aaaa', 'aa', 'a')",
		"replace('abc', '', 'x')",
		"replace('', 'a', 'b')",
		"replace(NULL, 'a', 'b')",
		"replace('a', NULL, 'b')",
		"replace('a', 'a', NULL)",
		"replace('abc', 'x', NULL)",
		"replace(121, 1, 3)",
		"trim('  a b  ')",
		"trim('xxaxx', 'x')",
		"trim('xyaxy', 'yx')",
		"trim('\xc3\xa9\xc3\xaa\141\xc3\xa9', '\xc3\xaa\xc3\xa9')",
		"ltrim('  a ')",
		"ltrim('xxaxx', 'x')",
		"rtrim('  a ')",
		"rtrim('xxaxx', 'x')",
		"trim('aaa', 'a')",
		"trim('a', '')",
		"trim(NULL)",
		"trim('a', NULL)",
		"trim(11211, 1)",
		"json_patch('{\"a\":1,\"b\":2}', '{\"b\":null,\"c\":[3]}')",
		"json_array(json_patch('{}', '{\"a\":1}'))",
	};
	struct ln_sql *sql = open_database("");

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		char query[200];
		char *want;
		char *have;

		snprintf(query, sizeof(query), "SELECT typeof(%s) || %s",
			 calls[i], calls[i]);
		want = plain_text(query);
		have = our_text(sql, query);
		if (want == NULL)
			assert_null(have);
		else
			assert_string_equal(have, want);
		free(want);
		free(have);
	}
	assert_int_equal(execute(sql, "SELECT json_patch('{', '{}')"),
			 SQLITE_ERROR);
	ln_sql_release(sql);
}

/* What takes SQLite's own functions hours. */
static void long_values(void **state)
{
	struct ln_sql *sql = open_database("");

	(void)state;
	assert_int_equal(
		execute(sql, "CREATE TABLE t AS SELECT "
			     "replace(hex(zeroblob(4000000)), '0', 'a') AS a, "
			     "replace(hex(zeroblob(2000000)), '0', 'a') || 'b' "
			     "AS b"),
		0);
	assert_int_equal(number_of(sql, "SELECT instr(a, b) FROM t"), 0);
	assert_int_equal(number_of(sql, "SELECT length(replace(a, b, '')) "
					"FROM t"),
			 8000000);
	assert_int_equal(execute(sql, "SELECT trim(a, b) FROM t"),
			 SQLITE_ERROR);
	assert_int_equal(execute(sql, "SELECT replace(a, 'a', b) FROM t"),
			 SQLITE_TOOBIG);
	assert_int_equal(execute(sql, "SELECT json_patch(a, b) FROM t"),
			 SQLITE_TOOBIG);
	assert_int_equal(execute(sql, "SELECT a LIKE b FROM t"), SQLITE_ERROR);
	ln_sql_release(sql);
}

/* Settings of the program are not for guests. */
static void settings(void **state)
{
	struct ln_sql *sql = open_database("");

	(void)state;
	assert_int_equal(execute(sql, "PRAGMA hard_heap_limit = 1"), 0);
	assert_int_equal(execute(sql, "PRAGMA soft_heap_limit = 1"), 0);
	assert_int_equal(execute(sql, "SELECT hex(zeroblob(100000))"), 0);
	assert_true(sqlite3_hard_heap_limit64(-1) == 0);
	assert_true(sqlite3_soft_heap_limit64(-1) == 0);
	assert_int_equal(execute(sql, "PRAGMA data_store_directory = '/'"),
			 SQLITE_AUTH);
	assert_int_equal(execute(sql, "ATTACH 'file:x' AS a"), SQLITE_AUTH);
	ln_sql_release(sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal),
		cmocka_unit_test(long_values),
		cmocka_unit_test(settings),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
