/* src/node/messages.c, reference.c: what crosses, in which order, and what does
 * not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "net/socket.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "process/message.h"
#include "process/resource.h"
#include "process/runtime.h"
#include "support/fabric.h"
#include "support/processes.h"

#define A_PROCESS ln_resource_class(LN_RESOURCE_PROCESS)
#define A_STREAM ln_resource_class(LN_RESOURCE_TCP_STREAM)

/* A process that keeps what it receives until it is told to end. */
struct inbox {
	struct ln_process *process;
	struct ln_message *messages[1024];
	_Atomic int count;
};

static enum ln_outcome collect(struct ln_process *self)
{
	struct inbox *inbox = self->argument;
	struct ln_message *got;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &got) == 0) {
		int count = atomic_load(&inbox->count);

		inbox->messages[count] = got;
		atomic_store(&inbox->count, count + 1);
	}
	return LN_OUTCOME_KILLED;
}

static void start(struct test_net *net, struct inbox *inbox)
{
	memset(inbox, 0, sizeof(*inbox));
	inbox->process = test_process_start(net->environment, collect, inbox);
}

/* Waits until it has got as many. */
static void wait_for(struct inbox *inbox, int count)
{
	while (atomic_load(&inbox->count) < count)
		test_nap();
}

static void end(struct inbox *inbox)
{
	int count;

	ln_process_kill(inbox->process);
	test_process_wait(inbox->process);
	count = atomic_load(&inbox->count);
	for (int i = 0; i < count; i++)
		ln_message_free(inbox->messages[i]);
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 8));
}

static struct ln_message *filled(int64_t tag, size_t size)
{
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, tag, size);
	uint8_t *bytes = malloc(size + 1);

	assert_non_null(message);
	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = pattern(i);
	assert_int_equal(ln_message_write(message, bytes, size, UINT64_MAX), 0);
	free(bytes);
	return message;
}

static void assert_filled(const struct ln_message *message, int64_t tag,
			  size_t size)
{
	assert_int_equal(message->kind, LN_MESSAGE_DATA);
	assert_int_equal(message->tag, tag);
	assert_int_equal(message->size, size);
	for (size_t i = 0; i < size; i++) {
		if (message->data[i] != pattern(i))
			fail_msg("byte %zu is wrong", i);
	}
}

static void push(struct ln_message *message, struct ln_process *process)
{
	uint64_t index;

	assert_int_equal(ln_message_push(message, A_PROCESS,
					 ln_process_retain(process), &index),
			 0);
}

static struct ln_process *resource(const struct ln_message *message,
				   uint32_t index)
{
	assert_true(index < message->resource_count);
	assert_ptr_equal(message->resources[index].class, A_PROCESS);
	return message->resources[index].value;
}

static void messages_arrive_in_order(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	assert_memory_equal(proxy->id, inbox.process->id, 16);
	for (int i = 0; i < 200; i++)
		assert_int_equal(ln_process_send(proxy, filled(i - 100, 3)), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inbox, 200);
	for (int i = 0; i < 200; i++)
		assert_filled(inbox.messages[i], i - 100, 3);
	ln_process_release(proxy);
	end(&inbox);
	test_net_deinit(&net);
}

/* Around the bounds of a message's own memory, of a frame, and of pieces. */
static const size_t sizes[] = { 0,      1,      63,      64,
				65,     65490,  65491,   65492,
				65500,  65536,  131072,  262143,
				262144, 262145, 1000003, 9u << 20 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void all_sizes_arrive(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	for (size_t i = 0; i < SIZES; i++) {
		assert_int_equal(ln_process_send(proxy, filled(7, sizes[i])),
				 0);
		test_line_settle(net.lines[0]);
	}
	wait_for(&inbox, SIZES);
	for (size_t i = 0; i < SIZES; i++)
		assert_filled(inbox.messages[i], 7, sizes[i]);
	ln_process_release(proxy);
	end(&inbox);
	test_net_deinit(&net);
}

static void references_come_home(void **state)
{
	struct test_net net;
	struct inbox at_one;
	struct inbox at_two;
	struct ln_process *one;
	struct ln_process *two;
	struct ln_message *message = filled(1, 10);

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	start(&net, &at_one);
	start(&net, &at_two);
	one = test_net_proxy(&net, 1, 0, at_one.process);
	two = test_net_proxy(&net, 0, 1, at_two.process);
	push(message, at_one.process);
	push(message, two);
	push(message, at_one.process);
	/* What was taken out leaves its place. */
	ln_process_release(ln_message_take(message, A_PROCESS, 0));
	assert_int_equal(ln_process_send(two, message), 0);
	test_line_settle(net.lines[0]);
	wait_for(&at_two, 1);
	message = at_two.messages[0];
	assert_int_equal(message->resource_count, 3);
	assert_null(message->resources[0].class);
	assert_ptr_equal(resource(message, 1), at_two.process);
	assert_ptr_equal(resource(message, 2), one);
	assert_int_equal(message->read_at, 0);
	/* And back, read in part: as when sent on locally. */
	message->read_at = 7;
	at_two.messages[0] = NULL;
	assert_int_equal(ln_process_send(one, message), 0);
	test_line_settle(net.lines[0]);
	wait_for(&at_one, 1);
	assert_int_equal(at_one.messages[0]->read_at, 7);
	assert_ptr_equal(resource(at_one.messages[0], 1), two);
	assert_ptr_equal(resource(at_one.messages[0], 2), at_one.process);
	ln_process_release(one);
	ln_process_release(two);
	end(&at_one);
	end(&at_two);
	test_net_deinit(&net);
}

/* One gives two a process of three, which two may use, and give back. */
static void references_to_third_nodes(void **state)
{
	struct test_net net;
	struct inbox inboxes[3];
	struct ln_process *three_at_one;
	struct ln_process *two_at_one;
	struct ln_process *three_at_two;
	struct ln_process *one_at_three;
	struct ln_message *message = filled(1, 10);

	(void)state;
	test_net_init(&net, 3, 2, NULL);
	for (int i = 0; i < 3; i++)
		start(&net, &inboxes[i]);
	three_at_one = test_net_proxy(&net, 0, 2, inboxes[2].process);
	two_at_one = test_net_proxy(&net, 0, 1, inboxes[1].process);
	push(message, three_at_one);
	push(message, inboxes[0].process);
	assert_int_equal(ln_process_send(two_at_one, message), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inboxes[1], 1);
	message = inboxes[1].messages[0];
	three_at_two = ln_process_retain(resource(message, 0));
	assert_memory_equal(three_at_two->id, inboxes[2].process->id, 16);
	assert_ptr_not_equal(three_at_two, three_at_one);
	inboxes[1].messages[0] = NULL;
	assert_int_equal(ln_process_send(three_at_two, message), 0);
	test_line_settle(net.lines[1]);
	wait_for(&inboxes[2], 1);
	message = inboxes[2].messages[0];
	assert_ptr_equal(resource(message, 0), inboxes[2].process);
	one_at_three = ln_process_retain(resource(message, 1));
	inboxes[2].messages[0] = NULL;
	assert_int_equal(ln_process_send(one_at_three, message), 0);
	test_line_settle(net.lines[2]);
	wait_for(&inboxes[0], 1);
	assert_ptr_equal(resource(inboxes[0].messages[0], 0), three_at_one);
	assert_ptr_equal(resource(inboxes[0].messages[0], 1),
			 inboxes[0].process);
	ln_process_release(three_at_one);
	ln_process_release(two_at_one);
	ln_process_release(three_at_two);
	ln_process_release(one_at_three);
	for (int i = 0; i < 3; i++)
		end(&inboxes[i]);
	test_net_deinit(&net);
}

static enum ln_outcome end_at_once(struct ln_process *self)
{
	return *(enum ln_outcome *)self->argument;
}

/* A process that ends on the way of a reference to it is one that takes no
 * messages, and has its id. */
static void references_to_the_dead(void **state)
{
	enum ln_outcome normal = LN_OUTCOME_NORMAL;
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;
	struct ln_process *dead;
	struct ln_process *got;
	struct ln_message *message = filled(1, 0);
	uint8_t id[16];

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	dead = test_process_start(net.environment, end_at_once, &normal);
	memcpy(id, dead->id, 16);
	push(message, dead);
	assert_int_equal(test_process_wait(dead), LN_OUTCOME_NORMAL);
	/* It has ended at node one; then node two says that it is of one. */
	assert_int_equal(ln_process_send(proxy, message), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inbox, 1);
	got = resource(inbox.messages[0], 0);
	assert_memory_equal(got->id, id, 16);
	assert_true(ln_process_is_remote(got));
	assert_int_equal(ln_process_send(got, filled(1, 1)), 0);
	message = filled(2, 0);
	push(message, got);
	got = test_net_proxy(&net, 1, 0, inbox.process);
	assert_int_equal(ln_process_send(got, message), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inbox, 2);
	ln_process_release(got);
	got = resource(inbox.messages[1], 0);
	assert_memory_equal(got->id, id, 16);
	assert_true(ln_process_is_remote(got));
	assert_int_equal(ln_process_send(got, filled(1, 1)), LN_EDEAD);
	ln_process_release(proxy);
	end(&inbox);
	test_net_deinit(&net);
}

static void proxies_are_one_each_and_go(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *a;
	struct ln_process *b;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &inbox);
	a = test_net_proxy(&net, 0, 1, inbox.process);
	b = test_net_proxy(&net, 0, 1, inbox.process);
	assert_ptr_equal(a, b);
	assert_int_equal(net.nodes[0]->proxies, 1);
	ln_process_release(a);
	assert_int_equal(net.nodes[0]->proxies, 1);
	ln_process_release(b);
	assert_int_equal(net.nodes[0]->proxies, 0);
	/* Known until it ends. */
	assert_int_equal(ln_id_table_count(&net.nodes[1]->exports), 1);
	end(&inbox);
	assert_int_equal(ln_id_table_count(&net.nodes[1]->exports), 0);
	test_net_deinit(&net);
}

static void many_references(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;
	struct ln_message *message = filled(1, 100);

	(void)state;
	test_net_init(&net, 2, 2, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	for (int i = 0; i < 65536; i++)
		push(message, i % 2 == 0 ? inbox.process : proxy);
	assert_int_equal(ln_process_send(proxy, message), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inbox, 1);
	assert_filled(inbox.messages[0], 1, 100);
	assert_int_equal(inbox.messages[0]->resource_count, 65536);
	assert_memory_equal(resource(inbox.messages[0], 65534)->id,
			    inbox.process->id, 16);
	assert_ptr_equal(resource(inbox.messages[0], 65535), inbox.process);
	ln_process_release(proxy);
	end(&inbox);
	test_net_deinit(&net);
}

/* A socket, made by a process as it must be. */
static enum ln_outcome make_stream(struct ln_process *self)
{
	struct ln_message *message = self->argument;
	struct ln_socket *socket_of;
	uint64_t index;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (ln_socket_new(fd, NULL, &socket_of) < 0 ||
	    ln_message_push(message, A_STREAM, socket_of, &index) < 0)
		return LN_OUTCOME_EXITED;
	return LN_OUTCOME_NORMAL;
}

static void streams_do_not_cross(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;
	struct ln_message *message = filled(1, 4);

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	assert_int_equal(test_process_wait(test_process_start(
				 net.environment, make_stream, message)),
			 LN_OUTCOME_NORMAL);
	assert_int_equal(ln_process_send(proxy, message), LN_EINVAL);
	assert_int_equal(
		ln_process_send(proxy,
				ln_message_new(LN_MESSAGE_LINK_DIED, 1, 0)),
		LN_EINVAL);
	test_line_settle(net.lines[0]);
	assert_int_equal(atomic_load(&inbox.count), 0);
	ln_process_release(proxy);
	end(&inbox);
	test_net_deinit(&net);
}

static void nobody_is_there(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	end(&inbox);
	/* It has ended: dropped there. */
	assert_int_equal(ln_process_send(proxy, filled(1, 1)), 0);
	assert_int_equal(ln_process_send(proxy, filled(1, 1u << 20)), 0);
	test_line_settle(net.lines[0]);
	assert_false(net.lines[0]->broken);
	/* Its node is gone: dropped here. */
	test_line_cut(net.lines[0]);
	net.lines[0] = NULL;
	assert_int_equal(ln_process_send(proxy, filled(1, 1)), LN_EDEAD);
	assert_int_equal(ln_process_send(proxy, filled(1, 1u << 20)), LN_EDEAD);
	ln_process_kill(proxy);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

/* The same incarnation may come again, and finds its processes known. */
static void node_comes_back(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	assert_int_equal(ln_process_send(proxy, filled(1, 1)), 0);
	test_line_cut(net.lines[0]); /* with the message */
	net.lines[0] = test_line_new(net.nodes[0], net.nodes[1]);
	assert_int_equal(ln_process_send(proxy, filled(2, 1)), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inbox, 1);
	assert_filled(inbox.messages[0], 2, 1);
	ln_process_release(proxy);
	end(&inbox);
	test_net_deinit(&net);
}

static void kill_crosses(void **state)
{
	struct test_net net;
	struct inbox inbox;
	struct ln_process *proxy;

	(void)state;
	test_net_init(&net, 2, 1, NULL);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	assert_int_equal(ln_process_wait_for_room(proxy, LN_NEVER), 0);
	ln_process_kill(proxy);
	test_line_settle(net.lines[0]);
	assert_int_equal(test_process_wait(inbox.process), LN_OUTCOME_KILLED);
	ln_process_kill(proxy);
	test_line_settle(net.lines[0]);
	assert_false(net.lines[0]->broken);
	ln_process_release(proxy);
	test_net_deinit(&net);
}

/* A message of which not all can be kept is dropped, as by a full mailbox. */
static void bounds_drop(void **state)
{
	const struct ln_local_node_options options = { .max_proxies = 4,
						       .max_message = 100000 };
	struct test_net net;
	struct inbox inbox;
	struct inbox others[4];
	struct ln_process *proxy;
	struct ln_message *message = filled(1, 1);

	(void)state;
	test_net_init(&net, 2, 1, &options);
	start(&net, &inbox);
	proxy = test_net_proxy(&net, 0, 1, inbox.process);
	for (int i = 0; i < 4; i++) {
		start(&net, &others[i]);
		push(message, others[i].process);
	}
	push(message, proxy);
	assert_int_equal(ln_process_send(proxy, message), 0); /* just fits */
	message = filled(2, 1);
	for (int i = 0; i < 4; i++)
		push(message, others[i].process);
	/* One that nobody knows there yet. */
	push(message, inbox.process);
	assert_int_equal(ln_process_send(proxy, message), 0);
	assert_int_equal(ln_process_send(proxy, filled(3, 100001)), 0);
	assert_int_equal(ln_process_send(proxy, filled(4, 100000)), 0);
	test_line_settle(net.lines[0]);
	wait_for(&inbox, 2);
	assert_false(net.lines[0]->broken);
	assert_filled(inbox.messages[0], 1, 1);
	assert_filled(inbox.messages[1], 4, 100000);
	assert_int_equal(net.nodes[1]->proxies, 4);
	ln_process_release(proxy);
	for (int i = 0; i < 4; i++)
		end(&others[i]);
	end(&inbox);
	assert_int_equal(net.nodes[1]->proxies, 0);
	test_net_deinit(&net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_arrive_in_order),
		cmocka_unit_test(all_sizes_arrive),
		cmocka_unit_test(references_come_home),
		cmocka_unit_test(references_to_third_nodes),
		cmocka_unit_test(references_to_the_dead),
		cmocka_unit_test(proxies_are_one_each_and_go),
		cmocka_unit_test(many_references),
		cmocka_unit_test(streams_do_not_cross),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(node_comes_back),
		cmocka_unit_test(kill_crosses),
		cmocka_unit_test(bounds_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
