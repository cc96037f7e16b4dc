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
#include "base/futex.h"
#include "base/refs.h"
#include "base/table.h"
#include "base/text.h"
#include "base/time.h"
#include "process/environment.h"
#include "process/histogram.h"
#include "process/label.h"
#include "process/lookup.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/upgrade_plan.h"
#include "process/wasm.h"
#include "sched/task.h"

#define BATCH 32 /* that change at once */
#define BATCH_TIME (10 * LN_NS_PER_MS)
/* How often those under way are looked at, and all processes are gone through
 * while some are asked that do something else. */
#define LOOK_TIME (10 * LN_NS_PER_MS)
#define WALK_TIME (100 * LN_NS_PER_MS)
#define PROGRESS_TIME (100 * LN_NS_PER_MS)
/* How often somebody is looked for who waits, and goes first; how long in
 * between; and of how many the first goes first when nobody waits. */
#define FIRST_LOOKS 3
#define FIRST_TIME (2 * LN_NS_PER_MS)
#define FIRST_MAX 4
/* How long the end waits for those that were cancelled. */
#define STOP_TIME (2000 * LN_NS_PER_MS)
#define QUEUED_FACTOR 10
#define LATE_MAX 16 /* that are cancelled in one look */
#define REASON_MAX 512

struct job {
	_Atomic uint32_t references;
	_Atomic uint32_t news; /* futex: changes that are over */

	/* The runner's. */
	const struct ln_upgrade_request *request;
	struct ln_upgrade_plan plan;
	struct ln_upgrade_outcome *outcome;
	struct ln_table seen; /* numbers of processes not to be asked again */
	int64_t told;         /* when progress was told */
	bool back;
	bool killed;

	/* Under the lock. */
	struct ln_lock lock;
	struct ln_task *waiter; /* the runner's; NULL: a thread, or gone */
	struct ln_list open;    /* changes that are asked */
	uint64_t open_count;
	struct ln_upgrade_counts counts;
	uint64_t changed; /* ever */
	uint64_t bytes;
	bool failed;
	bool over; /* what comes now is told to nobody */
	struct ln_upgrade_failure failures[LN_UPGRADE_FAILURES];
	size_t failure_count;
	struct ln_histogram pauses; /* seconds */
};

const char *ln_change_result_name(enum ln_change_result result)
{
	static const char *const names[] = {
		[LN_CHANGE_DONE] = "upgraded",
		[LN_CHANGE_REFUSED] = "refused",
		[LN_CHANGE_FAILED] = "failed",
		[LN_CHANGE_TIMED_OUT] = "timed out",
		[LN_CHANGE_WAITING] = "waiting",
		[LN_CHANGE_ENDED] = "ended",
	};

	return names[result];
}

static void release(struct job *job)
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
	char who[LN_WHO_SIZE];

	ln_process_who(change->process, who);
	*failure = (struct ln_upgrade_failure){
		.number = ln_process_number(change->process),
		.result = change->result,
		.back = back,
		.reason = change->reason,
	};
	ln_text_copy(failure->who, sizeof(failure->who), who, strlen(who));
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
static void count(struct job *job, const struct ln_change *change)
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
static void count_back(struct job *job, const struct ln_change *change)
{
	if (change->result == LN_CHANGE_DONE)
		job->counts.back++;
	else if (change->result != LN_CHANGE_ENDED)
		job->counts.stuck++;
}

/* A change is over: on the fiber of its process, or of the runner. */
static void settle(struct ln_change *change, bool back)
{
	struct job *job = change->owner;
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
	release(job);
}

static void change_over(struct ln_change *change)
{
	settle(change, false);
}

static void change_back_over(struct ln_change *change)
{
	settle(change, true);
}

static uint32_t news_of(const struct job *job)
{
	return atomic_load_explicit(&job->news, memory_order_acquire);
}

/* Waits for news, which were `seen` before, until then. */
static void wait_news(struct job *job, uint32_t seen, int64_t until)
{
	struct ln_task *task = ln_task_current();

	if (news_of(job) != seen || job->killed)
		return;
	if (task == NULL) {
		int64_t left = until - ln_time_now();

		if (left > 0)
			(void)ln_futex_wait(&job->news, seen, left);
	} else if (ln_task_wait(task, until) == LN_EKILLED) {
		job->killed = true;
	}
}

static void tell_progress(struct job *job)
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

static bool is_under_way(const struct ln_change *change)
{
	return atomic_load_explicit(&change->state, memory_order_relaxed) ==
	       LN_CHANGE_UNDER_WAY;
}

static bool is_cancelled(const struct ln_change *change)
{
	return atomic_load_explicit(&change->cancelled, memory_order_relaxed);
}

/* Whether it has been under way for too long. One that waits for its turn, as
 * thousands may before it, gets more. */
static bool is_late(const struct job *job, const struct ln_change *change,
		    int64_t now)
{
	const struct ln_task *task = &change->process->task;
	int64_t time = now - atomic_load_explicit(&change->begun,
						  memory_order_relaxed);
	bool queued =
		atomic_load_explicit(&task->state, memory_order_relaxed) !=
			LN_TASK_PARKED &&
		!atomic_load_explicit(&task->running, memory_order_relaxed);

	return is_under_way(change) &&
	       time >= job->request->each * (queued ? QUEUED_FACTOR : 1);
}

/* Those under way for too long, each with a reference for the caller; with
 * `open`, those that are not under way, or, when who asked is killed, all. */
static size_t find_late(struct job *job, bool open,
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
static void look(struct job *job)
{
	struct ln_change *late[LATE_MAX];
	size_t count = find_late(job, false, late);

	while (count > 0) {
		ln_change_withdraw(late[--count], true);
		ln_change_release(late[count]);
	}
	tell_progress(job);
}

static uint64_t open_count(struct job *job)
{
	uint64_t count;

	ln_lock_acquire(&job->lock);
	count = job->open_count;
	ln_lock_release(&job->lock);
	return count;
}

static bool has_failed(struct job *job)
{
	bool failed;

	ln_lock_acquire(&job->lock);
	failed = job->failed;
	ln_lock_release(&job->lock);
	return failed;
}

/* Whether it is to stop asking. */
static bool stops(struct job *job)
{
	const struct ln_runtime *runtime = job->request->runtime;

	return job->killed ||
	       atomic_load_explicit(&runtime->stopping, memory_order_relaxed) ||
	       (!job->back && !job->request->keep_going && has_failed(job));
}

/* Whether what is open was cancelled long ago, and has not ended: it is in
 * something that cannot be stopped. */
static bool is_given_up(struct job *job)
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

/* Ends what is asked and not begun. What is under way gets its time; when who
 * asked is killed it is cancelled, and not waited for. */
static void withdraw_all(struct job *job)
{
	struct ln_change *some[LATE_MAX];
	uint32_t seen;
	size_t found;

	do {
		seen = news_of(job);
		found = find_late(job, true, some);
		for (size_t i = 0; i < found; i++) {
			ln_change_withdraw(some[i], job->killed);
			ln_change_release(some[i]);
		}
		look(job);
		if (found == 0 && !job->killed)
			wait_news(job, seen, ln_time_now() + LOOK_TIME);
	} while (found > 0 || (open_count(job) > 0 && !is_given_up(job)));
}

/* Whether the process is to change, and to what: with a reference for the
 * caller. NULL: it is not. */
static struct ln_module *next_of(struct job *job, struct ln_process *process)
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
static int ask(struct job *job, struct ln_process *process, bool *asked)
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
	change->over = job->back ? change_back_over : change_over;
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
		release(job);
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
static void end_batch(struct job *job, struct walk *walk)
{
	int64_t deadline = ln_time_now() + BATCH_TIME;
	uint32_t seen = news_of(job);

	while (seen - walk->before < (uint32_t)walk->now && !stops(job) &&
	       ln_time_now() < deadline) {
		wait_news(job, seen, deadline);
		seen = news_of(job);
	}
	walk->now = 0;
	walk->before = seen;
}

/* Asks those that one step has found; releases them. */
static int ask_some(struct job *job, struct walk *walk,
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
static int go_through(struct job *job, struct walk *walk)
{
	struct ln_process *some[LN_DIRECTORY_STEP];
	struct ln_directory_walk at = { 0 };
	int error = 0;

	walk->before = news_of(job);
	while (!stops(job) && error == 0 && walk->asked < walk->max &&
	       ln_time_now() < walk->deadline) {
		size_t count = ln_process_list(job->request->runtime,
					       job->request->below, &at, some);

		if (count == 0)
			return 0;
		error = ask_some(job, walk, some, count);
		look(job);
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

static uint64_t changed_count(struct job *job)
{
	uint64_t count;

	ln_lock_acquire(&job->lock);
	count = job->changed;
	ln_lock_release(&job->lock);
	return count;
}

/* Once one has changed, or when there is none, spawns are of the new version.
 */
static void replace(struct job *job)
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
static int convert(struct job *job, int64_t deadline)
{
	int64_t last = 0;

	for (;;) {
		struct walk walk = { .max = INT_MAX, .deadline = deadline };
		uint32_t seen = news_of(job);
		int64_t now = ln_time_now();
		bool idle = open_count(job) == 0;
		int error;

		if (stops(job) || now >= deadline)
			return 0;
		replace(job);
		if (idle || now - last >= WALK_TIME) {
			last = now;
			error = go_through(job, &walk);
			if (error < 0 || (idle && walk.asked == 0))
				return error;
			continue;
		}
		wait_news(job, seen,
			  now + LOOK_TIME < deadline ? now + LOOK_TIME
						     : deadline);
		look(job);
	}
}

/* Those that run the new version change back. */
static int roll_back(struct job *job, int64_t deadline)
{
	int error;

	withdraw_all(job);
	if (job->outcome->replaced)
		ln_upgrade_plan_replace(&job->plan, true);
	job->outcome->replaced = false;
	job->outcome->rolled_back = true;
	ln_table_deinit(&job->seen, ln_task_rest);
	job->seen = (struct ln_table){ 0 };
	job->back = true;
	error = convert(job, deadline);
	withdraw_all(job);
	ln_lock_acquire(&job->lock);
	job->counts.done = job->counts.stuck;
	job->counts.waiting = 0;
	ln_lock_release(&job->lock);
	return error;
}

/* Whether all that are asked have said: not now. */
static bool all_postponed(struct job *job)
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
static void await_first(struct job *job, int64_t deadline)
{
	for (;;) {
		uint32_t seen = news_of(job);
		int64_t now = ln_time_now();

		if (all_postponed(job) || changed_count(job) > 0 ||
		    now >= deadline || job->killed || has_failed(job))
			return;
		wait_news(job, seen,
			  now + FIRST_TIME < deadline ? now + FIRST_TIME
						      : deadline);
		look(job);
	}
}

/* One that waits in a receive changes, or, where none is found to wait, the
 * first of some that have something else to do. */
static int go_first(struct job *job, int64_t deadline)
{
	int64_t now;

	for (int i = 0; !stops(job) && (now = ln_time_now()) < deadline; i++) {
		bool waiting = i < FIRST_LOOKS;
		struct walk walk = { .max = waiting ? 1 : FIRST_MAX,
				     .waiting = waiting,
				     .deadline = deadline };
		int error = go_through(job, &walk);

		if (error < 0)
			return error;
		await_first(job, deadline);
		if (changed_count(job) > 0 || (!waiting && walk.asked == 0) ||
		    (has_failed(job) && !waiting))
			return 0;
		if (walk.asked == 0)
			wait_news(job, news_of(job), now + FIRST_TIME);
	}
	return 0;
}

static int go_forward(struct job *job, int64_t deadline)
{
	int error = go_first(job, deadline);

	if (error < 0)
		return error;
	error = convert(job, deadline);
	if (!stops(job))
		withdraw_all(job);
	return error;
}

/* Who asked changes when he next receives; nobody waits for that. */
static void ask_self(struct job *job)
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
static void report(struct job *job)
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

static struct job *make_job(const struct ln_upgrade_request *request,
			    struct ln_upgrade_outcome *outcome)
{
	struct job *job = calloc(1, sizeof(*job));

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
	struct job *job = make_job(request, outcome);
	int result;

	if (job == NULL)
		return LN_ENOMEM;
	result = ln_upgrade_plan_make(&which, request->bytes, request->len,
				      &job->plan, error);
	if (result < 0) {
		release(job);
		return result;
	}
	result = go_forward(job, ln_time_now() + request->timeout);
	if (result == 0 && !job->killed && !request->dry &&
	    !request->keep_going && has_failed(job))
		result = roll_back(job, ln_time_now() + request->timeout);
	if (result < 0 || job->killed)
		withdraw_all(job);
	if (result == 0 && job->killed)
		result = LN_EKILLED;
	if (result == 0)
		ask_self(job);
	report(job);
	ln_table_deinit(&job->seen, ln_task_rest);
	ln_upgrade_plan_deinit(&job->plan);
	release(job);
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

void ln_upgrade_outcome_deinit(struct ln_upgrade_outcome *outcome)
{
	for (size_t i = 0; i < outcome->failure_count; i++)
		free(outcome->failures[i].reason);
	*outcome = (struct ln_upgrade_outcome){ 0 };
}
