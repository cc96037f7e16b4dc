/*
 * What SQL of guests may do: limits of SQLite, which statements are refused,
 * and functions in place of those of SQLite that would run too long.
 */
#ifndef LN_SQL_POLICY_H
#define LN_SQL_POLICY_H

#include "sql/run.h"

struct sqlite3;
struct sqlite3_context;
struct sqlite3_value;

/* Longest value, row or text of a statement, in bytes. */
#define LN_SQL_MAX_VALUE (16 << 20)
#define LN_SQL_MAX_STATEMENT 1000000

/* What the policy learns of statements while they are made. */
struct ln_sql_policy {
	int busy_ms; /* by PRAGMA busy_timeout: how long to wait; 0: not */
	enum ln_sql_weight weight; /* the greatest since it was last set */
};

/* Sets it up for a new connection, in a run; `policy` lives as long. A result
 * of SQLite. */
int ln_sql_policy_apply(struct sqlite3 *db, struct ln_sql_policy *policy);

/* The functions, sql/functions.c. A result of SQLite. */
int ln_sql_functions_add(struct sqlite3 *db);

#endif
