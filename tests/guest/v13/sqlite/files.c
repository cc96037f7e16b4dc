// Databases in files: only below the directories of the process, whatever names
// SQL and links lead to.
// setup: mkdir dir ro outside dir/sub; echo no database >dir/text
// setup: sqlite3 ro/old.db 'CREATE TABLE t (x); INSERT INTO t VALUES (7)'
// setup: sqlite3 outside/secret.db 'CREATE TABLE t (x)'
// setup: ln -s ../outside dir/out; ln -s ../outside/secret.db dir/link.db
// setup: ln -s sub dir/inside; ln -s sub/new.db dir/inlink.db; mkfifo dir/fifo
// options: --dir dir::/data --dir ro::/old:ro --dir dir/sub::.
// stdout: done
#include <dirent.h>
#include <unistd.h>

#include "sqlite.h"

static void expect_refused(const char *path)
{
	if (strstr(open_error(path), "Failed to access '") == NULL)
		printf("FAILED: %s: %s\n", path, open_error(path));
}

/* It may open, but it cannot be used. */
static void expect_unusable(const char *path)
{
	uint64_t id;

	if (lunatic_sqlite_open(path, strlen(path), &id) != 0) {
		lunatic_error_drop(id);
		return;
	}
	CHECK(execute(id, "CREATE TABLE made (x)") != 0);
	CHECK(execute(id, "SELECT * FROM t") != 0);
}

static void names(void)
{
	expect_refused("/etc/passwd");
	expect_refused("/dat/x.db");
	expect_refused("/datax/x.db");
	expect_unusable("/data/../outside/secret.db");
	expect_unusable("/data/out/secret.db");
	expect_unusable("/data/link.db");
	expect_unusable("/data/inlink.db");
	expect_unusable("/data/missing/x.db");
	expect_unusable("/data/sub");
	expect_unusable("/data/fifo");
	expect_unusable("/data/text");
	expect_unusable("file:///etc/passwd");
	expect_unusable("..");
	expect_unusable("../text");
	CHECK(access("/data/sub/new.db", F_OK) != 0);
}

static void statements(uint64_t database)
{
	CHECK(execute(database, "ATTACH '/etc/passwd' AS a") != 0);
	CHECK(execute(database, "ATTACH '/data/out/secret.db' AS a; "
				"SELECT * FROM a.t") != 0);
	CHECK_EQ(execute(database, "ATTACH 'file:/tmp/x?vfs=unix' AS a"), AUTH);
	CHECK_EQ(execute(database, "ATTACH 'FILE:x' AS a"), AUTH);
	/* What the name is only becomes known later. */
	CHECK_EQ(execute(database, "ATTACH 'fi' || 'le:x?vfs=unix' AS a"),
		 AUTH);
	CHECK(execute(database, "VACUUM INTO '/tmp/lunatic-stolen.db'") != 0);
	CHECK(execute(database, "VACUUM INTO '/data/out/stolen.db'") != 0);
	CHECK(execute(database, "SELECT load_extension('/lib/x.so')") != 0);
	CHECK(execute(database, "SELECT fts3_tokenizer('simple')") != 0);
	CHECK_EQ(execute(database, "PRAGMA temp_store_directory = '/tmp'"),
		 AUTH);
	CHECK_EQ(execute(database, "PRAGMA temp_store = FILE"), 0);
	CHECK_EQ(execute(database, "PRAGMA mmap_size = 1000000"), 0);
	CHECK_EQ(execute(database, "PRAGMA writable_schema = ON; "
				   "UPDATE sqlite_master SET sql = 'x'"),
		 ERROR);
	/* What stays inside is fine. */
	CHECK_EQ(execute(database, "ATTACH '/data/second.db' AS a; "
				   "CREATE TABLE a.u (x); "
				   "BEGIN; INSERT INTO t VALUES (2); "
				   "INSERT INTO a.u VALUES (3); COMMIT; "
				   "DETACH a"),
		 0);
	CHECK_EQ(execute(database, "VACUUM; VACUUM INTO '/data/third.db'"), 0);
	CHECK_EQ(number_of(open_database("/data/third.db"),
			   "SELECT count(*) FROM t"),
		 2);
}

static void read_only(void)
{
	uint64_t database = open_database("/old/old.db");

	CHECK_EQ(number_of(database, "SELECT x FROM t"), 7);
	CHECK_EQ(execute(database, "INSERT INTO t VALUES (8)"), READONLY);
	CHECK_EQ(execute(database, "PRAGMA journal_mode = WAL"), READONLY);
	CHECK_EQ(execute(database, "VACUUM INTO '/old/copy.db'"), CANTOPEN);
	expect_unusable("/old/new.db");
}

/* Everything in memory: large sorts, indexes and temporary tables. */
static void temporary(uint64_t database)
{
	CHECK_EQ(execute(database,
			 "CREATE TEMP TABLE big AS WITH RECURSIVE n (i) AS "
			 "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
			 "30000) SELECT i, hex(randomblob(50)) AS h FROM n; "
			 "CREATE INDEX temp.by_h ON big (h); "
			 "SELECT * FROM big ORDER BY h || i; DROP TABLE big"),
		 0);
}

static void expect_files(const char *const *names, int count)
{
	DIR *dir = opendir("/data");
	struct dirent *entry;
	int found = 0;

	while ((entry = readdir(dir)) != NULL) {
		size_t size = strlen(entry->d_name);

		if (size < 3 || strcmp(entry->d_name + size - 3, ".db") != 0)
			continue;
		found++;
		for (int i = 0; i < count; i++)
			found += strcmp(entry->d_name, names[i]) == 0 ? 100 : 0;
	}
	CHECK_EQ(found, 101 * count);
	closedir(dir);
}

int main(void)
{
	static const char *const all[] = { "inlink.db", "link.db", "first.db",
					   "second.db", "third.db" };
	uint64_t database;

	names();
	database = open_database("/data/first.db");
	CHECK_EQ(execute(database, "CREATE TABLE t (x); "
				   "INSERT INTO t VALUES (1)"),
		 0);
	statements(database);
	temporary(database);
	read_only();
	/* Once more, by another path. */
	CHECK_EQ(number_of(open_database("/data/./first.db"),
			   "SELECT count(*) FROM t"),
		 2);
	/* A path without a slash is below a directory of that name. */
	CHECK_EQ(execute(open_database("app.db"), "CREATE TABLE t (x)"), 0);
	CHECK_EQ(access("/data/sub/app.db", F_OK), 0);
	CHECK_EQ(execute(open_database("/data/inside/app.db"),
			 "INSERT INTO t VALUES (1)"),
		 0);
	expect_files(all, 5);
	puts("done");
	return 0;
}
