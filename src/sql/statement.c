/*
 * DESIGN
 * Rows are encoded as the guest will get them, in the run that steps to them.
 * A statement that only reads goes on for up to AHEAD_NS then, so that a guest
 * that reads many rows does not begin a run for each. SQLite leaves it open
 * whether a query sees what its connection changes while it runs, so nobody may
 * rely on a row being read late.
 *
 * What follows the rows that are here is in `after`: more (SQLITE_ROW), the
 * end, or an error, which comes when the guest has got there.
 *
 * Threads: the owner's; jobs of the pool while it waits.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "sql/sql_impl.h"

#define AHEAD_NS (100 * (LN_NS_PER_MS / 1000))
#define AHEAD_BYTES ((size_t)64 << 10)
#define AHEAD_ROWS 256

#define SHORT ((size_t)64 << 10) /* bytes that are bound without the pool */
#define LONG_VALUES 8192         /* bytes of values with which to use it */
#define SHORT_TEXT ((size_t)4096)
#define PREPARE_WORK 20 /* for each byte of a statement */

struct ln_sql_statement {
	struct ln_sql *sql;   /* counted */
	sqlite3_stmt *handle; /* NULL: of a text without a statement */
	enum ln_sql_weight weight;
	/* Rows, each behind its length of eight bytes; where the next one is,
	 * and where that of the last step is. */
	struct ln_sql_buffer rows;
	size_t next;
	size_t row;
	size_t row_len; /* 0: there is none */
	int after;      /* 0: nothing has been stepped */
};

struct ln_sql *ln_sql_of(const struct ln_sql_statement *statement)
{
	return statement->sql;
}

static void forget_rows(struct ln_sql_statement *statement)
{
	statement->rows.len = 0;
	statement->rows.failed = false;
	statement->next = 0;
	statement->row_len = 0;
	statement->after = 0;
}

/* One that runs may undo what it has done. */
static void weigh_end(const struct ln_sql_statement *statement)
{
	if (sqlite3_stmt_busy(statement->handle) &&
	    !sqlite3_stmt_readonly(statement->handle))
		ln_sql_run_weigh(LN_SQL_GROWS);
}

static void finalize(void *argument)
{
	struct ln_sql_statement *statement = argument;

	weigh_end(statement);
	ln_sql_buffer_deinit(&statement->rows);
	/* The result is that of the last step, which the guest has got. */
	(void)sqlite3_finalize(statement->handle);
	statement->handle = NULL;
}

void ln_sql_statement_release(struct ln_sql_statement *statement)
{
	struct ln_sql *sql = statement->sql;

	/* One that runs may hold a transaction. Here also when there is no
	 * thread for it. */
	if (statement->handle == NULL ||
	    !sqlite3_stmt_busy(statement->handle) ||
	    ln_sql_run(sql, finalize, statement) < 0)
		ln_sql_run_here(sql, finalize, statement);
	free(statement);
	ln_sql_release(sql);
}

struct prepare_call {
	struct ln_sql_statement *statement;
	const char *text;
	size_t len;
	int code;
};

static void prepare(void *argument)
{
	struct prepare_call *call = argument;
	struct ln_sql *sql = call->statement->sql;
	char *text = ln_sql_copy_text(call->text, call->len, &call->code);

	if (text == NULL)
		return;
	call->code = ln_sql_prepare_once(sql, text, &call->statement->handle,
					 NULL, &call->statement->weight);
	sqlite3_free(text);
	ln_sql_run_count(call->len * PREPARE_WORK);
}

int ln_sql_prepare(struct ln_sql *sql, const char *text, size_t len,
		   struct ln_sql_statement **out)
{
	struct ln_sql_statement *statement;
	struct prepare_call call = { .text = text, .len = len };
	struct ln_sql_wait wait = { 0 };
	int error;

	statement = calloc(1, sizeof(*statement));
	if (statement == NULL)
		return LN_ENOMEM;
	statement->sql = sql;
	sql->references++;
	call.statement = statement;
	do {
		error = len <= SHORT_TEXT
				? ln_sql_run(sql, prepare, &call)
				: ln_sql_run_apart(sql, prepare, &call);
	} while (error == 0 && ln_sql_wait_for_others(sql, &wait, call.code));
	if (error == 0)
		error = ln_sql_outcome(sql, call.code);
	if (error == 0)
		*out = statement;
	else
		ln_sql_statement_release(statement);
	return error;
}

struct bind_call {
	struct ln_sql_statement *statement;
	struct ln_sql_reader reader;
	int code;
};

/* The number of the parameter of that name, which SQLite knows with the
 * character before it. */
static int named_parameter(sqlite3_stmt *handle, const struct ln_sql_bind *bind)
{
	for (int i = sqlite3_bind_parameter_count(handle); i > 0; i--) {
		const char *name = sqlite3_bind_parameter_name(handle, i);

		if (name == NULL)
			continue;
		if (strlen(name) == bind->name_len &&
		    memcmp(name, bind->name, bind->name_len) == 0)
			return i;
		if (strlen(name + 1) == bind->name_len &&
		    memcmp(name + 1, bind->name, bind->name_len) == 0)
			return i;
	}
	return 0;
}

/* 0: there is none. */
static int parameter(sqlite3_stmt *handle, const struct ln_sql_bind *bind)
{
	int count = sqlite3_bind_parameter_count(handle);

	switch (bind->key) {
	case LN_SQL_KEY_NAME:
		return named_parameter(handle, bind);
	case LN_SQL_KEY_NUMBER:
		return bind->number <= (uint64_t)count ? (int)bind->number : 0;
	default:
		return count > 0 ? 1 : 0;
	}
}

static int bind_value(sqlite3_stmt *handle, const struct ln_sql_bind *bind)
{
	int number = parameter(handle, bind);

	if (number == 0)
		return LN_ENOENT;
	switch (bind->type) {
	case LN_SQL_BLOB:
		if (bind->len == 0)
			return sqlite3_bind_zeroblob(handle, number, 0);
		return sqlite3_bind_blob64(handle, number, bind->bytes,
					   bind->len, SQLITE_TRANSIENT);
	case LN_SQL_TEXT:
		return sqlite3_bind_text64(
			handle, number,
			bind->len > 0 ? (const char *)bind->bytes : "",
			bind->len, SQLITE_TRANSIENT, SQLITE_UTF8);
	case LN_SQL_DOUBLE:
		return sqlite3_bind_double(handle, number, bind->real);
	case LN_SQL_INTEGER:
		return sqlite3_bind_int64(handle, number, bind->integer);
	default:
		return sqlite3_bind_null(handle, number);
	}
}

static void bind_all(void *argument)
{
	struct bind_call *call = argument;
	struct ln_sql_bind bind;

	call->code = SQLITE_OK;
	while (call->code == SQLITE_OK && call->reader.count > 0) {
		if (!ln_sql_binds_next(&call->reader, &bind))
			call->code = LN_EFORMAT;
		else
			call->code = bind_value(call->statement->handle, &bind);
	}
}

int ln_sql_bind(struct ln_sql_statement *statement, const uint8_t *data,
		size_t len)
{
	struct bind_call call = { .statement = statement };
	struct ln_sql *sql = statement->sql;
	int error = 0;

	if (!ln_sql_binds_begin(&call.reader, data, len))
		return LN_EFORMAT;
	if (len > LONG_VALUES)
		statement->weight = LN_SQL_HEAVY;
	if (len <= SHORT)
		ln_sql_run_here(sql, bind_all, &call);
	else
		error = ln_sql_run_apart(sql, bind_all, &call);
	return error < 0 ? error : ln_sql_outcome(sql, call.code);
}

/* Appends a value of the row that SQLite has come to. */
static void put_value(struct ln_sql_buffer *rows, sqlite3_stmt *handle, int at)
{
	sqlite3_int64 integer;
	const void *bytes;
	double real;

	switch (sqlite3_column_type(handle, at)) {
	case SQLITE_INTEGER:
		integer = sqlite3_column_int64(handle, at);
		ln_sql_put_u32(rows, LN_SQL_INTEGER);
		ln_sql_put(rows, &integer, sizeof(integer));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_column_double(handle, at);
		ln_sql_put_u32(rows, LN_SQL_DOUBLE);
		ln_sql_put(rows, &real, sizeof(real));
		break;
	case SQLITE_TEXT:
		bytes = sqlite3_column_text(handle, at);
		rows->failed |= bytes == NULL;
		ln_sql_put_u32(rows, LN_SQL_TEXT);
		ln_sql_put_text(rows, bytes,
				(size_t)sqlite3_column_bytes(handle, at));
		break;
	case SQLITE_BLOB:
		bytes = sqlite3_column_blob(handle, at);
		ln_sql_put_u32(rows, LN_SQL_BLOB);
		ln_sql_put_bytes(rows, bytes,
				 (size_t)sqlite3_column_bytes(handle, at));
		break;
	default:
		ln_sql_put_u32(rows, LN_SQL_NULL);
	}
}

static void put_row(struct ln_sql_statement *statement)
{
	struct ln_sql_buffer *rows = &statement->rows;
	int columns = sqlite3_column_count(statement->handle);
	size_t start = rows->len;
	uint64_t len;

	ln_sql_put_u64(rows, 0);
	ln_sql_put_u64(rows, (uint64_t)columns);
	for (int i = 0; i < columns && !rows->failed; i++)
		put_value(rows, statement->handle, i);
	if (rows->failed) {
		rows->len = start;
		return;
	}
	len = rows->len - start - sizeof(len);
	memcpy(rows->data + start, &len, sizeof(len));
	ln_sql_run_count(len / 8);
}

/* One that found others busy would stay half begun, and keep its locks. */
static void abandon(void *argument)
{
	struct ln_sql_statement *statement = argument;

	(void)sqlite3_reset(statement->handle);
}

static void fetch(void *argument)
{
	struct ln_sql_statement *statement = argument;
	struct ln_sql *sql = statement->sql;
	bool ahead = sqlite3_stmt_readonly(statement->handle);
	int64_t until = ln_time_now() + AHEAD_NS;
	int code;

	for (int rows = 1;; rows++) {
		code = ln_sql_step_once(sql, statement->handle,
					statement->weight);
		if (code != SQLITE_ROW)
			break;
		put_row(statement);
		if (statement->rows.failed) {
			code = SQLITE_NOMEM;
			(void)sqlite3_reset(statement->handle);
			break;
		}
		if (!ahead || rows == AHEAD_ROWS ||
		    statement->rows.len > AHEAD_BYTES || ln_time_now() >= until)
			break;
	}
	statement->after = code;
}

/* Goes to the next row that is here; false: there is none. */
static bool next_row(struct ln_sql_statement *statement)
{
	struct ln_sql_buffer *rows = &statement->rows;
	uint64_t len;

	statement->row_len = 0;
	if (statement->next == rows->len)
		return false;
	memcpy(&len, rows->data + statement->next, sizeof(len));
	statement->row = statement->next + sizeof(len);
	statement->row_len = (size_t)len;
	statement->next = statement->row + statement->row_len;
	ln_assert(statement->next <= rows->len);
	return true;
}

int ln_sql_step(struct ln_sql_statement *statement)
{
	struct ln_sql *sql = statement->sql;
	struct ln_sql_wait wait = { 0 };
	int after = statement->after;
	int error;

	if (statement->handle == NULL)
		return SQLITE_MISUSE;
	if (next_row(statement))
		return LN_SQL_ROW;
	forget_rows(statement);
	if (after != 0 && after != SQLITE_ROW)
		return after;
	do {
		error = ln_sql_run(sql, fetch, statement);
	} while (error == 0 && statement->rows.len == 0 &&
		 ln_sql_wait_for_others(sql, &wait, statement->after));
	if (error == 0 && statement->after == SQLITE_BUSY &&
	    ln_sql_run(sql, abandon, statement) < 0)
		ln_sql_run_here(sql, abandon, statement); /* no thread */
	if (error == 0)
		error = ln_sql_outcome(sql, 0);
	if (error < 0)
		return error;
	if (next_row(statement))
		return LN_SQL_ROW;
	after = statement->after;
	statement->after = 0;
	return after;
}

struct reset_call {
	struct ln_sql_statement *statement;
	int code;
};

static void reset(void *argument)
{
	struct reset_call *call = argument;

	weigh_end(call->statement);
	call->code = sqlite3_reset(call->statement->handle);
}

int ln_sql_reset(struct ln_sql_statement *statement)
{
	struct reset_call call = { .statement = statement };
	struct ln_sql *sql = statement->sql;
	int error = 0;

	forget_rows(statement);
	if (statement->handle == NULL)
		return 0;
	if (!sqlite3_stmt_busy(statement->handle))
		ln_sql_run_here(sql, reset, &call);
	else
		error = ln_sql_run(sql, reset, &call);
	return error < 0 ? error : ln_sql_outcome(sql, call.code);
}

uint32_t ln_sql_column_count(const struct ln_sql_statement *statement)
{
	return (uint32_t)sqlite3_column_count(statement->handle);
}

struct name_call {
	struct ln_sql_statement *statement;
	uint32_t index;
	struct ln_sql_buffer *to;
};

static void put_name(void *argument)
{
	struct name_call *call = argument;
	const char *name =
		sqlite3_column_name(call->statement->handle, (int)call->index);

	if (name != NULL)
		ln_sql_put(call->to, name, strlen(name));
	else
		call->to->failed = true;
}

int ln_sql_column_name(struct ln_sql_statement *statement, uint32_t index,
		       struct ln_sql_buffer *to)
{
	struct name_call call = { statement, index, to };

	if (index >= ln_sql_column_count(statement))
		return LN_ENOENT;
	ln_sql_run_here(statement->sql, put_name, &call);
	return to->failed ? SQLITE_NOMEM : 0;
}

static void put_names(void *argument)
{
	struct name_call *call = argument;
	sqlite3_stmt *handle = call->statement->handle;
	int count = sqlite3_column_count(handle);

	ln_sql_put_u64(call->to, (uint64_t)count);
	for (int i = 0; i < count; i++) {
		const char *name = sqlite3_column_name(handle, i);

		if (name != NULL)
			ln_sql_put_text(call->to, name, strlen(name));
		else
			call->to->failed = true;
	}
}

int ln_sql_column_names(struct ln_sql_statement *statement,
			struct ln_sql_buffer *to)
{
	struct name_call call = { .statement = statement, .to = to };
	int error = ln_sql_run(statement->sql, put_names, &call);

	if (error == 0 && to->failed)
		error = SQLITE_NOMEM;
	return error < 0 ? error : ln_sql_outcome(statement->sql, error);
}

bool ln_sql_row(const struct ln_sql_statement *statement, const uint8_t **row,
		size_t *len)
{
	if (statement->row_len == 0)
		return false;
	*row = statement->rows.data + statement->row;
	*len = statement->row_len;
	return true;
}
