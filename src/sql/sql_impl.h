/* What sql.c and statement.c share. */
#ifndef LN_SQL_SQL_IMPL_H
#define LN_SQL_SQL_IMPL_H

#include <sqlite3.h>

#include "sql/policy.h"
#include "sql/sql.h"

/* Its owner's alone. */
struct ln_sql {
	struct ln_sql_options options;
	struct ln_sql_account *account;
	sqlite3 *db; /* NULL: not open */
	struct ln_sql_run run;
	uint32_t references; /* the owner's, and statements */
	struct ln_sql_policy policy;
	bool may_wait; /* SQLite would have waited itself */
};

/* Calls function(argument) in a run of the connection: on the worker at first,
 * if that can be; in the pool, parking; or here and now, on the worker's stack,
 * what is short. LN_ENOMEM: it was not called. */
int ln_sql_run(struct ln_sql *sql, void (*function)(void *), void *argument);
int ln_sql_run_apart(struct ln_sql *sql, void (*function)(void *),
		     void *argument);
void ln_sql_run_here(struct ln_sql *sql, void (*function)(void *),
		     void *argument);

/* What a call returns whose result is `code`. */
int ln_sql_outcome(const struct ln_sql *sql, int code);

/* Before each try of something that can find others busy; in a run. */
void ln_sql_begin_try(struct ln_sql *sql);

/* Steps a statement and counts its work; to be called in a run. */
int ln_sql_step_once(struct ln_sql *sql, sqlite3_stmt *statement,
		     enum ln_sql_weight weight);

/* Prepares the first statement of a text, as sqlite3_prepare_v2; in a run. */
int ln_sql_prepare_once(struct ln_sql *sql, const char *text,
			sqlite3_stmt **statement, const char **rest,
			enum ln_sql_weight *weight);

/* How long a call has waited for other connections. */
struct ln_sql_wait {
	int64_t until; /* 0: not yet */
	unsigned times;
};

/* Waits a little for others when `code` says that they are busy, SQLite would
 * have waited for them, and the connection is to wait that long. Whether to try
 * again. Parks. */
bool ln_sql_wait_for_others(struct ln_sql *sql, struct ln_sql_wait *wait,
			    int code);

/* Copies a text of SQL, with a NUL behind it, into SQLite's memory, as the
 * caller's; NULL: it is none, or memory is short, and *code says which. In a
 * run. */
char *ln_sql_copy_text(const char *text, size_t len, int *code);

#endif
