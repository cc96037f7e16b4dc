/* src/node/remote_monitors.c: who watches a process of another node is told of
 * its end, or of the loss of its node, once. */
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
#include "node/peer.h"
#include "node/proxy.h"
#include "node/session.h"
#include "process/life.h"
#include "process/message.h"
#include "process/monitors.h"
#include "support/actors.h"
#include "support/fabric.h"
#include "support/processes.h"

#if LN_TSAN
#define ROUNDS 50
#else
#define ROUNDS 300
#endif

static void cut(struct test_pair *pair)
{
	test_line_cut(pair->net.lines[0]);
	pair->net.lines[0] = NULL;
}

static uint32_t watched(struct test_pair *pair, int at)
{
	return ln_id_table_count(
		&test_net_end(&pair->net, at, 1 - at)->session->watched);
}

static void each_end_crosses(void **state)
{
	static const struct ln_end ends[] = {
		[TEST_NOTHING] = { LN_REASON_KILLED, 0 },
		[TEST_END] = { LN_REASON_NORMAL, 0 },
		[TEST_FAIL] = { LN_REASON_EXITED, 9 },
	};

	(void)state;
	for (int mask = 0; mask < 6; mask++) {
		enum test_act how = mask % 3 == 0   ? TEST_NOTHING
				    : mask % 3 == 1 ? TEST_END
						    : TEST_FAIL;
		bool frame_first = mask >= 3;
		struct test_pair pair;

		test_pair_init(&pair, NULL);
		test_act(&pair.one, TEST_WATCH);
		assert_int_equal(pair.one.result, 0);
		if (frame_first) {
			test_pair_settle(&pair);
			assert_int_equal(watched(&pair, 1), 1);
		}
		test_actor_end(&pair.two, how);
		test_pair_settle(&pair);
		test_actor_await(&pair.one, 1);
		assert_int_equal(pair.one.tags[0], pair.one.tag);
		assert_int_equal(pair.one.ends[0].reason, ends[how].reason);
		assert_int_equal(pair.one.ends[0].code, ends[how].code);
		/* Once more, of one that has ended. */
		test_act(&pair.one, TEST_WATCH);
		test_pair_settle(&pair);
		test_actor_await(&pair.one, 2);
		assert_int_equal(pair.one.ends[1].reason, ends[how].reason);
		test_actor_assert(&pair.one, 2);
		assert_int_equal(watched(&pair, 1), 0);
		test_pair_deinit(&pair);
	}
}

/* A process that the other node knows nothing of. */
static void no_process(void **state)
{
	static const uint8_t id[16] = { 1 };
	struct ln_proxy *proxy;
	struct ln_peer *peer;
	struct test_pair pair;

	(void)state;
	test_pair_init(&pair, NULL);
	ln_process_release(pair.one.peer);
	assert_int_equal(ln_peer_get(pair.net.nodes[0],
				     pair.net.nodes[1]->id.incarnation, &peer),
			 0);
	assert_int_equal(ln_proxy_get(peer, id, &proxy), 0);
	ln_peer_release(peer);
	pair.one.peer = &proxy->process;
	test_act(&pair.one, TEST_WATCH);
	test_pair_settle(&pair);
	test_actor_await(&pair.one, 1);
	assert_int_equal(pair.one.ends[0].reason, LN_REASON_NO_PROCESS);
	test_pair_deinit(&pair);
}

static void demonitor_crosses(void **state)
{
	(void)state;
	for (int mask = 0; mask < 4; mask++) {
		bool frame_first = mask & 1;
		bool ends = mask & 2;
		struct test_pair pair;

		test_pair_init(&pair, NULL);
		test_act(&pair.one, TEST_WATCH);
		if (frame_first)
			test_pair_settle(&pair);
		if (ends)
			test_actor_end(&pair.two, TEST_FAIL);
		test_act(&pair.one, TEST_UNWATCH);
		assert_int_equal(pair.one.result, true);
		test_pair_settle(&pair);
		test_actor_assert(&pair.one, 0);
		assert_int_equal(watched(&pair, 1), 0);
		test_pair_deinit(&pair);
	}
}

static void loss_is_told(void **state)
{
	(void)state;
	for (int mask = 0; mask < 8; mask++) {
		bool frame_first = mask & 1;
		bool ends = mask & 2;
		bool before = mask & 4;
		struct test_pair pair;

		test_pair_init(&pair, NULL);
		if (before)
			cut(&pair);
		test_act(&pair.one, TEST_WATCH);
		assert_int_equal(pair.one.result, 0);
		if (frame_first && !before)
			test_pair_settle(&pair);
		if (ends)
			test_actor_end(&pair.two, TEST_FAIL);
		if (!before)
			cut(&pair);
		test_actor_await(&pair.one, 1);
		assert_int_equal(pair.one.ends[0].reason, LN_REASON_NODE_LOST);
		test_actor_assert(&pair.one, 1);
		/* The same incarnation again: as if nothing had been. */
		pair.net.lines[0] =
			test_line_new(pair.net.nodes[0], pair.net.nodes[1]);
		test_act(&pair.one, TEST_WATCH);
		test_pair_settle(&pair);
		assert_int_equal(watched(&pair, 1), !ends);
		test_actor_assert(&pair.one, 1 + ends);
		test_pair_deinit(&pair);
	}
}

/* Who watches ends first: nothing is left at the other node. */
static void watcher_ends(void **state)
{
	struct test_pair pair;

	(void)state;
	test_pair_init(&pair, NULL);
	test_act(&pair.one, TEST_WATCH);
	test_act(&pair.one, TEST_WATCH);
	test_pair_settle(&pair);
	assert_int_equal(watched(&pair, 1), 2);
	test_actor_end(&pair.one, TEST_END);
	test_pair_settle(&pair);
	assert_int_equal(watched(&pair, 1), 0);
	test_pair_deinit(&pair);
}

/* A node that does not know monitors tells nothing but its loss. */
static void an_older_node(void **state)
{
	struct test_pair pair;

	(void)state;
	test_pair_init(&pair, NULL);
	test_net_end(&pair.net, 0, 1)->session->id.version = 1;
	test_act(&pair.one, TEST_WATCH);
	test_pair_settle(&pair);
	assert_int_equal(watched(&pair, 1), 0);
	test_act(&pair.one, TEST_UNWATCH);
	test_pair_settle(&pair);
	test_act(&pair.one, TEST_WATCH);
	cut(&pair);
	test_actor_await(&pair.one, 1);
	assert_int_equal(pair.one.ends[0].reason, LN_REASON_NODE_LOST);
	test_actor_assert(&pair.one, 1);
	test_pair_deinit(&pair);
}

/* Watches, takes it back, watches again, until the other one has ended: of
 * each monitor it hears once or, when it was taken back, never. */
static enum ln_outcome race(struct ln_process *self)
{
	struct test_actor *actor = self->argument;
	struct ln_message *message;
	struct ln_end end;
	int64_t tag;

	for (int i = 0; i < 20; i++) {
		ln_process_monitor(self, actor->peer, &tag);
		if (i % 4 == 0)
			ln_task_yield(&self->task);
		ln_process_demonitor(self, tag);
	}
	ln_process_monitor(self, actor->peer, &tag);
	if (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) < 0)
		return LN_OUTCOME_KILLED;
	if (!ln_message_end(message, &end) || message->tag != tag ||
	    end.reason != LN_REASON_NORMAL)
		actor->result = -1;
	ln_message_free(message);
	if (ln_process_receive(self, NULL, 0, ln_time_after_ms(1), false,
			       &message) == 0) {
		ln_message_free(message);
		actor->result = -2;
	}
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome last_a_while(struct ln_process *self)
{
	for (uintptr_t i = 0; i < (uintptr_t)self->argument; i++)
		ln_task_yield(&self->task);
	return LN_OUTCOME_NORMAL;
}

static void races(void **state)
{
	struct test_net net;

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	test_net_start(&net);
	for (uintptr_t i = 0; i < ROUNDS; i++) {
		struct test_actor actor = { .result = 0 };
		struct ln_process *peer;

		assert_int_equal(ln_process_new(net.environment, last_a_while,
						(void *)(i % 40), &peer),
				 0);
		actor.peer = test_net_proxy(&net, 0, 1, peer);
		actor.process =
			test_process_start(net.environment, race, &actor);
		ln_process_start(peer);
		test_process_wait(peer);
		test_process_wait(actor.process);
		assert_int_equal(actor.result, 0);
		ln_process_release(actor.peer);
	}
	assert_false(net.lines[0]->broken);
	test_net_deinit(&net);
}

#define TEST(function) cmocka_unit_test(function)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_end_crosses),
		TEST(no_process),
		TEST(demonitor_crosses),
		TEST(loss_is_told),
		TEST(watcher_ends),
		TEST(an_older_node),
		TEST(races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
