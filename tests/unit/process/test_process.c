/* src/process/process.c and life.c: the life of native processes, and what they
 * send. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "process/life.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/parts.h"
#include "support/processes.h"
#include "support/tasks.h"

#if LN_TSAN
#define MANY 500
#else
#define MANY 5000
#endif

static void ends_as_its_body_says(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);

	(void)state;
	for (int i = LN_OUTCOME_NORMAL; i <= LN_OUTCOME_KILLED; i++) {
		enum ln_outcome outcome = (enum ln_outcome)i;
		struct ln_process *process =
			test_process_start(environment, test_end_as, &outcome);
		uint32_t code = 0;

		assert_int_equal(ln_process_wait(process, &code), outcome);
		assert_int_equal(code, 42);
		/* Again, when it has long ended. */
		assert_int_equal(ln_process_wait(process, &code), outcome);
		ln_process_release(process);
	}
	test_environment_free(environment);
}

static void kill_ends_a_wait(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *process =
		test_process_start(environment, test_receive_one, &part);

	(void)state;
	test_process_wait_parked(process);
	ln_process_kill(process);
	ln_process_kill(process);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	assert_int_equal(part.error, LN_EKILLED);
	test_environment_free(environment);
}

static int freed;

static void count_free(void *argument)
{
	(void)argument;
	freed++;
}

static void killed_before_it_runs(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *process;

	(void)state;
	freed = 0;
	assert_int_equal(
		ln_process_new(environment, test_receive_one, &part, &process),
		0);
	process->free_argument = count_free;
	ln_process_kill(process);
	assert_int_equal(ln_process_start(process), 0);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	assert_int_equal(part.ran, 0);
	assert_int_equal(freed, 1);
	test_environment_free(environment);
}

/* A kill that comes while the body returns is still a kill. */
static enum ln_outcome return_when_killed(struct ln_process *self)
{
	struct test_part *part = self->argument;

	atomic_store(&part->ready, true);
	while (!ln_task_interrupted(&self->task))
		ln_task_yield(&self->task);
	return LN_OUTCOME_NORMAL;
}

static void kill_wins_over_return(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *process =
		test_process_start(environment, return_when_killed, &part);

	(void)state;
	while (!atomic_load(&part.ready))
		test_nap();
	ln_process_kill(process);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	test_environment_free(environment);
}

static void discarded_tells_nobody(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *peer =
		test_process_start(environment, test_receive_one, &part);
	struct ln_process *process;

	(void)state;
	freed = 0;
	assert_int_equal(
		ln_process_new(environment, test_receive_one, &part, &process),
		0);
	process->free_argument = count_free;
	assert_int_equal(ln_process_link(process, peer, 1, 2), 0);
	ln_process_discard(process);
	assert_int_equal(freed, 1);
	assert_int_equal(test_send(peer, 33), 0);
	assert_int_equal(test_process_wait(peer), LN_OUTCOME_NORMAL);
	assert_int_equal(part.got_tag, 33);
	assert_int_equal(part.ran, 1);
	test_environment_free(environment);
}

static void the_dead_get_no_messages(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *process =
		test_process_start(environment, test_receive_one, &part);
	uint32_t code;

	(void)state;
	assert_int_equal(test_send(process, 5), 0);
	assert_int_equal(ln_process_wait(process, &code), LN_OUTCOME_NORMAL);
	assert_int_equal(part.got_tag, 5);
	assert_int_equal(test_send(process, 6), LN_EDEAD);
	ln_process_kill(process);
	assert_int_equal(ln_process_wait(process, &code), LN_OUTCOME_NORMAL);
	ln_process_release(process);
	test_environment_free(environment);
}

static void full_mailbox_still_hears_signals(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct ln_process *process;
	struct ln_process *peer;
	struct test_part part = { .received = 0 };
	struct test_part other = { .received = 0 };

	(void)state;
	limits.max_messages = 3;
	environment = test_environment_new(2, &limits);
	process = test_process_start(environment, test_ignore_mail, &part);
	peer = test_process_start(environment, test_receive_one, &other);
	atomic_store(&process->die_when_link_dies, false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(test_send(process, 1), 0);
	assert_int_equal(test_send(process, 1), LN_EFULL);
	/* A link, its death, and a kill need no room. */
	assert_int_equal(ln_process_link(process, peer, 8, 9), 0);
	ln_process_kill(peer);
	assert_int_equal(test_process_wait(peer), LN_OUTCOME_KILLED);
	assert_int_equal(test_send(process, 1), LN_EFULL);
	assert_int_equal(process->task.state == LN_TASK_DONE, false);
	ln_process_kill(process);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	test_environment_free(environment);
}

struct receiver {
	int64_t tags[3];
	uint32_t count;
	uint64_t timeout_ms;
	int results[3];
	int64_t got[3];
	int64_t deadline;
	int64_t ended;
};

/* Receives three times in the same way. */
static enum ln_outcome receive_three(struct ln_process *self)
{
	struct receiver *part = self->argument;

	for (int i = 0; i < 3; i++) {
		struct ln_message *got;

		part->deadline = ln_time_after_ms(part->timeout_ms);
		part->results[i] = ln_process_receive(
			self, (const uint8_t *)part->tags, part->count,
			part->deadline, false, &got);
		part->ended = ln_time_now();
		if (part->results[i] < 0)
			continue;
		part->got[i] = got->tag;
		ln_message_free(got);
	}
	return LN_OUTCOME_NORMAL;
}

static void receives_by_tag(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct receiver part = { .tags = { 7, 8, 9 },
				 .count = 3,
				 .timeout_ms = UINT64_MAX };
	struct ln_process *process;

	(void)state;
	assert_int_equal(
		ln_process_new(environment, receive_three, &part, &process), 0);
	/* Some before it runs, the rest while it waits. */
	assert_int_equal(test_send(process, 1), 0);
	assert_int_equal(test_send(process, 9), 0);
	assert_int_equal(ln_process_start(process), 0);
	test_process_wait_parked(process);
	assert_int_equal(test_send(process, 2), 0);
	assert_int_equal(test_send(process, 0), 0);
	assert_int_equal(test_send(process, 7), 0);
	assert_int_equal(test_send(process, 8), 0);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(part.got[0], 9);
	assert_int_equal(part.got[1], 7);
	assert_int_equal(part.got[2], 8);
	test_environment_free(environment);
}

static void receive_times_out(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct receiver part = { .tags = { 7 }, .count = 1, .timeout_ms = 3 };
	struct ln_process *process;

	(void)state;
	process = test_process_start(environment, receive_three, &part);
	assert_int_equal(test_send(process, 1), 0); /* not this one */
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	for (int i = 0; i < 3; i++)
		assert_int_equal(part.results[i], LN_ETIMEDOUT);
	assert_true(part.ended >= part.deadline);
	test_environment_free(environment);
}

/* A deadline that has passed still takes what is there. */
static void no_time_is_enough_for_what_is_there(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct receiver part = { .count = 0, .timeout_ms = 0 };
	struct ln_process *process;

	(void)state;
	assert_int_equal(
		ln_process_new(environment, receive_three, &part, &process), 0);
	assert_int_equal(test_send(process, 11), 0);
	assert_int_equal(test_send(process, 12), 0);
	assert_int_equal(ln_process_start(process), 0);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(part.got[0], 11);
	assert_int_equal(part.got[1], 12);
	assert_int_equal(part.results[2], LN_ETIMEDOUT);
	test_environment_free(environment);
}

/* Asks, and waits for an answer that can only be newer than the question. */
static enum ln_outcome ask(struct ln_process *self)
{
	struct test_part *part = self->argument;
	struct ln_message *got;

	ln_process_skip(self);
	atomic_store(&part->ready, true);
	part->error = ln_process_receive(self, (const uint8_t *)&part->tag, 1,
					 LN_NEVER, true, &got);
	if (part->error < 0)
		return LN_OUTCOME_KILLED;
	part->received = (int)got->size;
	ln_message_free(got);
	return LN_OUTCOME_NORMAL;
}

static void fresh_passes_over_older_ones(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct test_part part = { .tag = 4 };
	struct ln_message *answer = test_message(4);
	struct ln_process *process;

	(void)state;
	assert_int_equal(ln_process_new(environment, ask, &part, &process), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(test_send(process, 4), 0);
	assert_int_equal(ln_process_start(process), 0);
	while (!atomic_load(&part.ready))
		test_nap();
	assert_int_equal(ln_message_write(answer, "fresh", 5, 100), 0);
	assert_int_equal(ln_process_send(process, answer), 0);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(part.received, 5);
	test_environment_free(environment);
}

/* Waits for a tag in a piece of memory, and gives that back when killed. */
static enum ln_outcome search_long(struct ln_process *self)
{
	struct test_part *part = self->argument;
	int64_t *tag = malloc(sizeof(*tag));
	struct ln_message *got;

	if (tag == NULL)
		return LN_OUTCOME_TRAPPED;
	*tag = 1;
	part->error = ln_process_receive(self, (const uint8_t *)tag, 1,
					 LN_NEVER, false, &got);
	free(tag);
	/* Others still send to it: they must not look at the tag any more. */
	ln_process_lock(self);
	part->received = self->mailbox.waiting;
	ln_process_unlock(self);
	return LN_OUTCOME_KILLED;
}

/* Sends the searcher on a long search, and kills it in the middle. */
static enum ln_outcome interrupt_search(struct ln_process *self)
{
	struct test_part *part = self->argument;
	uint64_t slices = part->peer->task.slices;

	for (int i = 0; i < 50000; i++)
		test_send(part->peer, 2);
	ln_task_wake(&part->peer->task); /* for nothing */
	while (part->peer->task.slices == slices)
		ln_task_yield(&self->task);
	ln_process_kill(part->peer);
	return LN_OUTCOME_NORMAL;
}

static void killed_search_forgets_its_tags(void **state)
{
	/* One worker: the searcher yields to its killer between two pieces. */
	struct ln_environment *environment = test_environment_new(1, NULL);

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct test_part parts[2] = { { .error = 0 }, { .error = 0 } };
		struct ln_process *searcher =
			test_process_start(environment, search_long, &parts[0]);
		struct ln_process *killer;

		test_process_wait_parked(searcher);
		parts[1].peer = searcher;
		killer = test_process_start(environment, interrupt_search,
					    &parts[1]);
		assert_int_equal(test_process_wait(killer), LN_OUTCOME_NORMAL);
		assert_int_equal(test_process_wait(searcher),
				 LN_OUTCOME_KILLED);
		assert_int_equal(parts[0].error, LN_EKILLED);
		assert_int_equal(parts[0].received, 0);
	}
	test_environment_free(environment);
}

static void *wait_in_thread(void *process)
{
	uint32_t code;

	return (void *)(uintptr_t)ln_process_wait(process, &code);
}

static void several_threads_wait(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *process =
		test_process_start(environment, test_receive_one, &part);
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						wait_in_thread, process),
				 0);
	test_nap();
	ln_process_kill(process);
	for (int i = 0; i < 3; i++) {
		void *outcome;

		pthread_join(threads[i], &outcome);
		assert_int_equal((uintptr_t)outcome, LN_OUTCOME_KILLED);
	}
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_as_its_body_says),
		cmocka_unit_test(kill_ends_a_wait),
		cmocka_unit_test(killed_before_it_runs),
		cmocka_unit_test(kill_wins_over_return),
		cmocka_unit_test(discarded_tells_nobody),
		cmocka_unit_test(the_dead_get_no_messages),
		cmocka_unit_test(full_mailbox_still_hears_signals),
		cmocka_unit_test(receives_by_tag),
		cmocka_unit_test(receive_times_out),
		cmocka_unit_test(no_time_is_enough_for_what_is_there),
		cmocka_unit_test(fresh_passes_over_older_ones),
		cmocka_unit_test(killed_search_forgets_its_tags),
		cmocka_unit_test(several_threads_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
