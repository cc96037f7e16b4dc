/* src/sql/sql.c and statement.c: results, order of releases, work, stops,
 * memory. */
#include "sql/fixture.h"

#define COUNT_TO(n)                                                 \
	"WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 " \
	"FROM c WHERE i < " #n ") SELECT i FROM c"

static void results(void **state)
{
	struct ln_sql *sql = open_database("");
	char message[LN_SQL_MESSAGE];
	struct ln_sql_statement *statement = NULL;
	struct ln_sql_buffer buffer = { 0 };

	(void)state;
	assert_int_equal(execute(sql, "CREATE TABLE t (x)"), 0);
	assert_int_equal(execute(sql, "INSERT INTO t VALUES (1), (2)"), 0);
	assert_int_equal(ln_sql_changes(sql), 2);
	assert_false(ln_sql_last_error(sql, &buffer));
	assert_int_equal(execute(sql, "INSERT INTO u VALUES (1)"),
			 SQLITE_ERROR);
	ln_sql_message(sql, message);
	assert_string_equal(message, "no such table: u");
	assert_true(ln_sql_last_error(sql, &buffer));
	ln_sql_buffer_deinit(&buffer);
	assert_int_equal(ln_sql_prepare(sql, "SELECT", 6, &statement),
			 SQLITE_ERROR);
	assert_int_equal(ln_sql_execute(sql, "SELECT 1\0", 9), LN_EINVAL);
	assert_int_equal(ln_sql_execute(sql, "SELECT \xff", 8), LN_EFORMAT);
	assert_int_equal(ln_sql_prepare(sql, "SELECT \xff", 8, &statement),
			 LN_EFORMAT);
	assert_int_equal(ln_sql_execute(sql, NULL, 0), 0);
	/* All before the one that fails have been executed. */
	assert_int_equal(execute(sql, "DELETE FROM t WHERE x = 1; nonsense; "
				      "DELETE FROM t"),
			 SQLITE_ERROR);
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 1);
	ln_sql_release(sql);
}

/* Whoever goes first: the connection lives as long as its statements. */
static void order(void **state)
{
	struct ln_sql *sql = open_database("/d/order.db");
	struct ln_sql_statement *one;
	struct ln_sql_statement *two;

	(void)state;
	assert_int_equal(execute(sql, "CREATE TABLE t (x)"), 0);
	one = prepare(sql, "INSERT INTO t VALUES (1), (2) RETURNING x");
	two = prepare(sql, "SELECT 1");
	ln_sql_release(sql);
	assert_int_equal(ln_sql_step(one), LN_SQL_ROW);
	ln_sql_statement_release(two);
	ln_sql_statement_release(one);
	sql = open_database("/d/order.db");
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 2);
	ln_sql_release(sql);
}

static void many_rows(void **state)
{
	struct ln_sql *sql = open_database("");
	struct ln_sql_statement *statement = prepare(sql, COUNT_TO(5000));

	(void)state;
	for (int again = 0; again < 2; again++) {
		for (int i = 1; i <= 5000; i++) {
			assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
			assert_int_equal(number_in(statement), i);
		}
		assert_int_equal(ln_sql_step(statement), LN_SQL_DONE);
	}
	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	assert_int_equal(ln_sql_reset(statement), 0);
	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	assert_int_equal(number_in(statement), 1);
	ln_sql_statement_release(statement);
	ln_sql_release(sql);
}

/* An error comes after the rows that come before it. */
static void late_errors(void **state)
{
	struct ln_sql *sql = open_database("");
	struct ln_sql_statement *statement;

	(void)state;
	assert_int_equal(execute(sql,
				 "CREATE TABLE t (x); INSERT INTO t VALUES "
				 "(1), (2), (-9223372036854775808), (4)"),
			 0);
	statement = prepare(sql, "SELECT abs(x) FROM t");
	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	assert_int_equal(number_in(statement), 2);
	assert_int_equal(ln_sql_step(statement), SQLITE_ERROR);
	/* It begins anew. */
	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	assert_int_equal(number_in(statement), 1);
	ln_sql_statement_release(statement);
	ln_sql_release(sql);
}

static void work(void **state)
{
	struct ln_sql *sql = open_database("");
	uint64_t little;
	uint64_t much;

	(void)state;
	(void)ln_sql_take_work(sql);
	assert_int_equal(execute(sql, COUNT_TO(10)), 0);
	little = ln_sql_take_work(sql);
	assert_int_equal(execute(sql, COUNT_TO(10000)), 0);
	much = ln_sql_take_work(sql);
	assert_true(little > 10 && much > 100 * little);
	assert_int_equal(ln_sql_take_work(sql), 0);
	/* A bound. */
	ln_sql_set_max_work(sql, much / 2);
	assert_int_equal(execute(sql, COUNT_TO(10000)), SQLITE_INTERRUPT);
	assert_true(ln_sql_take_work(sql) >= much / 2);
	ln_sql_set_max_work(sql, NO_LIMIT);
	assert_int_equal(execute(sql, COUNT_TO(10000)), 0);
	ln_sql_release(sql);
}

static void stops(void **state)
{
	struct ln_sql *sql = open_database("/d/stops.db");
	struct ln_sql_statement *statement = NULL;
	uint64_t used;

	(void)state;
	assert_int_equal(execute(sql, "CREATE TABLE t (x); BEGIN; "
				      "INSERT INTO t VALUES (1)"),
			 0);
	used = ln_sql_take_work(sql);
	owner.stopped = true;
	assert_int_equal(execute(sql, COUNT_TO(100000000)), LN_EKILLED);
	assert_true(ln_sql_take_work(sql) < used + 1000000);
	assert_int_equal(ln_sql_prepare(sql, "SELECT 1", 8, &statement),
			 LN_EKILLED);
	/* Closing rolls back. */
	ln_sql_release(sql);
	owner.stopped = false;
	sql = open_database("/d/stops.db");
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 0);
	assert_int_equal(execute(sql, "INSERT INTO t VALUES (1)"), 0);
	ln_sql_release(sql);
}

static void memory(void **state)
{
	struct ln_sql *sql = open_database("");
	struct ln_sql *none = NULL;
	uint64_t before = ln_sql_memory(sql);

	(void)state;
	assert_true(before > 1000 && owner.charged >= before);
	assert_int_equal(execute(sql,
				 "CREATE TABLE t (x); INSERT INTO t VALUES "
				 "(zeroblob(4000000))"),
			 0);
	assert_true(ln_sql_memory(sql) > 4000000);
	assert_true(owner.charged >= ln_sql_memory(sql));
	owner.max = owner.charged + 1000000;
	assert_int_equal(execute(sql, "INSERT INTO t SELECT x FROM t"),
			 SQLITE_NOMEM);
	assert_true(owner.charged <= owner.max);
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 1);
	/* Wherever it is refused, it fails and nothing is lost. */
	for (uint64_t room = 0; room < 200000; room += 5000) {
		owner.max = owner.charged + room;
		if (try_open("", &none) == 0) {
			ln_sql_release(none);
			continue;
		}
		assert_int_equal(try_open("", &none), SQLITE_NOMEM);
	}
	owner.max = NO_LIMIT;
	assert_int_equal(execute(sql, "DROP TABLE t; VACUUM"), 0);
	assert_true(ln_sql_memory(sql) < 4000000);
	assert_true(owner.charged < 4000000);
	ln_sql_release(sql);
	assert_int_equal(owner.charged, 0);
}

static void binds(void **state)
{
	static const uint8_t none[8];
	static const uint8_t one[] = { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				       0, 0, 4, 0, 0, 0, 7, 0, 0, 0 };
	struct ln_sql *sql = open_database("");
	struct ln_sql_statement *with = prepare(sql, "SELECT ?");
	struct ln_sql_statement *without = prepare(sql, "SELECT 1");

	(void)state;
	assert_int_equal(ln_sql_bind(without, none, sizeof(none)), 0);
	assert_int_equal(ln_sql_bind(without, one, sizeof(one)), LN_ENOENT);
	assert_int_equal(ln_sql_bind(with, one, sizeof(one) - 1), LN_EFORMAT);
	assert_int_equal(ln_sql_bind(with, one, sizeof(one)), 0);
	assert_int_equal(ln_sql_step(with), LN_SQL_ROW);
	assert_int_equal(number_in(with), 7);
	ln_sql_statement_release(with);
	ln_sql_statement_release(without);
	ln_sql_release(sql);
}

/* SQLite recurses for each view of a view, and has no limit for that. */
#define DEPTH 4000

static void deep_views(void **state)
{
	struct ln_sql *sql = open_database("");
	struct ln_sql_statement *statement = NULL;
	char text[100];
	int depth = 0;

	(void)state;
	assert_int_equal(execute(sql, "CREATE TABLE v0 (x); BEGIN"), 0);
	for (; depth < DEPTH; depth++) {
		snprintf(text, sizeof(text),
			 "CREATE VIEW v%d AS SELECT x FROM v%d", depth + 1,
			 depth);
		assert_int_equal(execute(sql, text), 0);
	}
	snprintf(text, sizeof(text), "SELECT * FROM v%d", depth);
	assert_int_equal(ln_sql_prepare(sql, text, strlen(text), &statement),
			 SQLITE_NOMEM);
	assert_int_equal(execute(sql, "COMMIT"), 0);
	assert_int_equal(number_of(sql, "SELECT count(*) FROM v100"), 0);
	ln_sql_release(sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),    cmocka_unit_test(order),
		cmocka_unit_test(many_rows),  cmocka_unit_test(late_errors),
		cmocka_unit_test(work),       cmocka_unit_test(stops),
		cmocka_unit_test(memory),     cmocka_unit_test(binds),
		cmocka_unit_test(deep_views),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
