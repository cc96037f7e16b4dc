/*
 * A table in memory: rows are inserted one by one within a transaction, with a
 * statement that is prepared once, and read one by one. Then many short queries
 * for one row each. bench/native/sqlite.c does the same without lunatic.
 */
#define GENERATION_13
#include "bench.h"

#include <stdlib.h>

#define ROUNDS 5
#define ROWS 20000

static uint8_t row[4096];

__attribute__((export_name("lunatic_alloc"))) void *lunatic_alloc(uint32_t len)
{
	if (len > sizeof(row))
		__builtin_trap();
	return row;
}

static uint64_t database;

static uint64_t prepare(const char *text)
{
	return lunatic_sqlite_query_prepare(database, text, strlen(text));
}

static void execute(const char *text)
{
	if (lunatic_sqlite_execute(database, text, strlen(text)) != 0)
		abort();
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
	memcpy(at, from, len);
	return at + len;
}

static uint8_t *put_u32(uint8_t *at, uint32_t number)
{
	return put(at, &number, sizeof(number));
}

static uint8_t *put_u64(uint8_t *at, uint64_t number)
{
	return put(at, &number, sizeof(number));
}

/* Binds a number to ?1 and, with `text`, that to ?2. */
static void bind(uint64_t statement, uint64_t number, const char *text)
{
	uint8_t list[128];
	uint8_t *at = put_u64(list, text != NULL ? 2 : 1);

	at = put_u64(put_u32(at, 1), 1);
	at = put_u64(put_u32(at, 5), number);
	if (text != NULL) {
		at = put_u64(put_u32(at, 1), 2);
		at = put_u64(put_u32(at, 2), strlen(text));
		at = put(at, text, strlen(text));
	}
	lunatic_sqlite_bind_value(statement, list, (size_t)(at - list));
}

static void insert(void)
{
	uint64_t statement = prepare("INSERT INTO t VALUES (?1, ?2)");

	execute("BEGIN");
	for (uint64_t i = 0; i < ROWS; i++) {
		bind(statement, i, "a text of twenty char");
		if (lunatic_sqlite_sqlite3_step(statement) != 101)
			abort();
		lunatic_sqlite_statement_reset(statement);
	}
	execute("COMMIT");
	lunatic_sqlite_sqlite3_finalize(statement);
}

static void read_all(void)
{
	uint64_t statement = prepare("SELECT a, b FROM t");
	uint32_t rows = 0;
	uint32_t len;

	while (lunatic_sqlite_sqlite3_step(statement) == 100) {
		lunatic_sqlite_read_row(statement, &len);
		rows++;
	}
	if (rows != ROWS)
		abort();
	lunatic_sqlite_sqlite3_finalize(statement);
}

static void find_each(void)
{
	uint64_t statement = prepare("SELECT b FROM t WHERE a = ?1");
	uint32_t len;

	for (uint64_t i = 0; i < ROWS; i++) {
		bind(statement, i, NULL);
		if (lunatic_sqlite_sqlite3_step(statement) != 100)
			abort();
		lunatic_sqlite_read_row(statement, &len);
		lunatic_sqlite_statement_reset(statement);
	}
	lunatic_sqlite_sqlite3_finalize(statement);
}

int main(void)
{
	if (lunatic_sqlite_open("", 0, &database) != 0)
		abort();
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began;

		execute("DROP TABLE IF EXISTS t; "
			"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)");
		began = now();
		insert();
		report("sqlinsert", now() - began, ROWS);
		began = now();
		read_all();
		report("sqlread", now() - began, ROWS);
		began = now();
		find_each();
		report("sqlfind", now() - began, ROWS);
	}
	return 0;
}
