/* The run of SQLite of each thread. */
#include "sql/run.h"

#include <sqlite3.h>
#include <stddef.h>

#include "base/compiler.h"

/* Of the stack, which has at least 2 MiB: expressions, whose depth is bounded,
 * need half of one between two allocations. */
#define MAX_STACK ((ptrdiff_t)1 << 20)

/* Allocations for a statement that is to stop, so that what it has changed is
 * rolled back; making its program anew needs more. */
#define MAX_LATE 100000

static _Thread_local struct ln_sql_run *current;

struct ln_sql_run *ln_sql_run_current(void)
{
	return current;
}

void ln_sql_run_enter(struct ln_sql_run *run)
{
	ln_assert(current == NULL);
	run->stack = __builtin_frame_address(0);
	run->late = 0;
	current = run;
}

void ln_sql_run_leave(void)
{
	ln_assert(current != NULL);
	current = NULL;
}

bool ln_sql_run_goes_on(struct ln_sql_run *run)
{
	if (run->closing)
		return true;
	if (run->work + run->ahead < run->max_work &&
	    !run->owner->stopped(run->owner->context))
		return true;
	if (run->db != NULL)
		sqlite3_interrupt(run->db);
	return false;
}

bool ln_sql_run_may_allocate(struct ln_sql_run *run)
{
	const char *here = __builtin_frame_address(0);

	if (run->stack - here > MAX_STACK)
		return false;
	if (ln_sql_run_goes_on(run))
		return true;
	return !run->preparing && ++run->late < MAX_LATE;
}

void ln_sql_run_count(uint64_t work)
{
	if (current == NULL)
		return;
	current->work += work;
	(void)ln_sql_run_goes_on(current);
}
