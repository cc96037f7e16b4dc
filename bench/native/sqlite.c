/* What bench/guest/sqlite.c does without lunatic: SQLite is called directly. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5
#define ROWS 20000

static sqlite3 *database;
static char row[4096];

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void report(const char *series, uint64_t ns)
{
	printf("%s %.3f\n", series, (double)ns / ROWS);
}

static sqlite3_stmt *prepare(const char *text)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(database, text, -1, &statement, NULL) !=
	    SQLITE_OK)
		abort();
	return statement;
}

static void execute(const char *text)
{
	if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
		abort();
}

static void insert(void)
{
	sqlite3_stmt *statement = prepare("INSERT INTO t VALUES (?1, ?2)");

	execute("BEGIN");
	for (int i = 0; i < ROWS; i++) {
		sqlite3_bind_int64(statement, 1, i);
		sqlite3_bind_text(statement, 2, "a text of twenty char", -1,
				  SQLITE_TRANSIENT);
		if (sqlite3_step(statement) != SQLITE_DONE)
			abort();
		sqlite3_reset(statement);
	}
	execute("COMMIT");
	sqlite3_finalize(statement);
}

/* The text of a column, where the guest would have it. */
static void read_text(sqlite3_stmt *statement, int column)
{
	memcpy(row, sqlite3_column_text(statement, column),
	       (size_t)sqlite3_column_bytes(statement, column));
}

static void read_all(void)
{
	sqlite3_stmt *statement = prepare("SELECT a, b FROM t");
	int rows = 0;

	while (sqlite3_step(statement) == SQLITE_ROW) {
		rows += sqlite3_column_int64(statement, 0) >= 0;
		read_text(statement, 1);
	}
	if (rows != ROWS)
		abort();
	sqlite3_finalize(statement);
}

static void find_each(void)
{
	sqlite3_stmt *statement = prepare("SELECT b FROM t WHERE a = ?1");

	for (int i = 0; i < ROWS; i++) {
		sqlite3_bind_int64(statement, 1, i);
		if (sqlite3_step(statement) != SQLITE_ROW)
			abort();
		read_text(statement, 0);
		sqlite3_reset(statement);
	}
	sqlite3_finalize(statement);
}

int main(void)
{
	if (sqlite3_open(":memory:", &database) != SQLITE_OK)
		abort();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began;

		execute("DROP TABLE IF EXISTS t; "
			"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
		began = now();
		insert();
		report("sqlinsert", now() - began);
		began = now();
		read_all();
		report("sqlread", now() - began);
		began = now();
		find_each();
		report("sqlfind", now() - began);
	}
	return 0;
}
