/*
 * DESIGN
 * Whoever asks for an upgrade runs it, on his fiber or in his thread. Processes
 * are found by walks over all of them, again and again, until one finds nobody
 * who still runs the old version: others may be spawned meanwhile.
 *
 *   the first   one process is asked, and the others wait for what comes of it
 *   forward     spawns are of the new version from now on, and all are asked
 *   back        after a failure, unless it is to go on: all that run the new
 *               version are asked to change back, and spawns are of the old one
 *
 * Nothing stops the others: a process that changes is away for the time that
 * this takes, and goes on while the next one does. So there is no moment at
 * which all could be changed together, and a failure of a later one is undone
 * by changing back, with what has happened since in the state.
 *
 * Processes that wait in a receive change at once, so only BATCH of them are
 * asked at a time: thousands of tasks that are woken together would keep all
 * others waiting. Those that do something else are asked, and change when they
 * receive.
 *
 * Each change holds a reference to the job until it is over, which may be after
 * the job. Locks: that of the job is taken with no other, and nothing is called
 * under it that takes one of a process.
 */
#include "process/upgrade.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "base/text.h"
#include "engine/tiers.h"
#include "process/environment.h"
#include "process/label.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/upgrade_job.h"
#include "process/wasm.h"
#include "sched/task.h"

#define BATCH 32 /* that change at once */
#define BATCH_TIME (10 * LN_NS_PER_MS)
/* How often all processes are gone through while some are asked that do
 * something else. */
#define WALK_TIME (100 * LN_NS_PER_MS)
/* How often somebody is looked for who waits, and goes first; how long in
 * between; and of how many the first goes first when nobody waits. */
#define FIRST_LOOKS 3
#define FIRST_TIME (2 * LN_NS_PER_MS)
#define FIRST_MAX 4

/* Whether the process is to change, and to what: with a reference for the
 * caller. NULL: it is not. */
static struct ln_module *next_of(struct ln_upgrade_job *job,
				 struct ln_process *process)
{
	const struct ln_upgrade_request *request = job->request;
	struct ln_module *module;
	struct ln_module *to;
	char name[LN_LABEL_SIZE];

	if (request->process != NULL && process != request->process)
		return NULL;
	if (process == request->self)
		return NULL;
	module = ln_wasm_module(process);
	if (module == NULL)
		return NULL;
	to = ln_upgrade_plan_find(&job->plan, module, job->back);
	if (to != NULL && request->name != NULL &&
	    (!ln_process_known_as(process, name) ||
	     strcmp(name, request->name) != 0))
		to = NULL;
	if (to != NULL &&
	    ln_table_find(&job->seen, ln_process_number(process)) != NULL)
		to = NULL;
	/* The plan has a reference. */
	if (to != NULL)
		ln_module_retain(to);
	ln_module_release(module);
	return to;
}

/* Asks one process. 1: it changes now; 0: later, or it is not to be; LN_EEXIST:
 * somebody else has asked it. */
static int ask(struct ln_upgrade_job *job, struct ln_process *process,
	       bool *asked)
{
	struct ln_module *to = next_of(job, process);
	struct ln_change *change;
	int result;

	if (to == NULL)
		return 0;
	change = ln_change_new(process, to);
	ln_module_release(to);
	if (change == NULL)
		return LN_ENOMEM;
	/* What failed, or was only tried, still runs the old version. */
	if ((job->request->keep_going || job->request->dry || job->back) &&
	    ln_table_add(&job->seen, ln_process_number(process)) == NULL) {
		ln_change_release(change);
		return LN_ENOMEM;
	}
	change->dry = job->request->dry;
	change->over = job->back ? ln_upgrade_change_back_over
				 : ln_upgrade_change_over;
	change->owner = job;
	ln_refs_retain(&job->references);
	ln_refs_retain(&change->references);
	ln_lock_acquire(&job->lock);
	ln_list_append(&job->open, &change->place);
	job->open_count++;
	job->counts.asked += !job->back;
	ln_lock_release(&job->lock);
	result = ln_change_ask(change);
	if (result < 0) {
		ln_lock_acquire(&job->lock);
		ln_list_remove(&change->place);
		job->open_count--;
		job->counts.asked -= !job->back;
		ln_lock_release(&job->lock);
		ln_change_release(change);
		ln_upgrade_job_release(job);
	}
	*asked = result >= 0;
	ln_change_release(change);
	return result;
}

/* Who is asked in a walk. */
struct walk {
	int max;      /* processes; then it ends */
	bool waiting; /* only those that wait in a receive */
	int64_t deadline;
	int asked;
	int now;         /* of these, that change now, in this batch */
	uint32_t before; /* the batch: news there were then */
};

static bool is_waiting(struct ln_process *process)
{
	bool waiting;

	ln_process_lock(process);
	waiting = process->mailbox.waiting;
	ln_process_unlock(process);
	return waiting;
}

/* Waits for those of a batch, for a while. */
static void end_batch(struct ln_upgrade_job *job, struct walk *walk)
{
	int64_t deadline = ln_time_now() + BATCH_TIME;
	uint32_t seen = ln_upgrade_news(job);

	while (seen - walk->before < (uint32_t)walk->now &&
	       !ln_upgrade_stops(job) && ln_time_now() < deadline) {
		ln_upgrade_wait(job, seen, deadline);
		seen = ln_upgrade_news(job);
	}
	walk->now = 0;
	walk->before = seen;
}

/* Asks those that one step has found; releases them. */
static int ask_some(struct ln_upgrade_job *job, struct walk *walk,
		    struct ln_process **some, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count; i++) {
		bool asked = false;

		if (error != LN_ENOMEM && walk->asked < walk->max &&
		    (!walk->waiting || is_waiting(some[i])))
			error = ask(job, some[i], &asked);
		walk->asked += asked;
		walk->now += asked && error == 1;
		ln_process_release(some[i]);
		if (walk->now >= BATCH)
			end_batch(job, walk);
	}
	return error == LN_ENOMEM ? error : 0;
}

/* Goes through all processes. LN_ENOMEM. */
static int go_through(struct ln_upgrade_job *job, struct walk *walk)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	struct ln_directory_walk at = { 0 };
	int error = 0;

	walk->before = ln_upgrade_news(job);
	while (!ln_upgrade_stops(job) && error == 0 &&
	       walk->asked < walk->max && ln_time_now() < walk->deadline) {
		size_t count = ln_process_list(job->request->runtime,
					       job->request->below, &at, some);

		if (count == 0)
			return 0;
		error = ask_some(job, walk, some, count);
		ln_upgrade_look(job);
		ln_task_rest();
	}
	return error;
}

/* Whether all processes of the module are meant, so that those to come are. */
static bool is_whole(const struct ln_upgrade_request *request)
{
	return request->process == NULL && request->name == NULL &&
	       !request->dry;
}

static uint64_t changed_count(struct ln_upgrade_job *job)
{
	uint64_t count;

	ln_lock_acquire(&job->lock);
	count = job->changed;
	ln_lock_release(&job->lock);
	return count;
}

/* Once one has changed, or when there is none, spawns are of the new version.
 */
static void replace(struct ln_upgrade_job *job)
{
	uint64_t asked;

	ln_lock_acquire(&job->lock);
	asked = job->counts.asked;
	ln_lock_release(&job->lock);
	if (job->back || job->outcome->replaced || !is_whole(job->request) ||
	    (asked > 0 && changed_count(job) == 0))
		return;
	ln_upgrade_plan_replace(&job->plan, false);
	job->outcome->replaced = true;
}

/* Asks all until nobody is left, or it is late. */
static int convert(struct ln_upgrade_job *job, int64_t deadline)
{
	int64_t last = 0;

	for (;;) {
		struct walk walk = { .max = INT_MAX, .deadline = deadline };
		uint32_t seen = ln_upgrade_news(job);
		int64_t now = ln_time_now();
		bool idle = ln_upgrade_open(job) == 0;
		int error;

		if (ln_upgrade_stops(job) || now >= deadline)
			return 0;
		replace(job);
		if (idle || now - last >= WALK_TIME) {
			last = now;
			error = go_through(job, &walk);
			if (error < 0 || (idle && walk.asked == 0))
				return error;
			continue;
		}
		ln_upgrade_wait(job, seen,
				now + LN_UPGRADE_LOOK < deadline
					? now + LN_UPGRADE_LOOK
					: deadline);
		ln_upgrade_look(job);
	}
}

/* Processes that are to change, and were not asked in time, or were in vain:
 * those that may be asked again. */
static uint64_t count_rest(struct ln_upgrade_job *job)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	struct ln_directory_walk at = { 0 };
	uint64_t rest = 0;
	size_t count;

	do {
		count = ln_process_list(job->request->runtime,
					job->request->below, &at, some);
		for (size_t i = 0; i < count; i++) {
			struct ln_module *to = next_of(job, some[i]);

			rest += to != NULL;
			if (to != NULL)
				ln_module_release(to);
			ln_process_release(some[i]);
		}
		ln_task_rest();
	} while (count > 0);
	return rest;
}

/* Counts those that go on as they are, when nobody is asked any more. */
static void count_waiting(struct ln_upgrade_job *job)
{
	const struct ln_upgrade_request *request = job->request;
	uint64_t rest = count_rest(job);
	uint64_t *waiting = &job->counts.waiting;

	ln_lock_acquire(&job->lock);
	if (job->back)
		job->counts.stuck += rest;
	else if (request->keep_going || request->dry)
		*waiting += rest;
	else if (*waiting < rest)
		*waiting = rest; /* those that were asked in vain are in it */
	ln_lock_release(&job->lock);
}

/* Those that run the new version change back. */
static int roll_back(struct ln_upgrade_job *job, int64_t deadline)
{
	int error;

	ln_upgrade_withdraw(job);
	if (job->outcome->replaced)
		ln_upgrade_plan_replace(&job->plan, true);
	job->outcome->replaced = false;
	job->outcome->rolled_back = true;
	ln_table_deinit(&job->seen, ln_task_rest);
	job->seen = (struct ln_table){ 0 };
	job->back = true;
	error = convert(job, deadline);
	ln_upgrade_withdraw(job);
	count_waiting(job);
	ln_lock_acquire(&job->lock);
	job->counts.done = job->counts.stuck;
	job->counts.waiting = 0;
	ln_lock_release(&job->lock);
	return error;
}

/* Whether all that are asked have said: not now. */
static bool all_postponed(struct ln_upgrade_job *job)
{
	bool all = true;

	ln_lock_acquire(&job->lock);
	ln_list_for_each (at, &job->open) {
		const struct ln_change *change =
			ln_container_of(at, struct ln_change, place);

		all = all && atomic_load_explicit(&change->postponed,
						  memory_order_relaxed);
	}
	ln_lock_release(&job->lock);
	return all;
}

/* Waits until one of the first has changed, or failed, or nothing is to be
 * expected of them. */
static void await_first(struct ln_upgrade_job *job, int64_t deadline)
{
	for (;;) {
		uint32_t seen = ln_upgrade_news(job);
		int64_t now = ln_time_now();

		if (all_postponed(job) || changed_count(job) > 0 ||
		    now >= deadline || job->killed ||
		    ln_upgrade_has_failed(job))
			return;
		ln_upgrade_wait(job, seen,
				now + FIRST_TIME < deadline ? now + FIRST_TIME
							    : deadline);
		ln_upgrade_look(job);
	}
}

/* One that waits in a receive changes, or, where none is found to wait, the
 * first of some that have something else to do. */
static int go_first(struct ln_upgrade_job *job, int64_t deadline)
{
	int64_t now;

	for (int i = 0;
	     !ln_upgrade_stops(job) && (now = ln_time_now()) < deadline; i++) {
		bool waiting = i < FIRST_LOOKS;
		struct walk walk = { .max = waiting ? 1 : FIRST_MAX,
				     .waiting = waiting,
				     .deadline = deadline };
		int error = go_through(job, &walk);

		if (error < 0)
			return error;
		await_first(job, deadline);
		if (changed_count(job) > 0 || (!waiting && walk.asked == 0) ||
		    (ln_upgrade_has_failed(job) && !waiting))
			return 0;
		if (walk.asked == 0)
			ln_upgrade_wait(job, ln_upgrade_news(job),
					now + FIRST_TIME);
	}
	return 0;
}

/* Waits until what changes would not wait for code: that may take longer than
 * one may. */
static void await_code(struct ln_upgrade_job *job, int64_t deadline)
{
	struct ln_sched *sched = job->request->runtime->sched;

	for (size_t i = 0; i < job->plan.count; i++) {
		struct ln_compiled *code = job->plan.pairs[i].to->module;
		int64_t now = ln_time_now();

		while (!ln_tier_is_ready(code, sched) && now < deadline &&
		       !ln_upgrade_stops(job)) {
			ln_upgrade_wait(job, ln_upgrade_news(job),
					now + LN_UPGRADE_LOOK);
			now = ln_time_now();
		}
	}
}

static int go_forward(struct ln_upgrade_job *job, int64_t deadline)
{
	int error;

	await_code(job, deadline);
	error = go_first(job, deadline);
	if (error < 0)
		return error;
	error = convert(job, deadline);
	if (ln_upgrade_stops(job))
		return error;
	ln_upgrade_withdraw(job);
	count_waiting(job);
	return error;
}

/* Who asked changes when he next receives; nobody waits for that. */
static void ask_self(struct ln_upgrade_job *job)
{
	const struct ln_upgrade_request *request = job->request;
	struct ln_process *self = request->self;
	struct ln_module *module;
	struct ln_module *to = NULL;
	struct ln_change *change;

	if (self == NULL || request->dry || request->name != NULL ||
	    request->process != NULL || job->outcome->rolled_back)
		return;
	module = ln_wasm_module(self);
	if (module != NULL)
		to = ln_upgrade_plan_find(&job->plan, module, false);
	change = to != NULL ? ln_change_new(self, to) : NULL;
	if (change != NULL) {
		(void)ln_change_ask(change);
		ln_change_release(change);
	}
	if (module != NULL)
		ln_module_release(module);
}

static void write_digest(char text[17], const uint8_t *digest)
{
	for (int i = 0; i < 8; i++)
		snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
}

/* Gives the caller what is known, and ends the job for those that are late. */
static void report(struct ln_upgrade_job *job)
{
	struct ln_upgrade_outcome *outcome = job->outcome;
	struct ln_histogram_summary pauses;

	ln_lock_acquire(&job->lock);
	job->over = true;
	job->waiter = NULL;
	/* They were cancelled, and have not stopped. */
	job->counts.timed_out += job->open_count;
	outcome->counts = job->counts;
	outcome->bytes = job->bytes;
	memcpy(outcome->failures, job->failures, sizeof(outcome->failures));
	outcome->failure_count = job->failure_count;
	job->failure_count = 0;
	ln_lock_release(&job->lock);
	ln_histogram_sum_up(&job->pauses, &pauses);
	outcome->pause_p50 = pauses.p50;
	outcome->pause_p99 = pauses.p99;
	outcome->pause_max = pauses.max;
	outcome->modules = job->plan.count;
	write_digest(outcome->from, job->plan.from);
	write_digest(outcome->to, job->plan.to);
}

static struct ln_upgrade_job *make_job(const struct ln_upgrade_request *request,
				       struct ln_upgrade_outcome *outcome)
{
	struct ln_upgrade_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	atomic_init(&job->references, 1);
	job->request = request;
	job->outcome = outcome;
	job->waiter = ln_task_current();
	ln_list_init(&job->open);
	ln_histogram_init(&job->pauses);
	return job;
}

static int run(const struct ln_upgrade_request *request,
	       struct ln_upgrade_outcome *outcome, char **error)
{
	const struct ln_upgrade_which which = {
		.runtime = request->runtime,
		.text = request->which,
		.module = request->module,
		.below = request->below,
	};
	struct ln_upgrade_job *job = make_job(request, outcome);
	int result;

	if (job == NULL)
		return LN_ENOMEM;
	result = ln_upgrade_plan_make(&which, request->bytes, request->len,
				      &job->plan, error);
	if (result < 0) {
		ln_upgrade_job_release(job);
		return result;
	}
	result = go_forward(job, ln_time_now() + request->timeout);
	if (result == 0 && !job->killed && !request->dry &&
	    !request->keep_going && ln_upgrade_has_failed(job))
		result = roll_back(job, ln_time_now() + request->timeout);
	if (result < 0 || job->killed)
		ln_upgrade_withdraw(job);
	if (result == 0 && job->killed)
		result = LN_EKILLED;
	if (result == 0)
		ask_self(job);
	report(job);
	ln_table_deinit(&job->seen, ln_task_rest);
	ln_upgrade_plan_deinit(&job->plan);
	ln_upgrade_job_release(job);
	if (result < 0)
		ln_upgrade_outcome_deinit(outcome);
	return result;
}

int ln_upgrade_run(const struct ln_upgrade_request *request,
		   struct ln_upgrade_outcome *outcome, char **error)
{
	struct ln_runtime *runtime = request->runtime;
	int result;

	ln_assert((request->which == NULL) != (request->module == NULL));
	*outcome = (struct ln_upgrade_outcome){ 0 };
	*error = NULL;
	/* Two at a time would change each other's processes. */
	if (atomic_exchange_explicit(&runtime->upgrading, true,
				     memory_order_acquire)) {
		ln_text_format(error, "another upgrade is under way");
		return LN_EEXIST;
	}
	result = run(request, outcome, error);
	atomic_store_explicit(&runtime->upgrading, false, memory_order_release);
	return result;
}
