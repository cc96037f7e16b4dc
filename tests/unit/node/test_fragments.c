/* src/node/fragments.c: what is longer than a frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/session.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/processes.h"

#define LONG (300u << 10)

static const struct ln_local_node_options tight = { .high_mark = 4096,
						    .low_mark = 2048 };

struct sender {
	struct ln_process *process;
	struct ln_process *to;
	size_t size;
	int64_t tag;
	int64_t deadline;
	int result;
};

static struct ln_message *make(int64_t tag, size_t size)
{
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, tag, size);
	uint8_t *bytes = malloc(size);

	memset(bytes, (int)tag, size);
	ln_message_write(message, bytes, size, UINT64_MAX);
	free(bytes);
	return message;
}

static enum ln_outcome send_one(struct ln_process *self)
{
	struct sender *sender = self->argument;

	sender->result = ln_process_send_wait(
		sender->to, make(sender->tag, sender->size), sender->deadline);
	return ln_task_interrupted(&self->task) ? LN_OUTCOME_KILLED
						: LN_OUTCOME_NORMAL;
}

static void start_sender(struct test_net *net, struct sender *sender,
			 struct ln_process *to, int64_t tag, size_t size)
{
	*sender = (struct sender){
		.to = to, .size = size, .tag = tag, .deadline = LN_NEVER
	};
	sender->process =
		test_process_start(net->environment, send_one, sender);
}

struct receiver {
	struct ln_process *process;
	_Atomic int count;
	int64_t tags[16];
	size_t sizes[16];
	bool spoilt;
};

static enum ln_outcome receive_all(struct ln_process *self)
{
	struct receiver *receiver = self->argument;
	struct ln_message *message;
	int count = 0;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) ==
	       0) {
		for (size_t i = 0; i < message->size; i++) {
			if (message->data[i] != (uint8_t)message->tag)
				receiver->spoilt = true;
		}
		receiver->tags[count % 16] = message->tag;
		receiver->sizes[count % 16] = message->size;
		ln_message_free(message);
		atomic_store(&receiver->count, ++count);
	}
	return LN_OUTCOME_KILLED;
}

/* Two nodes, and a receiver at the second. */
struct world {
	struct test_net net;
	struct receiver receiver;
	struct ln_process *proxy;
};

static void set_up(struct world *world,
		   const struct ln_local_node_options *options)
{
	memset(world, 0, sizeof(*world));
	test_net_init(&world->net, 2, 2, options);
	world->receiver.process = test_process_start(
		world->net.environment, receive_all, &world->receiver);
	world->proxy =
		test_net_proxy(&world->net, 0, 1, world->receiver.process);
}

static void await_count(struct world *world, int count)
{
	while (atomic_load(&world->receiver.count) < count)
		test_nap();
}

static void tear_down(struct world *world)
{
	ln_process_kill(world->receiver.process);
	test_process_wait(world->receiver.process);
	assert_false(world->receiver.spoilt);
	ln_process_release(world->proxy);
	test_net_deinit(&world->net);
}

static void assembly_is_empty(struct world *world)
{
	const struct ln_session *session = world->net.lines[0]->ends[1].session;

	assert_null(session->assembly.kind);
	assert_null(session->assembly.head);
	assert_null(session->assembly.body.data);
}

/* Others wait for the end of a long one; short ones go in between. */
static void one_at_a_time(void **state)
{
	struct world world;
	struct sender longs[2];
	struct sender brief;

	(void)state;
	set_up(&world, &tight);
	start_sender(&world.net, &longs[0], world.proxy, 1, LONG);
	test_process_wait_parked(longs[0].process);
	start_sender(&world.net, &longs[1], world.proxy, 2, LONG);
	test_process_wait_parked(longs[1].process);
	assert_int_equal(ln_process_send(world.proxy, make(3, LONG)), LN_EFULL);
	start_sender(&world.net, &brief, world.proxy, 4, 100);
	test_process_wait_parked(brief.process);
	test_line_start(world.net.lines[0]);
	for (int i = 0; i < 2; i++)
		test_process_wait(longs[i].process);
	test_process_wait(brief.process);
	await_count(&world, 3);
	assert_int_equal(world.receiver.tags[0], 4);
	assert_int_equal(world.receiver.tags[1], 1);
	assert_int_equal(world.receiver.tags[2], 2);
	assert_int_equal(world.receiver.sizes[2], LONG);
	tear_down(&world);
}

/* What is queued for a long message is bounded as for short ones. */
static void memory_is_bounded(void **state)
{
	struct world world;
	struct sender sender;

	(void)state;
	set_up(&world, NULL);
	start_sender(&world.net, &sender, world.proxy, 1, 20u << 20);
	test_process_wait_parked(sender.process);
	assert_in_range(world.net.lines[0]->ends[0].session->queued, 1u << 20,
			(1u << 20) + LN_FRAME_MAX + 64);
	test_line_start(world.net.lines[0]);
	test_process_wait(sender.process);
	await_count(&world, 1);
	assert_int_equal(world.receiver.sizes[0], 20u << 20);
	tear_down(&world);
}

static void killed_sender_takes_it_back(void **state)
{
	struct world world;
	struct sender senders[2];

	(void)state;
	set_up(&world, &tight);
	start_sender(&world.net, &senders[0], world.proxy, 1, 4 * LONG);
	test_process_wait_parked(senders[0].process);
	/* Some pieces have arrived. */
	while (test_line_move(world.net.lines[0], 0, 2) > 0 &&
	       world.net.lines[0]->ends[1].session->assembly.got <
		       2 * LN_FRAME_MAX)
		test_process_wait_parked(senders[0].process);
	start_sender(&world.net, &senders[1], world.proxy, 2, LONG);
	test_process_wait_parked(senders[1].process);
	ln_process_kill(senders[0].process);
	assert_int_equal(test_process_wait(senders[0].process),
			 LN_OUTCOME_KILLED);
	assert_int_equal(senders[0].result, LN_EKILLED);
	test_line_start(world.net.lines[0]);
	test_process_wait(senders[1].process);
	await_count(&world, 1);
	assert_int_equal(world.receiver.tags[0], 2);
	test_line_stop(world.net.lines[0]);
	assembly_is_empty(&world);
	assert_false(world.net.lines[0]->broken);
	tear_down(&world);
}

static void deadline_takes_it_back(void **state)
{
	struct world world;
	struct sender sender = { .tag = 1, .size = LONG };

	(void)state;
	set_up(&world, &tight);
	sender.to = world.proxy;
	sender.deadline = ln_time_after_ms(20);
	test_process_wait(
		test_process_start(world.net.environment, send_one, &sender));
	assert_int_equal(sender.result, LN_ETIMEDOUT);
	test_line_settle(world.net.lines[0]);
	assembly_is_empty(&world);
	assert_false(world.net.lines[0]->broken);
	assert_int_equal(ln_process_send(world.proxy, make(2, LONG)), 0);
	test_line_settle(world.net.lines[0]);
	await_count(&world, 1);
	assert_int_equal(world.receiver.tags[0], 2);
	tear_down(&world);
}

/* The rest of what began in one session does not get into the next. */
static void loss_in_the_middle(void **state)
{
	struct world world;
	struct sender sender;

	(void)state;
	set_up(&world, &tight);
	start_sender(&world.net, &sender, world.proxy, 1, LONG);
	test_process_wait_parked(sender.process);
	test_line_move(world.net.lines[0], 0, 1);
	test_line_cut(world.net.lines[0]);
	world.net.lines[0] =
		test_line_new(world.net.nodes[0], world.net.nodes[1]);
	test_process_wait(sender.process);
	assert_int_equal(sender.result, LN_EDEAD);
	assert_int_equal(ln_process_send(world.proxy, make(2, LONG)), 0);
	test_line_settle(world.net.lines[0]);
	await_count(&world, 1);
	assert_int_equal(world.receiver.tags[0], 2);
	tear_down(&world);
}

/* The receiver ends before, or while, the pieces come. */
static void receiver_ends(void **state)
{
	(void)state;
	for (size_t before = 0; before < 3; before++) {
		struct world world;
		struct ln_process *process;

		set_up(&world, NULL);
		process = ln_process_retain(world.receiver.process);
		assert_int_equal(ln_process_send(world.proxy, make(1, LONG)),
				 0);
		test_line_move(world.net.lines[0], 0, before);
		ln_process_kill(process);
		test_process_wait(process);
		test_line_settle(world.net.lines[0]);
		assert_false(world.net.lines[0]->broken);
		assembly_is_empty(&world);
		tear_down(&world);
	}
}

static void send_errors(void **state)
{
	struct world world;
	struct ln_peer *peer;
	uint8_t head[LN_HEAD_MAX + 1] = { 0 };
	const struct iovec part = { .iov_base = head, .iov_len = 10 };

	(void)state;
	set_up(&world, NULL);
	peer = ln_peer_retain(world.net.lines[0]->ends[0].session->peer);
	assert_int_equal(ln_peer_send_large(peer, LN_KIND_MESSAGE, head,
					    LN_HEAD_MAX + 1, &part, 1, false,
					    LN_NEVER),
			 LN_EINVAL);
	test_line_cut(world.net.lines[0]);
	world.net.lines[0] = NULL;
	assert_int_equal(ln_peer_send_large(peer, LN_KIND_MESSAGE, head, 44,
					    &part, 1, false, LN_NEVER),
			 LN_EDEAD);
	ln_peer_release(peer);
	tear_down(&world);
}

/* What is more than a session may have is lost, and the next one comes. */
static void bytes_are_bounded(void **state)
{
	static const struct ln_local_node_options small = {
		.max_session_bytes = 400u << 10,
	};
	static const size_t sizes[] = { LONG, 500u << 10, LONG, 2u << 20, 1 };
	const struct ln_local_node *node;
	struct world world;

	(void)state;
	set_up(&world, &small);
	test_line_start(world.net.lines[0]);
	node = world.net.lines[0]->ends[1].session->peer->node;
	for (int i = 0; i < 5; i++) {
		struct sender sender;

		start_sender(&world.net, &sender, world.proxy, i + 1, sizes[i]);
		test_process_wait(sender.process);
		assert_int_equal(sender.result, 0);
	}
	await_count(&world, 3);
	assert_int_equal(world.receiver.sizes[0], LONG);
	assert_int_equal(world.receiver.sizes[1], LONG);
	assert_int_equal(world.receiver.tags[1], 3);
	assert_int_equal(world.receiver.tags[2], 5);
	assembly_is_empty(&world);
	assert_int_equal(atomic_load(&node->bodies.used), 0);
	tear_down(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_at_a_time),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(killed_sender_takes_it_back),
		cmocka_unit_test(deadline_takes_it_back),
		cmocka_unit_test(loss_in_the_middle),
		cmocka_unit_test(receiver_ends),
		cmocka_unit_test(send_errors),
		cmocka_unit_test(bytes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
