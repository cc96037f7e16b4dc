// A process that is killed while it waits in lunatic::networking leaves at
// once, and its sockets are closed.
//
// stdout: passed
#include "net.h"

static char page[65536];
static uint64_t id;
static uint64_t second;

/* They wait on what they made, or on a clone of it. */

static uint64_t shared(uint64_t stream, bool share)
{
	return share ? lunatic_networking_clone_tcp_stream(stream) : stream;
}

/* Somebody else may look whether the port is free, by the same means. */
static uint64_t a_udp(int64_t port, bool share)
{
	uint64_t socket;

	while (lunatic_networking_udp_bind(4, (void *)loopback, (uint16_t)port,
					   0, 0, &socket) != OK) {
		lunatic_error_drop(socket);
		lunatic_process_sleep_ms(1);
	}
	return share ? lunatic_networking_clone_udp_socket(socket) : socket;
}

static void reader(int64_t port, bool share)
{
	lunatic_networking_tcp_read(shared(connect_to((uint16_t)port), share),
				    page, 1, &id);
}

static void peeker(int64_t port, bool share)
{
	uint64_t stream = shared(connect_to((uint16_t)port), share);

	lunatic_networking_set_peek_timeout(stream, NO_LIMIT - 1);
	lunatic_networking_tcp_peek(stream, page, 1, &id);
}

static void writer(int64_t port, bool share)
{
	uint64_t stream = shared(connect_to((uint16_t)port), share);

	while (write_soon(stream, page, sizeof(page), &id) == OK)
		continue;
}

static void acceptor(int64_t port, bool share)
{
	uint64_t stream = shared(connect_to((uint16_t)port), share);
	uint16_t own;

	lunatic_networking_tcp_accept(listen_at(&own), &id, &second);
	lunatic_networking_drop_tcp_stream(stream);
}

ENTRY(reading)(int64_t port)
{
	reader(port, false);
	CHECK(false);
}
ENTRY(reading_shared)(int64_t port)
{
	reader(port, true);
	CHECK(false);
}
ENTRY(peeking)(int64_t port)
{
	peeker(port, false);
	CHECK(false);
}
ENTRY(peeking_shared)(int64_t port)
{
	peeker(port, true);
	CHECK(false);
}
ENTRY(writing)(int64_t port)
{
	writer(port, false);
	CHECK(false);
}
ENTRY(writing_shared)(int64_t port)
{
	writer(port, true);
	CHECK(false);
}
ENTRY(accepting)(int64_t port)
{
	acceptor(port, false);
	CHECK(false);
}

ENTRY(receiving)(int64_t port)
{
	lunatic_networking_udp_receive(a_udp(port, false), page, 1, &id);
	CHECK(false);
}

ENTRY(receiving_shared)(int64_t port)
{
	lunatic_networking_udp_receive(a_udp(port, true), page, 1, &id);
	CHECK(false);
}

ENTRY(receiving_from)(int64_t port)
{
	lunatic_networking_udp_receive_from(a_udp(port, false), page, 1, &id,
					    &second);
	CHECK(false);
}

/* The process has connected; it is somewhere near its call, or in it. */
static void stream_dies(const char *entry, uint64_t listener, uint16_t port)
{
	uint64_t process = spawn_with(entry, 0, port);
	uint64_t stream = accept_from(listener);
	uint64_t count;

	lunatic_process_sleep_ms(20);
	CHECK(lunatic_process_exists(process));
	lunatic_process_kill(process);
	await_end(process);
	// Its end is closed: whatever it had written, then the end.
	do {
		CHECK_EQ(read_soon(stream, page, sizeof(page), &count), OK);
	} while (count > 0);
	lunatic_networking_drop_tcp_stream(stream);
}

/* Whether somebody is at that port. */
static bool in_use(uint16_t port)
{
	if (lunatic_networking_udp_bind(4, (void *)loopback, port, 0, 0, &id) !=
	    OK) {
		lunatic_error_drop(id);
		return true;
	}
	lunatic_networking_drop_udp_socket(id);
	return false;
}

static void socket_dies(const char *entry)
{
	uint16_t port = 0;
	uint64_t process;

	// One that is free now.
	lunatic_networking_drop_udp_socket(udp_at(&port));
	process = spawn_with(entry, 0, port);
	for (int i = 0; !in_use(port); i++) {
		CHECK(i < SOON);
		lunatic_process_sleep_ms(1);
	}
	lunatic_process_sleep_ms(20);
	CHECK(lunatic_process_exists(process));
	lunatic_process_kill(process);
	await_end(process);
	for (int i = 0; in_use(port); i++) {
		CHECK(i < SOON);
		lunatic_process_sleep_ms(1);
	}
}

int main(void)
{
	uint16_t port;
	uint64_t listener = listen_at(&port);

	lunatic_process_die_when_link_dies(0);
	stream_dies("reading", listener, port);
	stream_dies("reading_shared", listener, port);
	stream_dies("peeking", listener, port);
	stream_dies("peeking_shared", listener, port);
	stream_dies("writing", listener, port);
	stream_dies("writing_shared", listener, port);
	stream_dies("accepting", listener, port);
	socket_dies("receiving");
	socket_dies("receiving_shared");
	socket_dies("receiving_from");
	puts("passed");
	return 0;
}
