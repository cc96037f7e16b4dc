// A kill ends a statement that runs, one that waits for others, and one that
// SQLite is only making; the database is usable afterwards.
// setup: mkdir dir
// options: --dir dir::/data --workers 2
// stdout: done
#include "sqlite.h"

#define PATH "/data/a.db"

static uint64_t parent;

static void tell(void)
{
	send_number(parent, 1, 0);
}

#define ENDLESS                                                     \
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 " \
	"FROM n) SELECT max(i) FROM n"

ENTRY(computes)(int64_t sender)
{
	uint64_t statement;

	parent = (uint64_t)sender;
	statement = prepare(open_database(""), ENDLESS);
	tell();
	lunatic_sqlite_sqlite3_step(statement);
	printf("FAILED: line %d goes on\n", __LINE__);
}

ENTRY(writes)(int64_t sender)
{
	uint64_t database = open_database(PATH);

	parent = (uint64_t)sender;
	CHECK_EQ(execute(database, "BEGIN; INSERT INTO t VALUES (1)"), 0);
	tell();
	execute(database, "INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 "
			  "UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
	printf("FAILED: line %d goes on\n", __LINE__);
}

ENTRY(waits)(int64_t sender)
{
	uint64_t database = open_database(PATH);

	parent = (uint64_t)sender;
	CHECK_EQ(execute(database, "PRAGMA busy_timeout = 1000000"), 0);
	tell();
	execute(database, "INSERT INTO t VALUES (1)");
	printf("FAILED: line %d goes on\n", __LINE__);
}

/* Views of views: SQLite takes them all apart before it runs anything. */
ENTRY(prepares)(int64_t sender)
{
	uint64_t database = open_database("");
	char text[200];

	parent = (uint64_t)sender;
	CHECK_EQ(execute(database, "CREATE VIEW v0 AS SELECT 1 AS x"), 0);
	for (int i = 1; i < 30; i++) {
		snprintf(text, sizeof(text),
			 "CREATE VIEW v%d AS SELECT a.x FROM v%d a, v%d b "
			 "UNION SELECT x FROM v%d",
			 i, i - 1, i - 1, i - 1);
		CHECK_EQ(execute(database, text), 0);
	}
	tell();
	prepare(database, "SELECT * FROM v29");
	printf("FAILED: line %d goes on\n", __LINE__);
}

static void kill_it(const char *entry)
{
	uint64_t child =
		spawn_with(entry, 0, (int64_t)lunatic_process_process_id());

	expect_number(1, 0);
	lunatic_process_sleep_ms(20);
	CHECK_EQ(lunatic_process_exists(child), 1);
	lunatic_process_kill(child);
	await_end(child);
}

int main(void)
{
	uint64_t database = open_database(PATH);

	CHECK_EQ(execute(database, "CREATE TABLE t (x)"), 0);
	kill_it("computes");
	kill_it("writes");
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 0);
	CHECK_EQ(execute(database, "BEGIN EXCLUSIVE"), 0);
	kill_it("waits");
	CHECK_EQ(execute(database, "COMMIT; INSERT INTO t VALUES (1)"), 0);
	kill_it("prepares");
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 1);
	puts("done");
	return 0;
}
