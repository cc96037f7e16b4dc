/*
 * Pools. A pool is a server whose calls are answered later. What it is asked is
 * [value, question]: the question comes last, since only the end of a job tells
 * which one it is. A job is kept as its bytes, for all of its tries; each of
 * these is a task, linked with the pool. Results and failures of tasks, and
 * timers, are found by their tags.
 *
 * A job is in one list: those that came when there was no room, and whoever
 * adds one has no answer yet; those that wait for a worker; that run; that wait
 * to be tried again.
 */
#include <lunatic/abi.h>
#include <lunatic/pool.h>
#include <lunatic/server.h>
#include <lunatic/status.h>
#include <lunatic/timer.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define WORKERS 4
#define WAITING 1000
#define PAUSE_MAX INT64_C(60000)

enum question { CALL, ADD, TRY, COUNT };

struct job {
	struct job *next;
	void *value;
	size_t size;
	enum question question;
	struct lunatic_sender sender; /* of whom waits for an answer */
	bool asked;                   /* somebody does */
	uint32_t tries;
	struct lunatic_task task; /* while it runs */
	int64_t timer_tag;        /* of its time, or of its pause */
	struct lunatic_timer timer;
};

struct list {
	struct job *first;
	struct job **end;
	uint32_t count;
};

struct pool {
	const struct lunatic_pool *what;
	struct lunatic_proc self;
	struct list outside;
	struct list waits;
	struct list runs;
	struct list pauses;
	struct lunatic_pool_counts counts;
};

/* ---- Lists ---- */

static void init_list(struct list *list)
{
	*list = (struct list){ .end = &list->first };
}

static void append(struct list *list, struct job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
	list->count++;
}

static struct job *take_at(struct list *list, struct job **at)
{
	struct job *job = *at;

	*at = job->next;
	if (job->next == NULL)
		list->end = at;
	list->count--;
	return job;
}

/* Takes the job whose task or timer has a tag, or returns NULL. */
static struct job *take_tagged(struct list *list, int64_t tag)
{
	for (struct job **at = &list->first; *at != NULL; at = &(*at)->next) {
		if ((*at)->task.tag == tag || (*at)->timer_tag == tag)
			return take_at(list, at);
	}
	return NULL;
}

/* ---- Answers ---- */

static uint32_t waiting_max(const struct pool *pool)
{
	return pool->what->waiting > 0 ? pool->what->waiting : WAITING;
}

static uint32_t waiting(const struct pool *pool)
{
	return pool->waits.count + pool->pauses.count;
}

/* Answers with a status, and a value: NULL is nil. */
static void answer(struct job *job, int status, const void *value, size_t size)
{
	struct lunatic_writer reply;

	if (!job->asked)
		return;
	job->asked = false;
	lunatic_reply_begin(&reply, &job->sender);
	lunatic_write_array(&reply, 2);
	lunatic_write_int(&reply, status);
	if (value != NULL)
		lunatic_write_value(&reply, value, size);
	else
		lunatic_write_nil(&reply);
	if (lunatic_reply_send(&reply, &job->sender) != 0)
		lunatic_fail();
}

static void free_job(struct job *job)
{
	free(job->value);
	free(job);
}

/* ---- Tries ---- */

/* Has the pool told with a new tag in so many milliseconds. */
static void set_timer(struct pool *pool, struct job *job, int64_t time)
{
	struct lunatic_writer mail;

	job->timer_tag = lunatic_tag_new();
	lunatic_mail_begin(&mail, job->timer_tag);
	lunatic_write_nil(&mail);
	if (lunatic_mail_send_after(&mail, pool->self, (uint64_t)time,
				    &job->timer) != 0)
		lunatic_fail();
}

static void clear_timer(struct job *job)
{
	if (job->timer_tag != 0)
		lunatic_timer_cancel(job->timer);
	job->timer_tag = 0;
}

static int64_t pause_of(const struct pool *pool, const struct job *job)
{
	int64_t pause = pool->what->pause;

	for (uint32_t i = 1; i < job->tries && pause < PAUSE_MAX; i++)
		pause *= 2;
	return pause < PAUSE_MAX ? pause : PAUSE_MAX;
}

/* A try has failed, and the job is in no list. */
static void fail(struct pool *pool, struct job *job)
{
	uint32_t tries = pool->what->tries > 0 ? pool->what->tries : 1;

	job->task = (struct lunatic_task){ LUNATIC_NO_PROC, 0 };
	if (job->tries >= tries) {
		pool->counts.failed++;
		answer(job, LUNATIC_EDIED, NULL, 0);
		free_job(job);
	} else if (pool->what->pause > 0) {
		set_timer(pool, job, pause_of(pool, job));
		append(&pool->pauses, job);
	} else {
		append(&pool->waits, job);
	}
}

/* Starts a try. False: the host refused. */
static bool start(struct pool *pool, struct job *job)
{
	struct lunatic_writer argument;

	lunatic_task_begin(&job->task, &argument);
	lunatic_write_value(&argument, job->value, job->size);
	if (lunatic_task_start(&job->task, NULL, pool->what->run, &argument) !=
	    0)
		return false;
	if (pool->what->time > 0)
		set_timer(pool, job, pool->what->time);
	return true;
}

static bool has_room(const struct pool *pool)
{
	return waiting(pool) < waiting_max(pool);
}

/* Takes jobs in as long as there is room. */
static void admit(struct pool *pool)
{
	while (pool->outside.count > 0 && has_room(pool)) {
		struct job *job = take_at(&pool->outside, &pool->outside.first);

		if (job->question != CALL)
			answer(job, 0, NULL, 0);
		append(&pool->waits, job);
	}
}

/* Lets jobs run as long as there are workers. */
static void go_on(struct pool *pool)
{
	uint32_t workers =
		pool->what->workers > 0 ? pool->what->workers : WORKERS;

	admit(pool);
	while (pool->runs.count < workers && pool->waits.count > 0) {
		struct job *job = take_at(&pool->waits, &pool->waits.first);

		if (job->tries++ > 0)
			pool->counts.retried++;
		if (start(pool, job))
			append(&pool->runs, job);
		else
			fail(pool, job);
		admit(pool);
	}
}

/* ---- The server ---- */

static int pool_init(void *state, struct lunatic_reader *argument)
{
	struct pool *pool = state;

	pool->what = (const struct lunatic_pool *)(uintptr_t)lunatic_read_u32(
		argument);
	if (lunatic_reader_end(argument) != 0)
		return argument->status;
	pool->self = lunatic_proc_self();
	init_list(&pool->outside);
	init_list(&pool->waits);
	init_list(&pool->runs);
	init_list(&pool->pauses);
	if (pool->what->name != NULL)
		lunatic_register_self(pool->what->name);
	return 0;
}

static void write_counts(struct pool *pool, struct lunatic_writer *reply)
{
	lunatic_write_array(reply, 5);
	lunatic_write_uint(reply, pool->runs.count);
	lunatic_write_uint(reply, waiting(pool));
	lunatic_write_uint(reply, pool->counts.done);
	lunatic_write_uint(reply, pool->counts.failed);
	lunatic_write_uint(reply, pool->counts.retried);
}

/* Takes a value out of a message; the reader goes on in *block. NULL: the
 * reader has failed. */
static void *read_value(struct lunatic_reader *mail, size_t *size, void **block)
{
	void *value;

	*block = lunatic_read_value_new(mail, SIZE_MAX - 1, size);
	if (*block == NULL)
		return NULL;
	value = malloc(*size);
	if (value == NULL)
		lunatic_fail();
	return memcpy(value, *block, *size);
}

static void pool_call(void *state, struct lunatic_reader *request,
		      struct lunatic_writer *reply)
{
	struct pool *pool = state;
	struct job *job = calloc(1, sizeof(*job));
	void *block;

	if (job == NULL)
		lunatic_fail();
	lunatic_read_tuple(request, 2);
	job->value = read_value(request, &job->size, &block);
	job->question = (enum question)lunatic_read_u32(request);
	if (request->status == 0 && job->question == COUNT) {
		write_counts(pool, reply);
		free_job(job);
	} else if (lunatic_server_defer(reply, &job->sender) != 0) {
		free_job(job);
	} else {
		job->asked = true;
		if (job->question == TRY && !has_room(pool)) {
			answer(job, LUNATIC_EFULL, NULL, 0);
			free_job(job);
		} else {
			append(&pool->outside, job);
		}
	}
	free(block);
	go_on(pool);
}

static void pool_link_died(void *state, int64_t tag)
{
	struct pool *pool = state;
	struct job *job = take_tagged(&pool->runs, tag);

	if (job == NULL)
		return;
	clear_timer(job);
	lunatic_proc_drop(job->task.proc);
	fail(pool, job);
	go_on(pool);
}

/* A result, which is read before another message gets there. */
static void done(struct pool *pool, struct job *job,
		 struct lunatic_reader *mail)
{
	size_t size;
	void *value = lunatic_read_value_new(mail, SIZE_MAX - 1, &size);

	clear_timer(job);
	lunatic_proc_drop(job->task.proc);
	if (value == NULL) {
		fail(pool, job);
		return;
	}
	pool->counts.done++;
	answer(job, 0, value, size);
	free(value);
	free_job(job);
}

static void pool_info(void *state, int what, struct lunatic_reader *mail)
{
	struct pool *pool = state;
	int64_t tag = lunatic_mail_tag();
	struct job *job;

	if (what != LUNATIC_MESSAGE)
		return;
	job = take_tagged(&pool->pauses, tag);
	if (job != NULL) {
		job->timer_tag = 0;
		append(&pool->waits, job);
	} else if ((job = take_tagged(&pool->runs, tag)) != NULL &&
		   job->task.tag == tag) {
		done(pool, job, mail);
	} else if (job != NULL) {
		job->timer_tag = 0;
		lunatic_task_cancel(&job->task);
		fail(pool, job);
	}
	go_on(pool);
}

static void pool_stop(void *state)
{
	struct pool *pool = state;

	for (struct job *job = pool->runs.first; job != NULL; job = job->next)
		lunatic_task_cancel(&job->task);
}

static const struct lunatic_server server = {
	.state_size = sizeof(struct pool),
	.init = pool_init,
	.call = pool_call,
	.link_died = pool_link_died,
	.info = pool_info,
	.stop = pool_stop,
};

int lunatic_pool_start(struct lunatic_proc *pool,
		       const struct lunatic_spawn *how,
		       const struct lunatic_pool *what)
{
	struct lunatic_writer argument;

	lunatic_mail_begin(&argument, 0);
	lunatic_write_uint(&argument, (uintptr_t)what);
	return lunatic_server_start(pool, how, &server, &argument);
}

void lunatic_pool_run(const struct lunatic_pool *what)
{
	unsigned char bytes[8];
	struct lunatic_writer writer;
	struct lunatic_reader argument;
	size_t size;

	lunatic_writer_begin(&writer, bytes, sizeof(bytes));
	lunatic_write_uint(&writer, (uintptr_t)what);
	lunatic_writer_end(&writer, &size);
	lunatic_reader_begin(&argument, bytes, size);
	lunatic_server_run(&server, &argument);
}

/* ---- Who has jobs ---- */

void lunatic_job_begin(struct lunatic_writer *job)
{
	lunatic_request_begin(job);
	lunatic_write_array(job, 2);
}

/* Ends a job and waits for the answer, whose value follows. */
static int ask(struct lunatic_writer *job, struct lunatic_proc pool,
	       enum question question, struct lunatic_reader *reply,
	       int64_t timeout)
{
	int status;

	lunatic_write_uint(job, (uint64_t)question);
	status = lunatic_request_send(job, pool, reply, timeout);
	if (status != 0)
		return status;
	lunatic_read_tuple(reply, 2);
	status = (int)lunatic_read_int(reply);
	if (status == LUNATIC_EDIED)
		lunatic_note_end(NULL);
	return reply->status != 0 ? reply->status : status;
}

int lunatic_job_call(struct lunatic_writer *job, struct lunatic_proc pool,
		     struct lunatic_reader *result, int64_t timeout)
{
	return ask(job, pool, CALL, result, timeout);
}

int lunatic_job_add(struct lunatic_writer *job, struct lunatic_proc pool,
		    int64_t timeout)
{
	struct lunatic_reader reply;

	return ask(job, pool, ADD, &reply, timeout);
}

int lunatic_job_try(struct lunatic_writer *job, struct lunatic_proc pool,
		    int64_t timeout)
{
	struct lunatic_reader reply;

	return ask(job, pool, TRY, &reply, timeout);
}

int lunatic_pool_count(struct lunatic_proc pool,
		       struct lunatic_pool_counts *counts, int64_t timeout)
{
	struct lunatic_writer question;
	struct lunatic_reader reply;
	int status;

	lunatic_job_begin(&question);
	lunatic_write_nil(&question);
	lunatic_write_uint(&question, COUNT);
	status = lunatic_request_send(&question, pool, &reply, timeout);
	if (status != 0)
		return status;
	lunatic_read_tuple(&reply, 5);
	counts->running = lunatic_read_uint(&reply);
	counts->waiting = lunatic_read_uint(&reply);
	counts->done = lunatic_read_uint(&reply);
	counts->failed = lunatic_read_uint(&reply);
	counts->retried = lunatic_read_uint(&reply);
	return lunatic_reader_end(&reply);
}
