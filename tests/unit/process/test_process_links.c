/* src/process/process.c: links, and what deaths do to others. */
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

/* Two processes that wait for a message; the first traps deaths. */
struct couple {
	struct ln_environment *environment;
	struct test_part parts[2];
	struct ln_process *processes[2];
};

static void start_couple(struct couple *couple)
{
	memset(couple, 0, sizeof(*couple));
	couple->environment = test_environment_new(2, NULL);
	for (int i = 0; i < 2; i++)
		couple->processes[i] =
			test_process_start(couple->environment,
					   test_receive_one, &couple->parts[i]);
	atomic_store(&couple->processes[0]->die_when_link_dies, false);
}

static void death_is_a_message_with_its_tag(void **state)
{
	struct couple couple;

	(void)state;
	start_couple(&couple);
	assert_int_equal(ln_process_link(couple.processes[0],
					 couple.processes[1], 21, 22),
			 0);
	/* Again: the tags of the last call count. */
	assert_int_equal(ln_process_link(couple.processes[0],
					 couple.processes[1], 31, 32),
			 0);
	ln_process_kill(couple.processes[1]);
	assert_int_equal(test_process_wait(couple.processes[1]),
			 LN_OUTCOME_KILLED);
	assert_int_equal(test_process_wait(couple.processes[0]),
			 LN_OUTCOME_NORMAL);
	assert_int_equal(couple.parts[0].got_kind, LN_MESSAGE_LINK_DIED);
	assert_int_equal(couple.parts[0].got_tag, 31);
	test_environment_free(couple.environment);
}

static void each_side_has_its_own_tag(void **state)
{
	struct couple couple;

	(void)state;
	start_couple(&couple);
	atomic_store(&couple.processes[1]->die_when_link_dies, false);
	assert_int_equal(ln_process_link(couple.processes[0],
					 couple.processes[1], 41, 42),
			 0);
	ln_process_kill(couple.processes[0]);
	assert_int_equal(test_process_wait(couple.processes[0]),
			 LN_OUTCOME_KILLED);
	assert_int_equal(test_process_wait(couple.processes[1]),
			 LN_OUTCOME_NORMAL);
	assert_int_equal(couple.parts[1].got_kind, LN_MESSAGE_LINK_DIED);
	assert_int_equal(couple.parts[1].got_tag, 42);
	test_environment_free(couple.environment);
}

static void death_kills_the_link(void **state)
{
	struct couple couple;

	(void)state;
	start_couple(&couple);
	assert_int_equal(
		ln_process_link(couple.processes[0], couple.processes[1], 1, 2),
		0);
	ln_process_kill(couple.processes[0]);
	assert_int_equal(test_process_wait(couple.processes[0]),
			 LN_OUTCOME_KILLED);
	assert_int_equal(test_process_wait(couple.processes[1]),
			 LN_OUTCOME_KILLED);
	test_environment_free(couple.environment);
}

static void normal_ends_are_not_told(void **state)
{
	struct couple couple;

	(void)state;
	start_couple(&couple);
	assert_int_equal(
		ln_process_link(couple.processes[0], couple.processes[1], 1, 2),
		0);
	assert_int_equal(test_send(couple.processes[1], 5), 0);
	assert_int_equal(test_process_wait(couple.processes[1]),
			 LN_OUTCOME_NORMAL);
	/* The first thing that the other hears is this. */
	assert_int_equal(test_send(couple.processes[0], 6), 0);
	assert_int_equal(test_process_wait(couple.processes[0]),
			 LN_OUTCOME_NORMAL);
	assert_int_equal(couple.parts[0].got_kind, LN_MESSAGE_DATA);
	assert_int_equal(couple.parts[0].got_tag, 6);
	test_environment_free(couple.environment);
}

static void unlinked_hear_nothing(void **state)
{
	struct couple couple;

	(void)state;
	start_couple(&couple);
	assert_int_equal(
		ln_process_link(couple.processes[0], couple.processes[1], 1, 2),
		0);
	ln_process_unlink(couple.processes[1], couple.processes[0]);
	ln_process_unlink(couple.processes[1], couple.processes[0]);
	ln_process_kill(couple.processes[1]);
	assert_int_equal(test_process_wait(couple.processes[1]),
			 LN_OUTCOME_KILLED);
	assert_int_equal(test_send(couple.processes[0], 6), 0);
	assert_int_equal(test_process_wait(couple.processes[0]),
			 LN_OUTCOME_NORMAL);
	assert_int_equal(couple.parts[0].got_kind, LN_MESSAGE_DATA);
	test_environment_free(couple.environment);
}

static void linking_to_the_dead(void **state)
{
	static enum ln_outcome outcomes[] = { LN_OUTCOME_NORMAL,
					      LN_OUTCOME_EXITED,
					      LN_OUTCOME_TRAPPED };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct couple couple;
		struct ln_process *dead;
		uint32_t code;

		start_couple(&couple);
		dead = test_process_start(couple.environment, test_end_as,
					  &outcomes[i]);
		assert_int_equal(ln_process_wait(dead, &code), outcomes[i]);
		assert_int_equal(
			ln_process_link(couple.processes[0], dead, 51, 52), 0);
		assert_int_equal(
			ln_process_link(couple.processes[1], dead, 0, 0), 0);
		ln_process_release(dead);
		/* Only failures are told; data comes after them. */
		test_send(couple.processes[0], 6);
		test_send(couple.processes[1], 6);
		assert_int_equal(test_process_wait(couple.processes[0]),
				 LN_OUTCOME_NORMAL);
		assert_int_equal(couple.parts[0].got_tag, i == 0 ? 6 : 51);
		assert_int_equal(test_process_wait(couple.processes[1]),
				 i == 0 ? LN_OUTCOME_NORMAL
					: LN_OUTCOME_KILLED);
		test_environment_free(couple.environment);
	}
}

static void one_is_not_linked_to_itself(void **state)
{
	struct couple couple;

	(void)state;
	start_couple(&couple);
	assert_int_equal(
		ln_process_link(couple.processes[0], couple.processes[0], 1, 1),
		0);
	assert_int_equal(ln_links_count(&couple.processes[0]->links), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(test_send(couple.processes[i], 6), 0);
		assert_int_equal(test_process_wait(couple.processes[i]),
				 LN_OUTCOME_NORMAL);
	}
	test_environment_free(couple.environment);
}

static void links_have_a_limit(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct ln_process *processes[5];
	struct test_part part = { .received = 0 };

	(void)state;
	limits.max_links = 3;
	environment = test_environment_new(1, &limits);
	for (int i = 0; i < 5; i++)
		processes[i] = test_process_start(environment, test_receive_one,
						  &part);
	for (int i = 1; i < 4; i++)
		assert_int_equal(
			ln_process_link(processes[0], processes[i], 0, 0), 0);
	/* On either side; nothing of the link is left behind. */
	assert_int_equal(ln_process_link(processes[0], processes[4], 0, 0),
			 LN_ELIMIT);
	assert_int_equal(ln_process_link(processes[4], processes[0], 0, 0),
			 LN_ELIMIT);
	assert_int_equal(ln_links_count(&processes[4]->links), 0);
	assert_int_equal(ln_links_count(&processes[0]->links), 3);
	for (int i = 0; i < 5; i++)
		ln_process_kill(processes[i]);
	for (int i = 0; i < 5; i++)
		assert_int_equal(test_process_wait(processes[i]),
				 LN_OUTCOME_KILLED);
	test_environment_free(environment);
}

/* A chain: one death takes them all. */
static void deaths_spread(void **state)
{
	static struct ln_process *processes[MANY];
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct test_part part = { .received = 0 };

	(void)state;
	for (int i = 0; i < MANY; i++) {
		processes[i] = test_process_start(environment, test_ignore_mail,
						  &part);
		if (i > 0)
			assert_int_equal(ln_process_link(processes[i],
							 processes[i - 1], 0,
							 0),
					 0);
	}
	ln_process_kill(processes[MANY / 2]);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(test_process_wait(processes[i]),
				 LN_OUTCOME_KILLED);
	test_environment_free(environment);
}

/* Receives deaths until all were told. */
static enum ln_outcome count_deaths(struct ln_process *self)
{
	struct test_part *part = self->argument;
	struct ln_message *got;

	while (part->received < MANY) {
		part->error = ln_process_receive(self, NULL, 0, LN_NEVER, false,
						 &got);
		if (part->error < 0)
			return LN_OUTCOME_KILLED;
		part->received += got->kind == LN_MESSAGE_LINK_DIED;
		part->got_tag += got->tag;
		ln_message_free(got);
	}
	return LN_OUTCOME_NORMAL;
}

static void a_supervisor_hears_of_all(void **state)
{
	static enum ln_outcome trapped = LN_OUTCOME_TRAPPED;
	struct ln_environment *environment = test_environment_new(4, NULL);
	struct test_part part = { .received = 0 };
	struct ln_process *supervisor;
	int64_t sum = 0;

	(void)state;
	assert_int_equal(
		ln_process_new(environment, count_deaths, &part, &supervisor),
		0);
	atomic_store(&supervisor->die_when_link_dies, false);
	assert_int_equal(ln_process_start(supervisor), 0);
	for (int i = 1; i <= MANY; i++) {
		struct ln_process *child;

		assert_int_equal(ln_process_new(environment, test_end_as,
						&trapped, &child),
				 0);
		assert_int_equal(ln_process_link(child, supervisor, 0, i), 0);
		assert_int_equal(ln_process_start(child), 0);
		ln_process_release(child);
		sum += i;
	}
	assert_int_equal(test_process_wait(supervisor), LN_OUTCOME_NORMAL);
	assert_int_equal(part.received, MANY);
	assert_int_equal(part.got_tag, sum);
	test_environment_free(environment);
}

/* What a parent sends before it ends arrives; the end comes after. */
static enum ln_outcome send_and_fail(struct ln_process *self)
{
	struct test_part *part = self->argument;

	for (int64_t tag = 1; tag <= 100; tag++)
		test_send(part->peer, tag);
	return LN_OUTCOME_TRAPPED;
}

static enum ln_outcome check_order(struct ln_process *self)
{
	struct test_part *part = self->argument;
	struct ln_message *got;
	bool died = false;

	while (!died) {
		part->error = ln_process_receive(self, NULL, 0, LN_NEVER, false,
						 &got);
		if (part->error < 0)
			return LN_OUTCOME_KILLED;
		died = got->kind == LN_MESSAGE_LINK_DIED;
		if (!died && got->tag == part->received + 1)
			part->received++;
		ln_message_free(got);
	}
	return LN_OUTCOME_NORMAL;
}

static void death_comes_after_what_was_sent(void **state)
{
	struct ln_environment *environment = test_environment_new(3, NULL);

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct test_part listener = { .received = 0 };
		struct test_part speaker = { .received = 0 };
		struct ln_process *processes[2];

		assert_int_equal(ln_process_new(environment, check_order,
						&listener, &processes[0]),
				 0);
		atomic_store(&processes[0]->die_when_link_dies, false);
		speaker.peer = processes[0];
		assert_int_equal(ln_process_new(environment, send_and_fail,
						&speaker, &processes[1]),
				 0);
		assert_int_equal(
			ln_process_link(processes[0], processes[1], 7, 0), 0);
		assert_int_equal(ln_process_start(processes[0]), 0);
		assert_int_equal(ln_process_start(processes[1]), 0);
		assert_int_equal(test_process_wait(processes[1]),
				 LN_OUTCOME_TRAPPED);
		assert_int_equal(test_process_wait(processes[0]),
				 LN_OUTCOME_NORMAL);
		assert_int_equal(listener.received, 100);
	}
	test_environment_free(environment);
}

struct stormer {
	struct ln_process **all;
	unsigned index;
	uint64_t seed;
};

#define STORM 60

/* Links, unlinks, sends, and in the end kills its neighbour. */
static enum ln_outcome make_storm(struct ln_process *self)
{
	struct stormer *part = self->argument;
	struct ln_message *got;

	for (int i = 0; i < 200; i++) {
		struct ln_process *peer;

		part->seed = part->seed * UINT64_C(6364136223846793005) + 1;
		peer = part->all[(part->seed >> 33) % STORM];
		switch (part->seed >> 60) {
		case 0:
		case 1:
			if (ln_process_link(self, peer, 1, 1) < 0)
				return LN_OUTCOME_TRAPPED;
			break;
		case 2:
			ln_process_unlink(self, peer);
			break;
		case 3:
			if (i > 150)
				ln_process_kill(peer);
			break;
		default:
			test_send(peer, 1);
			if (ln_process_receive(self, NULL, 0, ln_time_now(),
					       false, &got) == 0)
				ln_message_free(got);
			ln_task_yield(&self->task);
			break;
		}
		if (ln_task_interrupted(&self->task))
			return LN_OUTCOME_KILLED;
	}
	return LN_OUTCOME_NORMAL;
}

/* All at once: everything ends, and nothing is left (see the support's check
 * of references). */
static void storm_leaves_nothing(void **state)
{
	static struct stormer parts[STORM];
	static struct ln_process *all[STORM];
	struct ln_environment *environment = test_environment_new(4, NULL);

	(void)state;
	for (uint64_t round = 1; round <= 10; round++) {
		for (unsigned i = 0; i < STORM; i++) {
			parts[i] = (struct stormer){ .all = all,
						     .index = i,
						     .seed = round * 1000 + i };
			assert_int_equal(ln_process_new(environment, make_storm,
							&parts[i], &all[i]),
					 0);
			atomic_store(&all[i]->die_when_link_dies, i % 3 == 0);
		}
		for (unsigned i = 0; i < STORM; i++)
			assert_int_equal(ln_process_start(all[i]), 0);
		for (unsigned i = 0; i < STORM; i++) {
			uint32_t code;

			/* No traps: no limit was met. */
			assert_int_not_equal(ln_process_wait(all[i], &code),
					     LN_OUTCOME_TRAPPED);
		}
		for (unsigned i = 0; i < STORM; i++)
			ln_process_release(all[i]);
	}
	test_environment_free(environment);
}

/* Links to what is not there: a message, or the end. */
static enum ln_outcome link_gone(struct ln_process *self)
{
	struct ln_message *message = NULL;
	int *wrong = self->argument;

	atomic_store(&self->die_when_link_dies, false);
	*wrong += ln_process_link_gone(self, 17) != 0;
	*wrong += ln_process_link_gone(self, 18) != 0;
	/* These two count as links. */
	*wrong += ln_process_link_gone(self, 19) != LN_ELIMIT;
	*wrong += ln_process_receive(self, NULL, 0, 0, false, &message) != 0;
	*wrong += message->kind != LN_MESSAGE_LINK_DIED || message->tag != 17;
	ln_message_free(message);
	atomic_store(&self->die_when_link_dies, true);
	*wrong += ln_process_link_gone(self, 20) != 0;
	*wrong += !ln_task_interrupted(&self->task);
	return LN_OUTCOME_NORMAL;
}

static void linking_to_what_is_gone(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	int wrong = 0;

	(void)state;
	limits.max_links = 2;
	environment = test_environment_new(1, &limits);
	assert_int_equal(test_process_wait(test_process_start(
				 environment, link_gone, &wrong)),
			 LN_OUTCOME_KILLED);
	assert_int_equal(wrong, 0);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(death_is_a_message_with_its_tag),
		cmocka_unit_test(each_side_has_its_own_tag),
		cmocka_unit_test(death_kills_the_link),
		cmocka_unit_test(normal_ends_are_not_told),
		cmocka_unit_test(unlinked_hear_nothing),
		cmocka_unit_test(linking_to_the_dead),
		cmocka_unit_test(linking_to_what_is_gone),
		cmocka_unit_test(one_is_not_linked_to_itself),
		cmocka_unit_test(links_have_a_limit),
		cmocka_unit_test(deaths_spread),
		cmocka_unit_test(a_supervisor_hears_of_all),
		cmocka_unit_test(death_comes_after_what_was_sent),
		cmocka_unit_test(storm_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
