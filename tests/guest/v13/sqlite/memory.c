// What SQLite allocates counts as memory of the process.
// options: --max-memory 16M
// stdout: done
#include "sqlite.h"

static uint64_t database;

static uint32_t prepares_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		prepare(database, "SELECT 1");
	return 1;
}

static uint32_t opens_all(uint32_t count)
{
	uint64_t id;

	for (uint32_t i = 0; i < count; i++) {
		if (lunatic_sqlite_open("", 0, &id) != 0)
			return 2;
	}
	return 1;
}

static uint32_t steps(uint32_t statement)
{
	return lunatic_sqlite_sqlite3_step(statement);
}

int main(void)
{
	database = open_database("");
	CHECK_EQ(execute(database, "CREATE TABLE t (x)"), 0);
	/* A table, a value, a sort. */
	CHECK_EQ(execute(database,
			 "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 "
			 "UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) "
			 "SELECT hex(randomblob(50)) FROM n"),
		 NOMEM);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 0);
	CHECK_EQ(execute(database, "SELECT hex(zeroblob(8000000))"), NOMEM);
	CHECK_EQ(execute(database, "SELECT zeroblob(20000000)"), TOOBIG);
	CHECK_EQ(catch (steps,
			(uint32_t)prepare(
				database,
				"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
				"SELECT i + 1 FROM n) SELECT "
				"hex(randomblob(100)) AS h FROM n ORDER BY h")),
		 0);
	/* It has all been given back: most of it can be used again. */
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(execute(database,
				 "INSERT INTO t VALUES (zeroblob(6000000)); "
				 "DROP TABLE t; CREATE TABLE t (x); VACUUM"),
			 0);
	}
	/* Handles are bounded, too. */
	CHECK_EQ(catch (prepares_all, 5000), 0);
	CHECK(catch (opens_all, 300) != 1);
	puts("done");
	return 0;
}
