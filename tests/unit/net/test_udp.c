/* src/net/udp.c: tasks that send datagrams to each other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/quota.h"
#include "base/time.h"
#include "net/socket.h"
#include "net/udp.h"
#include "sched/sched.h"
#include "support/tcp.h"

#define READERS 6
#define LARGEST 65507 /* what a datagram of IPv4 can hold */

/* What is received, and what is sent: some wait for one while others do the
 * other. */
static char data[1 << 17];
static char outgoing[1 << 17];
static struct ln_sched *sched;

/* Two sockets, and where they are. */
static struct ln_socket *one;
static struct ln_socket *other;
static struct ln_address address_of_one;
static struct ln_address address_of_other;

static int setup(void **state)
{
	(void)state;
	sched = test_net_begin();
	one = test_udp_socket(sched, &address_of_one);
	other = test_udp_socket(sched, &address_of_other);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_drop(sched, one);
	test_drop(sched, other);
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

static int send_to(struct ln_socket *from, struct ln_address to, size_t len,
		   struct test_call *call)
{
	*call = call_on(from);
	call->data = outgoing;
	call->address = to;
	call->len = len;
	return test_call(sched, call, test_udp_send);
}

static void sent(struct ln_socket *from, struct ln_address to, const char *text)
{
	struct test_call call;

	strcpy(outgoing, text);
	assert_int_equal(send_to(from, to, strlen(text), &call), 0);
	assert_int_equal(call.count, strlen(text));
}

/* The oldest datagram must be this, from there. */
static void received(struct ln_socket *socket, const char *text,
		     struct ln_address from)
{
	struct test_call call = call_on(socket);

	assert_int_equal(test_call(sched, &call, test_udp_receive), 0);
	assert_int_equal(call.count, strlen(text));
	assert_memory_equal(data, text, call.count);
	assert_int_equal(call.address.version, from.version);
	assert_int_equal(call.address.port, from.port);
	assert_memory_equal(call.address.ip, from.ip, 4);
}

static void nothing_there(struct ln_socket *socket)
{
	struct test_call call = call_on(socket);

	call.deadline = 0;
	assert_int_equal(test_call(sched, &call, test_udp_receive),
			 LN_ETIMEDOUT);
}

static void exchanges(void **state)
{
	struct test_call call = call_on(other);

	(void)state;
	sent(one, address_of_other, "first");
	sent(one, address_of_other, "");
	sent(one, address_of_other, "third");
	received(other, "first", address_of_one);
	received(other, "", address_of_one);
	received(other, "third", address_of_one);
	nothing_there(other);
	/* To itself, and to who waits. */
	sent(one, address_of_one, "echo");
	received(one, "echo", address_of_one);
	test_call_start(sched, &call, test_udp_receive);
	test_task_wait_parked(&call.task);
	sent(one, address_of_other, "woken");
	test_task_wait_over(&call.task);
	assert_int_equal(call.result, 0);
	assert_int_equal(call.count, 5);
	/* Who sent it need not be asked for. */
	nothing_there(other);
}

/* What has no room is lost; nothing of the next one is. */
static void truncates(void **state)
{
	struct test_call call = call_on(other);

	(void)state;
	sent(one, address_of_other, "abcdef");
	sent(one, address_of_other, "ghi");
	sent(one, address_of_other, "jkl");
	call.len = 4;
	assert_int_equal(test_call(sched, &call, test_udp_receive), 0);
	assert_int_equal(call.count, 4);
	assert_memory_equal(data, "abcd", 4);
	call.len = 0;
	assert_int_equal(test_call(sched, &call, test_udp_receive), 0);
	assert_int_equal(call.count, 0);
	received(other, "jkl", address_of_one);
	nothing_there(other);
}

static void sizes(void **state)
{
	struct test_call call;

	(void)state;
	for (size_t i = 0; i < LARGEST; i++)
		outgoing[i] = (char)(i % 251);
	assert_int_equal(send_to(one, address_of_other, LARGEST, &call), 0);
	assert_int_equal(call.count, LARGEST);
	call = call_on(other);
	assert_int_equal(test_call(sched, &call, test_udp_receive), 0);
	assert_int_equal(call.count, LARGEST);
	for (size_t i = 0; i < LARGEST; i++)
		assert_int_equal(data[i], (char)(i % 251));
	assert_int_equal(send_to(one, address_of_other, LARGEST + 1, &call),
			 LN_EIO);
	assert_int_equal(call.number, EMSGSIZE);
	assert_int_equal(send_to(one, address_of_other, sizeof(data), &call),
			 LN_EIO);
	assert_int_equal(call.number, EMSGSIZE);
	nothing_there(other);
}

static void connects(void **state)
{
	struct ln_address address;
	struct ln_socket *third = test_udp_socket(sched, &address);
	struct test_call call = call_on(one);
	struct ln_address peer;
	int number = 0;

	(void)state;
	call.len = 1;
	assert_int_equal(test_call(sched, &call, test_udp_send_connected),
			 LN_EIO);
	assert_int_equal(call.number, EDESTADDRREQ);
	assert_int_equal(ln_socket_peer_address(one, &peer, &number), LN_EIO);
	assert_int_equal(number, ENOTCONN);
	sent(third, address_of_one, "early");
	assert_int_equal(ln_udp_connect(one, &address_of_other, &number), 0);
	assert_int_equal(ln_socket_peer_address(one, &peer, &number), 0);
	assert_int_equal(peer.port, address_of_other.port);
	/* What was there stays, what comes from elsewhere does not. */
	sent(third, address_of_one, "late");
	sent(other, address_of_one, "peer");
	received(one, "early", address);
	received(one, "peer", address_of_other);
	nothing_there(one);
	assert_int_equal(test_call(sched, &call, test_udp_send_connected), 0);
	nothing_there(third);
	received(other, "p", address_of_one);
	/* Another peer. */
	assert_int_equal(ln_udp_connect(one, &address, &number), 0);
	sent(other, address_of_one, "late");
	sent(third, address_of_one, "third");
	received(one, "third", address);
	nothing_there(one);
	test_drop(sched, third);
}

/* Nobody is at the peer's address: who waits is told, once. */
static void refused(void **state)
{
	struct ln_address address;
	struct ln_socket *gone = test_udp_socket(sched, &address);
	struct test_call receiver = call_on(one);
	struct test_call sender = call_on(one);
	int number;

	(void)state;
	test_drop(sched, gone);
	assert_int_equal(ln_udp_connect(one, &address, &number), 0);
	sender.len = 1;
	test_call_start(sched, &receiver, test_udp_receive);
	test_task_wait_parked(&receiver.task);
	assert_int_equal(test_call(sched, &sender, test_udp_send_connected), 0);
	test_task_wait_over(&receiver.task);
	assert_int_equal(receiver.result, LN_EIO);
	assert_int_equal(receiver.number, ECONNREFUSED);
	assert_int_equal(ln_udp_connect(one, &address_of_other, &number), 0);
	sent(other, address_of_one, "works");
	received(one, "works", address_of_other);
}

static void deadlines_and_kills(void **state)
{
	(void)state;
	for (int shared = 0; shared < 2; shared++) {
		struct test_call call = call_on(one);

		if (shared)
			ln_socket_retain(one);
		call.deadline = ln_time_after_ms(5);
		assert_int_equal(test_call(sched, &call, test_udp_receive),
				 LN_ETIMEDOUT);
		assert_true(ln_time_now() >= call.deadline);
		call = call_on(one);
		test_call_start(sched, &call, test_udp_receive);
		test_task_wait_parked(&call.task);
		ln_task_interrupt(&call.task.task);
		test_task_wait_over(&call.task);
		assert_int_equal(call.result, LN_EKILLED);
		/* Neither has taken anything. */
		sent(other, address_of_one, "later");
		received(one, "later", address_of_other);
		if (shared)
			test_drop(sched, one);
	}
}

/* Each of several receivers gets one datagram of a burst; and those who are
 * killed in between take nobody's. */
static void several_receivers(void **state)
{
	struct test_call calls[READERS];
	char bytes[READERS];

	(void)state;
	for (int i = 1; i < READERS; i++)
		ln_socket_retain(one);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < READERS; i++) {
			calls[i] = call_on(one);
			calls[i].data = &bytes[i];
			calls[i].len = 1;
			test_call_start(sched, &calls[i], test_udp_receive);
			if (round % 2 == 0)
				test_task_wait_parked(&calls[i].task);
		}
		if (round % 5 == 0)
			ln_task_interrupt(&calls[round % READERS].task.task);
		for (int i = 0; i < READERS; i++)
			sent(other, address_of_one, "ab");
		for (int i = 0; i < READERS; i++) {
			test_task_wait_over(&calls[i].task);
			if (calls[i].result == 0)
				assert_int_equal(calls[i].count, 1);
			else
				assert_int_equal(calls[i].result, LN_EKILLED);
		}
		/* What a killed one left. */
		calls[0] = call_on(one);
		calls[0].deadline = 0;
		test_call(sched, &calls[0], test_udp_receive);
	}
	for (int i = 1; i < READERS; i++)
		test_drop(sched, one);
}

static void binds(void **state)
{
	struct test_call call = call_on(NULL);

	(void)state;
	call.address = address_of_one;
	assert_int_equal(test_call(sched, &call, test_udp_bind), LN_EIO);
	assert_int_equal(call.number, EADDRINUSE);
	call.address.ip[0] = 203;
	assert_int_equal(test_call(sched, &call, test_udp_bind), LN_EIO);
	assert_int_equal(call.number, EADDRNOTAVAIL);
}

/* A socket has a unit of its maker's quota until its last release. */
static void quotas(void **state)
{
	struct test_call first = { .address = { .version = 4 } };
	struct test_call second = { .address = { .version = 4 } };
	struct ln_quota *quota;

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 1, &quota), 0);
	first.quota = quota;
	second.quota = quota;
	assert_int_equal(test_call(sched, &first, test_udp_bind), 0);
	assert_int_equal(ln_quota_used(quota), 1);
	assert_int_equal(test_call(sched, &second, test_udp_bind), LN_EIO);
	assert_int_equal(second.number, EMFILE);
	ln_socket_retain(first.socket);
	test_drop(sched, first.socket);
	assert_int_equal(ln_quota_used(quota), 1);
	test_drop(sched, first.socket);
	assert_int_equal(ln_quota_used(quota), 0);
	/* What goes wrong gives it back. */
	second.address = address_of_one;
	assert_int_equal(test_call(sched, &second, test_udp_bind), LN_EIO);
	assert_int_equal(second.number, EADDRINUSE);
	assert_int_equal(ln_quota_used(quota), 0);
	ln_quota_release(quota);
}

static void check_ttl(const struct ln_socket *socket)
{
	static const uint32_t good[] = { 1, 42, LN_UDP_MAX_TTL };
	static const uint32_t bad[] = { 0, LN_UDP_MAX_TTL + 1, UINT32_MAX };
	uint32_t ttl = 0;
	int number = 0;

	assert_int_equal(ln_udp_ttl(socket, &ttl, &number), 0);
	assert_in_range(ttl, 1, LN_UDP_MAX_TTL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ln_udp_set_ttl(socket, good[i], &number), 0);
		assert_int_equal(ln_udp_ttl(socket, &ttl, &number), 0);
		assert_int_equal(ttl, good[i]);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ln_udp_set_ttl(socket, bad[i], &number),
				 LN_EIO);
		assert_int_equal(number, EINVAL);
		assert_int_equal(ln_udp_ttl(socket, &ttl, &number), 0);
		assert_int_equal(ttl, LN_UDP_MAX_TTL);
	}
}

static void options(void **state)
{
	struct ln_address everyone = address_of_other;
	struct test_call call;
	bool on = true;
	int number = 0;

	(void)state;
	check_ttl(one);
	memset(everyone.ip, 255, 4);
	assert_int_equal(ln_udp_broadcast(one, &on, &number), 0);
	assert_false(on);
	assert_int_equal(send_to(one, everyone, 1, &call), LN_EIO);
	assert_int_equal(call.number, EACCES);
	assert_int_equal(ln_udp_set_broadcast(one, true, &number), 0);
	assert_int_equal(ln_udp_broadcast(one, &on, &number), 0);
	assert_true(on);
	/* It depends on the machine whether there is a network for it. */
	if (send_to(one, everyone, 1, &call) != 0)
		assert_int_not_equal(call.number, EACCES);
	assert_int_equal(ln_udp_set_broadcast(one, false, &number), 0);
	assert_int_equal(ln_udp_broadcast(one, &on, &number), 0);
	assert_false(on);
	assert_int_equal(send_to(one, everyone, 1, &call), LN_EIO);
	assert_int_equal(call.number, EACCES);
}

static void version_6(void **state)
{
	struct test_call call = call_on(NULL);
	struct ln_address address;
	struct ln_socket *socket;
	int number = 0;

	(void)state;
	call.address = (struct ln_address){ .version = 6, .ip = { [15] = 1 } };
	if (test_call(sched, &call, test_udp_bind) < 0)
		skip(); /* a machine without it */
	socket = call.socket;
	assert_int_equal(ln_socket_local_address(socket, &address, &number), 0);
	assert_int_equal(address.version, 6);
	assert_int_equal(send_to(socket, address, 3, &call), 0);
	call = call_on(socket);
	assert_int_equal(test_call(sched, &call, test_udp_receive), 0);
	assert_int_equal(call.count, 3);
	assert_int_equal(call.address.version, 6);
	assert_int_equal(call.address.port, address.port);
	assert_memory_equal(call.address.ip, address.ip, 16);
	check_ttl(socket);
	/* A socket of IPv4 has no way there. */
	assert_int_equal(send_to(one, address, 3, &call), LN_EIO);
	assert_int_equal(call.number, EAFNOSUPPORT);
	assert_int_equal(ln_udp_connect(one, &address, &number), LN_EIO);
	assert_int_equal(number, EAFNOSUPPORT);
	test_drop(sched, socket);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(exchanges),
		TEST(truncates),
		TEST(sizes),
		TEST(connects),
		TEST(refused),
		TEST(deadlines_and_kills),
		TEST(several_receivers),
		TEST(binds),
		TEST(quotas),
		TEST(options),
		TEST(version_6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
