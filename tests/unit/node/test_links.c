/* src/node/links.c: links between processes of two nodes, what ends them, and
 * changes of both sides that cross. */
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
#include "node/links.h"
#include "node/proxy.h"
#include "process/life.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/processes.h"

#define DEATHS 8

/* What a process is asked to do; each is done when the one before is. */
enum act { NOTHING, LINK, UNLINK, END, FAIL };

/* A process that does as it is told, and notes the deaths that it is told. */
struct actor {
	struct ln_process *process;
	struct ln_process *peer; /* of the acts */
	int64_t tag;
	int result; /* of the last act */
	_Atomic enum act act;
	_Atomic int deaths;
	int64_t tags[DEATHS];
};

static void note(struct actor *actor, struct ln_message *message)
{
	int deaths = atomic_load(&actor->deaths);

	if (message->kind == LN_MESSAGE_LINK_DIED && deaths < DEATHS) {
		actor->tags[deaths] = message->tag;
		atomic_store(&actor->deaths, deaths + 1);
	}
	ln_message_free(message);
}

static enum ln_outcome play(struct ln_process *self)
{
	struct actor *actor = self->argument;
	struct ln_message *message;

	for (;;) {
		int error = ln_process_receive(
			self, NULL, 0, ln_time_after_ms(1), false, &message);

		if (error == 0) {
			note(actor, message);
			continue;
		}
		if (error != LN_ETIMEDOUT)
			return LN_OUTCOME_KILLED;
		switch (atomic_load(&actor->act)) {
		case NOTHING:
			continue;
		case LINK:
			actor->result = ln_process_link(self, actor->peer,
							actor->tag, actor->tag);
			break;
		case UNLINK:
			ln_process_unlink(self, actor->peer);
			break;
		case END:
			return LN_OUTCOME_NORMAL;
		case FAIL:
			return LN_OUTCOME_EXITED;
		}
		atomic_store(&actor->act, NOTHING);
	}
}

static void start_act(struct actor *actor, enum act act)
{
	atomic_store(&actor->act, act);
}

static void await_act(struct actor *actor)
{
	while (atomic_load(&actor->act) != NOTHING)
		test_nap();
}

static void act(struct actor *actor, enum act what, int64_t tag)
{
	actor->tag = tag;
	start_act(actor, what);
	await_act(actor);
}

static void end_as(struct actor *actor, enum act how)
{
	start_act(actor, how);
	test_process_wait(actor->process);
	actor->process = NULL;
}

static void await_deaths(struct actor *actor, int count)
{
	while (atomic_load(&actor->deaths) < count)
		test_nap();
}

/* Long enough for what must not come. */
static void assert_deaths(struct actor *actor, int count)
{
	for (int i = 0; i < 5; i++)
		test_nap();
	assert_int_equal(atomic_load(&actor->deaths), count);
}

/* Two nodes with a process each, which know each other. */
struct pair {
	struct test_net net;
	struct actor one;
	struct actor two;
};

static void start_actor(struct test_net *net, struct actor *actor)
{
	memset(actor, 0, sizeof(*actor));
	actor->process = test_process_start(net->environment, play, actor);
	atomic_store(&actor->process->die_when_link_dies, false);
}

static void set_up_with(struct pair *pair,
			const struct ln_node_options *options)
{
	test_net_init(&pair->net, 2, 2, options);
	start_actor(&pair->net, &pair->one);
	start_actor(&pair->net, &pair->two);
	pair->one.peer = test_net_proxy(&pair->net, 0, 1, pair->two.process);
	pair->two.peer = test_net_proxy(&pair->net, 1, 0, pair->one.process);
}

static void set_up(struct pair *pair)
{
	set_up_with(pair, NULL);
}

static void settle(struct pair *pair)
{
	test_line_settle(pair->net.lines[0]);
	assert_false(pair->net.lines[0]->broken);
}

/* Links the processes with one's tag. */
static void link_both(struct pair *pair, int64_t tag)
{
	act(&pair->one, LINK, tag);
	assert_int_equal(pair->one.result, 0);
	settle(pair);
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
static void assert_linked(struct pair *pair, uint32_t linked)
{
	assert_int_equal(links_of(pair->one.process), linked);
	assert_int_equal(links_of(pair->one.peer), linked);
	assert_int_equal(links_of(pair->two.process), linked);
	assert_int_equal(links_of(pair->two.peer), linked);
}

static void tear_down(struct pair *pair)
{
	struct actor *actors[] = { &pair->one, &pair->two };

	for (int i = 0; i < 2; i++) {
		if (actors[i]->process != NULL) {
			ln_process_kill(actors[i]->process);
			test_process_wait(actors[i]->process);
		}
		ln_process_release(actors[i]->peer);
	}
	test_net_deinit(&pair->net);
}

static void death_crosses_both_ways(void **state)
{
	for (int way = 0; way < 2; way++) {
		struct pair pair;
		struct actor *dies;
		struct actor *told;

		(void)state;
		set_up(&pair);
		dies = way == 0 ? &pair.one : &pair.two;
		told = way == 0 ? &pair.two : &pair.one;
		link_both(&pair, 17);
		assert_linked(&pair, 1);
		end_as(dies, FAIL);
		settle(&pair);
		await_deaths(told, 1);
		assert_int_equal(told->tags[0], 17);
		assert_deaths(told, 1);
		assert_int_equal(links_of(told->process), 0);
		tear_down(&pair);
	}
}

static void each_side_has_its_own_tag(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	/* Not what the process itself does, but nothing else uses it. */
	assert_int_equal(ln_process_link(pair.one.process, pair.one.peer, 1, 2),
			 0);
	settle(&pair);
	assert_int_equal(ln_process_link(pair.one.process, pair.one.peer, 3, 4),
			 0);
	settle(&pair);
	assert_linked(&pair, 1);
	end_as(&pair.one, FAIL);
	settle(&pair);
	await_deaths(&pair.two, 1);
	assert_int_equal(pair.two.tags[0], 4);
	tear_down(&pair);
}

static void death_kills_who_does_not_trap_it(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	atomic_store(&pair.two.process->die_when_link_dies, true);
	link_both(&pair, 5);
	end_as(&pair.one, FAIL);
	settle(&pair);
	assert_int_equal(test_process_wait(pair.two.process),
			 LN_OUTCOME_KILLED);
	pair.two.process = NULL;
	tear_down(&pair);
}

static void normal_end_only_unlinks(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	link_both(&pair, 5);
	end_as(&pair.one, END);
	settle(&pair);
	assert_int_equal(links_of(pair.two.process), 0);
	assert_deaths(&pair.two, 0);
	tear_down(&pair);
}

static void link_to_one_that_ended(void **state)
{
	static const enum act hows[] = { END, FAIL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pair pair;

		set_up(&pair);
		end_as(&pair.two, hows[i]);
		link_both(&pair, 9);
		if (hows[i] == FAIL) {
			await_deaths(&pair.one, 1);
			assert_int_equal(pair.one.tags[0], 9);
		}
		assert_deaths(&pair.one, hows[i] == FAIL);
		assert_int_equal(links_of(pair.one.process), 0);
		assert_int_equal(links_of(pair.one.peer), 0);
		tear_down(&pair);
	}
}

/* Only so many ends are remembered; what is forgotten has failed. */
static void link_to_one_forgotten(void **state)
{
	const struct ln_node_options options = { .max_ends = 2 };
	struct pair pair;

	(void)state;
	set_up_with(&pair, &options);
	end_as(&pair.two, END);
	for (int i = 0; i < 2; i++) {
		struct actor other;

		start_actor(&pair.net, &other);
		assert_int_equal(ln_export(pair.net.nodes[1], other.process),
				 0);
		end_as(&other, END);
	}
	link_both(&pair, 9);
	await_deaths(&pair.one, 1);
	tear_down(&pair);
}

/* A process of one's own that ended on its way around is no longer local. */
static void link_to_own_one_that_ended(void **state)
{
	static const enum act hows[] = { END, FAIL };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pair pair;
		struct actor other;
		struct ln_process *known;

		set_up(&pair);
		start_actor(&pair.net, &other);
		assert_int_equal(ln_export(pair.net.nodes[0], other.process),
				 0);
		known = test_net_proxy(&pair.net, 0, 0, other.process);
		end_as(&other, hows[i]);
		ln_process_release(pair.one.peer);
		pair.one.peer = known;
		act(&pair.one, LINK, 3);
		assert_int_equal(pair.one.result, 0);
		if (hows[i] == FAIL)
			await_deaths(&pair.one, 1);
		assert_deaths(&pair.one, hows[i] == FAIL);
		tear_down(&pair);
	}
}

static void unlink_crosses(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	link_both(&pair, 5);
	act(&pair.two, UNLINK, 0);
	settle(&pair);
	assert_linked(&pair, 0);
	/* Nothing to unlink: nothing to send. */
	act(&pair.two, UNLINK, 0);
	act(&pair.one, UNLINK, 0);
	assert_int_equal(test_line_move(pair.net.lines[0], 0, 1), 0);
	assert_int_equal(test_line_move(pair.net.lines[0], 1, 1), 0);
	end_as(&pair.one, FAIL);
	settle(&pair);
	assert_deaths(&pair.two, 0);
	tear_down(&pair);
}

/* Both sides change the link before they hear of each other, in all ways of two
 * changes each; whatever it is in the end, both think the same, and a death is
 * told once if they are linked, else not. */
static void changes_cross(void **state)
{
	(void)state;
	for (int mask = 0; mask < 2 * 4 * 4; mask++) {
		const enum act acts[] = { LINK, UNLINK };
		bool linked_before = mask & 1;
		uint32_t linked;
		struct pair pair;

		set_up(&pair);
		if (linked_before)
			link_both(&pair, 5);
		for (int i = 0; i < 2; i++) {
			act(&pair.one, acts[mask >> (1 + i) & 1], 6);
			act(&pair.two, acts[mask >> (3 + i) & 1], 6);
		}
		settle(&pair);
		linked = links_of(pair.one.process);
		assert_linked(&pair, linked);
		end_as(&pair.two, FAIL);
		settle(&pair);
		if (linked)
			await_deaths(&pair.one, 1);
		assert_int_equal(atomic_load(&pair.one.deaths), linked);
		assert_int_equal(links_of(pair.one.process), 0);
		tear_down(&pair);
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
		struct pair pair;
		int deaths;

		set_up(&pair);
		if (linked_before)
			link_both(&pair, 5);
		if (!frame_first)
			end_as(&pair.two, fails ? FAIL : END);
		act(&pair.one, links ? LINK : UNLINK, 6);
		if (frame_first)
			end_as(&pair.two, fails ? FAIL : END);
		settle(&pair);
		deaths = links && fails;
		if (deaths)
			await_deaths(&pair.one, 1);
		assert_deaths(&pair.one, deaths);
		assert_int_equal(links_of(pair.one.process), 0);
		assert_int_equal(links_of(pair.one.peer), 0);
		tear_down(&pair);
	}
}

/* Each frame of a LINK that meets an end may be under way when the line is cut.
 */
static void loss_breaks_links(void **state)
{
	(void)state;
	for (size_t moved = 0; moved < 2; moved++) {
		for (int end_first = 0; end_first < 2; end_first++) {
			struct pair pair;

			set_up(&pair);
			act(&pair.one, LINK, 8);
			test_line_move(pair.net.lines[0], 0, moved);
			if (end_first)
				end_as(&pair.two, FAIL);
			test_line_cut(pair.net.lines[0]);
			pair.net.lines[0] = NULL;
			await_deaths(&pair.one, 1);
			assert_int_equal(pair.one.tags[0], 8);
			if (!end_first && moved > 0)
				await_deaths(&pair.two, 1);
			assert_deaths(&pair.one, 1);
			if (!end_first)
				assert_deaths(&pair.two, moved > 0);
			assert_int_equal(links_of(pair.one.process), 0);
			tear_down(&pair);
		}
	}
}

static void link_without_a_session_dies(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	test_line_cut(pair.net.lines[0]);
	pair.net.lines[0] = NULL;
	act(&pair.one, LINK, 12);
	assert_int_equal(pair.one.result, 0);
	await_deaths(&pair.one, 1);
	assert_int_equal(pair.one.tags[0], 12);
	assert_int_equal(links_of(pair.one.process), 0);
	assert_int_equal(links_of(pair.one.peer), 0);
	/* The same incarnation again: as if nothing had been. */
	pair.net.lines[0] = test_line_new(pair.net.nodes[0], pair.net.nodes[1]);
	link_both(&pair, 13);
	assert_linked(&pair, 1);
	tear_down(&pair);
}

/* An unlink that was not answered is forgotten with its session. */
static void unlinks_end_with_the_session(void **state)
{
	struct pair pair;

	(void)state;
	set_up(&pair);
	link_both(&pair, 5);
	act(&pair.one, UNLINK, 0);
	test_line_cut(pair.net.lines[0]);
	pair.net.lines[0] = test_line_new(pair.net.nodes[0], pair.net.nodes[1]);
	act(&pair.two, LINK, 6);
	settle(&pair);
	assert_linked(&pair, 1);
	tear_down(&pair);
}

static void too_many_links(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct pair pair;

	(void)state;
	set_up(&pair);
	/* The limit is the environment's, which nobody reads meanwhile. */
	limits = pair.net.environment->limits;
	pair.net.environment->limits.max_links = 0;
	act(&pair.one, LINK, 6);
	assert_int_equal(pair.one.result, LN_ELIMIT);
	settle(&pair);
	assert_linked(&pair, 0);
	pair.net.environment->limits = limits;
	act(&pair.one, LINK, 7);
	pair.net.environment->limits.max_links = 0;
	settle(&pair);
	/* Refused there: told here. */
	await_deaths(&pair.one, 1);
	assert_int_equal(pair.one.tags[0], 7);
	assert_linked(&pair, 0);
	pair.net.environment->limits = limits;
	tear_down(&pair);
}

#define MANY 300

static void many_links_break(void **state)
{
	static struct actor others[MANY];
	struct pair pair;

	(void)state;
	set_up(&pair);
	for (int i = 0; i < MANY; i++) {
		start_actor(&pair.net, &others[i]);
		others[i].peer = pair.one.peer;
		assert_int_equal(
			ln_process_link(others[i].process, pair.one.peer, i, i),
			0);
	}
	settle(&pair);
	assert_int_equal(links_of(pair.two.process), MANY);
	test_line_cut(pair.net.lines[0]);
	pair.net.lines[0] = NULL;
	await_deaths(&pair.two, DEATHS);
	for (int i = 0; i < MANY; i++) {
		await_deaths(&others[i], 1);
		assert_int_equal(others[i].tags[0], i);
		end_as(&others[i], END);
	}
	assert_int_equal(links_of(pair.two.process), 0);
	tear_down(&pair);
}

/* One side only, as remote spawns do. */
static void entered_links(void **state)
{
	struct pair pair;
	bool failed;

	(void)state;
	set_up(&pair);
	assert_int_equal(ln_links_enter(pair.two.process,
					ln_proxy_of(pair.two.peer), 1, 0, 44,
					&failed),
			 0);
	assert_int_equal(ln_links_enter(pair.one.process,
					ln_proxy_of(pair.one.peer), 1, 44, 0,
					&failed),
			 0);
	assert_linked(&pair, 1);
	assert_int_equal(ln_links_enter(pair.one.process,
					ln_proxy_of(pair.one.peer), 2, 44, 0,
					&failed),
			 LN_EIO);
	end_as(&pair.two, FAIL);
	settle(&pair);
	await_deaths(&pair.one, 1);
	assert_int_equal(pair.one.tags[0], 44);
	tear_down(&pair);
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
