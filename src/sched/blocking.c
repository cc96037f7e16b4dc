/*
 * DESIGN
 * Jobs live on the stacks of the tasks that wait for them, linked into one
 * list. A task has at most one, so the list is bounded by the number of tasks.
 * Threads start when a job finds none idle, up to a bound, and stay.
 *
 * The waiting task cannot be killed away from its job, because the job uses its
 * stack: it parks until the job is over, and whoever called looks at the kill
 * then. Once the job has run, the task yields until the thread has made its
 * last use of the task and the job, a handful of instructions later.
 */
#include "sched/blocking.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/error.h"
#include "sched/task.h"

enum job_state { JOB_QUEUED, JOB_RAN, JOB_RELEASED };

struct job {
	struct job *next;
	void (*function)(void *);
	void *argument;
	struct ln_task *task;
	_Atomic int state;
};

struct ln_blocking {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *head; /* under lock, as all that follows */
	struct job **tail;
	pthread_t *threads;
	unsigned started;
	unsigned idle;
	unsigned queued;
	unsigned most;
	bool stopping;
};

int ln_blocking_new(unsigned threads, struct ln_blocking **out)
{
	struct ln_blocking *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return LN_ENOMEM;
	pool->threads = calloc(threads, sizeof(*pool->threads));
	if (pool->threads == NULL) {
		free(pool);
		return LN_ENOMEM;
	}
	pool->most = threads;
	pool->tail = &pool->head;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	*out = pool;
	return 0;
}

void ln_blocking_free(struct ln_blocking *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->started; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool);
}

static void run_job(struct job *job)
{
	struct ln_task *task = job->task;

	job->function(job->argument);
	/* A wake-up for another reason may come between the two stores, so the
	 * task goes on only when this thread has let go of it, too. */
	atomic_store_explicit(&job->state, JOB_RAN, memory_order_release);
	ln_task_wake(task);
	atomic_store_explicit(&job->state, JOB_RELEASED, memory_order_release);
}

static void *thread_main(void *argument)
{
	struct ln_blocking *pool = argument;

	prctl(PR_SET_NAME, "ln-blocking");
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job *job = pool->head;

		if (job == NULL) {
			if (pool->stopping)
				break;
			pool->idle++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->idle--;
			continue;
		}
		pool->head = job->next;
		if (pool->head == NULL)
			pool->tail = &pool->head;
		pool->queued--;
		pthread_mutex_unlock(&pool->lock);
		run_job(job);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int enqueue(struct ln_blocking *pool, struct job *job)
{
	int error = 0;

	pthread_mutex_lock(&pool->lock);
	if (pool->idle <= pool->queued && pool->started < pool->most &&
	    pthread_create(&pool->threads[pool->started], NULL, thread_main,
			   pool) == 0)
		pool->started++;
	if (pool->started == 0) {
		error = LN_ENOMEM;
	} else {
		*pool->tail = job;
		pool->tail = &job->next;
		pool->queued++;
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	return error;
}

int ln_blocking_run(struct ln_blocking *pool, void (*function)(void *),
		    void *argument)
{
	struct ln_task *task = ln_task_current();
	struct job job = { .function = function, .argument = argument };
	int error;
	int state;

	if (task == NULL) {
		function(argument);
		return 0;
	}
	job.task = task;
	atomic_init(&job.state, JOB_QUEUED);
	error = enqueue(pool, &job);
	if (error < 0)
		return error;
	ln_task_set_waiting(task, LN_WAIT_BLOCKING);
	/* Acquire pairs with the releases in run_job. */
	while ((state = atomic_load_explicit(
			&job.state, memory_order_acquire)) != JOB_RELEASED) {
		if (state == JOB_QUEUED)
			ln_task_park(task);
		else
			ln_task_yield(task);
	}
	ln_task_set_waiting(task, LN_WAIT_OTHER);
	return 0;
}
