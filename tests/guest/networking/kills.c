// A process that is killed while it accepts, reads, writes or looks a name up
// leaves at once, and its streams are closed.
//
// stdout: passed
#include "net.h"

static char page[65536];

// Dies when the process dies that it is linked to.
ENTRY(link_and_fail)(void)
{
	lunatic_process_sleep_ms(30);
	exit(1);
}

static uint64_t take_port_and_connect(void)
{
	uint64_t boss;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	int64_t port = read_number();

	uint64_t stream = connect_to((uint16_t)port);
	send_number(boss, 5, 0);
	lunatic_process_drop_process(spawn("link_and_fail", 1));
	return stream;
}

ENTRY(reader)(void)
{
	uint64_t stream = take_port_and_connect();
	uint64_t count;

	lunatic_networking_tcp_read(stream, page, 1, 0, &count);
	CHECK(false);
}

ENTRY(shared_reader)(void)
{
	uint64_t stream = take_port_and_connect();
	uint64_t count;

	lunatic_networking_clone_tcp_stream(stream);
	lunatic_networking_tcp_read(stream, page, 1, 0, &count);
	CHECK(false);
}

ENTRY(writer)(void)
{
	uint64_t stream = take_port_and_connect();
	uint64_t count;

	for (;;)
		write_some(stream, page, sizeof(page), 0, &count);
}

ENTRY(acceptor)(void)
{
	uint64_t stream = take_port_and_connect();
	uint16_t port;

	accept_from(listen_at(&port));
	lunatic_networking_drop_tcp_stream(stream);
	CHECK(false);
}

static void dies(const char *entry, uint64_t listener, uint16_t port)
{
	static int64_t tag = 100;
	uint64_t child = spawn(entry, ++tag);
	uint64_t stream;
	uint64_t count;
	uint32_t result;
	int64_t number = port;

	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(child);
	stream = accept_from(listener);
	CHECK_EQ(receive_tag(5, SOON), DATA);
	expect_link_died(tag);
	// Its end is closed: whatever it had written, then the end.
	do {
		result = lunatic_networking_tcp_read(stream, page, sizeof(page),
						     SOON, &count);
	} while (result == OK && count > 0);
	CHECK_EQ(result, OK);
	lunatic_networking_drop_tcp_stream(stream);
}

int main(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);

	lunatic_process_die_when_link_dies(0);
	dies("reader", listener, port);
	dies("shared_reader", listener, port);
	dies("writer", listener, port);
	dies("acceptor", listener, port);
	puts("passed");
	return 0;
}
