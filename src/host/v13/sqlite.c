/*
 * DESIGN
 * lunatic::sqlite: guests' ids around src/sql. A database's owner is the guest:
 * its memory is charged, its directories are where files are, its kill stops
 * statements, and its fuel pays for them.
 *
 * What is given to the guest is copied first: it runs to allocate the room, and
 * could drop the statement.
 *
 * Threads: the one that runs the process; the owner's functions also in the
 * pool, while that waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/instance.h"
#include "host/abi_gen.h"
#include "host/result.h"
#include "host/v13/give.h"
#include "process/environment.h"
#include "process/preopens.h"
#include "process/runtime.h"
#include "sched/bulk.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sql/sql.h"

#define MAX_PATH 512
#define CODE_ERROR 1 /* SQLITE_ERROR */

static bool charge(void *guest, uint64_t bytes)
{
	return ln_guest_keep(guest, bytes);
}

static void refund(void *guest, uint64_t bytes)
{
	ln_guest_forget(guest, bytes);
}

static bool is_stopped(void *context)
{
	const struct ln_guest *guest = context;

	return ln_task_interrupted(guest->instance->task);
}

static const char *find(void *context, const char *path, int *dir,
			bool *read_only)
{
	const struct ln_guest *guest = context;
	const char *rest;
	const struct ln_open_dir *found =
		ln_preopens_find(guest->environment->preopens, path, &rest);

	if (found == NULL)
		return NULL;
	*dir = found->fd;
	*read_only = found->read_only;
	return rest;
}

/* The work that the guest can pay for. */
static uint64_t max_work(struct ln_guest *guest)
{
	struct ln_instance *instance = guest->instance;

	return guest->metered ? instance->limits.max_fuel -
					ln_instance_fuel_used(instance)
			      : UINT64_MAX;
}

/* After a call of src/sql: the guest pays for it. */
static void settle(struct ln_guest *guest, uint64_t work)
{
	ln_guest_pay(guest, work);
	ln_instance_resumed(guest->instance);
}

/* The trap for a call that failed; LN_EKILLED and LN_ENOMEM as they are. */
static LN_NOINLINE int fail(struct ln_guest *guest, const struct ln_sql *sql,
			    int error)
{
	char message[LN_SQL_MESSAGE];

	if (error < 0 && error != LN_ENOENT && error != LN_EFORMAT)
		return error;
	if (error == LN_ENOENT)
		return ln_guest_trap(guest, "the statement has no such "
					    "parameter");
	if (error == LN_EFORMAT)
		return ln_guest_trap(guest, "the values are no BindList");
	ln_sql_message(sql, message);
	return ln_guest_trap(guest, "%s (code %d)", message, error);
}

static int find_database(struct ln_guest *guest, uint64_t id,
			 struct ln_sql **sql)
{
	*sql = ln_guest_get(guest, LN_RESOURCE_DATABASE, id);
	if (*sql == NULL)
		return ln_host_missing(guest, LN_RESOURCE_DATABASE, id);
	ln_sql_set_max_work(*sql, max_work(guest));
	return 0;
}

static int find_statement(struct ln_guest *guest, uint64_t id,
			  struct ln_sql_statement **statement)
{
	*statement = ln_guest_get(guest, LN_RESOURCE_STATEMENT, id);
	if (*statement == NULL)
		return ln_host_missing(guest, LN_RESOURCE_STATEMENT, id);
	ln_sql_set_max_work(ln_sql_of(*statement), max_work(guest));
	return 0;
}

static bool is_file(const char *path)
{
	return path[0] != '\0' && strcmp(path, ":memory:") != 0;
}

/* Opens a database; the result is that of the function. */
static LN_NOINLINE int open_path(struct ln_guest *guest, const char *path,
				 uint8_t *id, uint32_t *result)
{
	struct ln_environment *environment = guest->environment;
	struct ln_sql_options options = {
		.owner = {
			.context = guest,
			.charge = charge,
			.refund = refund,
			.stopped = is_stopped,
			.find = find,
			.files = environment->descriptors,
		},
		.pool = ln_sched_databases(environment->runtime->sched),
		.tenant = environment->databases,
	};
	char message[LN_SQL_MESSAGE] = "";
	uint64_t work = 0;
	struct ln_sql *sql;
	int error = ln_sql_open(&options, path, max_work(guest), &sql, &work,
				message);

	settle(guest, work);
	if (error == LN_EUNSUP)
		return ln_host_fail(
			guest, id, result,
			"the program that runs this process has set SQLite "
			"up for itself: it must not have used it before "
			"guests do");
	if (error > 0)
		return ln_host_fail(guest, id, result, "%s: %s", path, message);
	if (error < 0)
		return error;
	return ln_host_give(guest, LN_RESOURCE_DATABASE, sql, id, result);
}

/* A guest that is told so may look for the directories it was given. */
static int no_access(struct ln_guest *guest, const char *path, uint8_t *id,
		     uint32_t *result)
{
	struct ln_environment *environment = guest->environment;

	if (environment->preopens == NULL)
		atomic_store_explicit(&environment->lacks_directories, true,
				      memory_order_relaxed);
	return ln_host_fail(guest, id, result,
			    "Failed to access '%s': it is in no directory that "
			    "the process may use (--dir)",
			    path);
}

int ln_host_v13_sqlite_open(struct ln_guest *guest, struct ln_slice path,
			    uint8_t *id, uint64_t *result)
{
	char text[MAX_PATH];
	uint32_t outcome = LN_HOST_FAILED;
	const char *rest;
	int error;

	error = ln_host_check_room(guest, LN_RESOURCE_DATABASE);
	if (error < 0)
		return error;
	*result = LN_HOST_FAILED;
	if (path.len >= sizeof(text))
		return ln_host_fail(guest, id, &outcome,
				    "the path has more than %d bytes",
				    MAX_PATH - 1);
	if (!ln_utf8_valid(path.data, path.len))
		return ln_guest_trap(guest, "the path is not UTF-8");
	if (memchr(path.data, '\0', path.len) != NULL)
		return ln_host_fail(guest, id, &outcome, "the path has a NUL");
	memcpy(text, path.data, path.len);
	text[path.len] = '\0';
	if (is_file(text) &&
	    ln_preopens_find(guest->environment->preopens, text, &rest) == NULL)
		return no_access(guest, text, id, &outcome);
	error = open_path(guest, text, id, &outcome);
	*result = outcome;
	return error;
}

int ln_host_v13_sqlite_query_prepare(struct ln_guest *guest, uint64_t database,
				     struct ln_slice query, uint64_t *result)
{
	struct ln_sql_statement *statement;
	struct ln_sql *sql;
	int error = find_database(guest, database, &sql);

	if (error == 0)
		error = ln_host_check_room(guest, LN_RESOURCE_STATEMENT);
	if (error < 0)
		return error;
	error = ln_sql_prepare(sql, (const char *)query.data, query.len,
			       &statement);
	settle(guest, ln_sql_take_work(sql));
	if (error == LN_EFORMAT)
		return ln_guest_trap(guest, "the query is not UTF-8");
	if (error == LN_EINVAL)
		return ln_guest_trap(guest, "the query has a NUL");
	if (error != 0)
		return fail(guest, sql, error);
	return ln_host_add(guest, LN_RESOURCE_STATEMENT, statement, result);
}

int ln_host_v13_sqlite_execute(struct ln_guest *guest, uint64_t database,
			       struct ln_slice statements, uint32_t *result)
{
	struct ln_sql *sql;
	int error = find_database(guest, database, &sql);

	if (error < 0)
		return error;
	error = ln_sql_execute(sql, (const char *)statements.data,
			       statements.len);
	settle(guest, ln_sql_take_work(sql));
	if (error == LN_EFORMAT)
		return ln_guest_trap(guest, "the statements are not UTF-8");
	if (error == LN_EINVAL)
		error = CODE_ERROR;
	if (error < 0)
		return error;
	*result = (uint32_t)error;
	return 0;
}

int ln_host_v13_sqlite_bind_value(struct ln_guest *guest, uint64_t id,
				  struct ln_slice values)
{
	struct ln_sql_statement *statement;
	struct ln_sql *sql;
	int error = find_statement(guest, id, &statement);

	if (error < 0)
		return error;
	sql = ln_sql_of(statement);
	error = ln_sql_bind(statement, values.data, values.len);
	settle(guest, ln_sql_take_work(sql));
	return error != 0 ? fail(guest, sql, error) : 0;
}

int ln_host_v13_sqlite_sqlite3_changes(struct ln_guest *guest,
				       uint64_t database, uint32_t *result)
{
	struct ln_sql *sql;
	int error = find_database(guest, database, &sql);

	if (error < 0)
		return error;
	*result = ln_sql_changes(sql);
	return 0;
}

int ln_host_v13_sqlite_statement_reset(struct ln_guest *guest, uint64_t id)
{
	struct ln_sql_statement *statement;
	struct ln_sql *sql;
	int error = find_statement(guest, id, &statement);

	if (error < 0)
		return error;
	sql = ln_sql_of(statement);
	error = ln_sql_reset(statement);
	settle(guest, ln_sql_take_work(sql));
	return error != 0 ? fail(guest, sql, error) : 0;
}

int ln_host_v13_sqlite_sqlite3_finalize(struct ln_guest *guest, uint64_t id)
{
	int error = ln_host_drop(guest, LN_RESOURCE_STATEMENT, id);

	ln_instance_resumed(guest->instance);
	return error;
}

int ln_host_v13_sqlite_sqlite3_step(struct ln_guest *guest, uint64_t id,
				    uint32_t *result)
{
	struct ln_sql_statement *statement;
	struct ln_sql *sql;
	int code = find_statement(guest, id, &statement);

	if (code < 0)
		return code;
	sql = ln_sql_of(statement);
	code = ln_sql_step(statement);
	settle(guest, ln_sql_take_work(sql));
	if (code != LN_SQL_ROW && code != LN_SQL_DONE)
		return fail(guest, sql, code);
	*result = (uint32_t)code;
	return 0;
}

/* Gives the guest what is in the buffer, which is freed in any case. */
static int give(struct ln_guest *guest, struct ln_sql_buffer *buffer,
		uint32_t length, uint32_t *result)
{
	int error;

	if (buffer->failed)
		error = LN_EMEMORY;
	else
		error = ln_v13_give_bytes(guest, buffer->data, buffer->len,
					  length, result);
	ln_sql_buffer_deinit(buffer);
	return error;
}

int ln_host_v13_sqlite_last_error(struct ln_guest *guest, uint64_t database,
				  uint32_t length, uint32_t *result)
{
	struct ln_sql_buffer buffer = { 0 };
	struct ln_sql *sql;
	int error = find_database(guest, database, &sql);

	if (error == 0)
		error = ln_v13_check_give(guest, length);
	if (error < 0)
		return error;
	if (!ln_sql_last_error(sql, &buffer))
		return ln_guest_trap(guest,
				     "the last call for database %llu "
				     "has not failed",
				     (unsigned long long)database);
	return give(guest, &buffer, length, result);
}

/* Finds a statement whose results can be given. */
static int find_source(struct ln_guest *guest, uint64_t id, uint32_t length,
		       struct ln_sql_statement **statement)
{
	int error = find_statement(guest, id, statement);

	return error == 0 ? ln_v13_check_give(guest, length) : error;
}

/* Gives a part of the statement's row. */
static int give_part(struct ln_guest *guest, const uint8_t *part, size_t len,
		     uint32_t length, uint32_t *result)
{
	uint8_t *copy;
	int error;

	if (!ln_guest_keep(guest, len))
		return LN_EMEMORY;
	copy = malloc(len);
	if (copy == NULL) {
		ln_guest_forget(guest, len);
		return LN_ENOMEM;
	}
	ln_bulk_copy(copy, part, len);
	error = ln_v13_give_bytes(guest, copy, len, length, result);
	ln_bulk_free(copy, len);
	ln_guest_forget(guest, len);
	return error;
}

static LN_NOINLINE int no_column(struct ln_guest *guest, uint32_t column)
{
	return ln_guest_trap(guest, "the statement has no column %u", column);
}

int ln_host_v13_sqlite_read_column(struct ln_guest *guest, uint64_t id,
				   uint32_t column, uint32_t length,
				   uint32_t *result)
{
	static const uint32_t null = LN_SQL_NULL;
	struct ln_sql_statement *statement;
	const uint8_t *row;
	size_t start;
	size_t size;
	size_t len;
	int error = find_source(guest, id, length, &statement);

	if (error < 0)
		return error;
	if (!ln_sql_row(statement, &row, &len)) {
		if (column >= ln_sql_column_count(statement))
			return no_column(guest, column);
		return ln_v13_give_bytes(guest, &null, sizeof(null), length,
					 result);
	}
	if (!ln_sql_row_value(row, len, column, &start, &size))
		return no_column(guest, column);
	return give_part(guest, row + start, size, length, result);
}

int ln_host_v13_sqlite_read_row(struct ln_guest *guest, uint64_t id,
				uint32_t length, uint32_t *result)
{
	struct ln_sql_statement *statement;
	struct ln_sql_buffer nulls = { 0 };
	const uint8_t *row;
	uint32_t count;
	size_t len;
	int error = find_source(guest, id, length, &statement);

	if (error < 0)
		return error;
	if (ln_sql_row(statement, &row, &len))
		return give_part(guest, row, len, length, result);
	count = ln_sql_column_count(statement);
	ln_sql_put_u64(&nulls, count);
	for (uint32_t i = 0; i < count; i++)
		ln_sql_put_u32(&nulls, LN_SQL_NULL);
	return give(guest, &nulls, length, result);
}

int ln_host_v13_sqlite_column_names(struct ln_guest *guest, uint64_t id,
				    uint32_t length, uint32_t *result)
{
	struct ln_sql_statement *statement;
	struct ln_sql_buffer buffer = { 0 };
	struct ln_sql *sql;
	int error = find_source(guest, id, length, &statement);

	if (error < 0)
		return error;
	sql = ln_sql_of(statement);
	error = ln_sql_column_names(statement, &buffer);
	settle(guest, ln_sql_take_work(sql));
	if (error < 0) {
		ln_sql_buffer_deinit(&buffer);
		return error;
	}
	return give(guest, &buffer, length, result);
}

int ln_host_v13_sqlite_column_count(struct ln_guest *guest, uint64_t id,
				    uint32_t *result)
{
	struct ln_sql_statement *statement;
	int error = find_statement(guest, id, &statement);

	if (error < 0)
		return error;
	*result = ln_sql_column_count(statement);
	return 0;
}

int ln_host_v13_sqlite_column_name(struct ln_guest *guest, uint64_t id,
				   uint32_t column, uint32_t length,
				   uint32_t *result)
{
	struct ln_sql_statement *statement;
	struct ln_sql_buffer buffer = { 0 };
	int error = find_source(guest, id, length, &statement);

	if (error < 0)
		return error;
	if (ln_sql_column_name(statement, column, &buffer) == LN_ENOENT)
		return no_column(guest, column);
	return give(guest, &buffer, length, result);
}
