// All functions, and every kind of value that goes in and out.
// stdout: done
#include "sqlite.h"

static void all_kinds(uint64_t database)
{
	static const uint8_t blob[] = { 0, 1, 255 };
	uint64_t insert = prepare(database, "INSERT INTO t VALUES "
					    "(?1, ?2, ?3, ?4, ?5, ?6)");
	uint64_t select;
	double real;

	begin(6);
	key_number(1);
	value_null();
	key_number(2);
	put_u32(1);
	put_u64(sizeof(blob));
	put(blob, sizeof(blob));
	key_number(3);
	value_text("h\xc3\xa9llo");
	key_number(4);
	value_double(1.5);
	key_number(5);
	value_int(-7);
	key_number(6);
	value_int64(INT64_MIN);
	bind(insert);
	CHECK_EQ(lunatic_sqlite_sqlite3_step(insert), DONE);
	CHECK_EQ(lunatic_sqlite_sqlite3_changes(database), 1);
	lunatic_sqlite_sqlite3_finalize(insert);

	select = prepare(database, "SELECT * FROM t");
	CHECK_EQ(lunatic_sqlite_column_count(select), 6);
	CHECK_EQ(lunatic_sqlite_sqlite3_step(select), ROW);
	read_row(select);
	CHECK_EQ(take_u64(), 6);
	CHECK_EQ(take_u32(), 0);
	CHECK_EQ(take_u32(), 1);
	CHECK_EQ(take_u64(), sizeof(blob));
	CHECK(memcmp(at, blob, sizeof(blob)) == 0);
	at += sizeof(blob);
	CHECK_EQ(take_u32(), 2);
	expect_text("h\xc3\xa9llo");
	CHECK_EQ(take_u32(), 3);
	take(&real, sizeof(real));
	CHECK(real == 1.5);
	expect_integer(-7);
	expect_integer(INT64_MIN);
	expect_end();
	/* A column once more, and one before it. */
	read_column(select, 4);
	expect_integer(-7);
	expect_end();
	read_column(select, 0);
	CHECK_EQ(take_u32(), 0);
	expect_end();
	CHECK_EQ(lunatic_sqlite_sqlite3_step(select), DONE);
	/* Without a row all is Null. */
	read_row(select);
	CHECK_EQ(take_u64(), 6);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(take_u32(), 0);
	expect_end();
	read_column(select, 5);
	CHECK_EQ(take_u32(), 0);
	expect_end();
	lunatic_sqlite_sqlite3_finalize(select);
}

static void keys(uint64_t database)
{
	uint64_t statement = prepare(database, "SELECT :one, @two, $three");
	uint64_t single = prepare(database, "SELECT ?");

	begin(3);
	key_name("two");
	value_int(2);
	key_name(":one");
	value_int(1);
	key_name("three");
	value_int(3);
	bind(statement);
	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), ROW);
	read_row(statement);
	CHECK_EQ(take_u64(), 3);
	for (int i = 1; i <= 3; i++)
		expect_integer(i);
	expect_end();
	lunatic_sqlite_sqlite3_finalize(statement);

	/* No key: the first one. Bytes behind the list are ignored. */
	begin(1);
	put_u32(0);
	value_text("Foo!");
	put_u64(12345);
	bind(single);
	CHECK_EQ(lunatic_sqlite_sqlite3_step(single), ROW);
	read_row(single);
	CHECK_EQ(take_u64(), 1);
	CHECK_EQ(take_u32(), 2);
	expect_text("Foo!");
	expect_end();
	/* Again, with what is bound, and with something else. */
	lunatic_sqlite_statement_reset(single);
	CHECK_EQ(lunatic_sqlite_sqlite3_step(single), ROW);
	lunatic_sqlite_statement_reset(single);
	begin(1);
	put_u32(0);
	value_text("");
	bind(single);
	CHECK_EQ(lunatic_sqlite_sqlite3_step(single), ROW);
	read_column(single, 0);
	CHECK_EQ(take_u32(), 2);
	expect_text("");
	lunatic_sqlite_sqlite3_finalize(single);
}

static void names(uint64_t database)
{
	uint64_t statement = prepare(database, "SELECT 1 AS one, 2 AS \"\"");

	take_result(lunatic_sqlite_column_names(statement, &result_len));
	CHECK_EQ(take_u64(), 2);
	expect_text("one");
	expect_text("");
	expect_end();
	take_result(lunatic_sqlite_column_name(statement, 0, &result_len));
	CHECK_EQ(result_len, 3);
	CHECK(memcmp(result, "one", 3) == 0);
	take_result(lunatic_sqlite_column_name(statement, 1, &result_len));
	CHECK_EQ(result_len, 0);
	lunatic_sqlite_sqlite3_finalize(statement);
	/* A text without a statement has none. */
	statement = prepare(database, " -- nothing");
	CHECK_EQ(lunatic_sqlite_column_count(statement), 0);
	lunatic_sqlite_statement_reset(statement);
	lunatic_sqlite_sqlite3_finalize(statement);
}

static void errors(uint64_t database)
{
	CHECK_EQ(execute(database, "nonsense"), ERROR);
	take_result(lunatic_sqlite_last_error(database, &result_len));
	CHECK_EQ(*at++, 1);
	CHECK_EQ(take_u32(), ERROR);
	CHECK_EQ(*at++, 1);
	expect_text("near \"nonsense\": syntax error");
	expect_end();
	CHECK_EQ(lunatic_sqlite_execute(database, "SELECT\0 1", 9), ERROR);
	CHECK_EQ(execute(database, "CREATE TABLE u (x UNIQUE); "
				   "INSERT INTO u VALUES (1); "
				   "INSERT INTO u VALUES (1); "
				   "INSERT INTO u VALUES (2)"),
		 19);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM u"), 1);
	CHECK_EQ(execute(database, ""), 0);
	CHECK_EQ(execute(database, "; ; -- nothing"), 0);
	CHECK_EQ(execute(database, "select \"Hello\""), 0);
}

/* More rows than are fetched at once, among them long ones. */
static void many_rows(uint64_t database)
{
	uint64_t statement = prepare(
		database,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
		"n WHERE i < 2000) SELECT i, iif(i % 100 = 0, hex(zeroblob("
		"40000)), 'x') FROM n");

	for (int i = 1; i <= 2000; i++) {
		CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), ROW);
		read_row(statement);
		CHECK_EQ(take_u64(), 2);
		expect_integer(i);
		CHECK_EQ(take_u32(), 2);
		CHECK_EQ(take_u64(), i % 100 == 0 ? 80000 : 1);
		if (i == 1500) {
			CHECK_EQ(execute(database, "CREATE TABLE more (x)"), 0);
		}
	}
	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), DONE);
	/* And from the start, without a reset. */
	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), ROW);
	read_column(statement, 0);
	expect_integer(1);
	lunatic_sqlite_sqlite3_finalize(statement);
}

/* Text that is not UTF-8 becomes what the guest can decode. */
static void not_text(uint64_t database)
{
	uint64_t statement = prepare(
		database, "SELECT CAST(x'61ff62' AS TEXT), 'a' || char(0)");

	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), ROW);
	read_row(statement);
	CHECK_EQ(take_u64(), 2);
	CHECK_EQ(take_u32(), 2);
	expect_text("a\xef\xbf\xbd"
		    "b");
	CHECK_EQ(take_u32(), 2);
	CHECK_EQ(take_u64(), 2);
	lunatic_sqlite_sqlite3_finalize(statement);
}

int main(void)
{
	uint64_t database = open_database("");
	uint64_t other = open_database(":memory:");

	/* Ids count from 0; lunatic's library for Rust relies on it. */
	CHECK_EQ(database, 0);
	CHECK_EQ(other, 1);
	CHECK_EQ(execute(database, "CREATE TABLE t (a, b, c, d, e, f)"), 0);
	all_kinds(database);
	keys(database);
	names(database);
	errors(database);
	many_rows(database);
	not_text(database);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 1);
	/* The other one is another database. */
	CHECK_EQ(execute(other, "SELECT * FROM t"), ERROR);
	puts("done");
	return 0;
}
