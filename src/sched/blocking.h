/*
 * The blocking pool: a few threads for work that would stop a worker, such as
 * compiling or file access.
 */
#ifndef LN_SCHED_BLOCKING_H
#define LN_SCHED_BLOCKING_H

struct ln_blocking;

/* Prepares a pool of at most `threads` threads, which start when needed. */
int ln_blocking_new(unsigned threads, struct ln_blocking **pool);

/* Waits for running jobs and ends the threads. */
void ln_blocking_free(struct ln_blocking *pool);

/* Runs function(argument) on a thread of the pool and parks the calling task
 * until it has returned; a kill takes effect afterwards. Outside a task it is
 * called in place. LN_ENOMEM when no thread could be started: then it has not
 * run. */
int ln_blocking_run(struct ln_blocking *pool, void (*function)(void *),
		    void *argument);

#endif
