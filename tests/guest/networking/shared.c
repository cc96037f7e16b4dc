// Clones of one stream in several processes at the same time: one reads while
// another one writes, and several read. A stream lives as long as a clone or a
// message holds it.
//
// stdout: passed
#include "net.h"

#define READERS 8
#define BYTES 3000
#define LOTS 2000000

static char page[65536];
static uint64_t boss;
static uint64_t stream;

static void send_stream(uint64_t to, uint64_t of)
{
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	CHECK_EQ(lunatic_message_push_tcp_stream(
			 lunatic_networking_clone_tcp_stream(of)),
		 1);
	lunatic_message_send(to);
}

static void receive_stream(void)
{
	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	stream = lunatic_message_take_tcp_stream(1);
}

// Takes single bytes, so that a burst is more than any one of them reads.
ENTRY(nibble)(void)
{
	uint64_t count;
	int64_t got = 0;

	receive_stream();
	for (;;) {
		CHECK_EQ(
			lunatic_networking_tcp_read(stream, page, 1, 0, &count),
			OK);
		if (count == 0)
			break;
		got++;
		send_number(boss, 2, 0);
	}
	send_number(boss, 1, got);
}

ENTRY(pour)(void)
{
	receive_stream();
	for (int left = LOTS; left > 0; left -= (int)sizeof(page))
		write_all(stream, page,
			  left < (int)sizeof(page) ? (uint32_t)left
						   : sizeof(page));
	send_number(boss, 1, LOTS);
}

ENTRY(hold)(void)
{
	receive_stream();
	lunatic_process_sleep_ms(10000);
}

// Bursts of a few bytes, the next one when all of the last were read: one that
// is left lying stops it.
static void many_readers(uint64_t client, uint64_t server)
{
	int64_t total = 0;

	for (int i = 0; i < READERS; i++)
		send_stream(spawn("nibble", 1), server);
	lunatic_networking_drop_tcp_stream(server);
	for (int sent = 0; sent < BYTES;) {
		int burst = 1 + sent % 13;

		write_all(client, page, (uint32_t)burst);
		for (int i = 0; i < burst; i++)
			CHECK_EQ(receive_tag(2, SOON), DATA);
		sent += burst;
		total += burst;
	}
	lunatic_networking_drop_tcp_stream(client);
	for (int i = 0; i < READERS; i++) {
		CHECK_EQ(receive_tag(1, SOON), DATA);
		total -= read_number();
	}
	CHECK_EQ(total, 0);
}

// All four ends work at once.
static void both_ways(uint64_t client, uint64_t server)
{
	int64_t left = 2 * LOTS;
	uint64_t count;

	send_stream(spawn("pour", 1), client);
	send_stream(spawn("pour", 1), server);
	for (int i = 0; left > 0; i++) {
		uint32_t result = lunatic_networking_tcp_read(
			i % 2 ? client : server, page, sizeof(page), 2, &count);

		if (result == OK)
			left -= (int64_t)count;
		else
			CHECK_EQ(result, TIMED_OUT);
	}
	CHECK_EQ(receive_tag(1, SOON), DATA);
	CHECK_EQ(receive_tag(1, SOON), DATA);
	// Dropping one of two ids closes nothing.
	lunatic_networking_drop_tcp_stream(
		lunatic_networking_clone_tcp_stream(client));
	write_all(client, "x", 1);
	read_all(server, page, 1);
	lunatic_networking_drop_tcp_stream(client);
	expect_end(server);
	lunatic_networking_drop_tcp_stream(server);
}

// A message that is thrown away, and one that nobody takes, close what they
// hold.
static void in_messages(uint64_t listener, uint16_t port)
{
	uint64_t client;
	uint64_t server;

	client = connect_to(port);
	server = accept_from(listener);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_tcp_stream(server), 0);
	lunatic_message_create_data(0, 0);
	expect_end(client);
	lunatic_networking_drop_tcp_stream(client);

	client = connect_to(port);
	server = accept_from(listener);
	lunatic_process_drop_process(spawn("hold", 1));
	lunatic_message_create_data(9, 0);
	CHECK_EQ(lunatic_message_push_tcp_stream(server), 0);
	lunatic_message_send(lunatic_process_this());
	CHECK_EQ(receive_tag(9, SOON), DATA);
	server = lunatic_message_take_tcp_stream(0);
	write_all(client, "x", 1);
	read_all(server, page, 1);
	lunatic_networking_drop_tcp_stream(server);
	expect_end(client);
}

int main(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);
	uint64_t client = connect_to(port);
	uint64_t server = accept_from(listener);

	many_readers(client, server);
	client = connect_to(port);
	both_ways(client, accept_from(listener));
	in_messages(listener, port);
	puts("passed");
	return 0;
}
