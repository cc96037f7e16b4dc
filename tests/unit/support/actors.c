#include "support/actors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "process/life.h"
#include "process/message.h"
#include "support/processes.h"
#include "support/tasks.h"

static void note(struct test_actor *actor, struct ln_message *message)
{
	int told = atomic_load(&actor->told);

	if (told < TEST_TOLD && (message->kind == LN_MESSAGE_LINK_DIED ||
				 ln_message_end(message, &actor->ends[told]))) {
		actor->tags[told] = message->tag;
		atomic_store(&actor->told, told + 1);
	}
	ln_message_free(message);
}

static void perform(struct test_actor *actor, enum test_act act)
{
	struct ln_process *self = actor->process;

	if (act == TEST_LINK)
		actor->result = ln_process_link(self, actor->peer, actor->tag,
						actor->tag);
	else if (act == TEST_UNLINK)
		ln_process_unlink(self, actor->peer);
	else if (act == TEST_WATCH)
		actor->result =
			ln_process_monitor(self, actor->peer, &actor->tag);
	else if (act == TEST_UNWATCH)
		actor->result = ln_process_demonitor(self, actor->tag);
}

static enum ln_outcome play(struct ln_process *self)
{
	struct test_actor *actor = self->argument;
	struct ln_message *message;

	self->exit_code = 9;
	for (;;) {
		enum test_act act;
		int error = ln_process_receive(
			self, NULL, 0, ln_time_after_ms(1), false, &message);

		if (error == 0) {
			note(actor, message);
			continue;
		}
		if (error != LN_ETIMEDOUT)
			return LN_OUTCOME_KILLED;
		act = atomic_load(&actor->act);
		if (act == TEST_NOTHING)
			continue;
		if (act == TEST_END)
			return LN_OUTCOME_NORMAL;
		if (act == TEST_FAIL)
			return LN_OUTCOME_EXITED;
		perform(actor, act);
		atomic_store(&actor->act, TEST_NOTHING);
	}
}

void test_actor_start(struct test_net *net, struct test_actor *actor)
{
	memset(actor, 0, sizeof(*actor));
	assert_int_equal(
		ln_process_new(net->environment, play, actor, &actor->process),
		0);
	atomic_store(&actor->process->die_when_link_dies, false);
	assert_int_equal(ln_process_start(actor->process), 0);
}

void test_act_start(struct test_actor *actor, enum test_act act)
{
	atomic_store(&actor->act, act);
}

void test_act_await(struct test_actor *actor)
{
	while (atomic_load(&actor->act) != TEST_NOTHING)
		test_nap();
}

void test_act(struct test_actor *actor, enum test_act act)
{
	test_act_start(actor, act);
	test_act_await(actor);
}

void test_actor_end(struct test_actor *actor, enum test_act how)
{
	if (how == TEST_NOTHING)
		ln_process_kill(actor->process);
	test_act_start(actor, how);
	test_process_wait(actor->process);
	actor->process = NULL;
}

void test_actor_await(struct test_actor *actor, int told)
{
	while (atomic_load(&actor->told) < told)
		test_nap();
}

/* Long enough for what must not come. */
void test_actor_assert(struct test_actor *actor, int told)
{
	for (int i = 0; i < 5; i++)
		test_nap();
	assert_int_equal(atomic_load(&actor->told), told);
}

void test_pair_init(struct test_pair *pair,
		    const struct ln_local_node_options *options)
{
	memset(pair, 0, sizeof(*pair));
	test_net_init(&pair->net, 2, 2, options);
	test_actor_start(&pair->net, &pair->one);
	test_actor_start(&pair->net, &pair->two);
	pair->one.peer = test_net_proxy(&pair->net, 0, 1, pair->two.process);
}

void test_pair_introduce(struct test_pair *pair)
{
	pair->two.peer = test_net_proxy(&pair->net, 1, 0, pair->one.process);
}

void test_pair_settle(struct test_pair *pair)
{
	test_line_settle(pair->net.lines[0]);
	assert_false(pair->net.lines[0]->broken);
}

void test_pair_deinit(struct test_pair *pair)
{
	struct test_actor *actors[] = { &pair->one, &pair->two };

	for (int i = 0; i < 2; i++) {
		if (actors[i]->process != NULL) {
			ln_process_kill(actors[i]->process);
			test_process_wait(actors[i]->process);
		}
		if (actors[i]->peer != NULL)
			ln_process_release(actors[i]->peer);
	}
	test_net_deinit(&pair->net);
}
