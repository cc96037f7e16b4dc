/* src/process/mailbox.c: order, tags, bounds, and the one bit that says whether
 * the owner must be woken; against a model with random steps. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/account.h"
#include "process/mailbox.h"
#include "process/message.h"

#if LN_TSAN
#define STEPS 6000
#else
#define STEPS 60000
#endif
#define MAX_COUNT 3000 /* messages in the model */

static struct ln_mailbox mailbox;
static int next_number;

/* A message that carries the number of its creation. */
static struct ln_message *numbered(enum ln_message_kind kind, int64_t tag)
{
	struct ln_message *message = ln_message_new(kind, tag, 0);

	assert_non_null(message);
	assert_int_equal(ln_message_write(message, &next_number,
					  sizeof(next_number), UINT64_MAX),
			 0);
	next_number++;
	return message;
}

static int number_of(const struct ln_message *message)
{
	int number;

	memcpy(&number, message->data, sizeof(number));
	return number;
}

/* Pushes a data message; returns what the push said. */
static enum ln_push push(int64_t tag)
{
	struct ln_message *message = numbered(LN_MESSAGE_DATA, tag);
	enum ln_push result = ln_mailbox_push(&mailbox, message);

	if (result == LN_PUSH_FULL || result == LN_PUSH_CLOSED)
		ln_message_free(message);
	return result;
}

static struct ln_wanted any(void)
{
	return (struct ln_wanted){ .count = 0 };
}

static struct ln_wanted tagged(const int64_t *tags, uint32_t count)
{
	return (struct ln_wanted){ .tags = (const uint8_t *)tags,
				   .count = count };
}

/* Takes until there is an answer; the number of the message, or -1. */
static int take(struct ln_wanted wanted)
{
	struct ln_message *message = NULL;
	enum ln_take result;
	int number;

	do {
		result = ln_mailbox_take(&mailbox, &wanted, &message);
	} while (result == LN_TAKE_MORE);
	if (result == LN_TAKE_NONE)
		message = ln_mailbox_stop_waiting(&mailbox);
	if (message == NULL)
		return -1;
	number = number_of(message);
	ln_message_free(message);
	return number;
}

static int take_tag(int64_t tag)
{
	return take(tagged(&tag, 1));
}

static void open_mailbox(uint64_t max_messages, uint64_t max_bytes)
{
	ln_mailbox_init(&mailbox, max_messages, max_bytes, NULL);
	next_number = 0;
}

static void close_mailbox(void)
{
	ln_lock_acquire(&mailbox.lock);
	ln_mailbox_close_locked(&mailbox);
	ln_lock_release(&mailbox.lock);
	ln_mailbox_deinit(&mailbox);
	assert_int_equal(ln_mailbox_count(&mailbox), 0);
}

static void keeps_their_order(void **state)
{
	(void)state;
	open_mailbox(0, 0);
	assert_int_equal(take(any()), -1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(push(i % 5), LN_PUSH_QUEUED);
	assert_int_equal(ln_mailbox_count(&mailbox), 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(take(any()), i);
	assert_int_equal(take(any()), -1);
	assert_int_equal(ln_mailbox_count(&mailbox), 0);
	close_mailbox();
}

/* Pushes until the mailbox is crowded; returns how many messages it has. */
static uint64_t push_until_crowded(void)
{
	enum ln_push result;

	do
		result = push(1);
	while (result == LN_PUSH_QUEUED);
	assert_int_equal(result, LN_PUSH_CROWDED);
	return ln_mailbox_count(&mailbox);
}

static void says_when_it_is_crowded(void **state)
{
	(void)state;
	open_mailbox(5000, 0);
	assert_int_equal(push_until_crowded(), LN_MAILBOX_CROWDED + 1);
	/* Not again while it has fewer than twice as many. */
	for (int i = 0; i < 1000; i++)
		take(any());
	assert_int_equal(push_until_crowded(), 2 * LN_MAILBOX_CROWDED + 1);
	assert_int_equal(push_until_crowded(), 4 * LN_MAILBOX_CROWDED + 1);
	while (push(1) == LN_PUSH_QUEUED) {
	}
	assert_int_equal(ln_mailbox_count(&mailbox), 5000);
	assert_int_equal(mailbox.dropped, 1);
	close_mailbox();
	open_mailbox(LN_MAILBOX_CROWDED, 0);
	while (push(1) == LN_PUSH_QUEUED) {
	}
	assert_int_equal(ln_mailbox_count(&mailbox), LN_MAILBOX_CROWDED);
	assert_int_equal(mailbox.dropped, 1);
	close_mailbox();
}

static void takes_the_oldest_of_a_tag(void **state)
{
	(void)state;
	open_mailbox(0, 0);
	push(1); /* 0 */
	push(2); /* 1 */
	push(0); /* 2 */
	push(2); /* 3 */
	push(1); /* 4 */
	assert_int_equal(take_tag(3), -1);
	assert_int_equal(take_tag(2), 1);
	assert_int_equal(take_tag(2), 3);
	assert_int_equal(take_tag(2), -1);
	/* Tag 0 asks for what no message has: none is tagged so. */
	assert_int_equal(take_tag(0), -1);
	assert_int_equal(take(any()), 0);
	assert_int_equal(take(any()), 2);
	assert_int_equal(take_tag(1), 4);
	assert_int_equal(take(any()), -1);
	close_mailbox();
}

static void several_tags_are_any_of_them(void **state)
{
	static const int64_t tags[] = { 7, -3, INT64_MIN };

	(void)state;
	open_mailbox(0, 0);
	push(1);         /* 0 */
	push(INT64_MIN); /* 1 */
	push(-3);        /* 2 */
	push(7);         /* 3 */
	push(8);         /* 4 */
	for (int i = 1; i <= 3; i++)
		assert_int_equal(take(tagged(tags, 3)), i);
	assert_int_equal(take(tagged(tags, 3)), -1);
	close_mailbox();
}

/* The tags lie in a guest's memory, wherever it likes. */
static void tags_may_be_unaligned(void **state)
{
	const int64_t tag = 0x0102030405060708;
	uint8_t bytes[8 + sizeof(tag)];

	(void)state;
	open_mailbox(0, 0);
	for (size_t shift = 0; shift < 8; shift++) {
		struct ln_wanted wanted = { .tags = bytes + shift, .count = 1 };

		memcpy(bytes + shift, &tag, sizeof(tag));
		push(tag - 1);
		push(tag);
		assert_int_equal(take(wanted), next_number - 1);
	}
	close_mailbox();
}

static void more_tags_than_a_sender_compares(void **state)
{
	int64_t *tags = calloc(20000, sizeof(*tags));

	(void)state;
	assert_non_null(tags);
	for (int i = 0; i < 20000; i++)
		tags[i] = 1000 + i;
	open_mailbox(0, 0);
	push(5);     /* 0 */
	push(20999); /* 1: the last tag, many pieces of search away */
	push(6);     /* 2 */
	push(1000);  /* 3 */
	assert_int_equal(take(tagged(tags, 20000)), 1);
	assert_int_equal(take(tagged(tags, 20000)), 3);
	assert_int_equal(take(tagged(tags, 20000)), -1);
	close_mailbox();
	free(tags);
}

/* Begins to wait as the owner does before it parks. */
static void wait_for(struct ln_wanted *wanted)
{
	struct ln_message *message;

	assert_int_equal(ln_mailbox_take(&mailbox, wanted, &message),
			 LN_TAKE_NONE);
}

static void wakes_only_on_a_match(void **state)
{
	static const int64_t tags[] = { 3, 4 };
	struct ln_wanted wanted = tagged(tags, 2);
	struct ln_message *message;

	(void)state;
	open_mailbox(0, 0);
	/* Nobody waits. */
	assert_int_equal(push(3), LN_PUSH_QUEUED);
	assert_int_equal(take(any()), 0);
	wait_for(&wanted);
	assert_int_equal(push(0), LN_PUSH_QUEUED);
	assert_int_equal(push(5), LN_PUSH_QUEUED);
	assert_int_equal(push(4), LN_PUSH_WAKE);
	/* Once is enough. */
	assert_int_equal(push(4), LN_PUSH_QUEUED);
	assert_int_equal(ln_mailbox_take(&mailbox, &wanted, &message),
			 LN_TAKE_FOUND);
	assert_int_equal(number_of(message), 3);
	ln_message_free(message);
	/* The owner does not wait any more. */
	assert_int_equal(push(3), LN_PUSH_QUEUED);
	close_mailbox();
}

static void wakes_for_any_message(void **state)
{
	struct ln_wanted wanted = any();
	struct ln_message *message;

	(void)state;
	open_mailbox(0, 0);
	wait_for(&wanted);
	assert_int_equal(push(0), LN_PUSH_WAKE);
	assert_int_equal(push(0), LN_PUSH_QUEUED);
	assert_int_equal(take(any()), 0);
	assert_int_equal(take(any()), 1);
	wait_for(&wanted);
	assert_null(ln_mailbox_stop_waiting(&mailbox));
	assert_int_equal(push(0), LN_PUSH_QUEUED);
	/* A match that comes at the last moment is not left behind. */
	assert_int_equal(take(any()), 2);
	wait_for(&wanted);
	assert_int_equal(push(0), LN_PUSH_WAKE);
	message = ln_mailbox_stop_waiting(&mailbox);
	assert_non_null(message);
	assert_int_equal(number_of(message), 3);
	ln_message_free(message);
	assert_int_equal(ln_mailbox_count(&mailbox), 0);
	close_mailbox();
}

/* Who only asks whether there is a message takes none, and loses none. */
static void awaits_without_taking(void **state)
{
	int64_t tag = 7;
	struct ln_wanted tagged = { .tags = (const uint8_t *)&tag, .count = 1 };

	(void)state;
	open_mailbox(0, 0);
	assert_false(ln_mailbox_await(&mailbox));
	assert_false(ln_mailbox_await(&mailbox));
	assert_int_equal(push(0), LN_PUSH_WAKE);
	assert_int_equal(push(7), LN_PUSH_QUEUED);
	assert_true(ln_mailbox_await(&mailbox));
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(ln_mailbox_count(&mailbox), 2);
	/* A search by tag does not find what woke it. */
	assert_int_equal(take(tagged), 1);
	assert_true(ln_mailbox_await(&mailbox));
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(take(any()), 0);
	/* Nobody waits any more: a push wakes nobody. */
	assert_false(ln_mailbox_await(&mailbox));
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(push(0), LN_PUSH_QUEUED);
	assert_true(ln_mailbox_await(&mailbox));
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(push(0), LN_PUSH_QUEUED);
	assert_int_equal(take(any()), 2);
	assert_int_equal(take(any()), 3);
	close_mailbox();
}

/* News is what came since the last that was noticed, taken out or not; what
 * woke its owner comes behind all that was there, and before all that came
 * later. */
static void awaits_what_is_new(void **state)
{
	(void)state;
	open_mailbox(0, 0);
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 0);
	assert_int_equal(push(1), LN_PUSH_WAKE);
	assert_int_equal(push(2), LN_PUSH_QUEUED);
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 1);
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 1);
	ln_mailbox_notice(&mailbox);
	/* Nobody has searched these two. */
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 0);
	assert_int_equal(push(3), LN_PUSH_WAKE);
	assert_int_equal(push(4), LN_PUSH_QUEUED);
	ln_mailbox_notice(&mailbox);
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(take_tag(9), -1);
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 0);
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(push(5), LN_PUSH_QUEUED);
	for (int i = 0; i < 5; i++)
		assert_int_equal(take(any()), i);
	/* It is gone, and news all the same. */
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 1);
	ln_mailbox_notice(&mailbox);
	assert_int_equal(ln_mailbox_await_arrival(&mailbox), 0);
	ln_mailbox_stop_awaiting(&mailbox);
	assert_int_equal(take(any()), -1);
	close_mailbox();
}

/* With many tags a sender does not compare: it wakes, perhaps for nothing. */
static void wakes_always_for_many_tags(void **state)
{
	static const int64_t tags[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct ln_wanted wanted = tagged(tags, 9);

	(void)state;
	open_mailbox(0, 0);
	wait_for(&wanted);
	assert_int_equal(push(77), LN_PUSH_WAKE);
	wait_for(&wanted);
	assert_int_equal(push(9), LN_PUSH_WAKE);
	assert_int_equal(take(wanted), 1);
	close_mailbox();
}

static void bounds_count_data_only(void **state)
{
	struct ln_message *signal;

	(void)state;
	open_mailbox(3, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(push(1), LN_PUSH_QUEUED);
	assert_int_equal(push(1), LN_PUSH_FULL); /* 3 */
	assert_int_equal(mailbox.dropped, 1);
	/* A signal is let in. */
	signal = numbered(LN_MESSAGE_LINK_DIED, 9); /* 4 */
	assert_int_equal(ln_mailbox_push(&mailbox, signal), LN_PUSH_QUEUED);
	assert_int_equal(push(1), LN_PUSH_FULL); /* 5 */
	assert_int_equal(ln_mailbox_count(&mailbox), 3);
	/* Taking a data message makes room for one, taking a signal does not.
	 */
	assert_int_equal(take_tag(9), 4);
	assert_int_equal(push(1), LN_PUSH_FULL); /* 6 */
	assert_int_equal(take(any()), 0);
	assert_int_equal(push(1), LN_PUSH_QUEUED); /* 7 */
	assert_int_equal(push(1), LN_PUSH_FULL);
	close_mailbox();
}

static void bounds_count_bytes(void **state)
{
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, 0, 0);
	size_t weight = ln_message_weight(message);
	struct ln_message *large;
	uint8_t bytes[4096] = { 0 };

	(void)state;
	ln_message_free(message);
	open_mailbox(0, weight * 3 + 100);
	large = numbered(LN_MESSAGE_DATA, 0);
	assert_int_equal(
		ln_message_write(large, bytes, sizeof(bytes), UINT64_MAX), 0);
	assert_int_equal(ln_mailbox_push(&mailbox, large), LN_PUSH_FULL);
	ln_message_free(large);
	for (int i = 0; i < 3; i++)
		assert_int_equal(push(0), LN_PUSH_QUEUED);
	assert_int_equal(push(0), LN_PUSH_FULL);
	assert_int_equal(take(any()), 1);
	assert_int_equal(push(0), LN_PUSH_QUEUED);
	close_mailbox();
}

static void full_wakes_nobody(void **state)
{
	struct ln_wanted wanted = any();

	(void)state;
	open_mailbox(1, 1); /* nothing weighs so little */
	wait_for(&wanted);
	assert_int_equal(push(0), LN_PUSH_FULL);
	assert_true(mailbox.waiting);
	close_mailbox();
}

static void closed_refuses_everything(void **state)
{
	struct ln_wanted wanted = any();
	struct ln_message *signal;

	(void)state;
	open_mailbox(0, 0);
	push(1);
	take_tag(5); /* moves it to the queue */
	push(2);
	wanted = tagged((const int64_t[]){ 5 }, 1);
	wait_for(&wanted);
	ln_lock_acquire(&mailbox.lock);
	ln_mailbox_close_locked(&mailbox);
	ln_lock_release(&mailbox.lock);
	assert_int_equal(push(5), LN_PUSH_CLOSED);
	signal = numbered(LN_MESSAGE_LINK_DIED, 5);
	assert_int_equal(ln_mailbox_push(&mailbox, signal), LN_PUSH_CLOSED);
	ln_message_free(signal);
	/* Frees what is in all of its stages. */
	ln_mailbox_deinit(&mailbox);
	assert_int_equal(ln_mailbox_count(&mailbox), 0);
}

static void fresh_begins_behind_a_skip(void **state)
{
	struct ln_wanted fresh;

	(void)state;
	open_mailbox(0, 0);
	push(1); /* 0 */
	push(2); /* 1 */
	ln_mailbox_skip(&mailbox);
	fresh = any();
	fresh.from = mailbox.end;
	push(1); /* 2 */
	push(2); /* 3 */
	assert_int_equal(take(fresh), 2);
	/* The older ones are still there, in order. */
	assert_int_equal(take_tag(2), 1);
	assert_int_equal(take(any()), 0);
	assert_int_equal(take(any()), 3);

	push(1); /* 4 */
	ln_mailbox_skip(&mailbox);
	fresh = tagged((const int64_t[]){ 1 }, 1);
	fresh.from = mailbox.end;
	assert_int_equal(take(fresh), -1);
	assert_int_equal(take_tag(1), 4);
	close_mailbox();
}

/* A long search comes in pieces, and goes on where it was. */
static void long_searches_come_in_pieces(void **state)
{
	struct ln_wanted wanted = tagged((const int64_t[]){ 2 }, 1);
	struct ln_message *message = NULL;
	enum ln_take result;
	int pieces = 0;

	(void)state;
	open_mailbox(0, 0);
	for (int i = 0; i < 20000; i++)
		push(1);
	push(2);
	while ((result = ln_mailbox_take(&mailbox, &wanted, &message)) ==
	       LN_TAKE_MORE) {
		pieces++;
		/* What comes meanwhile is looked at, too, but later. */
		push(2);
	}
	assert_int_equal(result, LN_TAKE_FOUND);
	assert_int_equal(number_of(message), 20000);
	ln_message_free(message);
	assert_true(pieces >= 4);
	assert_true(pieces <= 20000);
	for (int i = 1; i <= pieces; i++)
		assert_int_equal(take_tag(2), 20000 + i);
	assert_int_equal(take_tag(2), -1);
	assert_int_equal(take(any()), 0);
	close_mailbox();
}

/* Messages taken from the middle do not keep their places. */
static void holes_are_used_again(void **state)
{
	(void)state;
	open_mailbox(0, 0);
	push(1); /* stays at the front */
	for (int i = 0; i < STEPS; i++) {
		push(2);
		push(3);
		assert_int_equal(take_tag(3), next_number - 1);
		if (i >= 5)
			assert_int_equal(take_tag(2), (i - 5) * 2 + 1);
	}
	assert_true(mailbox.room <= 1024);
	assert_int_equal(take(any()), 0);
	close_mailbox();
}

struct entry {
	int64_t tag;
	int number;
};

static struct entry model[MAX_COUNT];
static size_t model_count;

/* Takes the oldest match out of the model; its number, or -1. */
static int model_take(const int64_t *tags, uint32_t count, size_t from)
{
	for (size_t i = from; i < model_count; i++) {
		bool match = count == 0;
		int number = model[i].number;

		for (uint32_t j = 0; j < count; j++)
			match = match ||
				(model[i].tag != 0 && model[i].tag == tags[j]);
		if (!match)
			continue;
		memmove(&model[i], &model[i + 1],
			(model_count - i - 1) * sizeof(model[0]));
		model_count--;
		return number;
	}
	return -1;
}

static uint64_t random_state;

static unsigned choose(unsigned bound)
{
	random_state = random_state * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
	return (unsigned)((random_state >> 33) % bound);
}

static void push_both(void)
{
	int64_t tag = choose(6);
	bool room = model_count < MAX_COUNT - 1;

	if (room)
		model[model_count++] =
			(struct entry){ .tag = tag, .number = next_number };
	if (room)
		assert_in_range(push(tag), LN_PUSH_QUEUED, LN_PUSH_CROWDED);
	else
		assert_int_equal(push(tag), LN_PUSH_FULL);
}

static void take_both(void)
{
	int64_t tags[12];
	uint32_t count = choose(4) == 0 ? 0 : 1 + choose(12);

	for (uint32_t i = 0; i < count; i++)
		tags[i] = choose(count > 3 ? 4 : 7);
	assert_int_equal(take(count > 0 ? tagged(tags, count) : any()),
			 model_take(tags, count, 0));
}

/* Skips, lets some more come in, and takes only from those. */
static void take_fresh_from_both(void)
{
	size_t from = model_count;
	struct ln_wanted wanted;
	int64_t tag = 1 + choose(5);

	ln_mailbox_skip(&mailbox);
	wanted = choose(2) ? any() : tagged(&tag, 1);
	wanted.from = mailbox.end;
	for (unsigned i = choose(4); i > 0; i--)
		push_both();
	assert_int_equal(take(wanted), model_take(&tag, wanted.count, from));
}

static void random_steps_match_a_model(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		random_state = seed;
		model_count = 0;
		open_mailbox(MAX_COUNT - 1, 0);
		for (int step = 0; step < STEPS; step++) {
			/* Waves: it fills up, and runs empty. */
			unsigned pushes = step / (STEPS / 8) % 2 == 0 ? 65 : 40;
			unsigned dice = choose(100);

			if (dice < pushes)
				push_both();
			else if (dice < 95)
				take_both();
			else
				take_fresh_from_both();
			assert_int_equal(ln_mailbox_count(&mailbox),
					 model_count);
		}
		while (model_count > 0)
			assert_int_equal(take(any()), model_take(NULL, 0, 0));
		assert_int_equal(take(any()), -1);
		close_mailbox();
	}
}

#define SENDERS 4
#define SENT 20000

static void *send_numbers(void *argument)
{
	int64_t sender = *(int64_t *)argument;

	for (int i = 0; i < SENT; i++) {
		struct ln_message *message =
			ln_message_new(LN_MESSAGE_DATA, sender, 0);

		if (message == NULL ||
		    ln_message_write(message, &i, sizeof(i), UINT64_MAX) < 0)
			abort();
		if (ln_mailbox_push(&mailbox, message) == LN_PUSH_FULL)
			abort();
	}
	return NULL;
}

/* What one sender sends arrives in its order, whatever the others do. */
static void senders_keep_their_order(void **state)
{
	int64_t tags[SENDERS];
	pthread_t threads[SENDERS];
	int next[SENDERS] = { 0 };

	(void)state;
	open_mailbox(0, 0);
	for (int i = 0; i < SENDERS; i++) {
		tags[i] = i + 1;
		assert_int_equal(pthread_create(&threads[i], NULL, send_numbers,
						&tags[i]),
				 0);
	}
	for (int got = 0, tries = 0; got < SENDERS * SENT; tries++) {
		struct ln_wanted wanted = any();
		struct ln_message *message;

		if (tries % 3 == 0)
			wanted = tagged(&tags[tries % SENDERS], 1);
		if (ln_mailbox_take(&mailbox, &wanted, &message) !=
		    LN_TAKE_FOUND)
			message = ln_mailbox_stop_waiting(&mailbox);
		if (message == NULL)
			continue;
		assert_int_equal(number_of(message), next[message->tag - 1]);
		next[message->tag - 1]++;
		ln_message_free(message);
		got++;
	}
	for (int i = 0; i < SENDERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(next[i], SENT);
	}
	close_mailbox();
}

/* What is more than a little is charged, and given back when it is empty, or
 * closed. */
static void charges_an_account(void **state)
{
	struct ln_account above = { .max = 1 << 20 };
	struct ln_account account = { .above = &above, .max = 1 << 20 };
	struct ln_wanted any = { 0 };
	struct ln_message *message;
	int pushed = 0;

	(void)state;
	ln_mailbox_init(&mailbox, 0, 0, &account);
	for (int round = 0; round < 2; round++) {
		pushed = 0;
		for (;;) {
			message = ln_message_new(LN_MESSAGE_DATA, 1, 1000);
			if (ln_mailbox_push(&mailbox, message) == LN_PUSH_FULL)
				break;
			if (pushed++ == 0)
				assert_int_equal(account.used, 0);
		}
		ln_message_free(message);
		/* All of it was used. */
		assert_in_range(pushed, 800, 1100);
		assert_in_range(account.used, (1 << 20) - 2000, 1 << 20);
		assert_int_equal(above.used, account.used);
		while (round == 0 &&
		       ln_mailbox_take(&mailbox, &any, &message) ==
			       LN_TAKE_FOUND) {
			ln_message_free(message);
			any = (struct ln_wanted){ 0 };
		}
		if (round == 0) {
			assert_null(ln_mailbox_stop_waiting(&mailbox));
			assert_int_equal(account.used, 0);
			assert_int_equal(above.used, 0);
		}
	}
	close_mailbox();
	assert_int_equal(account.used, 0);
	assert_int_equal(above.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_their_order),
		cmocka_unit_test(says_when_it_is_crowded),
		cmocka_unit_test(takes_the_oldest_of_a_tag),
		cmocka_unit_test(several_tags_are_any_of_them),
		cmocka_unit_test(tags_may_be_unaligned),
		cmocka_unit_test(more_tags_than_a_sender_compares),
		cmocka_unit_test(wakes_only_on_a_match),
		cmocka_unit_test(wakes_for_any_message),
		cmocka_unit_test(awaits_without_taking),
		cmocka_unit_test(awaits_what_is_new),
		cmocka_unit_test(wakes_always_for_many_tags),
		cmocka_unit_test(bounds_count_data_only),
		cmocka_unit_test(bounds_count_bytes),
		cmocka_unit_test(full_wakes_nobody),
		cmocka_unit_test(closed_refuses_everything),
		cmocka_unit_test(fresh_begins_behind_a_skip),
		cmocka_unit_test(long_searches_come_in_pieces),
		cmocka_unit_test(holes_are_used_again),
		cmocka_unit_test(random_steps_match_a_model),
		cmocka_unit_test(senders_keep_their_order),
		cmocka_unit_test(charges_an_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
