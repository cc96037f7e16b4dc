/*
 * DESIGN
 * What can be named is refused by the authorizer when a statement is made:
 * whatever leads out of the owner's directories, or is a setting of the whole
 * program. Settings that only tune are ignored, so that programs which set them
 * go on.
 *
 * Limits follow what SQLite's authors recommend for SQL that is not trusted,
 * and what cannot be stopped: SQLite looks for interrupts between the
 * instructions of its machine, but not in a function that one of them calls. So
 * values are short enough, and functions whose time is not in proportion to
 * their length are replaced (sql/functions.c).
 *
 * The authorizer also learns which statements are light enough for a worker:
 * those of which nothing else is known are heavy.
 */
#include "sql/policy.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (sqlite3_stricmp(name, *list) == 0)
			return true;
	}
	return false;
}

static int check_pragma(int *busy_ms, const char *name, const char *value)
{
	static const char *const ignored[] = {
		"cell_size_check", "hard_heap_limit",
		"mmap_size",       "soft_heap_limit",
		"temp_store",      "threads",
		"trusted_schema",  NULL,
	};
	static const char *const refused[] = {
		"data_store_directory",
		"lock_proxy_file",
		"temp_store_directory",
		NULL,
	};

	if (is_one_of(name, refused))
		return SQLITE_DENY;
	if (is_one_of(name, ignored))
		return SQLITE_IGNORE;
	if (value != NULL && sqlite3_stricmp(name, "busy_timeout") == 0)
		*busy_ms = atoi(value);
	return SQLITE_OK;
}

/* A name that is not in the text of the statement could be anything. */
static int check_attach(const char *name)
{
	if (name == NULL || sqlite3_strnicmp(name, "file:", 5) == 0)
		return SQLITE_DENY;
	return SQLITE_OK;
}

/* Whether the time a function takes is in proportion to the length of its
 * arguments, and that is known. count may walk through a whole table. */
static enum ln_sql_weight weight_of_function(const char *name)
{
	static const char *const light[] = {
		"abs",           "avg",      "changes",   "coalesce",
		"date",          "datetime", "hex",       "ifnull",
		"iif",           "instr",    "julianday", "last_insert_rowid",
		"length",        "lower",    "max",       "min",
		"nullif",        "quote",    "random",    "randomblob",
		"round",         "sign",     "strftime",  "substr",
		"substring",     "sum",      "time",      "total",
		"total_changes", "typeof",   "unicode",   "unixepoch",
		"upper",         "zeroblob", NULL,
	};

	if (name == NULL)
		return LN_SQL_HEAVY;
	if (sqlite3_stricmp(name, "count") == 0)
		return LN_SQL_GROWS;
	return is_one_of(name, light) ? LN_SQL_LIGHT : LN_SQL_HEAVY;
}

static enum ln_sql_weight weigh(int what, const char *second)
{
	switch (what) {
	case SQLITE_INSERT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
	case SQLITE_SELECT:
	case SQLITE_UPDATE:
		return LN_SQL_LIGHT;
	case SQLITE_DELETE: /* of all rows: at once */
	case SQLITE_SAVEPOINT:
	case SQLITE_TRANSACTION:
		return LN_SQL_GROWS;
	case SQLITE_FUNCTION:
		return weight_of_function(second);
	default:
		return LN_SQL_HEAVY;
	}
}

static int authorize(void *context, int what, const char *first,
		     const char *second, const char *database,
		     const char *trigger)
{
	static const char *const functions[] = {
		"load_extension",
		"fts3_tokenizer",
		NULL,
	};

	struct ln_sql_policy *policy = context;
	enum ln_sql_weight weight = weigh(what, second);

	(void)database;
	(void)trigger;
	if (weight > policy->weight)
		policy->weight = weight;
	/* A statement may be made anew while it runs. */
	ln_sql_run_weigh(weight);
	switch (what) {
	case SQLITE_PRAGMA:
		return check_pragma(&policy->busy_ms, first, second);
	case SQLITE_ATTACH:
		return check_attach(first);
	case SQLITE_FUNCTION:
		return second != NULL && is_one_of(second, functions)
			       ? SQLITE_DENY
			       : SQLITE_OK;
	default:
		return SQLITE_OK;
	}
}

static void limit(sqlite3 *db)
{
	static const struct {
		int what;
		int max;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, LN_SQL_MAX_VALUE },
		{ SQLITE_LIMIT_SQL_LENGTH, LN_SQL_MAX_STATEMENT },
		{ SQLITE_LIMIT_EXPR_DEPTH, 1000 },
		{ SQLITE_LIMIT_VDBE_OP, 1000000 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 32766 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 100 },
		{ SQLITE_LIMIT_ATTACHED, 10 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		(void)sqlite3_limit(db, limits[i].what, limits[i].max);
}

static int configure(sqlite3 *db)
{
	static const struct {
		int what;
		int on;
	} settings[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	};
	int code = SQLITE_OK;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (code == SQLITE_OK)
			code = sqlite3_db_config(db, settings[i].what,
						 settings[i].on, NULL);
	}
	return code;
}

int ln_sql_policy_apply(sqlite3 *db, struct ln_sql_policy *policy)
{
	int code = configure(db);

	limit(db);
	if (code == SQLITE_OK)
		code = ln_sql_functions_add(db);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db,
				    "PRAGMA temp_store = MEMORY;"
				    "PRAGMA cell_size_check = ON",
				    NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_set_authorizer(db, authorize, policy);
	return code;
}
