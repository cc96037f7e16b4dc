// Two processes and one file: who comes second fails at once, or waits as long
// as it has said; with a log one reads while the other writes. What a process
// has not committed goes with it.
// setup: mkdir dir
// options: --dir dir::/data --workers 2
// stdout: done
#include "sqlite.h"

#define PATH "/data/shared.db"

static uint64_t database;

static uint32_t steps(uint32_t statement)
{
	return lunatic_sqlite_sqlite3_step(statement);
}

/* Holds the database for writing until it is told to go on; then commits, or
 * ends without. */
ENTRY(writer)(int64_t parent)
{
	int64_t commits;

	database = open_database(PATH);
	/* Those who try again read for a moment. */
	CHECK_EQ(execute(database, "PRAGMA busy_timeout = 20000; "
				   "BEGIN IMMEDIATE; "
				   "INSERT INTO t VALUES (2)"),
		 0);
	send_number((uint64_t)parent, 1, 0);
	CHECK_EQ(receive_tag(2, SOON), DATA);
	commits = read_number();
	if (commits > 1)
		lunatic_process_sleep_ms(50);
	if (commits > 0)
		CHECK_EQ(execute(database, "COMMIT"), 0);
	send_number((uint64_t)parent, 3, 0);
}

static uint64_t start_writer(void)
{
	uint64_t child =
		spawn_with("writer", 0, (int64_t)lunatic_process_process_id());

	expect_number(1, 0);
	return child;
}

/* Tells a writer what to do, and waits until it has. */
static void finish(uint64_t writer, int64_t commits)
{
	send_number(writer, 2, commits);
	expect_number(3, 0);
	await_end(writer);
}

static void without_a_log(void)
{
	uint64_t writer = start_writer();

	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 1);
	CHECK_EQ(execute(database, "INSERT INTO t VALUES (3)"), BUSY);
	CHECK_EQ(catch (steps, (uint32_t)prepare(database, "DELETE FROM t")),
		 0);
	/* Waits in vain. */
	CHECK_EQ(execute(database, "PRAGMA busy_timeout = 30"), 0);
	CHECK_EQ(execute(database, "INSERT INTO t VALUES (3)"), BUSY);
	finish(writer, 0);
	/* That of the writer has gone with it. */
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 1);

	writer = start_writer();
	CHECK_EQ(execute(database, "PRAGMA busy_timeout = 20000"), 0);
	send_number(writer, 2, 2);
	/* Waits until the other commits. */
	CHECK_EQ(execute(database, "INSERT INTO t VALUES (3); "
				   "INSERT INTO t VALUES (4)"),
		 0);
	expect_number(3, 0);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 4);
	CHECK_EQ(execute(database, "PRAGMA busy_timeout = 0"), 0);
}

/* Who reads must not wait for one that waits for the readers. */
static void without_waiting_for_ever(void)
{
	uint64_t writer = start_writer();

	CHECK_EQ(execute(database, "PRAGMA busy_timeout = 1000000000; "
				   "BEGIN; SELECT * FROM t"),
		 0);
	CHECK_EQ(execute(database, "INSERT INTO t VALUES (3)"), BUSY);
	CHECK_EQ(execute(database, "COMMIT; PRAGMA busy_timeout = 0"), 0);
	finish(writer, 0);
}

static void with_a_log(void)
{
	uint64_t other = open_database(PATH);
	uint64_t writer;

	CHECK_EQ(execute(database, "PRAGMA journal_mode = WAL"), 0);
	writer = start_writer();
	CHECK_EQ(execute(database, "BEGIN"), 0);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 4);
	CHECK_EQ(execute(other, "INSERT INTO t VALUES (3)"), BUSY);
	finish(writer, 1);
	/* It reads what there was when it began. */
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 4);
	CHECK_EQ(number_of(other, "SELECT count(*) FROM t"), 5);
	CHECK_EQ(execute(database, "COMMIT"), 0);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 5);
	writer = start_writer();
	lunatic_process_kill(writer);
	await_end(writer);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 5);
	CHECK_EQ(execute(other, "PRAGMA busy_timeout = 20000; "
				"INSERT INTO t VALUES (6); "
				"PRAGMA wal_checkpoint(TRUNCATE)"),
		 0);
	CHECK_EQ(number_of(database, "SELECT count(*) FROM t"), 6);
}

int main(void)
{
	database = open_database(PATH);
	CHECK_EQ(execute(database, "CREATE TABLE t (x); "
				   "INSERT INTO t VALUES (1)"),
		 0);
	without_a_log();
	without_waiting_for_ever();
	with_a_log();
	puts("done");
	return 0;
}
