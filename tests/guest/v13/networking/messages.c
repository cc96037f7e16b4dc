// UDP sockets and TCP streams travel in messages, with all that was set for
// them; and they are closed with a message that nobody takes them out of.
//
// stdout: passed
#include "net.h"

#include "../trap/check.h"

#define GO 7
#define ANSWER 8

static uint64_t id;
static char page[100];

/* Takes a socket, says what it finds set, and hears and says through it. */
ENTRY(takes_socket)(int64_t boss)
{
	uint64_t socket;

	CHECK_EQ(receive_tag(GO, SOON), DATA);
	socket = lunatic_message_take_udp_socket(0);
	CHECK_EQ(lunatic_networking_get_udp_socket_ttl(socket), 42);
	CHECK_EQ(lunatic_networking_get_udp_socket_broadcast(socket), 1);
	udp_hear(socket, "before");
	CHECK_EQ(lunatic_networking_udp_send(socket, "after", 6, &id), OK);
	send_number((uint64_t)boss, ANSWER, 0);
}

static void sockets(void)
{
	uint16_t port = 0;
	uint16_t other_port = 0;
	uint64_t socket = udp_at(&port);
	uint64_t other = udp_at(&other_port);
	uint64_t clone = lunatic_networking_clone_udp_socket(socket);
	uint64_t child = spawn_with("takes_socket", 1,
				    (int64_t)lunatic_process_process_id());

	udp_connect_to(socket, other_port);
	lunatic_networking_set_udp_socket_ttl(socket, 42);
	lunatic_networking_set_udp_socket_broadcast(socket, 1);
	udp_say(other, port, "before");
	lunatic_message_create_data(GO, 0);
	CHECK_EQ(lunatic_message_push_udp_socket(socket), 0);
	CHECK_EQ(lunatic_message_send(child), 0);
	udp_hear(other, "after");
	expect_number(ANSWER, 0);
	await_end(child);
	// What this process has kept still works.
	CHECK_EQ(lunatic_networking_udp_send(clone, "clone", 6, &id), OK);
	udp_hear(other, "clone");
	lunatic_networking_drop_udp_socket(clone);
	lunatic_networking_drop_udp_socket(other);
}

ENTRY(takes_stream)(int64_t boss)
{
	uint64_t stream;

	CHECK_EQ(receive_tag(GO, SOON), DATA);
	stream = lunatic_message_take_tcp_stream(0);
	CHECK_EQ(lunatic_networking_get_read_timeout(stream), 10);
	CHECK_EQ(lunatic_networking_get_write_timeout(stream), 20);
	CHECK_EQ(lunatic_networking_get_peek_timeout(stream), 30);
	CHECK_EQ(lunatic_networking_tcp_read(stream, page, 1, &id), TIMED_OUT);
	lunatic_networking_set_peek_timeout(stream, NO_LIMIT);
	send_number((uint64_t)boss, ANSWER, 0);
	CHECK_EQ(lunatic_networking_tcp_peek(stream, page, 1, &id), OK);
	CHECK_EQ(page[0], 'x');
}

static void streams(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);
	uint64_t client = connect_to(port);
	uint64_t server = accept_from(listener);
	uint64_t clone = lunatic_networking_clone_tcp_stream(server);
	uint64_t child = spawn_with("takes_stream", 1,
				    (int64_t)lunatic_process_process_id());

	lunatic_networking_set_read_timeout(server, 10);
	lunatic_networking_set_write_timeout(server, 20);
	lunatic_networking_set_peek_timeout(server, 30);
	lunatic_message_create_data(GO, 0);
	CHECK_EQ(lunatic_message_push_tcp_stream(server), 0);
	CHECK_EQ(lunatic_message_send(child), 0);
	expect_number(ANSWER, 0);
	// It holds for all who have a clone.
	CHECK_EQ(lunatic_networking_get_peek_timeout(clone), NO_LIMIT);
	write_all(client, "x", 1);
	await_end(child);
	lunatic_networking_drop_tcp_stream(client);
	lunatic_networking_drop_tcp_stream(clone);
	lunatic_networking_drop_tcp_listener(listener);
}

/* A message with a socket in it, which is dropped. */
static void dropped(void)
{
	uint16_t port = 0;
	uint64_t socket = udp_at(&port);

	lunatic_message_create_data(GO, 0);
	CHECK_EQ(lunatic_message_push_udp_socket(socket), 0);
	lunatic_message_create_data(GO, 0);
	lunatic_networking_drop_udp_socket(udp_at(&port));
}

enum {
	PUSH_NOBODY,
	PUSH_PUSHED,
	PUSH_NOWHERE,
	TAKE_MISSING,
	TAKE_STREAM,
	TAKE_AS_STREAM,
	TAKE_TWICE,
	TAKE_NOWHERE,
	CASES,
};

static uint64_t pushed;
static uint64_t kept;
static uint64_t stream;

static uint32_t misuse(uint32_t which)
{
	switch (which) {
	case PUSH_NOBODY:
		lunatic_message_push_udp_socket(12345);
		break;
	case PUSH_PUSHED:
		lunatic_message_push_udp_socket(pushed);
		break;
	case PUSH_NOWHERE:
		lunatic_message_send(0);
		lunatic_message_push_udp_socket(kept);
		break;
	case TAKE_MISSING:
		lunatic_message_take_udp_socket(2);
		break;
	case TAKE_STREAM:
		lunatic_message_take_udp_socket(1);
		break;
	case TAKE_AS_STREAM:
		lunatic_message_take_tcp_stream(0);
		break;
	case TAKE_TWICE:
		pushed = lunatic_message_take_udp_socket(0);
		lunatic_message_take_udp_socket(0);
		break;
	default:
		lunatic_message_send(0);
		lunatic_message_take_udp_socket(0);
		break;
	}
	return 1;
}

static void misuses(void)
{
	uint16_t port = 0;
	uint16_t listening;
	uint64_t listener = listen_at(&listening);

	pushed = udp_at(&port);
	kept = lunatic_networking_clone_udp_socket(pushed);
	for (uint32_t which = 0; which < CASES; which++) {
		stream = connect_to(listening);
		lunatic_message_create_data(GO, 0);
		CHECK_EQ(lunatic_message_push_udp_socket(pushed), 0);
		CHECK_EQ(lunatic_message_push_tcp_stream(stream), 1);
		CHECK_EQ(catch (misuse, which), 0);
		if (which != TAKE_TWICE)
			pushed = lunatic_networking_clone_udp_socket(kept);
		udp_say(kept, port, "works");
		udp_hear(pushed, "works");
	}
	lunatic_networking_drop_udp_socket(pushed);
	lunatic_networking_drop_udp_socket(kept);
	lunatic_networking_drop_tcp_listener(listener);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	sockets();
	streams();
	dropped();
	misuses();
	expect_nothing();
	puts("passed");
	return 0;
}
