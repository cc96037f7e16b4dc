/*
 * What a thread does with SQLite at the moment, and for whom: a connection's
 * memory, its work and when it is to stop. SQLite calls its allocator and its
 * file system without saying for which connection; they look here.
 */
#ifndef LN_SQL_RUN_H
#define LN_SQL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_quota;
struct ln_side;
struct ln_sql_account;
struct sqlite3;

/* Whom connections belong to. The functions are called while the owner waits
 * for the connection, from whatever thread works for it. */
struct ln_sql_owner {
	void *context;
	/* Charges the owner for memory; false: that would be too much. */
	bool (*charge)(void *context, uint64_t bytes);
	void (*refund)(void *context, uint64_t bytes);
	/* Whether nobody waits for the result any more. */
	bool (*stopped)(void *context);
	/* The directory that a path of the owner is below, as a descriptor that
	 * stays open, and what remains of the path; NULL: none. */
	const char *(*find)(void *context, const char *path, int *dir,
			    bool *read_only);
	struct ln_quota *files; /* a unit for each open file; NULL: no limit */
};

/* The work that costs one unit of an owner's fuel is that of a wasm
 * instruction, about: */
#define LN_SQL_STEP_WORK 20  /* of one instruction of SQLite's machine */
#define LN_SQL_CALL_WORK 500 /* of one call of the system */

struct ln_sql_run {
	const struct ln_sql_owner *owner;
	struct ln_sql_account *account;
	struct sqlite3 *db; /* NULL: it is being opened */
	uint64_t work;      /* done so far, but for: */
	uint64_t ahead;     /* that of the statement that runs, about */
	uint64_t max_work;  /* that may be done; UINT64_MAX: any */
	uint32_t late;      /* allocations since it was to stop */
	const char *stack;  /* where it began on the thread's stack */
	bool preparing;     /* an allocation may fail to stop it */
	bool closing;       /* it must be ended, whoever waits */
	bool remote;        /* a file of it is not on this machine's disks */
	bool big;           /* it asked for much memory at once */
	bool deep;          /* it may have used much of the stack */
	bool stranded;      /* it was to move, but could not */
	/* While it is on the worker, which it leaves at `until` at the latest;
	 * NULL: it is elsewhere, or cannot move. */
	struct ln_side *side;
	int64_t until;
	uint32_t allocations;
	uint32_t away; /* runs that are not to begin on a worker */
};

/* What a statement may do between two looks at the time. */
enum ln_sql_weight {
	LN_SQL_LIGHT, /* little */
	LN_SQL_GROWS, /* what is in proportion to the connection's memory */
	LN_SQL_HEAVY, /* much, or it is not known */
};

/* The run of this thread; NULL: none. */
struct ln_sql_run *ln_sql_run_current(void);

/* Begins and ends the run of this thread, which must not park in between, but
 * may move. */
void ln_sql_run_enter(struct ln_sql_run *run);
void ln_sql_run_leave(void);

/* The run, which has been entered, is on a worker's side stack. */
void ln_sql_run_begin_on_worker(struct ln_sql_run *run, struct ln_side *side);

/* It leaves the worker, or ends there. */
void ln_sql_run_end_on_worker(struct ln_sql_run *run);

/* Whether to go on; false: it was told to stop, or has done too much, and
 * SQLite has been told so. */
bool ln_sql_run_goes_on(struct ln_sql_run *run);

/* Whether an allocation should succeed; it may move the run. Making a program
 * of a statement looks at nothing else, and recurses as deep as views are in
 * each other. */
bool ln_sql_run_may_allocate(struct ln_sql_run *run, size_t bytes);

/* Counts work, if there is a run; it moves if it has been on the worker for too
 * long. No lock may be held, here and below. */
void ln_sql_run_count(uint64_t work);

/* Moves the run, if there is one and it is on the worker, to a thread of the
 * pool: to be called before whatever may take long or wait. */
void ln_sql_run_move(void);

/* Moves it if it has been on the worker for too long. */
void ln_sql_run_look_at_time(struct ln_sql_run *run);

/* Whether it is on the worker. */
bool ln_sql_run_on_worker(void);

/* Moves it if what comes next is too much for a worker. */
void ln_sql_run_weigh(enum ln_sql_weight weight);

#endif
