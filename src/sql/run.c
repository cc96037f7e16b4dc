/* The run of SQLite of each thread. */
#include "sql/run.h"

#include <sqlite3.h>
#include <stddef.h>

#include "base/compiler.h"

static _Thread_local struct ln_sql_run *current;

struct ln_sql_run *ln_sql_run_current(void)
{
	return current;
}

void ln_sql_run_enter(struct ln_sql_run *run)
{
	ln_assert(current == NULL);
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

void ln_sql_run_count(uint64_t work)
{
	if (current == NULL)
		return;
	current->work += work;
	(void)ln_sql_run_goes_on(current);
}
