/* src/net/tcp.c and socket.c: tasks against plain sockets of the test. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/quota.h"
#include "base/time.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "sched/sched.h"
#include "support/tcp.h"

#define READERS 6

static char data[1 << 16];
static struct ln_sched *sched;

static int setup(void **state)
{
	(void)state;
	sched = test_net_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_net_finish(sched);
	return 0;
}

static struct test_call call_on(struct ln_socket *socket)
{
	return (struct test_call){ .socket = socket,
				   .deadline = LN_NEVER,
				   .data = data,
				   .len = sizeof(data) };
}

static void reset(int peer)
{
	const struct linger linger = { .l_onoff = 1 };

	assert_int_equal(setsockopt(peer, SOL_SOCKET, SO_LINGER, &linger,
				    sizeof(linger)),
			 0);
	close(peer);
}

static void half_open(void **state)
{
	char page[10];
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	assert_int_equal(write(peer, "abc", 3), 3);
	shutdown(peer, SHUT_WR);
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 3);
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 0);
	/* The other direction is still open. */
	call.len = 5;
	assert_int_equal(test_call(sched, &call, test_write), 0);
	assert_int_equal(call.count, 5);
	assert_int_equal(read(peer, page, sizeof(page)), 5);
	close(peer);
	test_drop(sched, call.socket);
}

static void resets(void **state)
{
	int peer;
	struct test_call reader = call_on(test_stream(sched, &peer));

	(void)state;
	test_call_start(sched, &reader, test_read);
	test_task_wait_parked(&reader.task);
	reset(peer);
	test_task_wait_over(&reader.task);
	assert_int_equal(reader.result, LN_EIO);
	assert_int_equal(reader.number, ECONNRESET);
	assert_int_equal(test_call(sched, &reader, test_write), LN_EIO);
	assert_int_equal(reader.number, EPIPE);
	test_drop(sched, reader.socket);
}

/* Starts a write. False: it has ended before long. */
static bool write_stays_parked(struct test_call *call)
{
	test_call_start(sched, call, test_write);
	for (int i = 0; i < 20 && !atomic_load(&call->task.over); i++)
		test_nap();
	if (!atomic_load(&call->task.over))
		return true;
	test_task_wait_over(&call->task);
	assert_int_equal(call->result, 0);
	return false;
}

static void slow_reader(void **state)
{
	size_t sent = 0;
	size_t got = 0;
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	call.deadline = 0;
	while (test_call(sched, &call, test_write) == 0) {
		assert_true(call.count > 0);
		sent += call.count;
	}
	assert_int_equal(call.result, LN_ETIMEDOUT);
	call.deadline = LN_NEVER;
	/* The kernel may still find more room, but not for ever. */
	while (!write_stays_parked(&call))
		sent += call.count;
	while (got < sent) {
		static char page[1 << 16];
		ssize_t n = read(peer, page, sizeof(page));

		assert_true(n > 0);
		got += (size_t)n;
	}
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_true(call.count > 0);
	close(peer);
	test_drop(sched, call.socket);
}

static void deadlines_and_kills(void **state)
{
	static void (*const bodies[])(void *) = { test_read, test_accept };
	struct ln_address address;
	int peer;
	struct ln_socket *sockets[] = { test_stream(sched, &peer),
					test_listener(sched, &address) };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct test_call call = call_on(sockets[i]);

		call.deadline = ln_time_after_ms(5);
		assert_int_equal(test_call(sched, &call, bodies[i]),
				 LN_ETIMEDOUT);
		assert_true(ln_time_now() >= call.deadline);
		call = call_on(sockets[i]);
		test_call_start(sched, &call, bodies[i]);
		test_task_wait_parked(&call.task);
		ln_task_interrupt(&call.task.task);
		test_task_wait_over(&call.task);
		assert_int_equal(call.result, LN_EKILLED);
		/* The same as one of several. */
		ln_socket_retain(sockets[i]);
		call = call_on(sockets[i]);
		call.deadline = ln_time_after_ms(5);
		assert_int_equal(test_call(sched, &call, bodies[i]),
				 LN_ETIMEDOUT);
		call = call_on(sockets[i]);
		test_call_start(sched, &call, bodies[i]);
		test_task_wait_parked(&call.task);
		ln_task_interrupt(&call.task.task);
		test_task_wait_over(&call.task);
		assert_int_equal(call.result, LN_EKILLED);
		test_drop(sched, sockets[i]);
		test_drop(sched, sockets[i]);
	}
	close(peer);
}

/* A listener that answers nobody: its queue is full. */
static int deaf_listener(struct ln_address *address, int fillers[2])
{
	union ln_sockaddr name;
	struct ln_address any = { .version = 4, .ip = { 127, 0, 0, 1 } };
	socklen_t len = ln_address_to_kernel(&any, &name);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, &name.any, len), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(getsockname(fd, &name.any, &len), 0);
	assert_int_equal(ln_address_from_kernel(&name, address), 0);
	for (int i = 0; i < 2; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fillers[i], &name.any, len);
	}
	return fd;
}

static void connects(void **state)
{
	struct test_call call = call_on(NULL);
	struct ln_socket *listener = test_listener(sched, &call.address);
	int fillers[2];
	int deaf;

	(void)state;
	assert_int_equal(test_call(sched, &call, test_connect), 0);
	test_drop(sched, call.socket);
	test_drop(sched, listener);
	assert_int_equal(test_call(sched, &call, test_connect), LN_EIO);
	assert_int_equal(call.number, ECONNREFUSED);

	deaf = deaf_listener(&call.address, fillers);
	call.deadline = ln_time_after_ms(20);
	assert_int_equal(test_call(sched, &call, test_connect), LN_ETIMEDOUT);
	call.deadline = LN_NEVER;
	test_call_start(sched, &call, test_connect);
	test_task_wait_parked(&call.task);
	ln_task_interrupt(&call.task.task);
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, LN_EKILLED);
	close(deaf);
	close(fillers[0]);
	close(fillers[1]);
}

static void binds(void **state)
{
	struct test_call call = call_on(NULL);
	struct ln_socket *listener = test_listener(sched, &call.address);

	(void)state;
	assert_int_equal(test_call(sched, &call, test_listen), LN_EIO);
	assert_int_equal(call.number, EADDRINUSE);
	test_drop(sched, listener);
	/* At once, although a connection has just been there. */
	assert_int_equal(test_call(sched, &call, test_listen), 0);
	test_drop(sched, call.socket);
	call.address.ip[0] = 203;
	assert_int_equal(test_call(sched, &call, test_listen), LN_EIO);
	assert_int_equal(call.number, EADDRNOTAVAIL);
}

static void short_of_descriptors(void **state)
{
	struct ln_address address;
	struct ln_socket *listener = test_listener(sched, &address);
	struct test_call call = call_on(listener);
	struct rlimit before;
	struct rlimit tight;
	union ln_sockaddr name;
	socklen_t len = ln_address_to_kernel(&address, &name);
	int peer = socket(AF_INET, SOCK_STREAM, 0);
	int free_one;

	(void)state;
	assert_int_equal(connect(peer, &name.any, len), 0);
	free_one = dup(peer);
	close(free_one);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	tight = before;
	tight.rlim_cur = (rlim_t)free_one;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	for (int i = 0; i < 3; i++) {
		call = call_on(listener);
		assert_int_equal(test_call(sched, &call, test_accept), LN_EIO);
		assert_int_equal(call.number, EMFILE);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	/* The connection has waited. */
	call = call_on(listener);
	assert_int_equal(test_call(sched, &call, test_accept), 0);
	test_drop(sched, call.socket);
	test_drop(sched, listener);
	close(peer);
}

/* A socket has a unit of its maker's quota from the attempt on until its last
 * release; whoever only waits has none. */
static void quotas(void **state)
{
	struct test_call first = { .deadline = LN_NEVER };
	struct test_call second = { .deadline = LN_NEVER };
	struct test_call refused = { .deadline = LN_NEVER };
	struct ln_quota *quota;
	struct ln_address address;
	struct ln_socket *listener = test_listener(sched, &address);

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 1, &quota), 0);
	second.socket = listener;
	second.quota = quota;
	test_call_start(sched, &second, test_accept);
	test_task_wait_parked(&second.task);
	assert_int_equal(ln_quota_used(quota), 0);
	first.address = address;
	assert_int_equal(test_call(sched, &first, test_connect), 0);
	test_task_wait_over(&second.task);
	assert_int_equal(second.result, 0);
	assert_int_equal(ln_quota_used(quota), 1);
	refused.quota = quota;
	refused.address = address;
	assert_int_equal(test_call(sched, &refused, test_connect), LN_EIO);
	assert_int_equal(refused.number, EMFILE);
	refused.address.port = 0;
	assert_int_equal(test_call(sched, &refused, test_listen), LN_EIO);
	assert_int_equal(refused.number, EMFILE);
	refused.socket = listener;
	assert_int_equal(test_call(sched, &refused, test_accept), LN_EIO);
	assert_int_equal(refused.number, EMFILE);
	assert_int_equal(ln_quota_used(quota), 1);
	test_drop(sched, second.socket);
	/* What goes wrong gives it back, a bind to a port in use here. */
	refused.address = address;
	assert_int_equal(test_call(sched, &refused, test_listen), LN_EIO);
	assert_int_equal(refused.number, EADDRINUSE);
	assert_int_equal(ln_quota_used(quota), 0);
	ln_quota_release(quota);
	test_drop(sched, first.socket);
	test_drop(sched, listener);
}

/* Each of several readers gets a byte of one burst, although there is only one
 * edge; and those who are killed in between take nobody's. */
static void several_readers(void **state)
{
	int peer;
	struct ln_socket *socket = test_stream(sched, &peer);
	struct test_call calls[READERS];
	char bytes[READERS];

	(void)state;
	for (int i = 1; i < READERS; i++)
		ln_socket_retain(socket);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < READERS; i++) {
			calls[i] = call_on(socket);
			calls[i].data = &bytes[i];
			calls[i].len = 1;
			test_call_start(sched, &calls[i], test_read);
			if (round % 2 == 0)
				test_task_wait_parked(&calls[i].task);
		}
		if (round % 5 == 0)
			ln_task_interrupt(&calls[round % READERS].task.task);
		assert_int_equal(write(peer, "abcdef", READERS), READERS);
		for (int i = 0; i < READERS; i++) {
			test_task_wait_over(&calls[i].task);
			if (calls[i].result == 0)
				assert_int_equal(calls[i].count, 1);
			else
				assert_int_equal(calls[i].result, LN_EKILLED);
		}
		/* What a killed one left. */
		calls[0] = call_on(socket);
		calls[0].deadline = 0;
		test_call(sched, &calls[0], test_read);
	}
	for (int i = 0; i < READERS; i++)
		test_drop(sched, socket);
	close(peer);
}

static void nothing_to_move(void **state)
{
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	call.len = 0;
	call.count = 9;
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 0);
	assert_int_equal(test_call(sched, &call, test_write), 0);
	assert_int_equal(call.count, 0);
	close(peer);
	test_drop(sched, call.socket);
}

/* Looks at so many bytes, which must be these. */
static void peeks(struct test_call *call, size_t len, const char *want)
{
	call->len = len;
	memset(data, 0, 16);
	assert_int_equal(test_call(sched, call, test_peek), 0);
	assert_int_equal(call->count, strlen(want));
	assert_memory_equal(data, want, call->count);
}

/* It takes nothing: not from a peek, not from a read after it. Alone and as one
 * of several. */
static void peeking(void **state)
{
	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		int peer;
		struct test_call call = call_on(test_stream(sched, &peer));

		if (shared)
			ln_socket_retain(call.socket);
		peeks(&call, 0, "");
		for (int i = 0; i < 3; i++) {
			/* From the second time on after a short read. */
			call.len = 10;
			test_call_start(sched, &call, test_peek);
			test_task_wait_parked(&call.task);
			assert_int_equal(write(peer, "abcdef", 6), 6);
			test_task_wait_over(&call.task);
			assert_int_equal(call.result, 0);
			assert_int_equal(call.count, 6);
			peeks(&call, 4, "abcd");
			peeks(&call, 10, "abcdef");
			assert_int_equal(test_call(sched, &call, test_read), 0);
			assert_int_equal(call.count, 6);
			call.deadline = ln_time_after_ms(5);
			assert_int_equal(test_call(sched, &call, test_peek),
					 LN_ETIMEDOUT);
			call.deadline = LN_NEVER;
			test_call_start(sched, &call, test_peek);
			test_task_wait_parked(&call.task);
			ln_task_interrupt(&call.task.task);
			test_task_wait_over(&call.task);
			assert_int_equal(call.result, LN_EKILLED);
		}
		reset(peer);
		assert_int_equal(test_call(sched, &call, test_peek), LN_EIO);
		assert_int_equal(call.number, ECONNRESET);
		peeks(&call, 10, "");
		if (shared)
			test_drop(sched, call.socket);
		test_drop(sched, call.socket);
	}
}

/* They are the socket's; here nobody looks at them. */
static void timeouts(void **state)
{
	int peer;
	struct ln_socket *socket = test_stream(sched, &peer);

	(void)state;
	for (enum ln_socket_timeout i = 0; i < LN_SOCKET_TIMEOUTS; i++) {
		assert_true(ln_socket_timeout(socket, i) == LN_SOCKET_PATIENT);
		ln_socket_set_timeout(socket, i, (uint64_t)i << 40);
	}
	for (enum ln_socket_timeout i = 0; i < LN_SOCKET_TIMEOUTS; i++)
		assert_int_equal(ln_socket_timeout(socket, i),
				 (uint64_t)i << 40);
	close(peer);
	test_drop(sched, socket);
}

static void peer_addresses(void **state)
{
	struct test_call call = call_on(NULL);
	struct ln_address address;
	struct ln_socket *listener = test_listener(sched, &call.address);
	int number = 0;

	(void)state;
	assert_int_equal(ln_socket_peer_address(listener, &address, &number),
			 LN_EIO);
	assert_int_equal(number, ENOTCONN);
	assert_int_equal(test_call(sched, &call, test_connect), 0);
	assert_int_equal(ln_socket_peer_address(call.socket, &address, &number),
			 0);
	assert_int_equal(address.version, 4);
	assert_int_equal(address.port, call.address.port);
	assert_memory_equal(address.ip, call.address.ip, 4);
	test_drop(sched, call.socket);
	test_drop(sched, listener);
}

static void error_texts(void **state)
{
	char text[LN_NET_ERROR_SIZE];

	(void)state;
	ln_net_error_text(ECONNREFUSED, text);
	assert_string_equal(text, "Connection refused (os error 111)");
	ln_net_error_text(12345, text);
	assert_string_equal(text, "Unknown error 12345 (os error 12345)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(half_open),
		TEST(resets),
		TEST(slow_reader),
		TEST(deadlines_and_kills),
		TEST(connects),
		TEST(binds),
		TEST(short_of_descriptors),
		TEST(quotas),
		TEST(several_readers),
		TEST(nothing_to_move),
		TEST(peeking),
		TEST(timeouts),
		TEST(peer_addresses),
		cmocka_unit_test(error_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
