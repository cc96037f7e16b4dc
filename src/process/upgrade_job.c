/* The changes of an upgrade: what has come of them, and those that take too
 * long. See upgrade.c. */
#include "process/upgrade_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "process/label.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/task.h"

#define PROGRESS_TIME (100 * LN_NS_PER_MS)
/* Beyond its time, how long one that cannot be stopped is waited for. */
#define STOP_TIME (2000 * LN_NS_PER_MS)
#define QUEUED_FACTOR 10
#define LATE_MAX 16 /* that are cancelled in one look */
#define REASON_MAX 512

void ln_upgrade_job_release(struct ln_upgrade_job *job)
{
	if (!ln_refs_release(&job->references))
		return;
	for (size_t i = 0; i < job->failure_count; i++)
		free(job->failures[i].reason);
	free(job);
}

/* Makes a failure of a change that did not succeed; takes its reason over. */
static void describe(struct ln_change *change, bool back,
		     struct ln_upgrade_failure *failure)
{
	struct ln_who who;

	ln_process_who(change->process, &who);
	*failure = (struct ln_upgrade_failure){
		.number = ln_process_number(change->process),
		.result = change->result,
		.back = back,
		.reason = change->reason,
	};
	if (who.name[0] != '\0')
		snprintf(failure->who, sizeof(failure->who), "%s '%s'", who.id,
			 who.name);
	else
		memcpy(failure->who, who.id, sizeof(who.id));
	change->reason = NULL;
	if (failure->reason == NULL && change->result == LN_CHANGE_WAITING &&
	    atomic_load_explicit(&change->postponed, memory_order_relaxed))
		failure->reason = strdup("it has said: not now");
	if (failure->reason != NULL) {
		size_t len = strlen(failure->reason);

		len = ln_text_cut(failure->reason, len,
				  len < REASON_MAX ? len : REASON_MAX);
		failure->reason[ln_text_clean(failure->reason, len, false)] =
			'\0';
	}
}

/* Counts a change that is over; under the lock. */
static void count(struct ln_upgrade_job *job, const struct ln_change *change)
{
	struct ln_upgrade_counts *counts = &job->counts;

	switch (change->result) {
	case LN_CHANGE_DONE:
		job->changed++;
		counts->done++;
		job->bytes += change->bytes;
		if (change->pause > 0)
			ln_histogram_record(&job->pauses,
					    (double)change->pause / 1e9);
		return;
	case LN_CHANGE_ENDED:
		counts->ended++;
		/* Of the first it is not known whether the change did it. */
		if (job->changed == 0 &&
		    atomic_load_explicit(&change->begun,
					 memory_order_relaxed) != 0)
			break;
		return;
	case LN_CHANGE_WAITING:
		counts->waiting++;
		return;
	case LN_CHANGE_REFUSED:
		counts->refused++;
		break;
	case LN_CHANGE_FAILED:
		counts->failed++;
		break;
	case LN_CHANGE_TIMED_OUT:
		counts->timed_out++;
		break;
	}
	job->failed = true;
}

/* The same of one that was to change back. */
static void count_back(struct ln_upgrade_job *job,
		       const struct ln_change *change)
{
	if (change->result == LN_CHANGE_DONE)
		job->counts.back++;
	else if (change->result != LN_CHANGE_ENDED)
		job->counts.stuck++;
}

/* A change is over: on the fiber of its process, or of the runner. */
static void settle(struct ln_change *change, bool back)
{
	struct ln_upgrade_job *job = change->owner;
	struct ln_upgrade_failure failure = { .reason = NULL };
	bool told = change->result != LN_CHANGE_DONE &&
		    change->result != LN_CHANGE_ENDED;

	if (told)
		describe(change, back, &failure);
	ln_lock_acquire(&job->lock);
	ln_list_remove(&change->place);
	job->open_count--;
	/* Once one has failed the others wait because of that. */
	told = told && !job->over &&
	       !(change->result == LN_CHANGE_WAITING && job->failed && !back);
	if (!job->over && back)
		count_back(job, change);
	else if (!job->over)
		count(job, change);
	if (told && job->failure_count < LN_UPGRADE_FAILURES) {
		job->failures[job->failure_count++] = failure;
		failure.reason = NULL;
	}
	/* Release pairs with the acquire in news_of. */
	atomic_fetch_add_explicit(&job->news, 1, memory_order_release);
	if (job->waiter != NULL)
		ln_task_wake(job->waiter);
	ln_lock_release(&job->lock);
	ln_futex_wake(&job->news, 1);
	free(failure.reason);
	ln_change_release(change);
	ln_upgrade_job_release(job);
}

void ln_upgrade_change_over(struct ln_change *change)
{
	settle(change, false);
}

void ln_upgrade_change_back_over(struct ln_change *change)
{
	settle(change, true);
}

uint32_t ln_upgrade_news(const struct ln_upgrade_job *job)
{
	return atomic_load_explicit(&job->news, memory_order_acquire);
}

/* Waits for news, which were `seen` before, until then. */
void ln_upgrade_wait(struct ln_upgrade_job *job, uint32_t seen, int64_t until)
{
	struct ln_task *task = ln_task_current();

	if (ln_upgrade_news(job) != seen || job->killed)
		return;
	if (task == NULL) {
		int64_t left = until - ln_time_now();

		if (left > 0)
			(void)ln_futex_wait(&job->news, seen, left);
	} else if (ln_task_wait(task, until) == LN_EKILLED) {
		job->killed = true;
	}
}

static void tell_progress(struct ln_upgrade_job *job)
{
	const struct ln_upgrade_request *request = job->request;
	struct ln_upgrade_counts counts;
	int64_t now = ln_time_now();

	if (request->progress == NULL || now - job->told < PROGRESS_TIME)
		return;
	job->told = now;
	ln_lock_acquire(&job->lock);
	counts = job->counts;
	ln_lock_release(&job->lock);
	request->progress(request->argument, &counts);
}

/* Acquire: since when comes with it. */
static bool is_under_way(const struct ln_change *change)
{
	uint8_t state =
		atomic_load_explicit(&change->state, memory_order_acquire);

	return state == LN_CHANGE_UNDER_WAY || state == LN_CHANGE_TAKING_OVER;
}

static bool is_cancelled(const struct ln_change *change)
{
	return atomic_load_explicit(&change->cancelled, memory_order_relaxed);
}

/* Whether a task waits for its turn, on a worker, as thousands may before it,
 * or in a pool. */
static bool is_queued(const struct ln_task *task)
{
	uint8_t waiting =
		atomic_load_explicit(&task->waiting, memory_order_relaxed);

	if (atomic_load_explicit(&task->running, memory_order_relaxed))
		return false;
	return waiting == LN_WAIT_BLOCKING ||
	       atomic_load_explicit(&task->state, memory_order_relaxed) !=
		       LN_TASK_PARKED;
}

/* Whether it has been under way for too long. One that waits for its turn gets
 * more. */
static bool is_late(const struct ln_upgrade_job *job,
		    const struct ln_change *change, int64_t now)
{
	int64_t limit = job->request->each;

	if (!is_under_way(change))
		return false;
	if (is_queued(&change->process->task))
		limit *= QUEUED_FACTOR;
	return now - atomic_load_explicit(&change->begun,
					  memory_order_relaxed) >=
	       limit;
}

/* Those under way for too long, each with a reference for the caller; with
 * `open`, those that are not under way, or, when who asked is killed, all. */
static size_t find_late(struct ln_upgrade_job *job, bool open,
			struct ln_change *late[LATE_MAX])
{
	int64_t now = ln_time_now();
	size_t found = 0;

	ln_lock_acquire(&job->lock);
	ln_list_for_each (at, &job->open) {
		struct ln_change *change =
			ln_container_of(at, struct ln_change, place);

		if (found == LATE_MAX)
			break;
		if (open ? is_under_way(change) &&
				    (!job->killed || is_cancelled(change))
			 : !is_late(job, change, now))
			continue;
		ln_refs_retain(&change->references);
		late[found++] = change;
	}
	ln_lock_release(&job->lock);
	return found;
}

/* Cancels what takes too long. */
void ln_upgrade_look(struct ln_upgrade_job *job)
{
	struct ln_change *late[LATE_MAX];
	size_t count = find_late(job, false, late);

	while (count > 0) {
		ln_change_withdraw(late[--count], true);
		ln_change_release(late[count]);
	}
	tell_progress(job);
}

uint64_t ln_upgrade_open(struct ln_upgrade_job *job)
{
	uint64_t count;

	ln_lock_acquire(&job->lock);
	count = job->open_count;
	ln_lock_release(&job->lock);
	return count;
}

bool ln_upgrade_has_failed(struct ln_upgrade_job *job)
{
	bool failed;

	ln_lock_acquire(&job->lock);
	failed = job->failed;
	ln_lock_release(&job->lock);
	return failed;
}

bool ln_upgrade_stops(struct ln_upgrade_job *job)
{
	const struct ln_runtime *runtime = job->request->runtime;

	return job->killed ||
	       atomic_load_explicit(&runtime->stopping, memory_order_relaxed) ||
	       (!job->back && !job->request->keep_going &&
		ln_upgrade_has_failed(job));
}

/* Whether what is open was cancelled long ago, and has not ended: it is in
 * something that cannot be stopped. */
static bool is_given_up(struct ln_upgrade_job *job)
{
	int64_t limit = job->request->each * QUEUED_FACTOR + STOP_TIME;
	int64_t now = ln_time_now();
	bool all = true;

	if (job->killed)
		return true;
	ln_lock_acquire(&job->lock);
	ln_list_for_each (at, &job->open) {
		const struct ln_change *change =
			ln_container_of(at, struct ln_change, place);

		all = all && now - atomic_load_explicit(&change->begun,
							memory_order_relaxed) >
				     limit;
	}
	ln_lock_release(&job->lock);
	return all;
}

void ln_upgrade_withdraw(struct ln_upgrade_job *job)
{
	struct ln_change *some[LATE_MAX];
	uint32_t seen;
	size_t found;

	do {
		seen = ln_upgrade_news(job);
		found = find_late(job, true, some);
		for (size_t i = 0; i < found; i++) {
			ln_change_withdraw(some[i], job->killed);
			ln_change_release(some[i]);
		}
		ln_upgrade_look(job);
		if (found == 0 && !job->killed)
			ln_upgrade_wait(job, seen,
					ln_time_now() + LN_UPGRADE_LOOK);
	} while (found > 0 || (ln_upgrade_open(job) > 0 && !is_given_up(job)));
}
