/*
 * Blocking pools: threads for work that would stop a worker, such as compiling
 * or file access.
 *
 * Work is done for tenants, in turns. Tenants form a tree; one and those below
 * it use at most half of the threads that the one above may use, at least one.
 * Long work is done in steps. After the first one it takes turns with all other
 * long work of its tenant, and all of that takes turns with the tenant's new
 * jobs and uses half of its threads. So whoever has much to do delays others by
 * a step at a time, and work that hangs in the kernel keeps the threads of its
 * own tenant only, and if it is long, some of these are left.
 */
#ifndef LN_SCHED_BLOCKING_H
#define LN_SCHED_BLOCKING_H

#include <stdbool.h>

struct ln_blocking;
struct ln_blocking_tenant;

/* Prepares a pool of at most `threads` threads, which start when needed. At
 * most `width` of its jobs run on processors: when a job is found blocked in
 * the kernel after some milliseconds, the next one may start. `nice`, 0 or
 * more, is added to the nice value of the caller. LN_ENOMEM. */
int ln_blocking_new(unsigned threads, unsigned width, int nice,
		    struct ln_blocking **pool);

/* Waits for running jobs and ends the threads. NULL is fine. */
void ln_blocking_free(struct ln_blocking *pool);

/* Makes a tenant below another one of the pool, which must outlive it; NULL: a
 * tenant at the top. LN_ENOMEM. Any thread. */
int ln_blocking_tenant_new(struct ln_blocking *pool,
			   struct ln_blocking_tenant *above,
			   struct ln_blocking_tenant **tenant);

/* Releases a tenant; no task may have a job for it. NULL is fine. Any thread.
 */
void ln_blocking_tenant_release(struct ln_blocking_tenant *tenant);

/* Runs function(argument) on a thread of the pool, for no tenant, and parks the
 * calling task until it has returned; a kill takes effect afterwards. Outside a
 * task it is called in place. LN_ENOMEM if no thread could be started: then it
 * has not run. */
int ln_blocking_run(struct ln_blocking *pool, void (*function)(void *),
		    void *argument);

/* The same for a tenant (NULL: none). */
int ln_blocking_run_for(struct ln_blocking *pool,
			struct ln_blocking_tenant *tenant,
			void (*function)(void *), void *argument);

/* The same in steps: calls step(argument) until it returns false, possibly on
 * different threads, and lets other jobs run in between. A step should take at
 * most about a millisecond of processor time, and must check for kills itself.
 */
int ln_blocking_run_steps(struct ln_blocking *pool,
			  struct ln_blocking_tenant *tenant,
			  bool (*step)(void *), void *argument);

#endif
