/*
 * Databases of SQLite: connections and prepared statements of one owner each.
 *
 * Calls begin on the worker, on a stack of their own (sched/side.h); those that
 * turn out to be long, or wait for the disk, go on in a blocking pool, while
 * the task parks. What is always short runs on the worker's stack. A
 * connection serves one task at a time, its owner's; functions that may park
 * say so. Outside a task everything runs in place.
 *
 * Functions return 0 or SQLITE_OK for success, another result code of SQLite
 * (above 0), or an error of ours (below 0): LN_EKILLED when the owner was told
 * to stop, LN_ENOMEM when the pool could not start a thread. Texts are UTF-8
 * without a NUL; LN_EFORMAT or LN_EINVAL when they are not.
 */
#ifndef LN_SQL_SQL_H
#define LN_SQL_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sql/run.h"
#include "sql/values.h"

struct ln_blocking;
struct ln_blocking_tenant;
struct ln_sql;
struct ln_sql_statement;

#define LN_SQL_DONE 101 /* SQLITE_DONE */
#define LN_SQL_ROW 100  /* SQLITE_ROW */

#define LN_SQL_MESSAGE 512 /* bytes of a message, with the NUL */

struct ln_sql_options {
	struct ln_sql_owner owner; /* its context outlives the connection */
	struct ln_blocking *pool;
	struct ln_blocking_tenant *tenant; /* NULL: none */
};

/* Opens the database `path`, making it if it is not there; "" and ":memory:"
 * are databases in memory, which go with the connection. Work up to `max_work`
 * may be done for that, and is added to *work. `message` says why it failed.
 * LN_EUNSUP: the program has set SQLite up in another way. Parks. */
int ln_sql_open(const struct ln_sql_options *options, const char *path,
		uint64_t max_work, struct ln_sql **sql, uint64_t *work,
		char message[LN_SQL_MESSAGE]);

/* Closes the connection when its last statement is released. Parks. */
void ln_sql_release(struct ln_sql *sql);

/* Bounds the work of the calls that follow (sql/run.h); UINT64_MAX: none. A
 * statement that does more ends with SQLITE_INTERRUPT. */
void ln_sql_set_max_work(struct ln_sql *sql, uint64_t max_work);

/* The work since this was called last. */
uint64_t ln_sql_take_work(struct ln_sql *sql);

/* Bytes that SQLite has allocated for the connection. */
uint64_t ln_sql_memory(const struct ln_sql *sql);

/* Executes statements until one fails; rows are ignored. Parks. */
int ln_sql_execute(struct ln_sql *sql, const char *text, size_t len);

/* Rows that the last statement that was executed changed. */
uint32_t ln_sql_changes(const struct ln_sql *sql);

/* The text of SQLite's last error. */
void ln_sql_message(const struct ln_sql *sql, char message[LN_SQL_MESSAGE]);

/* Appends an SqliteError of the last call that failed; false: the last call has
 * not failed. */
bool ln_sql_last_error(struct ln_sql *sql, struct ln_sql_buffer *to);

/* Prepares the first statement of a text, which may have none. Parks. */
int ln_sql_prepare(struct ln_sql *sql, const char *text, size_t len,
		   struct ln_sql_statement **statement);

/* Finalizes it. Parks. */
void ln_sql_statement_release(struct ln_sql_statement *statement);

struct ln_sql *ln_sql_of(const struct ln_sql_statement *statement);

/* Binds the values of a BindList (sql/values.h). LN_EFORMAT: it is malformed;
 * LN_ENOENT: the statement has no parameter of a name, or number. Parks when
 * they are long. */
int ln_sql_bind(struct ln_sql_statement *statement, const uint8_t *data,
		size_t len);

/* Goes on to the next row: LN_SQL_ROW, LN_SQL_DONE, or an error. A statement
 * that only reads is some rows ahead. Parks. */
int ln_sql_step(struct ln_sql_statement *statement);

/* So that it can be bound, and begins anew. Parks. */
int ln_sql_reset(struct ln_sql_statement *statement);

uint32_t ln_sql_column_count(const struct ln_sql_statement *statement);

/* Appends the name of a column. LN_ENOENT: there are fewer. */
int ln_sql_column_name(struct ln_sql_statement *statement, uint32_t index,
		       struct ln_sql_buffer *to);

/* Appends the names of all, as a Vec<String>. Parks. */
int ln_sql_column_names(struct ln_sql_statement *statement,
			struct ln_sql_buffer *to);

/* The row that the last step has come to, as an SqliteRow, until the next call
 * for the statement; false: there is none. */
bool ln_sql_row(const struct ln_sql_statement *statement, const uint8_t **row,
		size_t *len);

#endif
