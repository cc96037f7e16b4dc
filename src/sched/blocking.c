/*
 * DESIGN
 * Jobs live on the stacks of the tasks that wait for them, queued in a fair
 * queue (base/fair.h). A task has at most one, so their number is bounded by
 * that of the tasks.
 *
 * A job begins in its tenant's own queue. After its first step it is long work,
 * and goes on as a job of another tenant below that one, of `rest`: that has
 * every second turn of its tenant, and half of its threads. So short work waits
 * for a step or two of long work, however many long jobs the same tenant has,
 * and also when all that these may use hang in the kernel.
 *
 * A kill cannot end the wait for a job, because the job uses the stack of the
 * task: the task parks until the job is over, and then the caller looks at the
 * kill. Once the job has run, the task yields until the thread has made its
 * last use of the task and the job, a handful of instructions later.
 *
 * A thread is started when a job may run and no thread is idle, up to a
 * maximum; threads stay. More threads than processors help only when jobs wait
 * in the kernel. So at most `width` jobs count as active. When other jobs wait
 * only for that, an idle thread, the watcher, looks every LOOK_NS at the oldest
 * active job: if its thread is blocked in the kernel, the job no longer counts.
 *
 * A job that may run calls a thread: an idle one that has not been called yet,
 * or a new one. When a job ends, the thread that ended it finds the next job
 * that may run; a thread that takes a job calls another thread if there are
 * more jobs.
 *
 * Threads: any. Lock order: the pool's lock alone.
 */
#include "sched/blocking.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/condition.h"
#include "base/error.h"
#include "base/fair.h"
#include "base/fd.h"
#include "base/time.h"
#include "sched/task.h"

/* How long a job may last before the watcher checks whether it is blocked. A
 * step of a transfer takes a tenth of that when nothing blocks. */
#define LOOK_NS (10 * LN_NS_PER_MS)

enum job_state { JOB_QUEUED, JOB_RAN, JOB_RELEASED };

struct job {
	struct ln_list link;      /* in the tenant's queue, or in pool.active */
	struct ln_tenant *tenant; /* whose queue or thread it has */
	struct ln_tenant *rest;   /* for all steps but the first */
	bool (*step)(void *);
	void *argument;
	struct ln_task *task;
	bool active;     /* it counts */
	pid_t thread;    /* that runs it */
	uint64_t number; /* of the step that runs */
	int64_t looked;  /* when it began, or was looked at last */
	_Atomic int state;
};

struct ln_blocking_tenant {
	struct ln_blocking *pool;
	struct ln_tenant *tenant; /* counted */
	struct ln_tenant *rest;   /* below it, for long work; counted */
};

struct ln_blocking {
	/* Immutable. */
	struct ln_blocking_tenant root; /* of jobs for no tenant */
	unsigned max;
	unsigned width;
	bool yields; /* the threads have another nice value than the maker: */
	int nice;

	pthread_mutex_t lock;
	pthread_cond_t work;
	struct ln_list active; /* jobs by `looked`; under lock, as the rest */
	uint64_t steps;        /* numbers them */
	unsigned active_count;
	pthread_t *threads;
	unsigned started;
	unsigned idle;   /* threads that wait for work */
	unsigned called; /* of these, to do some */
	bool watched;    /* one of these is the watcher */
	bool stopping;
};

static void deinit_tenant(struct ln_blocking_tenant *tenant)
{
	ln_tenant_release(tenant->rest);
	ln_tenant_release(tenant->tenant);
}

static int init_tenant(struct ln_blocking *pool, struct ln_tenant *above,
		       unsigned max, struct ln_blocking_tenant *tenant)
{
	tenant->pool = pool;
	tenant->rest = NULL;
	tenant->tenant = ln_tenant_new(above, max);
	if (tenant->tenant != NULL)
		tenant->rest =
			ln_tenant_new(tenant->tenant, max > 1 ? max / 2 : 1);
	if (tenant->rest != NULL)
		return 0;
	deinit_tenant(tenant);
	return LN_ENOMEM;
}

int ln_blocking_new(unsigned threads, unsigned width, int nice,
		    struct ln_blocking **out)
{
	struct ln_blocking *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return LN_ENOMEM;
	pool->threads = calloc(threads, sizeof(*pool->threads));
	if (pool->threads == NULL ||
	    init_tenant(pool, NULL, threads, &pool->root) < 0) {
		free(pool->threads);
		free(pool);
		return LN_ENOMEM;
	}
	pool->max = threads;
	pool->width = width;
	pool->yields = nice > 0;
	pool->nice = getpriority(PRIO_PROCESS, 0) + nice;
	ln_list_init(&pool->active);
	pthread_mutex_init(&pool->lock, NULL);
	ln_condition_init(&pool->work);
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
	ln_assert(pool->idle == 0 && pool->active_count == 0);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	deinit_tenant(&pool->root);
	free(pool->threads);
	free(pool);
}

int ln_blocking_tenant_new(struct ln_blocking *pool,
			   struct ln_blocking_tenant *above,
			   struct ln_blocking_tenant **out)
{
	struct ln_tenant *parent =
		above != NULL ? above->tenant : pool->root.tenant;
	struct ln_blocking_tenant *tenant = malloc(sizeof(*tenant));
	unsigned max = ln_tenant_max(parent);
	int error;

	if (tenant == NULL)
		return LN_ENOMEM;
	pthread_mutex_lock(&pool->lock);
	error = init_tenant(pool, parent, max > 1 ? max / 2 : 1, tenant);
	pthread_mutex_unlock(&pool->lock);
	if (error == 0)
		*out = tenant;
	else
		free(tenant);
	return error;
}

void ln_blocking_tenant_release(struct ln_blocking_tenant *tenant)
{
	if (tenant == NULL)
		return;
	pthread_mutex_lock(&tenant->pool->lock);
	deinit_tenant(tenant);
	pthread_mutex_unlock(&tenant->pool->lock);
	free(tenant);
}

static void *thread_main(void *argument);

/* Makes sure that a thread will take a job, or watches for one; under the lock.
 * True: the caller must signal `work`, preferably without the lock. */
static bool call_thread(struct ln_blocking *pool)
{
	if (pool->watched && pool->active_count >= pool->width)
		return false;
	if (pool->idle > pool->called) {
		pool->called++;
		return true;
	}
	/* One that has been called and has not come yet calls the next. */
	if (pool->called == 0 && pool->started < pool->max &&
	    pthread_create(&pool->threads[pool->started], NULL, thread_main,
			   pool) == 0)
		pool->started++;
	return false;
}

static struct job *job_at(struct ln_list *link)
{
	return ln_container_of(link, struct job, link);
}

static void deactivate(struct ln_blocking *pool, struct job *job)
{
	if (!job->active)
		return;
	ln_assert(pool->active_count > 0);
	job->active = false;
	ln_list_remove(&job->link);
	pool->active_count--;
}

/* Whether a thread of ours waits for something in the kernel, rather than for a
 * processor; true if that cannot be found out. */
static bool is_blocked(pid_t thread)
{
	char text[128]; /* "1234 (ln-blocking) D ..." */
	char name[64];
	const char *state;
	ssize_t len;
	int fd;

	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", (int)thread);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	len = read(fd, text, sizeof(text) - 1);
	ln_fd_close(fd);
	text[len > 0 ? len : 0] = '\0';
	state = strrchr(text, ')');
	return state == NULL || strncmp(state, ") R", 3) != 0;
}

/* Checks the job that was not checked for the longest time, if it is time.
 * Releases the lock meanwhile: the job may be over afterwards. */
static void look(struct ln_blocking *pool)
{
	int64_t now = ln_time_now();
	struct job *job;
	uint64_t number;
	pid_t thread;
	bool blocked;

	if (ln_list_empty(&pool->active) ||
	    now - job_at(pool->active.next)->looked < LOOK_NS)
		return;
	job = job_at(pool->active.next);
	number = job->number;
	thread = job->thread;
	job->looked = now;
	ln_list_remove(&job->link);
	ln_list_append(&pool->active, &job->link);
	pthread_mutex_unlock(&pool->lock);
	blocked = is_blocked(thread);
	pthread_mutex_lock(&pool->lock);
	ln_list_for_each (at, &pool->active) {
		if (blocked && job_at(at)->number == number) {
			deactivate(pool, job_at(at));
			break;
		}
	}
}

/* Takes a job to run it; NULL: there is none, or too many are active. */
static struct job *take_job(struct ln_blocking *pool, pid_t thread)
{
	struct job *job;

	if (pool->active_count >= pool->width ||
	    !ln_tenant_ready(pool->root.tenant))
		return NULL;
	job = job_at(ln_tenant_take(pool->root.tenant));
	ln_assert(!job->active);
	ln_assert(atomic_load_explicit(&job->state, memory_order_relaxed) ==
		  JOB_QUEUED);
	job->thread = thread;
	job->number = pool->steps++;
	job->looked = ln_time_now();
	job->active = true;
	ln_list_append(&pool->active, &job->link);
	pool->active_count++;
	return job;
}

/* Waits until a call; the watcher at most until it should look at a job. */
static void wait_idle(struct ln_blocking *pool)
{
	bool watcher = !pool->watched && ln_tenant_ready(pool->root.tenant);

	pool->idle++;
	if (watcher) {
		/* Only active jobs can keep a ready one waiting. */
		ln_assert(!ln_list_empty(&pool->active));
		int64_t until = job_at(pool->active.next)->looked + LOOK_NS;

		pool->watched = true;
		(void)ln_condition_wait(&pool->work, &pool->lock, until);
		look(pool);
		pool->watched = false;
	} else {
		pthread_cond_wait(&pool->work, &pool->lock);
	}
	ln_assert(pool->idle > 0 && pool->called <= pool->idle);
	pool->idle--;
	if (pool->called > 0)
		pool->called--;
}

/* Ends a step; whether the job is over. */
static bool end_step(struct ln_blocking *pool, struct job *job, bool more)
{
	struct ln_tenant *ran = job->tenant;

	deactivate(pool, job);
	if (more) {
		job->tenant = job->rest;
		ln_tenant_queue(job->tenant, &job->link);
	}
	ln_tenant_end(ran);
	return !more;
}

static void tell(struct job *job)
{
	struct ln_task *task = job->task;

	ln_assert(!job->active);
	ln_assert(atomic_load_explicit(&job->state, memory_order_relaxed) ==
		  JOB_QUEUED);
	/* A wake-up for another reason may come between the two stores, so the
	 * task goes on only when this thread no longer uses it. */
	atomic_store_explicit(&job->state, JOB_RAN, memory_order_release);
	ln_task_wake(task);
	atomic_store_explicit(&job->state, JOB_RELEASED, memory_order_release);
}

static void *thread_main(void *argument)
{
	struct ln_blocking *pool = argument;
	pid_t thread = gettid();

	prctl(PR_SET_NAME, "ln-blocking");
	/* Linux has a priority for each thread. */
	if (pool->yields)
		(void)setpriority(PRIO_PROCESS, 0, pool->nice);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job *job = take_job(pool, thread);
		bool signal;
		bool over;

		if (job == NULL) {
			if (pool->stopping)
				break;
			wait_idle(pool);
			continue;
		}
		signal =
			ln_tenant_ready(pool->root.tenant) && call_thread(pool);
		pthread_mutex_unlock(&pool->lock);
		if (signal)
			pthread_cond_signal(&pool->work);
		over = !job->step(job->argument);
		pthread_mutex_lock(&pool->lock);
		if (end_step(pool, job, !over)) {
			pthread_mutex_unlock(&pool->lock);
			tell(job);
			pthread_mutex_lock(&pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static int enqueue(struct ln_blocking *pool, struct job *job)
{
	bool signal;
	int error = 0;

	pthread_mutex_lock(&pool->lock);
	signal = ln_tenant_queue(job->tenant, &job->link) && call_thread(pool);
	if (pool->started == 0) {
		ln_tenant_withdraw(job->tenant, &job->link);
		error = LN_ENOMEM;
	}
	pthread_mutex_unlock(&pool->lock);
	if (signal)
		pthread_cond_signal(&pool->work);
	return error;
}

int ln_blocking_run_steps(struct ln_blocking *pool,
			  struct ln_blocking_tenant *tenant,
			  bool (*step)(void *), void *argument)
{
	struct ln_task *task = ln_task_current();
	struct job job = { .step = step, .argument = argument };
	int error;
	int state;

	if (task == NULL) {
		while (step(argument))
			;
		return 0;
	}
	if (tenant == NULL)
		tenant = &pool->root;
	job.tenant = tenant->tenant;
	job.rest = tenant->rest;
	job.task = task;
	atomic_init(&job.state, JOB_QUEUED);
	error = enqueue(pool, &job);
	if (error < 0)
		return error;
	ln_task_set_waiting(task, LN_WAIT_BLOCKING);
	/* Acquire pairs with the releases in tell. */
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

struct once {
	void (*function)(void *);
	void *argument;
};

static bool run_once(void *argument)
{
	const struct once *once = argument;

	once->function(once->argument);
	return false;
}

int ln_blocking_run_for(struct ln_blocking *pool,
			struct ln_blocking_tenant *tenant,
			void (*function)(void *), void *argument)
{
	struct once once = { .function = function, .argument = argument };

	return ln_blocking_run_steps(pool, tenant, run_once, &once);
}

int ln_blocking_run(struct ln_blocking *pool, void (*function)(void *),
		    void *argument)
{
	return ln_blocking_run_for(pool, NULL, function, argument);
}
