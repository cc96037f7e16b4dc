/*
 * DESIGN
 * The run of SQLite of each thread. One that is on a worker moves to the pool
 * (sched/side.h) when it has been there for WORKER_NS; SQLite calls us often
 * enough to notice: for each piece of its program (the progress handler), most
 * allocations and each use of a file. What may take long without such a call is
 * known before: statements that are heavy (sql/policy.c), and values that are
 * long, for which somebody allocates memory.
 *
 * The variable of the thread is only used out of line: compilers may keep the
 * address of one, which is another one after a move.
 */
#include "sql/run.h"

#include <sqlite3.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/time.h"
#include "sched/side.h"
#include "sql/memory.h"

/* Of the stack, which has at least 2 MiB: expressions, whose depth is bounded,
 * need half of one between two allocations. */
#define MAX_STACK ((ptrdiff_t)1 << 20)

/* Allocations for a statement that is to stop, so that what it has changed is
 * rolled back; making its program anew needs more. */
#define MAX_LATE 100000

#define WORKER_NS ((int64_t)200000)
#define LOOK_EVERY 16 /* allocations */

/* Who has been there for this much longer has done what nobody had foreseen (or
 * the machine is busy): so many runs that follow are not on a worker. */
#define OVERSTAY_NS ((int64_t)1000000)
#define AWAY_RUNS 100

/* Bytes of one allocation, beyond which a value counts as long: comparing it
 * with a pattern of the longest takes some milliseconds. */
#define LONG 8192

/* Bytes of a connection that can be walked through on a worker. */
#define MUCH ((uint64_t)4 << 20)

static _Thread_local struct ln_sql_run *current;

/* The barriers: as in ln_worker_current. */
LN_NOINLINE struct ln_sql_run *ln_sql_run_current(void)
{
	__asm__ volatile("" ::: "memory");
	return current;
}

static LN_NOINLINE void set_current(struct ln_sql_run *run)
{
	__asm__ volatile("" ::: "memory");
	current = run;
}

void ln_sql_run_enter(struct ln_sql_run *run)
{
	ln_assert(ln_sql_run_current() == NULL);
	run->stack = __builtin_frame_address(0);
	run->late = 0;
	run->stranded = false;
	run->side = NULL;
	set_current(run);
}

void ln_sql_run_leave(void)
{
	ln_assert(ln_sql_run_current() != NULL);
	set_current(NULL);
}

void ln_sql_run_begin_on_worker(struct ln_sql_run *run, struct ln_side *side)
{
	run->side = side;
	run->until = ln_time_now() + WORKER_NS;
}

void ln_sql_run_end_on_worker(struct ln_sql_run *run)
{
	if (run->side == NULL)
		return;
	run->side = NULL;
	if (ln_time_now() - run->until > OVERSTAY_NS)
		run->away = AWAY_RUNS;
}

static void move(struct ln_sql_run *run)
{
	struct ln_side *side = run->side;

	if (side == NULL)
		return;
	ln_sql_run_end_on_worker(run);
	set_current(NULL);
	run->stranded = !ln_side_move(side);
	set_current(run);
}

void ln_sql_run_look_at_time(struct ln_sql_run *run)
{
	if (run->side != NULL && ln_time_now() >= run->until)
		move(run);
}

void ln_sql_run_move(void)
{
	struct ln_sql_run *run = ln_sql_run_current();

	if (run != NULL)
		move(run);
}

bool ln_sql_run_on_worker(void)
{
	const struct ln_sql_run *run = ln_sql_run_current();

	return run != NULL && run->side != NULL;
}

void ln_sql_run_weigh(enum ln_sql_weight weight)
{
	struct ln_sql_run *run = ln_sql_run_current();

	if (run == NULL || run->side == NULL || weight == LN_SQL_LIGHT)
		return;
	if (weight == LN_SQL_HEAVY || ln_sql_account_used(run->account) > MUCH)
		move(run);
}

bool ln_sql_run_goes_on(struct ln_sql_run *run)
{
	if (run->closing)
		return true;
	if (!run->stranded && run->work + run->ahead < run->max_work &&
	    !run->owner->stopped(run->owner->context))
		return true;
	if (run->db != NULL)
		sqlite3_interrupt(run->db);
	return false;
}

bool ln_sql_run_may_allocate(struct ln_sql_run *run, size_t bytes)
{
	const char *here = __builtin_frame_address(0);

	if (bytes > LONG) {
		run->big = true;
		move(run);
	} else if (++run->allocations % LOOK_EVERY == 0) {
		ln_sql_run_look_at_time(run);
	}
	if (run->stack - here > MAX_STACK)
		return false;
	if (ln_sql_run_goes_on(run))
		return true;
	return !run->preparing && ++run->late < MAX_LATE;
}

void ln_sql_run_count(uint64_t work)
{
	struct ln_sql_run *run = ln_sql_run_current();

	if (run == NULL)
		return;
	run->work += work;
	(void)ln_sql_run_goes_on(run);
	ln_sql_run_look_at_time(run);
}
