/*
 * DESIGN
 * A connection is used by one task at a time, so SQLite's own locks of it are
 * off. Each use is a run (sql/run.h). Most begin on a side stack of the worker,
 * and move to the pool when they take long or must wait (sql/run.c); some begin
 * in the pool, and what is always short is called on the worker's stack.
 *
 * Nothing waits in the pool for other connections: the busy handler gives up at
 * once, and the task waits instead, with a timer, and steps the statement
 * again. So those who wait keep no thread from the one they wait for.
 *
 * A statement stops between instructions of SQLite's machine when its owner was
 * told to stop, or its work is used up: the progress handler looks at that, and
 * so do allocations while a statement is being made, and calls of the file
 * system. Closing is never stopped: it rolls back what has not been committed.
 *
 * Threads: the owner's; jobs of the pool while it waits.
 */
#include "sql/sql.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "base/utf8.h"
#include "sched/blocking.h"
#include "sched/side.h"
#include "sched/task.h"
#include "sql/memory.h"
#include "sql/policy.h"
#include "sql/sql_impl.h"
#include "sql/vfs.h"

#define PROGRESS_STEPS 250 /* some microseconds */
#define SHORT_TEXT ((size_t)4096)
#define LITTLE ((uint64_t)1 << 20)
#define PREPARE_WORK 20 /* for each byte of a statement */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int set_up;       /* SQLITE_OK: it is */
static bool never_moves; /* nothing begins on a worker */

/* The settings must come before anything else of SQLite in the program. */
static void set_up_sqlite(void)
{
	set_up = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	if (set_up == SQLITE_OK)
		set_up = ln_sql_memory_configure();
	if (set_up == SQLITE_OK)
		set_up = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* No pieces of memory for many pages: they would count as long. */
	if (set_up == SQLITE_OK)
		set_up = sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	if (set_up == SQLITE_OK)
		set_up = sqlite3_config(SQLITE_CONFIG_URI, 0);
	if (set_up == SQLITE_OK)
		set_up = sqlite3_initialize();
	/* Then it allocates under a lock, which knows its thread. */
	never_moves = sqlite3_compileoption_used("ENABLE_MEMORY_MANAGEMENT");
	if (set_up == SQLITE_OK)
		set_up = ln_sql_vfs_register();
}

struct work {
	struct ln_sql *sql;
	void (*function)(void *);
	void *argument;
};

static void run_work(void *argument)
{
	const struct work *work = argument;
	struct ln_sql *sql = work->sql;

	ln_sql_run_enter(&sql->run);
	work->function(work->argument);
	ln_sql_account_trim(sql->account);
	ln_sql_run_leave();
}

int ln_sql_run_apart(struct ln_sql *sql, void (*function)(void *),
		     void *argument)
{
	struct work work = { sql, function, argument };

	return ln_blocking_run_for(sql->options.pool, sql->options.tenant,
				   run_work, &work);
}

static void run_aside(struct ln_side *side, void *argument)
{
	const struct work *work = argument;
	struct ln_sql *sql = work->sql;

	ln_sql_run_enter(&sql->run);
	ln_sql_run_begin_on_worker(&sql->run, side);
	work->function(work->argument);
	ln_sql_account_trim(sql->account);
	ln_sql_run_end_on_worker(&sql->run);
	ln_sql_run_leave();
	if (sql->run.deep)
		ln_side_set_deep(side);
	sql->run.deep = false;
}

int ln_sql_run(struct ln_sql *sql, void (*function)(void *), void *argument)
{
	struct work work = { sql, function, argument };

	if (sql->run.away > 0)
		sql->run.away--;
	else if (ln_task_current() != NULL && !sql->run.remote &&
		 !never_moves &&
		 ln_side_run(sql->options.pool, sql->options.tenant, run_aside,
			     &work) == 0)
		return 0;
	return ln_sql_run_apart(sql, function, argument);
}

void ln_sql_run_here(struct ln_sql *sql, void (*function)(void *),
		     void *argument)
{
	struct work work = { sql, function, argument };

	ln_task_on_worker_stack(ln_task_current(), run_work, &work);
}

static bool is_stopped(const struct ln_sql *sql)
{
	return sql->options.owner.stopped(sql->options.owner.context);
}

int ln_sql_outcome(const struct ln_sql *sql, int code)
{
	return is_stopped(sql) ? LN_EKILLED : code;
}

static int on_progress(void *argument)
{
	struct ln_sql *sql = argument;

	sql->run.ahead += (uint64_t)PROGRESS_STEPS * LN_SQL_STEP_WORK;
	ln_sql_run_look_at_time(&sql->run);
	return !ln_sql_run_goes_on(&sql->run);
}

/* It is not called where waiting could be for ever: when this connection reads
 * what another one waits to write. */
static int give_up(void *argument, int times)
{
	struct ln_sql *sql = argument;

	(void)times;
	sql->may_wait = true;
	return 0;
}

void ln_sql_begin_try(struct ln_sql *sql)
{
	sql->may_wait = false;
	/* PRAGMA busy_timeout sets SQLite's, which waits in here. */
	(void)sqlite3_busy_handler(sql->db, give_up, sql);
}

/* Instructions of its machine so far; wraps around. Never reset: SQLite counts
 * by it when to call the progress handler. */
static uint32_t steps_of(sqlite3_stmt *statement)
{
	return (uint32_t)sqlite3_stmt_status(statement,
					     SQLITE_STMTSTATUS_VM_STEP, 0);
}

int ln_sql_step_once(struct ln_sql *sql, sqlite3_stmt *statement,
		     enum ln_sql_weight weight)
{
	uint32_t before = steps_of(statement);
	uint64_t work;
	int code;

	ln_sql_run_weigh(weight);
	ln_sql_begin_try(sql);
	code = sqlite3_step(statement);
	work = (uint64_t)(steps_of(statement) - before) * LN_SQL_STEP_WORK;
	/* Statements within it, of full-text search, are not in its count. */
	sql->run.work += work > sql->run.ahead ? work : sql->run.ahead;
	sql->run.ahead = 0;
	return code;
}

bool ln_sql_wait_for_others(struct ln_sql *sql, struct ln_sql_wait *wait,
			    int code)
{
	static const unsigned char ms[] = { 1, 2, 5, 10, 15, 20, 25, 50 };
	struct ln_task *task = ln_task_current();
	int64_t now = ln_time_now();
	int64_t next;

	if (code != SQLITE_BUSY || !sql->may_wait || sql->policy.busy_ms <= 0 ||
	    task == NULL)
		return false;
	if (wait->until == 0)
		wait->until = ln_time_after_ms((uint64_t)sql->policy.busy_ms);
	if (now >= wait->until)
		return false;
	next = now + ms[wait->times] * LN_NS_PER_MS;
	if (wait->times + 1 < sizeof(ms))
		wait->times++;
	return ln_task_sleep(task, next < wait->until ? next : wait->until) ==
	       0;
}

char *ln_sql_copy_text(const char *text, size_t len, int *code)
{
	char *copy = NULL;

	*code = 0;
	if (len > 0 && memchr(text, '\0', len) != NULL)
		*code = LN_EINVAL;
	else if (len > 0 && !ln_utf8_valid((const uint8_t *)text, len))
		*code = LN_EFORMAT;
	else if (len >= INT_MAX)
		*code = SQLITE_TOOBIG;
	else
		copy = sqlite3_malloc64(len + 1);
	if (copy == NULL && *code == 0)
		*code = SQLITE_NOMEM;
	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void ln_sql_set_max_work(struct ln_sql *sql, uint64_t max_work)
{
	sql->run.max_work = max_work;
}

uint64_t ln_sql_take_work(struct ln_sql *sql)
{
	uint64_t work = sql->run.work;

	sql->run.work = 0;
	return work;
}

uint64_t ln_sql_memory(const struct ln_sql *sql)
{
	return ln_sql_account_used(sql->account);
}

uint32_t ln_sql_changes(const struct ln_sql *sql)
{
	return (uint32_t)sqlite3_changes(sql->db);
}

void ln_sql_message(const struct ln_sql *sql, char message[LN_SQL_MESSAGE])
{
	snprintf(message, LN_SQL_MESSAGE, "%s", sqlite3_errmsg(sql->db));
}

struct error_call {
	struct ln_sql *sql;
	struct ln_sql_buffer *to;
	bool failed;
};

static void encode_error(void *argument)
{
	struct error_call *call = argument;
	int code = sqlite3_errcode(call->sql->db);

	call->failed = code != SQLITE_OK;
	if (call->failed)
		ln_sql_put_error(call->to, (uint32_t)code,
				 sqlite3_errmsg(call->sql->db));
}

bool ln_sql_last_error(struct ln_sql *sql, struct ln_sql_buffer *to)
{
	struct error_call call = { .sql = sql, .to = to };

	ln_sql_run_here(sql, encode_error, &call);
	return call.failed;
}

struct open_call {
	struct ln_sql *sql;
	const char *path;
	char *message;
	int code;
};

static void open_database(void *argument)
{
	struct open_call *call = argument;
	struct ln_sql *sql = call->sql;
	/* A nameless one would be a temporary file. */
	const char *path = call->path[0] != '\0' ? call->path : ":memory:";
	int code = sqlite3_open_v2(path, &sql->db,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					   SQLITE_OPEN_NOMUTEX,
				   LN_SQL_VFS);

	sql->run.db = sql->db;
	if (code == SQLITE_OK)
		code = ln_sql_policy_apply(sql->db, &sql->policy);
	if (code == SQLITE_OK)
		sqlite3_progress_handler(sql->db, PROGRESS_STEPS, on_progress,
					 sql);
	else
		snprintf(call->message, LN_SQL_MESSAGE, "%s (code %d)",
			 sql->db != NULL ? sqlite3_errmsg(sql->db)
					 : sqlite3_errstr(code),
			 code);
	call->code = code;
}

static void close_database(void *argument)
{
	struct ln_sql *sql = argument;
	int code = sqlite3_close(sql->db);

	/* All statements are gone. */
	ln_assert(code == SQLITE_OK);
	(void)code;
}

/* Only in memory, and little: nothing to wait for. */
static bool is_soon_closed(const struct ln_sql *sql)
{
	const char *name;

	if (ln_sql_memory(sql) > LITTLE)
		return false;
	for (int i = 0; (name = sqlite3_db_name(sql->db, i)) != NULL; i++) {
		const char *file = sqlite3_db_filename(sql->db, name);

		if (file != NULL && file[0] != '\0')
			return false;
	}
	return true;
}

void ln_sql_release(struct ln_sql *sql)
{
	ln_assert(sql->references > 0);
	if (--sql->references > 0)
		return;
	sql->run.closing = true;
	/* Here also when there is no thread for it. */
	if (sql->db != NULL && (is_soon_closed(sql) ||
				ln_sql_run_apart(sql, close_database, sql) < 0))
		ln_sql_run_here(sql, close_database, sql);
	ln_sql_account_close(sql->account);
	free(sql);
}

static struct ln_sql *make(const struct ln_sql_options *options,
			   uint64_t max_work)
{
	struct ln_sql *sql = calloc(1, sizeof(*sql));

	if (sql == NULL)
		return NULL;
	sql->options = *options;
	sql->account = ln_sql_account_new(&sql->options.owner);
	if (sql->account == NULL) {
		free(sql);
		return NULL;
	}
	sql->references = 1;
	sql->run = (struct ln_sql_run){
		.owner = &sql->options.owner,
		.account = sql->account,
		.max_work = max_work,
	};
	return sql;
}

int ln_sql_open(const struct ln_sql_options *options, const char *path,
		uint64_t max_work, struct ln_sql **out, uint64_t *work,
		char message[LN_SQL_MESSAGE])
{
	struct ln_sql *sql;
	struct open_call call = { .path = path, .message = message };
	int error;

	pthread_once(&once, set_up_sqlite);
	if (set_up != SQLITE_OK)
		return LN_EUNSUP;
	sql = make(options, max_work);
	if (sql == NULL)
		return LN_ENOMEM;
	call.sql = sql;
	error = ln_sql_run_apart(sql, open_database, &call);
	if (error == 0)
		error = ln_sql_outcome(sql, call.code);
	*work += ln_sql_take_work(sql);
	if (error != 0)
		ln_sql_release(sql);
	else
		*out = sql;
	return error;
}

int ln_sql_prepare_once(struct ln_sql *sql, const char *text,
			sqlite3_stmt **statement, const char **rest,
			enum ln_sql_weight *weight)
{
	int code;

	ln_sql_begin_try(sql);
	sql->policy.weight = LN_SQL_LIGHT;
	sql->run.preparing = true;
	sql->run.big = false;
	sql->run.deep = true;
	code = sqlite3_prepare_v2(sql->db, text, -1, statement, rest);
	sql->run.preparing = false;
	*weight = sql->run.big ? LN_SQL_HEAVY : sql->policy.weight;
	return code;
}

/* Statements that are executed one after the other. */
struct execution {
	struct ln_sql *sql;
	const char *given;
	size_t len;
	char *text; /* a copy of it, as SQLite copies what has no NUL at its end
		     * for each statement; NULL: not yet */
	const char *at;
	sqlite3_stmt *statement;   /* that others keep from going on; or NULL */
	enum ln_sql_weight weight; /* the statement's */
	bool give_up;
	int code;
};

static int prepare_next(struct execution *execution)
{
	struct ln_sql *sql = execution->sql;
	const char *start = execution->at;
	int code;

	code = ln_sql_prepare_once(sql, start, &execution->statement,
				   &execution->at, &execution->weight);
	if (code != SQLITE_OK)
		execution->at = start;
	ln_sql_run_count((uint64_t)(execution->at - start) * PREPARE_WORK);
	return code;
}

/* The result of the statement, which is over; the next one's turn. */
static int finish_statement(struct execution *execution, int code)
{
	int last = sqlite3_finalize(execution->statement);

	execution->statement = NULL;
	return code == SQLITE_DONE ? last : code;
}

static int execute_next(struct execution *execution)
{
	int code = SQLITE_OK;

	if (execution->statement == NULL)
		code = prepare_next(execution);
	if (code != SQLITE_OK)
		return code;
	/* Nothing but blanks and comments. */
	if (execution->statement == NULL)
		return SQLITE_OK;
	do {
		code = ln_sql_step_once(execution->sql, execution->statement,
					execution->weight);
	} while (code == SQLITE_ROW);
	if (code == SQLITE_BUSY && !execution->give_up)
		return code;
	return finish_statement(execution, code);
}

static void execute(void *argument)
{
	struct execution *execution = argument;

	execution->code = SQLITE_OK;
	if (execution->text == NULL) {
		execution->text = ln_sql_copy_text(
			execution->given, execution->len, &execution->code);
		execution->at = execution->text;
	}
	while (execution->code == SQLITE_OK &&
	       (execution->at[0] != '\0' || execution->statement != NULL))
		execution->code = execute_next(execution);
}

static void end_execution(void *argument)
{
	struct execution *execution = argument;

	/* Once more, since it must end anyway. */
	if (execution->statement != NULL) {
		execution->give_up = true;
		execute(execution);
	}
	sqlite3_free(execution->text);
}

int ln_sql_execute(struct ln_sql *sql, const char *text, size_t len)
{
	struct execution execution = { .sql = sql, .given = text, .len = len };
	struct ln_sql_wait wait = { 0 };
	int error;

	do {
		error = len <= SHORT_TEXT
				? ln_sql_run(sql, execute, &execution)
				: ln_sql_run_apart(sql, execute, &execution);
	} while (error == 0 &&
		 ln_sql_wait_for_others(sql, &wait, execution.code));
	if (execution.statement == NULL ||
	    ln_sql_run(sql, end_execution, &execution) < 0)
		ln_sql_run_here(sql, end_execution, &execution);
	return error < 0 ? error : ln_sql_outcome(sql, execution.code);
}
