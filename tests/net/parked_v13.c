/* Calls of lunatic 0.13 that wait, parked.h. */
#include "../guest/v13/networking/net.h"

#include "parked.h"

static uint64_t udp;

static void no_preparation(void)
{
}

/* tcp_connect */

static uint32_t connect_deaf(uint64_t timeout)
{
	return lunatic_networking_tcp_connect(4, (void *)loopback, deaf_port, 0,
					      0, timeout, &client);
}

static void connect_wait(void)
{
	connect_deaf(NO_LIMIT);
	never();
}

static void connect_in_time(uint32_t timeout)
{
	client = 77;
	CHECK_EQ(connect_deaf(timeout), TIMED_OUT);
	CHECK_EQ(client, 77);
}

/* tcp_accept, tcp_read, tcp_peek, tcp_write_vectored; alone and with a clone */

static void listen_somewhere(void)
{
	uint16_t port;

	listener = listen_at(&port);
}

static void accept_wait(void)
{
	accept_from(listener);
	never();
}

static void make_pair(void)
{
	uint16_t port;

	listener = listen_at(&port);
	client = connect_to(port);
	server = accept_from(listener);
	lunatic_networking_drop_tcp_listener(listener);
}

static void drop_pair(void)
{
	lunatic_networking_drop_tcp_stream(client);
	lunatic_networking_drop_tcp_stream(server);
}

static void make_shared(void)
{
	make_pair();
	lunatic_networking_clone_tcp_stream(server);
}

static void read_wait(void)
{
	uint64_t count;

	lunatic_networking_tcp_read(server, page, BIG, &count);
	never();
}

static void read_in_time(uint32_t timeout)
{
	uint64_t count = 77;

	lunatic_networking_set_read_timeout(server, timeout);
	CHECK_EQ(lunatic_networking_tcp_read(server, page, BIG, &count),
		 TIMED_OUT);
	CHECK_EQ(count, 77);
}

static void peek_wait(void)
{
	uint64_t count;

	lunatic_networking_tcp_peek(server, page, BIG, &count);
	never();
}

static void peek_in_time(uint32_t timeout)
{
	uint64_t count = 77;

	lunatic_networking_set_peek_timeout(server, timeout);
	CHECK_EQ(lunatic_networking_tcp_peek(server, page, BIG, &count),
		 TIMED_OUT);
	CHECK_EQ(count, 77);
}

/* The kernel finds more room for some time. */
static void fill(void)
{
	uint64_t count;

	lunatic_networking_set_write_timeout(server, 1);
	for (int vain = 0; vain < 3;) {
		if (write_soon(server, page, BIG, &count) == TIMED_OUT)
			vain++;
	}
	lunatic_networking_set_write_timeout(server, NO_LIMIT);
}

static void make_full_pair(void)
{
	make_pair();
	fill();
}

static void make_full_shared(void)
{
	make_shared();
	fill();
}

static void write_wait(void)
{
	uint64_t count;

	for (;;)
		CHECK_EQ(write_soon(server, page, BIG, &count), OK);
}

static void write_in_time(uint32_t timeout)
{
	uint64_t count = 77;
	uint32_t result;

	lunatic_networking_set_write_timeout(server, timeout);
	result = write_soon(server, page, BIG, &count);
	CHECK(result == TIMED_OUT ? count == 77 : result == OK);
}

/* UDP; alone and with a clone */

static void make_udp(void)
{
	uint16_t port = 0;

	udp = udp_at(&port);
}

static void make_udp_shared(void)
{
	make_udp();
	lunatic_networking_clone_udp_socket(udp);
}

static void udp_receive_wait(void)
{
	uint64_t count;

	lunatic_networking_udp_receive(udp, page, BIG, &count);
	never();
}

static void udp_from_wait(void)
{
	uint64_t count;
	uint64_t iterator;

	lunatic_networking_udp_receive_from(udp, page, BIG, &count, &iterator);
	never();
}

/* Sends to itself what it then receives: it may wait at any place. */
static void udp_always(void)
{
	uint64_t iterator;
	uint64_t count;
	struct address own;

	CHECK_EQ(lunatic_networking_udp_local_addr(udp, &iterator), OK);
	own = only_address(iterator);
	for (;;) {
		CHECK_EQ(udp_send_to(udp, own.port, page, 60000, &count), OK);
		CHECK_EQ(lunatic_networking_udp_receive_from(udp, page, BIG,
							     &count, &iterator),
			 OK);
		lunatic_networking_drop_dns_iterator(iterator);
	}
}

/* resolve: on a thread of its own, and soon over */

static uint32_t resolve_localhost(uint64_t timeout)
{
	uint64_t iterator;
	uint32_t result = lunatic_networking_resolve("localhost:80", 12,
						     timeout, &iterator);

	if (result == OK)
		lunatic_networking_drop_dns_iterator(iterator);
	return result;
}

static void resolve_always(void)
{
	for (;;)
		CHECK_EQ(resolve_localhost(NO_LIMIT), OK);
}

static void resolve_in_time(uint32_t timeout)
{
	uint32_t result = resolve_localhost(timeout);

	CHECK(result == OK || result == TIMED_OUT);
}

const struct call calls[] = {
	{ "tcp_connect", no_preparation, connect_wait, connect_in_time,
	  no_preparation },
	{ "tcp_accept", listen_somewhere, accept_wait, NULL, NULL },
	{ "tcp_read", make_pair, read_wait, read_in_time, drop_pair },
	{ "tcp_read_shared", make_shared, read_wait, NULL, NULL },
	{ "tcp_peek", make_pair, peek_wait, peek_in_time, drop_pair },
	{ "tcp_peek_shared", make_shared, peek_wait, NULL, NULL },
	{ "tcp_write", make_full_pair, write_wait, write_in_time, drop_pair },
	{ "tcp_write_shared", make_full_shared, write_wait, NULL, NULL },
	{ "udp_receive", make_udp, udp_receive_wait, NULL, NULL },
	{ "udp_receive_shared", make_udp_shared, udp_receive_wait, NULL, NULL },
	{ "udp_receive_from", make_udp, udp_from_wait, NULL, NULL },
	{ "udp_exchange", make_udp, udp_always, NULL, NULL },
	{ "resolve", no_preparation, resolve_always, resolve_in_time,
	  no_preparation },
};

const int call_count = sizeof(calls) / sizeof(*calls);

/* What a process is to do: sent by the one that spawned it. */
struct work {
	uint64_t from;
	int32_t call;
	int32_t count;
	uint16_t deaf_port;
};

static void send_work(uint64_t to, int call, int count)
{
	struct work work = { lunatic_process_process_id(), call, count,
			     deaf_port };

	lunatic_message_create_data(0, sizeof(work));
	CHECK_EQ(lunatic_message_write_data(&work, sizeof(work)), sizeof(work));
	lunatic_message_send(to);
}

static struct work receive_work(void)
{
	struct work work;

	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_read_data(&work, sizeof(work)), sizeof(work));
	deaf_port = work.deaf_port;
	return work;
}

ENTRY(victim)(void)
{
	struct work work = receive_work();

	calls[work.call].prepare();
	send_number(work.from, READY, 0);
	calls[work.call].wait();
}

/* Takes with it those who are linked to it. */
ENTRY(boss)(void)
{
	struct work work = receive_work();

	for (int i = 0; i < work.count; i++)
		send_work(spawn("victim", i + 1), work.call, 0);
	for (int i = 0; i < work.count; i++)
		CHECK_EQ(receive_tag(READY, NO_LIMIT), DATA);
	send_number(work.from, READY, 0);
	CHECK_EQ(receive_tag(FAIL, NO_LIMIT), DATA);
	_Exit(1);
}

static uint64_t hold(int call, int count)
{
	uint64_t id = spawn("boss", 1);

	send_work(id, call, count);
	CHECK_EQ(receive_any(NO_LIMIT), DATA);
	return id;
}

static void fail(uint64_t id)
{
	send_number(id, FAIL, 0);
	expect_link_died(1);
}
