/*
 * What the tests of src/sql share: an owner with a directory of its own and a
 * limit of memory. They run outside of tasks, so everything runs in place.
 */
#ifndef LN_TESTS_UNIT_SQL_FIXTURE_H
#define LN_TESTS_UNIT_SQL_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/error.h"
#include "base/quota.h"
#include "sql/sql.h"

#define NO_LIMIT UINT64_MAX

struct owner {
	int dir; /* of the paths that begin with "/d/" */
	bool read_only;
	bool stopped;
	uint64_t charged;
	uint64_t max;
	struct ln_quota *files;
};

static char base[] = "/tmp/lunatic-sql.XXXXXX";
static struct owner owner;

static bool charge(void *context, uint64_t bytes)
{
	struct owner *who = context;

	if (bytes > who->max - who->charged)
		return false;
	who->charged += bytes;
	return true;
}

static void refund(void *context, uint64_t bytes)
{
	struct owner *who = context;

	assert_true(who->charged >= bytes);
	who->charged -= bytes;
}

static bool is_stopped(void *context)
{
	return ((struct owner *)context)->stopped;
}

static const char *find(void *context, const char *path, int *dir,
			bool *read_only)
{
	struct owner *who = context;

	if (strncmp(path, "/d/", 3) != 0)
		return NULL;
	*dir = who->dir;
	*read_only = who->read_only;
	return path + 3;
}

static inline struct ln_sql_options options(void)
{
	return (struct ln_sql_options){
		.owner = {
			.context = &owner,
			.charge = charge,
			.refund = refund,
			.stopped = is_stopped,
			.find = find,
			.files = owner.files,
		},
	};
}

static inline int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(base));
	owner.dir = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	owner.max = NO_LIMIT;
	assert_true(owner.dir >= 0);
	return ln_quota_new(NULL, 100, &owner.files);
}

static inline int tear_down(void **state)
{
	char command[64];

	(void)state;
	/* All has been given back. */
	assert_int_equal(owner.charged, 0);
	assert_int_equal(ln_quota_used(owner.files), 0);
	ln_quota_release(owner.files);
	close(owner.dir);
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	return system(command);
}

static inline int try_open(const char *path, struct ln_sql **sql)
{
	struct ln_sql_options with = options();
	char message[LN_SQL_MESSAGE];
	uint64_t work = 0;

	return ln_sql_open(&with, path, NO_LIMIT, sql, &work, message);
}

static inline struct ln_sql *open_database(const char *path)
{
	struct ln_sql *sql = NULL;

	assert_int_equal(try_open(path, &sql), 0);
	return sql;
}

static inline int execute(struct ln_sql *sql, const char *text)
{
	return ln_sql_execute(sql, text, strlen(text));
}

static inline struct ln_sql_statement *prepare(struct ln_sql *sql,
					       const char *text)
{
	struct ln_sql_statement *statement = NULL;

	assert_int_equal(ln_sql_prepare(sql, text, strlen(text), &statement),
			 0);
	return statement;
}

/* The first column of a row, which is a number. */
static inline int64_t number_in(struct ln_sql_statement *statement)
{
	const uint8_t *row;
	uint32_t type;
	int64_t number;
	size_t len;
	size_t start;
	size_t size;

	assert_true(ln_sql_row(statement, &row, &len));
	assert_true(ln_sql_row_value(row, len, 0, &start, &size));
	memcpy(&type, row + start, sizeof(type));
	assert_int_equal(type, LN_SQL_INTEGER);
	memcpy(&number, row + start + 4, sizeof(number));
	return number;
}

static inline int64_t number_of(struct ln_sql *sql, const char *text)
{
	struct ln_sql_statement *statement = prepare(sql, text);
	int64_t number;

	assert_int_equal(ln_sql_step(statement), LN_SQL_ROW);
	number = number_in(statement);
	assert_int_equal(ln_sql_step(statement), LN_SQL_DONE);
	ln_sql_statement_release(statement);
	return number;
}

#endif
