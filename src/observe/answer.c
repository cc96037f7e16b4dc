/*
 * DESIGN
 * A question is a word, and perhaps what belongs to it behind a blank. The
 * guest that asks is ours, but what it asks may come from a client: each
 * question is checked here. Those that act are apart from those that read, and
 * the guest lets nobody ask the former without the token in a header.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "cluster/node.h"
#include "lunatic_version.h"
#include "observe/metrics.h"
#include "observe/numbers.h"
#include "observe/observe_impl.h"
#include "observe/sample.h"
#include "process/runtime.h"

/* What is behind the word. */
struct rest {
	const char *text;
	size_t len;
};

static bool refuse(struct ln_bytes *answer, const char *why)
{
	ln_bytes_add(answer, why, strlen(why));
	return false;
}

static bool take_sample(struct ln_observe *observe, struct ln_sample *sample,
			struct ln_bytes *answer)
{
	if (ln_sample_take(observe->runtime, sample) == 0)
		return true;
	return refuse(answer, "memory is short");
}

/* It is used by one thread at a time, as the guest's first process and its
 * clock ask nothing else. */
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

static bool answer_metrics(struct ln_observe *observe, struct rest rest,
			   struct ln_bytes *answer)
{
	struct ln_sample sample;

	(void)rest;
	if (!take_sample(observe, &sample, answer))
		return false;
	/* Pairs with ln_observe_set_member. */
	ln_observe_metrics(
		observe->runtime,
		atomic_load_explicit(&observe->member, memory_order_acquire),
		&sample, answer);
	return true;
}

static bool answer_tick(struct ln_observe *observe, struct rest rest,
			struct ln_bytes *answer)
{
	struct ln_sample sample;

	(void)rest;
	if (!take_sample(observe, &sample, answer))
		return false;
	pthread_mutex_lock(&observe->lock);
	ln_history_add(&observe->history, &sample);
	pthread_mutex_unlock(&observe->lock);
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
	{ "failed", answer_failed },       { "history", answer_history },
	{ "listening", answer_listening }, { "metrics", answer_metrics },
	{ "tick", answer_tick },
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
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		if (strlen(questions[i].word) == word &&
		    memcmp(questions[i].word, question, word) == 0)
			return questions[i].answer(observe, rest, answer);
	}
	return refuse(answer, "there is no such question");
}
