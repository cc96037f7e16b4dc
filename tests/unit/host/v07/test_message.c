/* src/host/v07/message.c: resources in messages. What else it does, guests
 * show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "host/abi_gen.h"
#include "net/socket.h"
#include "process/environment.h"
#include "process/message.h"
#include "support/fabric.h"
#include "support/processes.h"

/* What a process does in the place of a guest, and what comes of it. */
struct call {
	struct ln_process *remote;
	int (*run)(struct ln_guest *guest, uint64_t remote, uint64_t stream);
	int result;
	char text[200]; /* of the trap */
};

static enum ln_outcome be_guest(struct ln_process *self)
{
	struct call *call = self->argument;
	struct ln_guest guest = { .process = self,
				  .environment = self->environment };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct ln_socket *socket_of;
	uint64_t remote;
	uint64_t stream;

	if (ln_socket_new(fd, NULL, &socket_of) < 0 ||
	    ln_guest_add(&guest, LN_RESOURCE_TCP_STREAM, socket_of, &stream) <
		    0 ||
	    ln_guest_add(&guest, LN_RESOURCE_PROCESS,
			 ln_process_retain(call->remote), &remote) < 0)
		return LN_OUTCOME_EXITED;
	call->result = call->run(&guest, remote, stream);
	if (guest.trap_text != NULL)
		strncpy(call->text, guest.trap_text, sizeof(call->text) - 1);
	ln_message_free(guest.scratch);
	ln_guest_deinit_tables(&guest);
	free(guest.trap_text);
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome wait_for_message(struct ln_process *self)
{
	struct ln_message *got;

	if (ln_process_receive(self, NULL, 0, LN_NEVER, false, &got) < 0)
		return LN_OUTCOME_KILLED;
	ln_message_free(got);
	return LN_OUTCOME_NORMAL;
}

/* Runs a call in a process beside one of another node. */
static void check(int (*run)(struct ln_guest *guest, uint64_t remote,
			     uint64_t stream),
		  int result, const char *text)
{
	struct test_net net;
	struct call call = { .run = run };
	struct ln_process *receiver;

	test_net_init(&net, 2, 1, NULL);
	receiver = test_process_start(net.environment, wait_for_message, NULL);
	call.remote = test_net_proxy(&net, 0, 1, receiver);
	assert_int_equal(test_process_wait(test_process_start(net.environment,
							      be_guest, &call)),
			 LN_OUTCOME_NORMAL);
	assert_string_equal(call.text, text);
	assert_int_equal(call.result, result);
	ln_process_release(call.remote);
	ln_process_kill(receiver);
	test_process_wait(receiver);
	test_net_deinit(&net);
}

/* Each is where it was put, once. */
static int move(struct ln_guest *guest, uint64_t remote, uint64_t stream)
{
	uint64_t first;
	uint64_t second;
	uint64_t id;
	int error = ln_host_message_create_data(guest, 1, 0);

	if (error == 0)
		error = ln_host_message_push_tcp_stream(guest, stream, &first);
	if (error == 0)
		error = ln_host_message_push_process(guest, remote, &second);
	if (error < 0 || first != 0 || second != 1 ||
	    ln_guest_get(guest, LN_RESOURCE_PROCESS, remote) != NULL)
		return 1;
	error = ln_host_message_take_tcp_stream(guest, first, &id);
	if (error < 0 ||
	    ln_guest_get(guest, LN_RESOURCE_TCP_STREAM, id) == NULL)
		return 2;
	return ln_host_message_take_tcp_stream(guest, second, &id);
}

static void moves(void **state)
{
	(void)state;
	check(move, LN_ETRAP, "the message has no tcp stream at index 1");
}

static int push_twice(struct ln_guest *guest, uint64_t remote, uint64_t stream)
{
	uint64_t index;
	int error = ln_host_message_create_data(guest, 1, 0);

	(void)remote;
	if (error == 0)
		error = ln_host_message_push_tcp_stream(guest, stream, &index);
	if (error < 0)
		return error;
	return ln_host_message_push_tcp_stream(guest, stream, &index);
}

static void moves_once(void **state)
{
	(void)state;
	check(push_twice, LN_ETRAP, "tcp stream 0 does not exist");
}

static int send_stream(struct ln_guest *guest, uint64_t remote, uint64_t stream)
{
	uint64_t index;
	uint64_t self;
	int error = ln_host_message_create_data(guest, 1, 0);

	if (error == 0)
		error = ln_host_process_this(guest, &self);
	if (error == 0)
		error = ln_host_message_push_process(guest, self, &index);
	if (error == 0)
		error = ln_host_message_push_tcp_stream(guest, stream, &index);
	if (error < 0)
		return error;
	return ln_host_message_send(guest, remote);
}

static void streams_stay(void **state)
{
	(void)state;
	check(send_stream, LN_ETRAP,
	      "a tcp stream cannot be sent to a process of another node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(moves_once),
		cmocka_unit_test(streams_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
