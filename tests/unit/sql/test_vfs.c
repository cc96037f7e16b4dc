/* src/sql/vfs.c, file.c and shared.c: names, quotas, locks, logs; also beside
 * SQLite's own file system. */
#include "sql/fixture.h"

static void names(void **state)
{
	struct ln_sql *sql = NULL;

	(void)state;
	assert_int_equal(mkdirat(owner.dir, "sub", 0777), 0);
	assert_int_equal(symlinkat("..", owner.dir, "up"), 0);
	assert_int_equal(symlinkat("real.db", owner.dir, "link.db"), 0);
	assert_int_equal(mkfifoat(owner.dir, "fifo", 0666), 0);
	assert_int_equal(try_open("/d/sub", &sql), SQLITE_CANTOPEN);
	assert_int_equal(try_open("/d/up/x.db", &sql), SQLITE_CANTOPEN);
	assert_int_equal(try_open("/d/../x.db", &sql), SQLITE_CANTOPEN);
	assert_int_equal(try_open("/d/link.db", &sql), SQLITE_CANTOPEN);
	assert_int_equal(try_open("/d/fifo", &sql), SQLITE_CANTOPEN);
	assert_int_equal(try_open("/e/x.db", &sql), SQLITE_CANTOPEN);
	sql = open_database("/d/sub/x.db");
	assert_int_equal(execute(sql, "CREATE TABLE t (x)"), 0);
	assert_int_equal(faccessat(owner.dir, "sub/x.db", F_OK, 0), 0);
	assert_int_not_equal(faccessat(owner.dir, "real.db", F_OK, 0), 0);
	ln_sql_release(sql);
}

static void quota(void **state)
{
	struct ln_sql *sql = open_database("/d/quota.db");
	uint64_t used = ln_quota_used(owner.files);
	struct ln_sql *more[100] = { NULL };
	int count = 0;

	(void)state;
	assert_int_equal(used, 1);
	assert_int_equal(execute(sql, "CREATE TABLE t (x); BEGIN; "
				      "INSERT INTO t VALUES (1)"),
			 0);
	assert_int_equal(ln_quota_used(owner.files), 2);
	assert_int_equal(execute(sql, "COMMIT"), 0);
	while (try_open("/d/quota.db", &more[count]) == 0)
		count++;
	assert_int_equal(count, 99);
	/* No room for a journal. */
	assert_int_equal(execute(sql, "INSERT INTO t VALUES (2)"),
			 SQLITE_CANTOPEN);
	while (count > 0)
		ln_sql_release(more[--count]);
	assert_int_equal(execute(sql, "INSERT INTO t VALUES (2)"), 0);
	ln_sql_release(sql);
	assert_int_equal(ln_quota_used(owner.files), 0);
}

static void read_only(void **state)
{
	struct ln_sql *sql = open_database("/d/ro.db");

	(void)state;
	assert_int_equal(execute(sql, "CREATE TABLE t (x)"), 0);
	ln_sql_release(sql);
	owner.read_only = true;
	sql = open_database("/d/ro.db");
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 0);
	assert_int_equal(execute(sql, "INSERT INTO t VALUES (1)"),
			 SQLITE_READONLY);
	ln_sql_release(sql);
	assert_int_equal(try_open("/d/new.db", &sql), SQLITE_CANTOPEN);
	owner.read_only = false;
}

static void locks(void **state)
{
	struct ln_sql *one = open_database("/d/locks.db");
	struct ln_sql *two = open_database("/d/locks.db");
	struct ln_sql *three;

	(void)state;
	assert_int_equal(execute(one, "CREATE TABLE t (x)"), 0);
	assert_int_equal(execute(one, "BEGIN IMMEDIATE"), 0);
	assert_int_equal(execute(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	/* Closing another one drops no lock. */
	three = open_database("/d/locks.db");
	assert_int_equal(number_of(three, "SELECT count(*) FROM t"), 0);
	ln_sql_release(three);
	assert_int_equal(execute(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
	assert_int_equal(execute(two, "BEGIN; SELECT * FROM t"), 0);
	assert_int_equal(execute(one, "INSERT INTO t VALUES (1); COMMIT"),
			 SQLITE_BUSY);
	assert_int_equal(execute(two, "COMMIT"), 0);
	assert_int_equal(execute(one, "COMMIT"), 0);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 1);
	ln_sql_release(one);
	ln_sql_release(two);
}

static void logs(void **state)
{
	struct ln_sql *one = open_database("/d/log.db");
	struct ln_sql *two = open_database("/d/log.db");

	(void)state;
	assert_int_equal(execute(one, "PRAGMA journal_mode = WAL; "
				      "CREATE TABLE t (x)"),
			 0);
	assert_int_equal(execute(one, "BEGIN; INSERT INTO t VALUES (1)"), 0);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(execute(two, "INSERT INTO t VALUES (1)"), SQLITE_BUSY);
	assert_int_equal(execute(two, "BEGIN; SELECT * FROM t"), 0);
	assert_int_equal(execute(one, "COMMIT"), 0);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 0);
	assert_int_equal(execute(two, "COMMIT"), 0);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 1);
	/* More than one region of the index. */
	assert_int_equal(
		execute(one,
			"PRAGMA wal_autocheckpoint = 0; BEGIN; INSERT INTO t "
			"WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i "
			"+ 1 FROM c WHERE i < 5000) SELECT zeroblob(4000) "
			"FROM c; COMMIT"),
		0);
	assert_int_equal(number_of(two, "SELECT count(*) FROM t"), 5001);
	assert_int_equal(execute(two, "PRAGMA wal_checkpoint(TRUNCATE)"), 0);
	ln_sql_release(one);
	ln_sql_release(two);
	/* The last one has tidied up. */
	assert_int_not_equal(faccessat(owner.dir, "log.db-wal", F_OK, 0), 0);
	assert_int_not_equal(faccessat(owner.dir, "log.db-shm", F_OK, 0), 0);
	one = open_database("/d/log.db");
	assert_int_equal(number_of(one, "SELECT count(*) FROM t"), 5001);
	ln_sql_release(one);
}

/* Who dies leaves a journal, or a log; the next one puts things right. */
static void recovery(void **state)
{
	struct ln_sql *sql = open_database("/d/crash.db");
	char command[300];

	(void)state;
	assert_int_equal(execute(sql, "PRAGMA journal_mode = WAL; "
				      "CREATE TABLE t (x); "
				      "INSERT INTO t VALUES (1)"),
			 0);
	/* A copy as after a crash: with the log, without the index. */
	snprintf(command, sizeof(command),
		 "cp '%s/crash.db' '%s/copy.db' && "
		 "cp '%s/crash.db-wal' '%s/copy.db-wal'",
		 base, base, base, base);
	assert_int_equal(system(command), 0);
	ln_sql_release(sql);
	sql = open_database("/d/copy.db");
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 1);
	ln_sql_release(sql);
}

static int plain(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

/* Whether SQLite's own file system would find the log in use: it tries for ten
 * seconds. */
static bool is_kept_out(const char *name)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = 128,
		.l_len = 1,
	};
	int fd = openat(owner.dir, name, O_RDWR);

	if (fd < 0)
		return false;
	assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
	close(fd);
	return lock.l_type != F_UNLCK;
}

/* Other programs use SQLite's own file system. */
static void others(void **state)
{
	struct ln_sql *sql = open_database("/d/others.db");
	sqlite3 *other;
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/others.db", base);
	assert_int_equal(execute(sql, "CREATE TABLE t (x)"), 0);
	assert_int_equal(
		sqlite3_open_v2(path, &other, SQLITE_OPEN_READWRITE, "unix"),
		SQLITE_OK);
	assert_int_equal(execute(sql, "BEGIN IMMEDIATE"), 0);
	assert_int_equal(plain(other, "SELECT * FROM t"), SQLITE_OK);
	assert_int_equal(plain(other, "INSERT INTO t VALUES (1)"), SQLITE_BUSY);
	assert_int_equal(execute(sql, "COMMIT"), 0);
	assert_int_equal(plain(other, "BEGIN EXCLUSIVE"), SQLITE_OK);
	assert_int_equal(execute(sql, "SELECT * FROM t"), SQLITE_BUSY);
	assert_int_equal(plain(other, "COMMIT"), SQLITE_OK);
	/* With a log only one of the two at a time. */
	assert_int_equal(execute(sql, "PRAGMA journal_mode = WAL; "
				      "SELECT * FROM t"),
			 0);
	assert_true(is_kept_out("others.db-shm"));
	ln_sql_release(sql);
	assert_false(is_kept_out("others.db-shm"));
	assert_int_equal(plain(other, "INSERT INTO t VALUES (1)"), SQLITE_OK);
	sql = open_database("/d/others.db");
	assert_int_equal(execute(sql, "SELECT * FROM t"), SQLITE_PROTOCOL);
	sqlite3_close(other);
	assert_int_equal(number_of(sql, "SELECT count(*) FROM t"), 1);
	ln_sql_release(sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),     cmocka_unit_test(quota),
		cmocka_unit_test(read_only), cmocka_unit_test(locks),
		cmocka_unit_test(logs),      cmocka_unit_test(recovery),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
