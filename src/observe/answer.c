/*
 * DESIGN
 * A question is a word, and perhaps what belongs to it behind a blank. The
 * guest that asks is ours, but what it asks may come from a client: each
 * question is checked here. Those that act are apart from those that read, and
 * the guest lets nobody ask the former without the token in a header.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/compiler.h"
#include "base/text.h"
#include "base/time.h"
#include "observe/bridge.h"
#include "observe/metrics.h"
#include "observe/observe_impl.h"
#include "observe/overview.h"
#include "observe/sample.h"
#include "process/runtime.h"

/* What is behind the word. */
struct rest {
	const char *text;
	size_t len;
};

static const char out_of_memory[] = "out of memory";

static bool refuse(struct ln_bytes *answer, const char *why)
{
	ln_bytes_add(answer, why, strlen(why));
	return false;
}

/* Going through all processes may take this part of a processor. */
#define WALK_SHARE 100

/* Adds up what all processes have, unless that was done lately, or is being
 * done. Under the lock, which it leaves meanwhile. */
static void refresh_sums(struct ln_observe *observe)
{
	int64_t start = ln_time_now();
	struct ln_sample_sums sums;

	if (observe->adding_up || start < observe->sums_due)
		return;
	observe->adding_up = true;
	pthread_mutex_unlock(&observe->lock);
	ln_sample_add_up(observe->runtime, &sums);
	pthread_mutex_lock(&observe->lock);
	observe->adding_up = false;
	observe->sums = sums;
	observe->sums_due = start + (ln_time_now() - start) * WALK_SHARE;
}

/* A sample that is complete; NULL: memory is short. */
static struct ln_sample *take_sample(struct ln_observe *observe)
{
	struct ln_sample *sample = ln_sample_new(observe->runtime);

	if (sample == NULL)
		return NULL;
	pthread_mutex_lock(&observe->lock);
	refresh_sums(observe);
	sample->sums = observe->sums;
	sample->busy = observe->busy;
	pthread_mutex_unlock(&observe->lock);
	return sample;
}

/* The first word that it listens; a guest that was started again says so, too.
 */
static bool answer_listening(struct ln_observe *observe, struct rest rest,
			     struct ln_bytes *answer)
{
	(void)answer;
	pthread_mutex_lock(&observe->lock);
	if (observe->state == LN_OBSERVE_STARTING) {
		ln_text_copy(observe->address, sizeof(observe->address),
			     rest.text, rest.len);
		observe->state = LN_OBSERVE_LISTENING;
		pthread_cond_broadcast(&observe->changed);
	}
	pthread_mutex_unlock(&observe->lock);
	return true;
}

/* Where a guest that was started again is to listen; empty: where it was told
 * to. */
static bool answer_address(struct ln_observe *observe, struct rest rest,
			   struct ln_bytes *answer)
{
	(void)rest;
	pthread_mutex_lock(&observe->lock);
	ln_bytes_add(answer, observe->address, strlen(observe->address));
	pthread_mutex_unlock(&observe->lock);
	return true;
}

static bool answer_failed(struct ln_observe *observe, struct rest rest,
			  struct ln_bytes *answer)
{
	(void)answer;
	pthread_mutex_lock(&observe->lock);
	ln_text_copy(observe->reason, sizeof(observe->reason), rest.text,
		     rest.len);
	pthread_mutex_unlock(&observe->lock);
	return true;
}

static struct ln_node *member_of(struct ln_observe *observe)
{
	/* Pairs with ln_observe_set_member. */
	return atomic_load_explicit(&observe->member, memory_order_acquire);
}

static bool answer_metrics(struct ln_observe *observe, struct rest rest,
			   struct ln_bytes *answer)
{
	struct ln_sample *sample = take_sample(observe);

	(void)rest;
	if (sample == NULL)
		return refuse(answer, out_of_memory);
	ln_observe_metrics(observe->runtime, member_of(observe), sample,
			   answer);
	ln_sample_free(sample);
	return true;
}

static bool answer_overview(struct ln_observe *observe, struct rest rest,
			    struct ln_bytes *answer)
{
	struct ln_sample *sample = take_sample(observe);

	(void)rest;
	if (sample == NULL)
		return refuse(answer, out_of_memory);
	ln_overview_put(observe, sample, member_of(observe), answer);
	ln_sample_free(sample);
	return true;
}

/* How busy the workers were since the last tick. */
static void look_at_workers(struct ln_observe *observe,
			    const struct ln_sample *sample)
{
	uint64_t time = sample->sched.awake + sample->sched.asleep;
	uint64_t passed = time - observe->time_before;
	uint64_t busy = sample->sched.in_tasks - observe->busy_before;

	/* The parts are read one after the other. */
	if (time <= observe->time_before)
		return;
	observe->busy = busy < passed ? (double)busy / (double)passed : 1;
	observe->time_before = time;
	observe->busy_before = sample->sched.in_tasks;
}

static bool answer_tick(struct ln_observe *observe, struct rest rest,
			struct ln_bytes *answer)
{
	struct ln_sample *sample = take_sample(observe);

	(void)rest;
	if (sample == NULL)
		return refuse(answer, out_of_memory);
	pthread_mutex_lock(&observe->lock);
	look_at_workers(observe, sample);
	sample->busy = observe->busy;
	ln_history_add(&observe->history, sample);
	pthread_mutex_unlock(&observe->lock);
	ln_sample_free(sample);
	return true;
}

static bool answer_read(struct ln_observe *observe, struct rest rest,
			struct ln_bytes *answer)
{
	return ln_bridge_ask(&observe->control, LN_BRIDGE_READ, rest.text,
			     rest.len, answer);
}

static bool answer_act(struct ln_observe *observe, struct rest rest,
		       struct ln_bytes *answer)
{
	return ln_bridge_ask(&observe->control, LN_BRIDGE_ACT, rest.text,
			     rest.len, answer);
}

static bool answer_state(struct ln_observe *observe, struct rest rest,
			 struct ln_bytes *answer)
{
	const char *word = ln_observe_state_word(observe->runtime);

	(void)rest;
	ln_bytes_add(answer, word, strlen(word));
	return true;
}

static bool answer_history(struct ln_observe *observe, struct rest rest,
			   struct ln_bytes *answer)
{
	(void)rest;
	pthread_mutex_lock(&observe->lock);
	ln_history_put(&observe->history, answer);
	pthread_mutex_unlock(&observe->lock);
	return true;
}

static const struct {
	const char *word;
	bool (*answer)(struct ln_observe *observe, struct rest rest,
		       struct ln_bytes *answer);
} questions[] = {
	{ "act", answer_act },
	{ "address", answer_address },
	{ "failed", answer_failed },
	{ "history", answer_history },
	{ "listening", answer_listening },
	{ "metrics", answer_metrics },
	{ "overview", answer_overview },
	{ "read", answer_read },
	{ "state", answer_state },
	{ "tick", answer_tick },
	{ NULL, NULL },
};

bool ln_observe_answer(struct ln_observer *observer, const char *question,
		       size_t len, struct ln_bytes *answer)
{
	struct ln_observe *observe =
		ln_container_of(observer, struct ln_observe, observer);
	const char *blank = len > 0 ? memchr(question, ' ', len) : NULL;
	size_t word = blank != NULL ? (size_t)(blank - question) : len;
	struct rest rest = { question + len, 0 };

	if (blank != NULL)
		rest = (struct rest){ blank + 1, len - word - 1 };
	for (size_t i = 0; questions[i].word != NULL; i++) {
		if (strlen(questions[i].word) == word &&
		    memcmp(questions[i].word, question, word) == 0)
			return questions[i].answer(observe, rest, answer);
	}
	return refuse(answer, "there is no such question");
}
