/* src/node/monitors.c: who watches a process of another node is told of its
 * end, or of the loss of its node, once. */
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
#include "support/fabric.h"
#include "support/processes.h"

#if LN_TSAN
#define ROUNDS 50
#else
#define ROUNDS 300
#endif

#define ENDS 8

enum act { NOTHING, WATCH, UNWATCH, END, FAIL };

/* A process that does as it is told, and notes the ends that it is told. */
struct actor {
	struct ln_process *process;
	struct ln_process *peer;
	int64_t tag; /* of the last monitor */
	int result;  /* of the last act */
	_Atomic enum act act;
	_Atomic int told;
	struct ln_end ends[ENDS];
	int64_t tags[ENDS];
};

static void note(struct actor *actor, struct ln_message *message)
{
	int told = atomic_load(&actor->told);

	if (told < ENDS && ln_message_end(message, &actor->ends[told])) {
		actor->tags[told] = message->tag;
		atomic_store(&actor->told, told + 1);
	}
	ln_message_free(message);
}

static void do_act(struct actor *actor, enum act act)
{
	struct ln_process *self = actor->process;

	if (act == WATCH)
		actor->result =
			ln_process_monitor(self, actor->peer, &actor->tag);
	else
		actor->result = ln_process_demonitor(self, actor->tag);
}

static enum ln_outcome play(struct ln_process *self)
{
	struct actor *actor = self->argument;
	struct ln_message *message;

	for (;;) {
		enum act act;
		int error = ln_process_receive(
			self, NULL, 0, ln_time_after_ms(1), false, &message);

		if (error == 0) {
			note(actor, message);
			continue;
		}
		if (error != LN_ETIMEDOUT)
			return LN_OUTCOME_KILLED;
		act = atomic_load(&actor->act);
		self->exit_code = 9;
		if (act == END || act == FAIL)
			return act == END ? LN_OUTCOME_NORMAL
					  : LN_OUTCOME_EXITED;
		if (act != NOTHING)
			do_act(actor, act);
		atomic_store(&actor->act, NOTHING);
	}
}

static void act(struct actor *actor, enum act what)
{
	atomic_store(&actor->act, what);
	while (atomic_load(&actor->act) != NOTHING)
		test_nap();
}

static void end_as(struct actor *actor, enum act how)
{
	if (how == NOTHING)
		ln_process_kill(actor->process);
	atomic_store(&actor->act, how);
	test_process_wait(actor->process);
	actor->process = NULL;
}

static void await_told(struct actor *actor, int count)
{
	while (atomic_load(&actor->told) < count)
		test_nap();
}

/* Long enough for what must not come. */
static void assert_told(struct actor *actor, int count)
{
	for (int i = 0; i < 5; i++)
		test_nap();
	assert_int_equal(atomic_load(&actor->told), count);
}

/* Two nodes with a process each; the first one knows the second. */
struct pair {
	struct test_net net;
	struct actor one;
	struct actor two;
};

static void set_up(struct pair *pair)
{
	struct actor *actors[] = { &pair->one, &pair->two };

	memset(pair, 0, sizeof(*pair));
	test_net_init(&pair->net, 2, 2, NULL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ln_process_new(pair->net.environment, play,
						actors[i], &actors[i]->process),
				 0);
		assert_int_equal(ln_process_start(actors[i]->process), 0);
	}
	pair->one.peer = test_net_proxy(&pair->net, 0, 1, pair->two.process);
}

static void settle(struct pair *pair)
{
	test_line_settle(pair->net.lines[0]);
	assert_false(pair->net.lines[0]->broken);
}

static void cut(struct pair *pair)
{
	test_line_cut(pair->net.lines[0]);
	pair->net.lines[0] = NULL;
}

static uint32_t watched(struct pair *pair, int at)
{
	return ln_ids_count(
		&test_net_end(&pair->net, at, 1 - at)->session->watched);
}

static void tear_down(struct pair *pair)
{
	struct actor *actors[] = { &pair->one, &pair->two };

	for (int i = 0; i < 2; i++) {
		if (actors[i]->process == NULL)
			continue;
		ln_process_kill(actors[i]->process);
		test_process_wait(actors[i]->process);
	}
	ln_process_release(pair->one.peer);
	test_net_deinit(&pair->net);
}

static void each_end_crosses(void **state)
{
	static const struct ln_end ends[] = {
		[NOTHING] = { LN_REASON_KILLED, 0 },
		[END] = { LN_REASON_NORMAL, 0 },
		[FAIL] = { LN_REASON_EXITED, 9 },
	};

	(void)state;
	for (int mask = 0; mask < 6; mask++) {
		enum act how = mask % 3 == 0   ? NOTHING
			       : mask % 3 == 1 ? END
					       : FAIL;
		bool frame_first = mask >= 3;
		struct pair pair;

		set_up(&pair);
		act(&pair.one, WATCH);
		assert_int_equal(pair.one.result, 0);
		if (frame_first) {
			settle(&pair);
			assert_int_equal(watched(&pair, 1), 1);
		}
		end_as(&pair.two, how);
		settle(&pair);
		await_told(&pair.one, 1);
		assert_int_equal(pair.one.tags[0], pair.one.tag);
		assert_int_equal(pair.one.ends[0].reason, ends[how].reason);
		assert_int_equal(pair.one.ends[0].code, ends[how].code);
		/* Once more, of one that has ended. */
		act(&pair.one, WATCH);
		settle(&pair);
		await_told(&pair.one, 2);
		assert_int_equal(pair.one.ends[1].reason, ends[how].reason);
		assert_told(&pair.one, 2);
		assert_int_equal(watched(&pair, 1), 0);
		tear_down(&pair);
	}
}

/* A process that the other node knows nothing of. */
static void no_process(void **state)
{
	static const uint8_t id[16] = { 1 };
	struct ln_proxy *proxy;
	struct ln_peer *peer;
	struct pair pair;

	(void)state;
	set_up(&pair);
	ln_process_release(pair.one.peer);
	assert_int_equal(ln_peer_get(pair.net.nodes[0],
				     pair.net.nodes[1]->id.incarnation, &peer),
			 0);
	assert_int_equal(ln_proxy_get(peer, id, &proxy), 0);
	ln_peer_release(peer);
	pair.one.peer = &proxy->process;
	act(&pair.one, WATCH);
	settle(&pair);
	await_told(&pair.one, 1);
	assert_int_equal(pair.one.ends[0].reason, LN_REASON_NO_PROCESS);
	tear_down(&pair);
}

static void demonitor_crosses(void **state)
{
	(void)state;
	for (int mask = 0; mask < 4; mask++) {
		bool frame_first = mask & 1;
		bool ends = mask & 2;
		struct pair pair;

		set_up(&pair);
		act(&pair.one, WATCH);
		if (frame_first)
			settle(&pair);
		if (ends)
			end_as(&pair.two, FAIL);
		act(&pair.one, UNWATCH);
		assert_int_equal(pair.one.result, true);
		settle(&pair);
		assert_told(&pair.one, 0);
		assert_int_equal(watched(&pair, 1), 0);
		tear_down(&pair);
	}
}

static void loss_is_told(void **state)
{
	(void)state;
	for (int mask = 0; mask < 8; mask++) {
		bool frame_first = mask & 1;
		bool ends = mask & 2;
		bool before = mask & 4;
		struct pair pair;

		set_up(&pair);
		if (before)
			cut(&pair);
		act(&pair.one, WATCH);
		assert_int_equal(pair.one.result, 0);
		if (frame_first && !before)
			settle(&pair);
		if (ends)
			end_as(&pair.two, FAIL);
		if (!before)
			cut(&pair);
		await_told(&pair.one, 1);
		assert_int_equal(pair.one.ends[0].reason, LN_REASON_NODE_LOST);
		assert_told(&pair.one, 1);
		/* The same incarnation again: as if nothing had been. */
		pair.net.lines[0] =
			test_line_new(pair.net.nodes[0], pair.net.nodes[1]);
		act(&pair.one, WATCH);
		settle(&pair);
		assert_int_equal(watched(&pair, 1), !ends);
		assert_told(&pair.one, 1 + ends);
		tear_down(&pair);
	}
}

/* Who watches ends first: nothing is left at the other node. */
static void watcher_ends(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	act(&pair.one, WATCH);
	act(&pair.one, WATCH);
	settle(&pair);
	assert_int_equal(watched(&pair, 1), 2);
	end_as(&pair.one, END);
	settle(&pair);
	assert_int_equal(watched(&pair, 1), 0);
	tear_down(&pair);
}

/* A node that does not know monitors tells nothing but its loss. */
static void an_older_node(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	test_net_end(&pair.net, 0, 1)->session->id.version = 1;
	act(&pair.one, WATCH);
	settle(&pair);
	assert_int_equal(watched(&pair, 1), 0);
	act(&pair.one, UNWATCH);
	settle(&pair);
	act(&pair.one, WATCH);
	cut(&pair);
	await_told(&pair.one, 1);
	assert_int_equal(pair.one.ends[0].reason, LN_REASON_NODE_LOST);
	assert_told(&pair.one, 1);
	tear_down(&pair);
}

/* Watches, takes it back, watches again, until the other one has ended: of
 * each monitor it hears once or, when it was taken back, never. */
static enum ln_outcome race(struct ln_process *self)
{
	struct actor *actor = self->argument;
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
		struct actor actor = { .result = 0 };
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
