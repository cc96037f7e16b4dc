// Connections: both ends in one program, a process for each connection, which
// gets the stream in a message.
//
// stdout: passed
#include "net.h"

#define CLIENTS 50
#define ROUNDS 20

static char page[20000];
static char back[20000];

// Echoes what comes until the end.
ENTRY(serve)(void)
{
	uint64_t stream;
	uint64_t count;

	CHECK_EQ(receive_any(SOON), DATA);
	stream = lunatic_message_take_tcp_stream(0);
	for (;;) {
		CHECK_EQ(lunatic_networking_tcp_read(stream, page, sizeof(page),
						     SOON, &count),
			 OK);
		if (count == 0)
			break;
		write_all(stream, page, (uint32_t)count);
	}
	lunatic_networking_drop_tcp_stream(stream);
}

ENTRY(client)(int32_t port)
{
	uint64_t stream = connect_to((uint16_t)port);
	uint64_t boss;
	uint64_t error = 99;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t len = 1 + (uint32_t)i * 997 % sizeof(page);

		memset(page, 'a' + i, len);
		write_all(stream, page, len);
		CHECK_EQ(lunatic_networking_tcp_flush(stream, &error), OK);
		CHECK_EQ(error, 0);
		read_all(stream, back, len);
		CHECK(memcmp(page, back, len) == 0);
	}
	lunatic_networking_drop_tcp_stream(stream);
	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	send_number(boss, 7, 1);
}

int main(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);

	lunatic_process_die_when_link_dies(1);
	for (int i = 0; i < CLIENTS; i++) {
		uint64_t child = spawn_with("client", 1, port);

		send_this(child, 0);
		lunatic_process_drop_process(child);
	}
	for (int i = 0; i < CLIENTS; i++) {
		uint64_t child = spawn("serve", 1);

		lunatic_message_create_data(0, 0);
		CHECK_EQ(lunatic_message_push_tcp_stream(accept_from(listener)),
			 0);
		lunatic_message_send(child);
		lunatic_process_drop_process(child);
	}
	for (int i = 0; i < CLIENTS; i++)
		CHECK_EQ(receive_tag(7, SOON), DATA);
	lunatic_networking_drop_tcp_listener(listener);
	puts("passed");
	return 0;
}
