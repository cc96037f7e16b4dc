/*
 * src/net/tcp.c, udp.c and socket.c when system calls go wrong: the linker puts
 * the functions below in front of those of the C library
 * (tests/CMakeLists.txt).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "net/socket.h"
#include "sched/sched.h"
#include "support/tcp.h"

enum which { ACCEPT, CONNECT, EPOLL, LISTEN, RECEIVE, SEND, SOCKET, CALLS };

/* The next `times` calls fail with `number`; transfers move at most `max`
 * bytes unless it is 0. */
static struct {
	_Atomic int times;
	int number;
	size_t max;
} faults[CALLS];

static _Atomic int receives;

static bool fails(enum which which)
{
	int times = atomic_load(&faults[which].times);

	if (times == 0)
		return false;
	atomic_store(&faults[which].times, times - 1);
	errno = faults[which].number;
	return true;
}

int __real_accept4(int, struct sockaddr *, socklen_t *, int);
int __real_connect(int, const struct sockaddr *, socklen_t);
int __real_epoll_ctl(int, int, int, struct epoll_event *);
int __real_listen(int, int);
ssize_t __real_recv(int, void *, size_t, int);
ssize_t __real_recvfrom(int, void *, size_t, int, struct sockaddr *,
			socklen_t *);
ssize_t __real_send(int, const void *, size_t, int);
ssize_t __real_sendmsg(int, const struct msghdr *, int);
ssize_t __real_sendto(int, const void *, size_t, int, const struct sockaddr *,
		      socklen_t);
int __real_socket(int, int, int);
int __wrap_accept4(int, struct sockaddr *, socklen_t *, int);
int __wrap_connect(int, const struct sockaddr *, socklen_t);
int __wrap_epoll_ctl(int, int, int, struct epoll_event *);
int __wrap_listen(int, int);
ssize_t __wrap_recv(int, void *, size_t, int);
ssize_t __wrap_recvfrom(int, void *, size_t, int, struct sockaddr *,
			socklen_t *);
ssize_t __wrap_send(int, const void *, size_t, int);
ssize_t __wrap_sendmsg(int, const struct msghdr *, int);
ssize_t __wrap_sendto(int, const void *, size_t, int, const struct sockaddr *,
		      socklen_t);
int __wrap_socket(int, int, int);

int __wrap_accept4(int fd, struct sockaddr *name, socklen_t *len, int flags)
{
	return fails(ACCEPT) ? -1 : __real_accept4(fd, name, len, flags);
}

int __wrap_connect(int fd, const struct sockaddr *name, socklen_t len)
{
	return fails(CONNECT) ? -1 : __real_connect(fd, name, len);
}

int __wrap_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && fails(EPOLL))
		return -1;
	return __real_epoll_ctl(epoll, op, fd, event);
}

int __wrap_listen(int fd, int backlog)
{
	return fails(LISTEN) ? -1 : __real_listen(fd, backlog);
}

ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
	atomic_fetch_add(&receives, 1);
	if (fails(RECEIVE))
		return -1;
	if (faults[RECEIVE].max > 0 && len > faults[RECEIVE].max)
		len = faults[RECEIVE].max;
	return __real_recv(fd, data, len, flags);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t len, int flags)
{
	assert_true((flags & MSG_NOSIGNAL) != 0);
	if (fails(SEND))
		return -1;
	if (faults[SEND].max > 0 && len > faults[SEND].max)
		len = faults[SEND].max;
	return __real_send(fd, bytes, len, flags);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr less = *message;
	struct iovec piece = message->msg_iov[0];

	assert_true((flags & MSG_NOSIGNAL) != 0);
	if (fails(SEND))
		return -1;
	if (faults[SEND].max == 0)
		return __real_sendmsg(fd, message, flags);
	if (piece.iov_len > faults[SEND].max)
		piece.iov_len = faults[SEND].max;
	less.msg_iov = &piece;
	less.msg_iovlen = 1;
	return __real_sendmsg(fd, &less, flags);
}

ssize_t __wrap_recvfrom(int fd, void *bytes, size_t len, int flags,
			struct sockaddr *name, socklen_t *name_len)
{
	if (fails(RECEIVE))
		return -1;
	return __real_recvfrom(fd, bytes, len, flags, name, name_len);
}

ssize_t __wrap_sendto(int fd, const void *bytes, size_t len, int flags,
		      const struct sockaddr *name, socklen_t name_len)
{
	assert_true((flags & MSG_NOSIGNAL) != 0);
	if (fails(SEND))
		return -1;
	return __real_sendto(fd, bytes, len, flags, name, name_len);
}

int __wrap_socket(int family, int type, int protocol)
{
	return fails(SOCKET) ? -1 : __real_socket(family, type, protocol);
}

static char data[1000];
static struct ln_sched *sched;

static void inject(enum which which, int number, int times)
{
	faults[which].number = number;
	atomic_store(&faults[which].times, times);
}

static int setup(void **state)
{
	(void)state;
	memset(faults, 0, sizeof(faults));
	sched = test_net_begin();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_net_finish(sched);
	for (int i = 0; i < CALLS; i++)
		assert_int_equal(atomic_load(&faults[i].times), 0);
	return 0;
}

static struct test_call call_on(struct ln_socket *socket)
{
	return (struct test_call){ .socket = socket,
				   .deadline = LN_NEVER,
				   .data = data,
				   .len = sizeof(data) };
}

static void interrupted(void **state)
{
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	inject(SEND, EINTR, 5);
	assert_int_equal(test_call(sched, &call, test_write), 0);
	assert_int_equal(call.count, sizeof(data));
	inject(SEND, EINTR, 5);
	assert_int_equal(test_call(sched, &call, test_write_whole), 0);
	assert_int_equal(call.count, sizeof(data));
	assert_int_equal(write(peer, data, 7), 7);
	inject(RECEIVE, EINTR, 5);
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 7);
	close(peer);
	test_drop(sched, call.socket);
}

static void short_transfers(void **state)
{
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	faults[SEND].max = 3;
	faults[RECEIVE].max = 1;
	assert_int_equal(test_call(sched, &call, test_write), 0);
	assert_int_equal(call.count, 3);
	assert_int_equal(test_call(sched, &call, test_write_whole), 0);
	assert_int_equal(call.count, 3);
	assert_int_equal(write(peer, "ab", 2), 2);
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 1);
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 1);
	assert_int_equal(data[0], 'b');
	close(peer);
	test_drop(sched, call.socket);
}

/* Every attempt is in vain for a while, though bytes keep coming; alone and as
 * one of several. */
static void vain_attempts(void **state)
{
	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		int peer;
		struct test_call call = call_on(test_stream(sched, &peer));

		if (shared)
			ln_socket_retain(call.socket);
		inject(RECEIVE, EAGAIN, 20);
		test_call_start(sched, &call, test_read);
		while (!atomic_load(&call.task.over)) {
			assert_int_equal(write(peer, "x", 1), 1);
			test_nap();
		}
		assert_int_equal(call.result, 0);
		assert_true(call.count > 0);
		if (shared)
			test_drop(sched, call.socket);
		test_drop(sched, call.socket);
		close(peer);
	}
}

/* A server's reads: one system call each. But nothing that is there may be left
 * lying: the end, or what comes behind urgent data. */
static void no_vain_attempts(void **state)
{
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	assert_int_equal(write(peer, "a", 1), 1);
	assert_int_equal(test_call(sched, &call, test_read), 0);
	atomic_store(&receives, 0);
	for (int i = 0; i < 10; i++) {
		test_call_start(sched, &call, test_read);
		test_task_wait_parked(&call.task);
		assert_int_equal(write(peer, "abc", 3), 3);
		test_task_wait_over(&call.task);
		assert_int_equal(call.result, 0);
		assert_int_equal(call.count, 3);
	}
	/* One more now and then, for an edge that came late. */
	assert_in_range(atomic_load(&receives), 10, 15);
	/* What was there before the wait, alone, shared and alone again. */
	for (int i = 0; i < 10; i++) {
		assert_int_equal(write(peer, "abc", 3), 3);
		if (i % 3 == 1)
			ln_socket_retain(call.socket);
		call.len = i % 2 == 0 ? 2 : 3;
		assert_int_equal(test_call(sched, &call, test_read), 0);
		if (i % 3 == 1)
			test_drop(sched, call.socket);
		if (call.count == 2)
			assert_int_equal(test_call(sched, &call, test_read), 0);
	}
	call.len = sizeof(data);
	assert_int_equal(write(peer, "abc", 3), 3);
	assert_int_equal(__real_send(peer, "!", 1, MSG_OOB), 1);
	assert_int_equal(write(peer, "def", 3), 3);
	shutdown(peer, SHUT_WR);
	test_nap();
	for (size_t got = 0; got < 6; got += call.count) {
		assert_int_equal(test_call(sched, &call, test_read), 0);
		assert_true(call.count > 0);
	}
	assert_int_equal(test_call(sched, &call, test_read), 0);
	assert_int_equal(call.count, 0);
	close(peer);
	test_drop(sched, call.socket);
}

static void broken_while_queued(void **state)
{
	static const int numbers[] = { ECONNABORTED, EPROTO, EINTR,
				       EHOSTUNREACH, ENETDOWN };
	struct test_call client = call_on(NULL);
	struct ln_socket *listener = test_listener(sched, &client.address);

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct test_call call = call_on(listener);

		assert_int_equal(test_call(sched, &client, test_connect), 0);
		inject(ACCEPT, numbers[i], 200);
		assert_int_equal(test_call(sched, &call, test_accept), 0);
		test_drop(sched, call.socket);
		test_drop(sched, client.socket);
	}
	test_drop(sched, listener);
}

/* The call fails and says `number` when `which` has failed with `injected`. */
static void fails_with(struct test_call *call, void (*body)(void *),
		       enum which which, int injected, int number)
{
	inject(which, injected, 1);
	assert_int_equal(test_call(sched, call, body), LN_EIO);
	assert_int_equal(call->number, number);
}

static void accept_fails(void **state)
{
	static const int numbers[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM, EBADF };
	struct test_call client = call_on(NULL);
	struct ln_socket *listener = test_listener(sched, &client.address);
	struct test_call call;

	(void)state;
	assert_int_equal(test_call(sched, &client, test_connect), 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		call = call_on(listener);
		fails_with(&call, test_accept, ACCEPT, numbers[i], numbers[i]);
	}
	/* Accepted, but there is no room in the poller. */
	call = call_on(listener);
	fails_with(&call, test_accept, EPOLL, ENOSPC, ENOBUFS);
	call = call_on(listener);
	inject(EPOLL, ENOMEM, 1);
	test_drop(sched, client.socket);
	assert_int_equal(test_call(sched, &client, test_connect), LN_ENOMEM);
	test_drop(sched, listener);
}

static void connect_fails(void **state)
{
	struct test_call call = call_on(NULL);
	struct ln_socket *listener = test_listener(sched, &call.address);

	(void)state;
	fails_with(&call, test_connect, SOCKET, EMFILE, EMFILE);
	fails_with(&call, test_connect, CONNECT, ENETUNREACH, ENETUNREACH);
	fails_with(&call, test_connect, EPOLL, ENOSPC, ENOBUFS);
	/* A signal does not end the attempt, which goes on. */
	inject(CONNECT, EINTR, 1);
	assert_int_equal(test_call(sched, &call, test_connect), 0);
	test_drop(sched, call.socket);
	test_drop(sched, listener);
}

static void listen_fails(void **state)
{
	struct test_call call = { .address = { .version = 4,
					       .ip = { 127, 0, 0, 1 } } };

	(void)state;
	fails_with(&call, test_listen, SOCKET, ENFILE, ENFILE);
	fails_with(&call, test_listen, LISTEN, EADDRINUSE, EADDRINUSE);
	fails_with(&call, test_listen, EPOLL, EMFILE, ENOBUFS);
}

static void transfers_fail(void **state)
{
	int peer;
	struct test_call call = call_on(test_stream(sched, &peer));

	(void)state;
	fails_with(&call, test_read, RECEIVE, EHOSTUNREACH, EHOSTUNREACH);
	fails_with(&call, test_write, SEND, ENOBUFS, ENOBUFS);
	fails_with(&call, test_write_whole, SEND, ENOBUFS, ENOBUFS);
	close(peer);
	test_drop(sched, call.socket);
}

static void udp_fails(void **state)
{
	struct test_call call = { .address = { .version = 4,
					       .ip = { 127, 0, 0, 1 } } };

	(void)state;
	fails_with(&call, test_udp_bind, SOCKET, EMFILE, EMFILE);
	fails_with(&call, test_udp_bind, EPOLL, ENOSPC, ENOBUFS);
	inject(EPOLL, ENOMEM, 1);
	assert_int_equal(test_call(sched, &call, test_udp_bind), LN_ENOMEM);
	call = call_on(test_udp_socket(sched, &call.address));
	fails_with(&call, test_udp_receive, RECEIVE, ENOMEM, ENOMEM);
	fails_with(&call, test_udp_send, SEND, ENETUNREACH, ENETUNREACH);
	test_drop(sched, call.socket);
}

/* Signals, and attempts in vain, change nothing; a sender without room waits,
 * and is killed or runs out of time. Alone and as one of several. */
static void udp_waits(void **state)
{
	struct ln_address address;
	struct test_call call = call_on(test_udp_socket(sched, &address));

	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		if (shared)
			ln_socket_retain(call.socket);
		call.address = address;
		inject(SEND, EINTR, 5);
		assert_int_equal(test_call(sched, &call, test_udp_send), 0);
		assert_int_equal(call.count, sizeof(data));
		inject(RECEIVE, EINTR, 5);
		assert_int_equal(test_call(sched, &call, test_udp_receive), 0);
		assert_int_equal(call.count, sizeof(data));
		inject(SEND, EAGAIN, 1000);
		call.deadline = ln_time_after_ms(5);
		assert_int_equal(test_call(sched, &call, test_udp_send),
				 LN_ETIMEDOUT);
		call.deadline = LN_NEVER;
		test_call_start(sched, &call, test_udp_send);
		test_task_wait_parked(&call.task);
		ln_task_interrupt(&call.task.task);
		test_task_wait_over(&call.task);
		assert_int_equal(call.result, LN_EKILLED);
		inject(SEND, 0, 0);
		/* Whatever wakes it, it tries again. */
		inject(RECEIVE, EAGAIN, 3);
		test_call_start(sched, &call, test_udp_receive);
		while (!atomic_load(&call.task.over)) {
			static char outgoing[sizeof(data)];
			struct test_call other = call_on(call.socket);

			other.data = outgoing;
			other.address = address;
			assert_int_equal(
				test_call(sched, &other, test_udp_send), 0);
		}
		assert_int_equal(call.result, 0);
		call.deadline = 0;
		while (test_call(sched, &call, test_udp_receive) == 0)
			continue;
		assert_int_equal(call.result, LN_ETIMEDOUT);
		call.deadline = LN_NEVER;
	}
	test_drop(sched, call.socket);
	test_drop(sched, call.socket);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(interrupted),         TEST(short_transfers),
		TEST(no_vain_attempts),    TEST(vain_attempts),
		TEST(broken_while_queued), TEST(accept_fails),
		TEST(connect_fails),       TEST(listen_fails),
		TEST(transfers_fail),      TEST(udp_fails),
		TEST(udp_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
