/*
 * Pools: processes that spread jobs over workers, a bounded number at a time,
 * and try again what has failed. Each try is a process of its own, so a job
 * that crashes or computes for ever takes nothing else with it.
 *
 *	static void resize(struct lunatic_reader *job,
 *			   struct lunatic_writer *result)
 *	{
 *		int64_t width = lunatic_read_int(job);
 *
 *		lunatic_write_int(result, width / 2);
 *	}
 *
 *	static const struct lunatic_pool resizers = {
 *		.run = resize,
 *		.workers = 8,
 *		.waiting = 100,
 *		.tries = 3,
 *		.pause = 50,
 *		.time = 2000,
 *	};
 *
 *	static int64_t resized(struct lunatic_proc pool, int64_t width)
 *	{
 *		struct lunatic_writer job;
 *		struct lunatic_reader result;
 *
 *		lunatic_job_begin(&job);
 *		lunatic_write_int(&job, width);
 *		if (lunatic_job_call(&job, pool, &result, 10000) != 0)
 *			return -1;
 *		return lunatic_read_int(&result);
 *	}
 *
 * A pool under a supervisor is a child whose `run` calls lunatic_pool_run, with
 * a `shutdown` such as 5000. Jobs that have not ended go with their pool.
 */
#ifndef LUNATIC_POOL_H
#define LUNATIC_POOL_H

#include <lunatic/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A pool. It must be static and const, because the pool and its workers find it
 * at the same address in their own memories. */
struct lunatic_pool {
	/* If not NULL, the name under which the pool is registered, like that
	 * of a server. */
	const char *name;

	/* Does one job: reads its value, and writes its result, as a task
	 * does. A try fails when this traps, ends the process, exceeds a limit
	 * of its environment or `time`. */
	lunatic_task_run *run;

	uint32_t workers; /* jobs that run at once; 0: 4 */
	uint32_t waiting; /* jobs that wait for a worker, or to be tried again,
			   * before lunatic_job_add waits and lunatic_job_try
			   * refuses; 0: 1,000 */
	uint32_t tries;   /* that a job gets; 0: 1 */

	/* Milliseconds before the second try; each later pause is twice as
	 * long, up to a minute. 0: it is tried again at once. */
	int64_t pause;

	int64_t time; /* that one try may take, milliseconds; 0: any */
};

/* What a pool has done, and does. */
struct lunatic_pool_counts {
	uint64_t running; /* jobs */
	uint64_t waiting; /* for a worker, or to be tried again */
	uint64_t done;
	uint64_t failed;  /* in all their tries */
	uint64_t retried; /* tries beyond the first ones */
};

/* Spawns a pool. Returns what lunatic_spawn returns. lunatic_server_stop stops
 * it; jobs that run are then killed, and who waits for one gets LUNATIC_EDIED.
 */
int lunatic_pool_start(struct lunatic_proc *pool,
		       const struct lunatic_spawn *how,
		       const struct lunatic_pool *what);

/* Makes this process a pool. Returns when it is stopped. */
void lunatic_pool_run(const struct lunatic_pool *what);

/* Begins a job; one value must follow, without handles. */
void lunatic_job_begin(struct lunatic_writer *job);

/*
 * Ends a job, gives it to a pool, waits for its result and begins to read it.
 * LUNATIC_EDIED if it has failed in all tries, or the pool has ended;
 * LUNATIC_ETIMEDOUT after `timeout` milliseconds: it may be done nevertheless.
 * Returns the status of the writer if that has failed. Traps if the handle is
 * invalid.
 */
int lunatic_job_call(struct lunatic_writer *job, struct lunatic_proc pool,
		     struct lunatic_reader *result, int64_t timeout);

/* The same without a result: returns when the pool has taken the job, for which
 * it waits while too many others do. So nobody is faster than the workers. */
int lunatic_job_add(struct lunatic_writer *job, struct lunatic_proc pool,
		    int64_t timeout);

/* The same, but LUNATIC_EFULL if it had to wait. */
int lunatic_job_try(struct lunatic_writer *job, struct lunatic_proc pool,
		    int64_t timeout);

/* Asks a pool for its counts. Returns what lunatic_request_send returns. */
int lunatic_pool_count(struct lunatic_proc pool,
		       struct lunatic_pool_counts *counts, int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif
