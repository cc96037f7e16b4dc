/* Steps of src/net that never wait, and options: one task does them all, and
 * notes what each returns. */
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
#include "base/time.h"
#include "net/option.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "sched/sched.h"
#include "support/tcp.h"

#define STEPS 32

static struct ln_sched *sched;
static int results[STEPS];
static int count;

static const struct ln_address loopback = { .version = 4,
					    .ip = { 127, 0, 0, 1 } };

static void note(int result)
{
	if (count < STEPS)
		results[count++] = result;
}

static void expect(void (*body)(void *), const int *want, int wanted)
{
	struct test_call call = { .deadline = LN_NEVER };

	sched = test_net_begin();
	count = 0;
	memset(results, 0, sizeof(results));
	test_call(sched, &call, body);
	for (int i = 0; i < wanted; i++)
		if (results[i] != want[i])
			fail_msg("step %d is %d, not %d", i, results[i],
				 want[i]);
	assert_int_equal(count, wanted);
	test_net_finish(sched);
}

static void tcp_body(void *argument)
{
	struct ln_socket *listener = NULL;
	struct ln_socket *client = NULL;
	struct ln_socket *server = NULL;
	struct ln_address at = loopback;
	struct ln_address peer;
	int number = 0;

	(void)argument;
	note(ln_tcp_open(4, NULL, &listener, &number));
	note(ln_tcp_bind(listener, &at, &number));
	note(ln_socket_local_address(listener, &at, &number));
	note(ln_tcp_listen_on(listener, 5, &number));
	note(ln_tcp_accept_step(listener, NULL, &server, &peer, &number));
	note(ln_tcp_open(4, NULL, &client, &number));
	number = ln_tcp_connect_step(client, &at, &number);
	note(number == 0 || number == LN_EAGAIN);
	note(ln_tcp_accept_step(listener, NULL, &server, &peer, &number));
	note(ln_tcp_connect_step(client, &at, &number));
	note(ln_tcp_room(client) > 1000);
	note(ln_tcp_ended(server));
	/* The port is in use. */
	note(ln_tcp_bind(client, &at, &number));
	note(number);
	ln_socket_release(client);
	note(ln_tcp_ended(server));
	ln_socket_release(server);
	ln_socket_release(listener);
}

static void tcp(void **state)
{
	static const int want[] = { 0, 0, 0, 0, LN_EAGAIN, 0,      1,
				    0, 0, 1, 0, LN_EIO,    EINVAL, 1 };

	(void)state;
	expect(tcp_body, want, sizeof(want) / sizeof(want[0]));
}

static void udp_body(void *argument)
{
	struct ln_socket *socket = NULL;
	struct ln_address at = loopback;
	struct ln_address now;
	struct ln_address from;
	int number = 0;
	size_t len;
	char data[8];

	(void)argument;
	note(ln_udp_open(4, NULL, &socket, &number));
	note(ln_udp_bind_to(socket, &at, &number));
	note(ln_socket_local_address(socket, &at, &number));
	note(ln_udp_receive_step(socket, data, sizeof(data), &from, &len,
				 &number));
	note(ln_udp_connect(socket, &at, &number));
	note(ln_udp_send_step(socket, "abc", 3, NULL, &number));
	note(ln_udp_receive_step(socket, data, sizeof(data), &from, &len,
				 &number));
	note((int)len);
	note(from.port == at.port);
	/* The port is that of before. */
	note(ln_udp_disconnect(socket, &at, &number));
	note(ln_socket_local_address(socket, &now, &number));
	note(now.port == at.port);
	note(ln_udp_send_step(socket, "abc", 3, NULL, &number));
	note(number);
	ln_socket_release(socket);
}

static void udp(void **state)
{
	static const int want[] = {
		0, 0, 0, LN_EAGAIN, 0, 0,      0,
		3, 1, 0, 0,         1, LN_EIO, EDESTADDRREQ,
	};

	(void)state;
	expect(udp_body, want, sizeof(want) / sizeof(want[0]));
}

static void option(const struct ln_socket *socket, enum ln_socket_option which,
		   int value)
{
	int number = 0;
	int have = -1;

	note(ln_socket_set_option(socket, which, value, &number));
	note(ln_socket_option(socket, which, &have, &number));
	note(have);
}

static void options_body(void *argument)
{
	struct ln_socket *socket = NULL;
	int number = 0;

	(void)argument;
	note(ln_tcp_open(4, NULL, &socket, &number));
	option(socket, LN_SOCKET_KEEP_ALIVE, 1);
	option(socket, LN_SOCKET_KEEP_IDLE, 7);
	option(socket, LN_SOCKET_KEEP_INTERVAL, 8);
	option(socket, LN_SOCKET_KEEP_COUNT, 9);
	option(socket, LN_SOCKET_HOP_LIMIT, 10);
	option(socket, LN_SOCKET_SEND_BUFFER, 20000);
	note(ln_socket_set_option(socket, LN_SOCKET_HOP_LIMIT, 0, &number));
	note(number);
	/* One of IPv4 has none. */
	note(ln_socket_set_option(socket, LN_SOCKET_V6_ONLY, 1, &number));
	ln_socket_release(socket);
}

static void options(void **state)
{
	static const int want[] = {
		0, 0, 0, 1, 0,  0, 7, 0,     0,      8,      0,
		0, 9, 0, 0, 10, 0, 0, 40000, LN_EIO, EINVAL, LN_EIO,
	};

	(void)state;
	expect(options_body, want, sizeof(want) / sizeof(want[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
		cmocka_unit_test(udp),
		cmocka_unit_test(options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
