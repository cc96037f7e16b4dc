/* src/node/session.c, queue.c: sessions, and senders that wait for room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "node/frame_encoder.h"
#include "node/peer.h"
#include "node/queue.h"
#include "node/session.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/processes.h"

#define SENDERS 20

static const struct ln_local_node_options tight = { .high_mark = 4096,
						    .low_mark = 2048 };

/* A process that sends, and how far it came. */
struct sender {
	struct ln_process *process;
	struct ln_process *to;
	int64_t tag; /* of its messages */
	int count;   /* of them */
	size_t size;
	int64_t deadline;
	_Atomic int sent;
	int result; /* of the last one */
};

static enum ln_outcome send_all(struct ln_process *self)
{
	struct sender *sender = self->argument;

	for (int i = 0; i < sender->count; i++) {
		struct ln_message *message = ln_message_new(
			LN_MESSAGE_DATA, sender->tag, sender->size);

		for (size_t at = 0; at < sender->size; at += sizeof(i))
			ln_message_write(message, &i, sizeof(i), UINT64_MAX);
		sender->result = ln_process_send_wait(sender->to, message,
						      sender->deadline);
		if (sender->result < 0)
			return LN_OUTCOME_EXITED;
		atomic_fetch_add(&sender->sent, 1);
	}
	return LN_OUTCOME_NORMAL;
}

static void start_sender(struct test_net *net, struct sender *sender,
			 struct ln_process *to, int count, size_t size)
{
	static int64_t tags;

	*sender = (struct sender){ .to = to,
				   .tag = ++tags,
				   .count = count,
				   .size = size,
				   .deadline = LN_NEVER };
	sender->process =
		test_process_start(net->environment, send_all, sender);
}

/* Counts what it receives; notes the tags, and whether each sender's messages
 * came in order. */
struct receiver {
	struct ln_process *process;
	_Atomic int count;
	_Atomic bool disorder;
	int next[1000];
	int64_t tags[1000];
};

static enum ln_outcome receive_all(struct ln_process *self)
{
	struct receiver *receiver = self->argument;
	struct ln_message *message;
	int count = 0;
	int number;
	size_t len;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) ==
	       0) {
		ln_message_read(message, &number, sizeof(number), &len);
		if (receiver->next[message->tag % 1000]++ != number)
			atomic_store(&receiver->disorder, true);
		receiver->tags[count % 1000] = message->tag;
		ln_message_free(message);
		atomic_store(&receiver->count, ++count);
	}
	return LN_OUTCOME_KILLED;
}

static void start_receiver(struct test_net *net, struct receiver *receiver)
{
	memset(receiver, 0, sizeof(*receiver));
	receiver->process =
		test_process_start(net->environment, receive_all, receiver);
}

static void await_count(struct receiver *receiver, int count)
{
	while (atomic_load(&receiver->count) < count)
		test_nap();
}

static void end_receiver(struct receiver *receiver)
{
	ln_process_kill(receiver->process);
	test_process_wait(receiver->process);
	assert_false(atomic_load(&receiver->disorder));
}

static size_t queued(struct test_end *end)
{
	size_t bytes;

	ln_lock_acquire(&end->session->peer->lock);
	bytes = end->session->queued;
	ln_lock_release(&end->session->peer->lock);
	return bytes;
}

static void senders_wait_for_room(void **state)
{
	struct sender senders[SENDERS];
	struct receiver receiver;
	struct test_net net;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, &tight);
	start_receiver(&net, &receiver);
	proxy = test_net_proxy(&net, 0, 1, receiver.process);
	for (int i = 0; i < SENDERS; i++)
		start_sender(&net, &senders[i], proxy, 40, 100);
	for (int i = 0; i < SENDERS; i++)
		test_process_wait_parked(senders[i].process);
	/* The mark, and what went beyond it by less than a frame. */
	assert_in_range(queued(&net.lines[0]->ends[0]), 4096, 4096 + 256);
	assert_int_equal(ln_process_wait_for_room(proxy, LN_NEVER), LN_EFULL);
	assert_int_equal(
		ln_process_send(proxy, ln_message_new(LN_MESSAGE_DATA, 1, 0)),
		LN_EFULL);
	test_line_start(net.lines[0]);
	for (int i = 0; i < SENDERS; i++) {
		assert_int_equal(test_process_wait(senders[i].process),
				 LN_OUTCOME_NORMAL);
		assert_int_equal(senders[i].sent, 40);
	}
	await_count(&receiver, SENDERS * 40);
	end_receiver(&receiver);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

static void waiters_go_on_in_order(void **state)
{
	struct sender filler;
	struct sender senders[SENDERS];
	struct receiver receiver;
	struct test_net net;
	struct ln_process *proxy;
	int first;

	(void)state;
	test_net_init(&net, 2, 2, &tight);
	start_receiver(&net, &receiver);
	proxy = test_net_proxy(&net, 0, 1, receiver.process);
	start_sender(&net, &filler, proxy, 1, 4096);
	test_process_wait(filler.process);
	for (int i = 0; i < SENDERS; i++) {
		start_sender(&net, &senders[i], proxy, 1, 400);
		test_process_wait_parked(senders[i].process);
	}
	test_line_start(net.lines[0]);
	for (int i = 0; i < SENDERS; i++)
		test_process_wait(senders[i].process);
	await_count(&receiver, SENDERS + 1);
	first = (int)filler.tag;
	for (int i = 0; i <= SENDERS; i++)
		assert_int_equal(receiver.tags[i], first + i);
	end_receiver(&receiver);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

/* Fills the queue, so that who sends next must wait. */
static void fill(struct test_net *net, struct ln_process *proxy)
{
	struct sender filler;

	start_sender(net, &filler, proxy, 1, 8000);
	test_process_wait(filler.process);
	assert_int_equal(filler.sent, 1);
}

/* There is room again, but not below the low mark: who waits is before. */
static void nobody_overtakes(void **state)
{
	struct sender filler;
	struct sender waiter;
	struct receiver receiver;
	struct test_net net;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, &tight);
	start_receiver(&net, &receiver);
	proxy = test_net_proxy(&net, 0, 1, receiver.process);
	start_sender(&net, &filler, proxy, 1000, 400);
	test_process_wait_parked(filler.process);
	start_sender(&net, &waiter, proxy, 1, 400);
	test_process_wait_parked(waiter.process);
	ln_frames_free(ln_session_take(net.lines[0]->ends[0].session, 1000));
	assert_true(queued(&net.lines[0]->ends[0]) < 4096);
	assert_int_equal(
		ln_process_send(proxy, ln_message_new(LN_MESSAGE_DATA, 1, 0)),
		LN_EFULL);
	assert_int_equal(waiter.sent, 0);
	ln_process_kill(filler.process);
	test_process_wait(filler.process);
	ln_process_kill(waiter.process);
	test_process_wait(waiter.process);
	ln_process_kill(receiver.process);
	test_process_wait(receiver.process);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

static void killed_and_late_senders_take_it_back(void **state)
{
	struct sender senders[3];
	struct receiver receiver;
	struct test_net net;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, &tight);
	start_receiver(&net, &receiver);
	proxy = test_net_proxy(&net, 0, 1, receiver.process);
	fill(&net, proxy);
	for (int i = 0; i < 3; i++) {
		start_sender(&net, &senders[i], proxy, 1, 100);
		test_process_wait_parked(senders[i].process);
	}
	ln_process_kill(senders[1].process);
	assert_int_equal(test_process_wait(senders[1].process),
			 LN_OUTCOME_KILLED);
	assert_int_equal(senders[1].result, LN_EKILLED);
	test_line_start(net.lines[0]);
	test_process_wait(senders[0].process);
	test_process_wait(senders[2].process);
	await_count(&receiver, 3);
	assert_int_equal(receiver.tags[1], senders[0].tag);
	assert_int_equal(receiver.tags[2], senders[2].tag);
	test_line_stop(net.lines[0]);
	fill(&net, proxy);
	senders[0] = (struct sender){ .to = proxy,
				      .count = 1,
				      .deadline = ln_time_after_ms(20) };
	assert_int_equal(test_process_wait(test_process_start(
				 net.environment, send_all, &senders[0])),
			 LN_OUTCOME_EXITED);
	assert_int_equal(senders[0].result, LN_ETIMEDOUT);
	test_line_settle(net.lines[0]);
	await_count(&receiver, 4);
	end_receiver(&receiver);
	assert_int_equal(receiver.count, 4);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

static void loss_ends_waits(void **state)
{
	struct sender senders[SENDERS];
	struct receiver receiver;
	struct test_net net;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, &tight);
	start_receiver(&net, &receiver);
	proxy = test_net_proxy(&net, 0, 1, receiver.process);
	fill(&net, proxy);
	for (int i = 0; i < SENDERS; i++) {
		start_sender(&net, &senders[i], proxy, 1, 100);
		test_process_wait_parked(senders[i].process);
	}
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	for (int i = 0; i < SENDERS; i++) {
		assert_int_equal(test_process_wait(senders[i].process),
				 LN_OUTCOME_EXITED);
		assert_int_equal(senders[i].result, LN_EDEAD);
	}
	assert_int_equal(ln_process_wait_for_room(proxy, LN_NEVER), 0);
	end_receiver(&receiver);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

static enum ln_outcome wait_for_room(struct ln_process *self)
{
	struct sender *sender = self->argument;

	sender->result = ln_process_wait_for_room(sender->to, LN_NEVER);
	atomic_fetch_add(&sender->sent, 1);
	return LN_OUTCOME_NORMAL;
}

/* Control frames are queued whatever waits; who causes them waits before. */
static void control_frames_do_not_wait(void **state)
{
	struct sender waiter = { .count = 0 };
	struct receiver receiver;
	struct test_net net;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, &tight);
	start_receiver(&net, &receiver);
	proxy = test_net_proxy(&net, 0, 1, receiver.process);
	fill(&net, proxy);
	waiter.to = proxy;
	waiter.process =
		test_process_start(net.environment, wait_for_room, &waiter);
	test_process_wait_parked(waiter.process);
	assert_int_equal(waiter.sent, 0);
	ln_process_kill(proxy);
	test_line_settle(net.lines[0]);
	assert_int_equal(test_process_wait(waiter.process), LN_OUTCOME_NORMAL);
	assert_int_equal(waiter.result, 0);
	assert_int_equal(test_process_wait(receiver.process),
			 LN_OUTCOME_KILLED);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

/* A node that takes nothing delays none but those who send to it. */
static void others_go_on(void **state)
{
	struct sender stuck;
	struct sender free_one;
	struct receiver receivers[2];
	struct test_net net;
	struct ln_process *proxies[2];

	(void)state;
	test_net_init(&net, 3, 2, &tight);
	for (int i = 0; i < 2; i++) {
		start_receiver(&net, &receivers[i]);
		proxies[i] =
			test_net_proxy(&net, 0, 1 + i, receivers[i].process);
	}
	start_sender(&net, &stuck, proxies[0], 1000, 100);
	test_process_wait_parked(stuck.process);
	test_line_start(net.lines[2]); /* between nodes 2 and 0 */
	start_sender(&net, &free_one, proxies[1], 1000, 100);
	assert_int_equal(test_process_wait(free_one.process),
			 LN_OUTCOME_NORMAL);
	await_count(&receivers[1], 1000);
	assert_true(stuck.sent < 1000);
	assert_true(queued(&net.lines[0]->ends[0]) < 4096 + 256);
	ln_process_kill(stuck.process);
	test_process_wait(stuck.process);
	for (int i = 0; i < 2; i++) {
		end_receiver(&receivers[i]);
		ln_process_release(proxies[i]);
	}
	test_net_deinit(&net);
}

static struct ln_frame *frame_of(size_t len)
{
	struct ln_frame_encoder writer;
	uint8_t bytes[256] = { 0 };

	ln_frame_encoder_begin(&writer, LN_KIND_KILL, len);
	ln_frame_encoder_bytes(&writer, bytes, len - 1);
	return ln_frame_encoder_finish(&writer);
}

static void taking(void **state)
{
	struct test_net net;
	struct test_end *end;
	struct ln_frame *frames;
	struct ln_peer *peer;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	end = &net.lines[0]->ends[0];
	peer = end->session->peer;
	/* Nobody is woken before the first look. */
	assert_int_equal(ln_peer_post(peer, frame_of(100)), 0);
	assert_int_equal(end->wakes, 0);
	assert_int_equal(ln_peer_post(peer, frame_of(50)), 0);
	assert_int_equal(ln_peer_post(peer, frame_of(51)), 0);
	/* One at least, whatever its length; then no more than asked for. */
	frames = ln_session_take(end->session, 1);
	assert_int_equal(frames->len, 100);
	assert_null(frames->next);
	ln_frames_free(frames);
	frames = ln_session_take(end->session, 100);
	assert_int_equal(frames->len, 50);
	assert_null(frames->next);
	ln_frames_free(frames);
	assert_int_equal(ln_peer_post(peer, frame_of(49)), 0);
	frames = ln_session_take(end->session, 100);
	assert_int_equal(frames->len, 51);
	assert_int_equal(frames->next->len, 49);
	assert_null(frames->next->next);
	ln_frames_free(frames);
	assert_int_equal(end->wakes, 0);
	assert_int_equal(queued(end), 0);
	/* Woken once by what comes after it was empty. */
	assert_null(ln_session_take(end->session, 100));
	assert_int_equal(ln_peer_post(peer, frame_of(49)), 0);
	assert_int_equal(ln_peer_post(peer, frame_of(49)), 0);
	assert_int_equal(end->wakes, 1);
	test_net_deinit(&net);
}

static void up_is_refused(void **state)
{
	const struct ln_local_node_options two = { .max_sessions = 2 };
	struct test_net net;
	struct test_end *end;
	struct ln_node_id id = { .name = "four" };
	struct ln_session *session;
	struct ln_peer *peer;

	(void)state;
	test_net_init(&net, 3, 1, &two);
	end = &net.lines[0]->ends[0];
	assert_int_equal(
		ln_session_up(net.nodes[0], &end->channel, &id, &session),
		LN_ELIMIT);
	test_line_cut(net.lines[2]);
	net.lines[2] = NULL;
	/* A name that is up; the own one; an incarnation that is up. */
	strcpy(id.name, "two");
	assert_int_equal(
		ln_session_up(net.nodes[0], &end->channel, &id, &session),
		LN_EEXIST);
	strcpy(id.name, "one");
	assert_int_equal(
		ln_session_up(net.nodes[0], &end->channel, &id, &session),
		LN_EEXIST);
	strcpy(id.name, "four");
	memcpy(id.incarnation, net.nodes[1]->id.incarnation, 16);
	assert_int_equal(
		ln_session_up(net.nodes[0], &end->channel, &id, &session),
		LN_EEXIST);
	memcpy(id.incarnation, net.nodes[0]->id.incarnation, 16);
	assert_int_equal(
		ln_session_up(net.nodes[0], &end->channel, &id, &session),
		LN_EEXIST);
	assert_null(ln_local_node_find(net.nodes[0], "three", 5));
	assert_null(ln_local_node_find(net.nodes[0], "tw", 2));
	peer = ln_local_node_find(net.nodes[0], "two", 3);
	assert_non_null(peer);
	assert_ptr_equal(peer, end->session->peer);
	assert_true(ln_peer_connected(peer));
	ln_peer_release(peer);
	test_net_deinit(&net);
}

static void names(void **state)
{
	char longest[LN_NODE_NAME_MAX + 1];
	struct ln_local_node_options options = { .name = "a\nb" };
	struct ln_local_node *node;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_true(ln_node_name_valid("a", 1));
	assert_true(ln_node_name_valid("n\xc3\xa4me", 5));
	assert_true(ln_node_name_valid(longest, LN_NODE_NAME_MAX));
	assert_false(ln_node_name_valid(longest, LN_NODE_NAME_MAX + 1));
	assert_false(ln_node_name_valid("", 0));
	assert_false(ln_node_name_valid("a\0b", 3));
	assert_false(ln_node_name_valid("a\x7f", 2));
	assert_false(ln_node_name_valid("a\xff", 2));
	assert_int_equal(ln_local_node_new(NULL, &options, &node), LN_EINVAL);
	ln_local_node_free(NULL);
}

/* A peer that asks, and does not take the answers, is given up. */
static void answers_are_bounded(void **state)
{
	const struct ln_local_node_options few = { .max_answer_bytes = 2000 };
	uint8_t frame[49] = { LN_KIND_LINK };
	const char *reason;
	struct test_net net;
	struct test_end *end;
	int count = 0;

	(void)state;
	test_net_init(&net, 2, 1, &few);
	end = &net.lines[0]->ends[0];
	while (!end->closed && count < 1000) {
		assert_int_equal(ln_session_receive(end->session, frame,
						    sizeof(frame), &reason),
				 0);
		count++;
	}
	assert_in_range(count, 20, 100);
	assert_string_equal(end->reason,
			    "it does not accept the answers to its requests");
	/* Nothing more is queued while it closes. */
	assert_false(ln_peer_connected(end->session->peer));
	assert_int_equal(ln_peer_post(end->session->peer, frame_of(10)),
			 LN_EDEAD);
	assert_int_equal(ln_peer_try_send(end->session->peer, frame_of(10)),
			 LN_EDEAD);
	test_net_deinit(&net);
}

static void no_memory_closes(void **state)
{
	struct test_net net;
	struct test_end *end;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	end = &net.lines[0]->ends[0];
	assert_int_equal(ln_peer_try_send(end->session->peer, NULL), LN_ENOMEM);
	assert_false(end->closed);
	assert_int_equal(ln_peer_post(end->session->peer, NULL), LN_ENOMEM);
	assert_true(end->closed);
	assert_string_equal(end->reason, "out of memory");
	test_net_deinit(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(senders_wait_for_room),
		cmocka_unit_test(waiters_go_on_in_order),
		cmocka_unit_test(nobody_overtakes),
		cmocka_unit_test(killed_and_late_senders_take_it_back),
		cmocka_unit_test(loss_ends_waits),
		cmocka_unit_test(control_frames_do_not_wait),
		cmocka_unit_test(others_go_on),
		cmocka_unit_test(taking),
		cmocka_unit_test(up_is_refused),
		cmocka_unit_test(names),
		cmocka_unit_test(answers_are_bounded),
		cmocka_unit_test(no_memory_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
