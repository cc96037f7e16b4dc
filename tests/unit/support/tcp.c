/* Calls of src/net for tests. */
#include "support/tcp.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "sched/sched.h"

void test_listen(void *argument)
{
	struct test_call *call = argument;

	call->result = ln_tcp_listen(&call->address, call->quota, &call->socket,
				     &call->number);
}

void test_accept(void *argument)
{
	struct test_call *call = argument;
	struct ln_socket *listener = call->socket;

	call->socket = NULL;
	call->result =
		ln_tcp_accept(listener, call->quota, call->deadline,
			      &call->socket, &call->address, &call->number);
}

void test_connect(void *argument)
{
	struct test_call *call = argument;

	call->result =
		ln_tcp_connect(&call->address, call->quota, call->deadline,
			       &call->socket, &call->number);
}

void test_read(void *argument)
{
	struct test_call *call = argument;

	call->result = ln_tcp_read(call->socket, call->data, call->len,
				   call->deadline, &call->count, &call->number);
}

void test_peek(void *argument)
{
	struct test_call *call = argument;

	call->result = ln_tcp_peek(call->socket, call->data, call->len,
				   call->deadline, &call->count, &call->number);
}

void test_write(void *argument)
{
	struct test_call *call = argument;
	struct iovec pieces[2] = {
		{ .iov_base = call->data, .iov_len = call->len / 2 },
		{ .iov_base = call->data + call->len / 2,
		  .iov_len = call->len - call->len / 2 },
	};

	call->result = ln_tcp_write(call->socket, pieces, 2, call->deadline,
				    &call->count, &call->number);
}

void test_write_whole(void *argument)
{
	struct test_call *call = argument;
	struct iovec piece = { .iov_base = call->data, .iov_len = call->len };

	call->result = ln_tcp_write(call->socket, &piece, 1, call->deadline,
				    &call->count, &call->number);
}

void test_udp_bind(void *argument)
{
	struct test_call *call = argument;

	call->result = ln_udp_bind(&call->address, call->quota, &call->socket,
				   &call->number);
}

void test_udp_receive(void *argument)
{
	struct test_call *call = argument;

	call->result = ln_udp_receive(call->socket, call->data, call->len,
				      call->deadline, &call->address,
				      &call->count, &call->number);
}

static void udp_send(struct test_call *call, const struct ln_address *to)
{
	call->result = ln_udp_send(call->socket, call->data, call->len, to,
				   call->deadline, &call->count, &call->number);
}

void test_udp_send(void *argument)
{
	struct test_call *call = argument;

	udp_send(call, &call->address);
}

void test_udp_send_connected(void *argument)
{
	udp_send(argument, NULL);
}

void test_release(void *argument)
{
	struct test_call *call = argument;

	ln_socket_release(call->socket);
}

void test_call_start(struct ln_sched *sched, struct test_call *call,
		     void (*body)(void *))
{
	memset(&call->task, 0, sizeof(call->task));
	call->result = -1000;
	call->number = 0;
	call->count = 0;
	test_task_start(sched, &call->task, body, call);
}

int test_call(struct ln_sched *sched, struct test_call *call,
	      void (*body)(void *))
{
	test_call_start(sched, call, body);
	test_task_wait_over(&call->task);
	return call->result;
}

static struct ln_socket *bound(struct ln_sched *sched, void (*body)(void *),
			       struct ln_address *address)
{
	struct test_call call = { .address = { .version = 4,
					       .ip = { 127, 0, 0, 1 } } };
	int number;

	assert_int_equal(test_call(sched, &call, body), 0);
	assert_int_equal(ln_socket_local_address(call.socket, address, &number),
			 0);
	return call.socket;
}

struct ln_socket *test_listener(struct ln_sched *sched,
				struct ln_address *address)
{
	return bound(sched, test_listen, address);
}

struct ln_socket *test_udp_socket(struct ln_sched *sched,
				  struct ln_address *address)
{
	return bound(sched, test_udp_bind, address);
}

struct ln_socket *test_stream(struct ln_sched *sched, int *peer)
{
	struct test_call call = { .deadline = LN_NEVER };
	struct ln_address address;
	struct ln_socket *listener = test_listener(sched, &address);
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(&address, &name);

	*peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(*peer >= 0);
	assert_int_equal(connect(*peer, &name.any, len), 0);
	call.socket = listener;
	assert_int_equal(test_call(sched, &call, test_accept), 0);
	test_drop(sched, listener);
	return call.socket;
}

void test_drop(struct ln_sched *sched, struct ln_socket *socket)
{
	struct test_call call = { .socket = socket };

	test_call(sched, &call, test_release);
}

unsigned test_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static unsigned descriptors;

struct ln_sched *test_net_begin(void)
{
	descriptors = test_descriptors();
	return test_sched_new(2);
}

void test_net_finish(struct ln_sched *sched)
{
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
	assert_int_equal(test_descriptors(), descriptors);
}
