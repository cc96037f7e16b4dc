/* src/node/remote_links.c: links between processes of two nodes, what ends
 * them, and changes of both sides that cross. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "node/export.h"
#include "node/proxy.h"
#include "node/remote_links.h"
#include "process/life.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/actors.h"
#include "support/fabric.h"
#include "support/processes.h"

/* Both know each other. */
static void set_up_with(struct test_pair *pair,
			const struct ln_local_node_options *options)
{
	test_pair_init(pair, options);
	test_pair_introduce(pair);
}

static void set_up(struct test_pair *pair)
{
	set_up_with(pair, NULL);
}

static void act(struct test_actor *actor, enum test_act what, int64_t tag)
{
	actor->tag = tag;
	test_act(actor, what);
}

/* Links the processes with one's tag. */
static void link_both(struct test_pair *pair, int64_t tag)
{
	act(&pair->one, TEST_LINK, tag);
	assert_int_equal(pair->one.result, 0);
	test_pair_settle(pair);
}

static uint32_t links_of(struct ln_process *process)
{
	uint32_t live;

	ln_process_lock(process);
	live = ln_links_count(&process->links);
	ln_process_unlock(process);
	return live;
}

/* Both nodes think the same of it, in all four tables. */
static void assert_linked(struct test_pair *pair, uint32_t linked)
{
	assert_int_equal(links_of(pair->one.process), linked);
	assert_int_equal(links_of(pair->one.peer), linked);
	assert_int_equal(links_of(pair->two.process), linked);
	assert_int_equal(links_of(pair->two.peer), linked);
}

static void death_crosses_both_ways(void **state)
{
	for (int way = 0; way < 2; way++) {
		struct test_pair pair;
		struct test_actor *dies;
		struct test_actor *told;

		(void)state;
		set_up(&pair);
		dies = way == 0 ? &pair.one : &pair.two;
		told = way == 0 ? &pair.two : &pair.one;
		link_both(&pair, 17);
		assert_linked(&pair, 1);
		test_actor_end(dies, TEST_FAIL);
		test_pair_settle(&pair);
		test_actor_await(told, 1);
		assert_int_equal(told->tags[0], 17);
		test_actor_assert(told, 1);
		assert_int_equal(links_of(told->process), 0);
		test_pair_deinit(&pair);
	}
}

static void each_side_has_its_own_tag(void **state)
{
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	/* Not what the process itself does, but nothing else uses it. */
	assert_int_equal(ln_process_link(pair.one.process, pair.one.peer, 1, 2),
			 0);
	test_pair_settle(&pair);
	assert_int_equal(ln_process_link(pair.one.process, pair.one.peer, 3, 4),
			 0);
	test_pair_settle(&pair);
	assert_linked(&pair, 1);
	test_actor_end(&pair.one, TEST_FAIL);
	test_pair_settle(&pair);
	test_actor_await(&pair.two, 1);
	assert_int_equal(pair.two.tags[0], 4);
	test_pair_deinit(&pair);
}

static void death_kills_who_does_not_trap_it(void **state)
{
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	atomic_store(&pair.two.process->die_when_link_dies, true);
	link_both(&pair, 5);
	test_actor_end(&pair.one, TEST_FAIL);
	test_pair_settle(&pair);
	assert_int_equal(test_process_wait(pair.two.process),
			 LN_OUTCOME_KILLED);
	pair.two.process = NULL;
	test_pair_deinit(&pair);
}

static void normal_end_only_unlinks(void **state)
{
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	link_both(&pair, 5);
	test_actor_end(&pair.one, TEST_END);
	test_pair_settle(&pair);
	assert_int_equal(links_of(pair.two.process), 0);
	test_actor_assert(&pair.two, 0);
	test_pair_deinit(&pair);
}

static void link_to_one_that_ended(void **state)
{
	static const enum test_act hows[] = { TEST_END, TEST_FAIL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct test_pair pair;

		set_up(&pair);
		test_actor_end(&pair.two, hows[i]);
		link_both(&pair, 9);
		if (hows[i] == TEST_FAIL) {
			test_actor_await(&pair.one, 1);
			assert_int_equal(pair.one.tags[0], 9);
		}
		test_actor_assert(&pair.one, hows[i] == TEST_FAIL);
		assert_int_equal(links_of(pair.one.process), 0);
		assert_int_equal(links_of(pair.one.peer), 0);
		test_pair_deinit(&pair);
	}
}

/* Only so many ends are remembered; what is forgotten has failed. */
static void link_to_one_forgotten(void **state)
{
	const struct ln_local_node_options options = { .max_ends = 2 };
	struct test_pair pair;

	(void)state;
	set_up_with(&pair, &options);
	test_actor_end(&pair.two, TEST_END);
	for (int i = 0; i < 2; i++) {
		struct test_actor other;

		test_actor_start(&pair.net, &other);
		assert_int_equal(ln_export(pair.net.nodes[1], other.process),
				 0);
		test_actor_end(&other, TEST_END);
	}
	link_both(&pair, 9);
	test_actor_await(&pair.one, 1);
	test_pair_deinit(&pair);
}

/* A process of one's own that ended on its way around is no longer local. */
static void link_to_own_one_that_ended(void **state)
{
	static const enum test_act hows[] = { TEST_END, TEST_FAIL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct test_pair pair;
		struct test_actor other;
		struct ln_process *known;

		set_up(&pair);
		test_actor_start(&pair.net, &other);
		assert_int_equal(ln_export(pair.net.nodes[0], other.process),
				 0);
		known = test_net_proxy(&pair.net, 0, 0, other.process);
		test_actor_end(&other, hows[i]);
		ln_process_release(pair.one.peer);
		pair.one.peer = known;
		act(&pair.one, TEST_LINK, 3);
		assert_int_equal(pair.one.result, 0);
		if (hows[i] == TEST_FAIL)
			test_actor_await(&pair.one, 1);
		test_actor_assert(&pair.one, hows[i] == TEST_FAIL);
		test_pair_deinit(&pair);
	}
}

static void unlink_crosses(void **state)
{
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	link_both(&pair, 5);
	act(&pair.two, TEST_UNLINK, 0);
	test_pair_settle(&pair);
	assert_linked(&pair, 0);
	/* Nothing to unlink: nothing to send. */
	act(&pair.two, TEST_UNLINK, 0);
	act(&pair.one, TEST_UNLINK, 0);
	assert_int_equal(test_line_move(pair.net.lines[0], 0, 1), 0);
	assert_int_equal(test_line_move(pair.net.lines[0], 1, 1), 0);
	test_actor_end(&pair.one, TEST_FAIL);
	test_pair_settle(&pair);
	test_actor_assert(&pair.two, 0);
	test_pair_deinit(&pair);
}

/* Both sides change the link before they hear of each other, in all ways of two
 * changes each; whatever it is in the end, both think the same, and a death is
 * told once if they are linked, else not. */
static void changes_cross(void **state)
{
	(void)state;
	for (int mask = 0; mask < 2 * 4 * 4; mask++) {
		const enum test_act acts[] = { TEST_LINK, TEST_UNLINK };
		bool linked_before = mask & 1;
		uint32_t linked;
		struct test_pair pair;

		set_up(&pair);
		if (linked_before)
			link_both(&pair, 5);
		for (int i = 0; i < 2; i++) {
			act(&pair.one, acts[mask >> (1 + i) & 1], 6);
			act(&pair.two, acts[mask >> (3 + i) & 1], 6);
		}
		test_pair_settle(&pair);
		linked = links_of(pair.one.process);
		assert_linked(&pair, linked);
		test_actor_end(&pair.two, TEST_FAIL);
		test_pair_settle(&pair);
		if (linked)
			test_actor_await(&pair.one, 1);
		assert_int_equal(atomic_load(&pair.one.told), linked);
		assert_int_equal(links_of(pair.one.process), 0);
		test_pair_deinit(&pair);
	}
}

/* The end of one, and whatever the other does before it hears of that. */
static void changes_cross_an_end(void **state)
{
	(void)state;
	for (int mask = 0; mask < 2 * 2 * 2 * 2; mask++) {
		bool linked_before = mask & 1;
		bool fails = mask & 2;
		bool links = mask & 4;
		bool frame_first = mask & 8;
		struct test_pair pair;
		int deaths;

		set_up(&pair);
		if (linked_before)
			link_both(&pair, 5);
		if (!frame_first)
			test_actor_end(&pair.two, fails ? TEST_FAIL : TEST_END);
		act(&pair.one, links ? TEST_LINK : TEST_UNLINK, 6);
		if (frame_first)
			test_actor_end(&pair.two, fails ? TEST_FAIL : TEST_END);
		test_pair_settle(&pair);
		deaths = links && fails;
		if (deaths)
			test_actor_await(&pair.one, 1);
		test_actor_assert(&pair.one, deaths);
		assert_int_equal(links_of(pair.one.process), 0);
		assert_int_equal(links_of(pair.one.peer), 0);
		test_pair_deinit(&pair);
	}
}

/* Each frame of a LINK that meets an end may be under way when the line is cut.
 */
static void loss_breaks_links(void **state)
{
	(void)state;
	for (size_t moved = 0; moved < 2; moved++) {
		for (int end_first = 0; end_first < 2; end_first++) {
			struct test_pair pair;

			set_up(&pair);
			act(&pair.one, TEST_LINK, 8);
			test_line_move(pair.net.lines[0], 0, moved);
			if (end_first)
				test_actor_end(&pair.two, TEST_FAIL);
			test_line_cut(pair.net.lines[0]);
			pair.net.lines[0] = NULL;
			test_actor_await(&pair.one, 1);
			assert_int_equal(pair.one.tags[0], 8);
			if (!end_first && moved > 0)
				test_actor_await(&pair.two, 1);
			test_actor_assert(&pair.one, 1);
			if (!end_first)
				test_actor_assert(&pair.two, moved > 0);
			assert_int_equal(links_of(pair.one.process), 0);
			test_pair_deinit(&pair);
		}
	}
}

static void link_without_a_session_dies(void **state)
{
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	test_line_cut(pair.net.lines[0]);
	pair.net.lines[0] = NULL;
	act(&pair.one, TEST_LINK, 12);
	assert_int_equal(pair.one.result, 0);
	test_actor_await(&pair.one, 1);
	assert_int_equal(pair.one.tags[0], 12);
	assert_int_equal(links_of(pair.one.process), 0);
	assert_int_equal(links_of(pair.one.peer), 0);
	/* The same incarnation again: as if nothing had been. */
	pair.net.lines[0] = test_line_new(pair.net.nodes[0], pair.net.nodes[1]);
	link_both(&pair, 13);
	assert_linked(&pair, 1);
	test_pair_deinit(&pair);
}

/* An unlink that was not answered is forgotten with its session. */
static void unlinks_end_with_the_session(void **state)
{
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	link_both(&pair, 5);
	act(&pair.one, TEST_UNLINK, 0);
	test_line_cut(pair.net.lines[0]);
	pair.net.lines[0] = test_line_new(pair.net.nodes[0], pair.net.nodes[1]);
	act(&pair.two, TEST_LINK, 6);
	test_pair_settle(&pair);
	assert_linked(&pair, 1);
	test_pair_deinit(&pair);
}

static void too_many_links(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	/* The limit is the environment's, which nobody reads meanwhile. */
	limits = pair.net.environment->limits;
	pair.net.environment->limits.max_links = 0;
	act(&pair.one, TEST_LINK, 6);
	assert_int_equal(pair.one.result, LN_ELIMIT);
	test_pair_settle(&pair);
	assert_linked(&pair, 0);
	pair.net.environment->limits = limits;
	act(&pair.one, TEST_LINK, 7);
	pair.net.environment->limits.max_links = 0;
	test_pair_settle(&pair);
	/* Refused there: told here. */
	test_actor_await(&pair.one, 1);
	assert_int_equal(pair.one.tags[0], 7);
	assert_linked(&pair, 0);
	pair.net.environment->limits = limits;
	test_pair_deinit(&pair);
}

#define MANY 300

static void many_links_break(void **state)
{
	static struct test_actor others[MANY];
	struct test_pair pair;

	(void)state;
	set_up(&pair);
	for (int i = 0; i < MANY; i++) {
		test_actor_start(&pair.net, &others[i]);
		others[i].peer = pair.one.peer;
		assert_int_equal(
			ln_process_link(others[i].process, pair.one.peer, i, i),
			0);
	}
	test_pair_settle(&pair);
	assert_int_equal(links_of(pair.two.process), MANY);
	test_line_cut(pair.net.lines[0]);
	pair.net.lines[0] = NULL;
	test_actor_await(&pair.two, TEST_TOLD);
	for (int i = 0; i < MANY; i++) {
		test_actor_await(&others[i], 1);
		assert_int_equal(others[i].tags[0], i);
		test_actor_end(&others[i], TEST_END);
	}
	assert_int_equal(links_of(pair.two.process), 0);
	test_pair_deinit(&pair);
}

/* One side only, as remote spawns do. */
static void entered_links(void **state)
{
	struct test_pair pair;
	bool failed;

	(void)state;
	set_up(&pair);
	assert_int_equal(ln_remote_links_enter(pair.two.process,
					       ln_proxy_of(pair.two.peer), 1, 0,
					       44, &failed),
			 0);
	assert_int_equal(ln_remote_links_enter(pair.one.process,
					       ln_proxy_of(pair.one.peer), 1,
					       44, 0, &failed),
			 0);
	assert_linked(&pair, 1);
	assert_int_equal(ln_remote_links_enter(pair.one.process,
					       ln_proxy_of(pair.one.peer), 2,
					       44, 0, &failed),
			 LN_EIO);
	test_actor_end(&pair.two, TEST_FAIL);
	test_pair_settle(&pair);
	test_actor_await(&pair.one, 1);
	assert_int_equal(pair.one.tags[0], 44);
	test_pair_deinit(&pair);
}

/* Many processes on both sides change links and end, while a task runs the
 * line; in the end nobody is linked, and each linker of one that failed was
 * told. */
#if LN_TSAN
#define ROUNDS 20
#else
#define ROUNDS 100
#endif

struct racer {
	struct ln_process *process;
	struct ln_process *peer;
	int told;
};

static enum ln_outcome race(struct ln_process *self)
{
	struct racer *racer = self->argument;
	struct ln_message *message;

	for (int i = 0; i < 5; i++) {
		if (ln_process_link(self, racer->peer, i + 1, i + 1) < 0)
			return LN_OUTCOME_EXITED;
		if (i % 2 == 0)
			ln_task_yield(&self->task);
		if (i < 4)
			ln_process_unlink(self, racer->peer);
	}
	/* Linked now: told, whatever becomes of the other one. */
	while (racer->told == 0) {
		if (ln_process_receive(self, NULL, 0, LN_NEVER, false,
				       &message) < 0)
			return LN_OUTCOME_KILLED;
		if (message->kind == LN_MESSAGE_LINK_DIED && message->tag == 5)
			racer->told++;
		ln_message_free(message);
	}
	return LN_OUTCOME_EXITED;
}

static enum ln_outcome victim(struct ln_process *self)
{
	struct racer *racer = self->argument;

	for (int i = 0; i < 3; i++) {
		ln_process_link(self, racer->peer, i + 10, i + 10);
		ln_task_yield(&self->task);
		ln_process_unlink(self, racer->peer);
	}
	return LN_OUTCOME_EXITED;
}

static void races(void **state)
{
	struct test_net net;

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	test_net_start(&net);
	for (int i = 0; i < ROUNDS; i++) {
		struct racer a = { .told = 0 };
		struct racer b = { .told = 0 };

		assert_int_equal(
			ln_process_new(net.environment, race, &a, &a.process),
			0);
		assert_int_equal(
			ln_process_new(net.environment, victim, &b, &b.process),
			0);
		atomic_store(&a.process->die_when_link_dies, false);
		atomic_store(&b.process->die_when_link_dies, false);
		a.peer = test_net_proxy(&net, 0, 1, b.process);
		b.peer = test_net_proxy(&net, 1, 0, a.process);
		ln_process_start(a.process);
		ln_process_start(b.process);
		assert_int_equal(test_process_wait(b.process),
				 LN_OUTCOME_EXITED);
		/* An unlink of the victim's may have been the last word. */
		ln_process_kill(a.process);
		test_process_wait(a.process);
		ln_process_release(a.peer);
		ln_process_release(b.peer);
	}
	assert_false(net.lines[0]->broken);
	test_net_deinit(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(death_crosses_both_ways),
		cmocka_unit_test(each_side_has_its_own_tag),
		cmocka_unit_test(death_kills_who_does_not_trap_it),
		cmocka_unit_test(normal_end_only_unlinks),
		cmocka_unit_test(link_to_one_that_ended),
		cmocka_unit_test(link_to_one_forgotten),
		cmocka_unit_test(link_to_own_one_that_ended),
		cmocka_unit_test(unlink_crosses),
		cmocka_unit_test(changes_cross),
		cmocka_unit_test(changes_cross_an_end),
		cmocka_unit_test(loss_breaks_links),
		cmocka_unit_test(link_without_a_session_dies),
		cmocka_unit_test(unlinks_end_with_the_session),
		cmocka_unit_test(too_many_links),
		cmocka_unit_test(many_links_break),
		cmocka_unit_test(entered_links),
		cmocka_unit_test(races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
