// TCP streams: peeking, the timeouts that a stream has, both ends' addresses.
//
// stdout: passed
#include <time.h>

#include "net.h"

#define BIG 65536
#define SHORT 30

static char page[BIG];
static uint64_t listener;
static uint16_t port;
static uint64_t client;
static uint64_t server;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void make_pair(void)
{
	client = connect_to(port);
	server = accept_from(listener);
}

static void drop_pair(void)
{
	lunatic_networking_drop_tcp_stream(client);
	lunatic_networking_drop_tcp_stream(server);
}

/* What can be seen without taking it. */
static void peeks(uint32_t len, const char *want)
{
	uint64_t count = 77;

	memset(page, 0, 16);
	CHECK_EQ(lunatic_networking_tcp_peek(server, page, len, &count), OK);
	CHECK_EQ(count, strlen(want));
	CHECK(memcmp(page, want, count) == 0);
}

static void peeking(void)
{
	make_pair();
	peeks(0, "");
	// With a timeout and without one, which lunatic 0.13 confuses.
	for (int i = 0; i < 2; i++) {
		write_all(client, "abcdef", 6);
		peeks(1, "a");
		while (page[5] != 'f')
			lunatic_networking_tcp_peek(server, page, 6,
						    &(uint64_t){ 0 });
		peeks(6, "abcdef");
		peeks(100, "abcdef");
		read_all(server, page, 2);
		peeks(100, "cdef");
		read_all(server, page, 4);
		CHECK(memcmp(page, "cdef", 4) == 0);
		lunatic_networking_set_peek_timeout(server, SOON);
	}
	lunatic_networking_drop_tcp_stream(client);
	peeks(10, "");
	expect_end(server);
	lunatic_networking_drop_tcp_stream(server);
}

/* A call that must time out, and store nothing. */
static void in_vain(uint32_t (*call)(uint64_t *count), int64_t ms)
{
	int64_t start = now();
	uint64_t count = 77;

	CHECK_EQ(call(&count), TIMED_OUT);
	CHECK_EQ(count, 77);
	CHECK(now() - start >= ms * 1000000);
}

static uint32_t read_one(uint64_t *count)
{
	return lunatic_networking_tcp_read(server, page, 1, count);
}

static uint32_t peek_one(uint64_t *count)
{
	return lunatic_networking_tcp_peek(server, page, 1, count);
}

static uint32_t write_page(uint64_t *count)
{
	return write_soon(server, page, BIG, count);
}

static void waits(void)
{
	uint64_t count;
	uint64_t sent = 0;

	make_pair();
	lunatic_networking_set_read_timeout(server, SHORT);
	in_vain(read_one, SHORT);
	// Nothing is lost, and a timeout in vain is none for what is there.
	lunatic_networking_set_peek_timeout(server, 0);
	in_vain(peek_one, 0);
	lunatic_networking_set_peek_timeout(server, SHORT);
	in_vain(peek_one, SHORT);
	lunatic_networking_set_read_timeout(server, SOON);
	write_all(client, "xy", 2);
	CHECK_EQ(read_one(&count), OK);
	CHECK_EQ(count, 1);
	CHECK_EQ(page[0], 'x');
	lunatic_networking_set_read_timeout(server, 0);
	while (read_one(&count) == TIMED_OUT)
		continue;
	CHECK_EQ(page[0], 'y');
	in_vain(read_one, 0);
	// A peer that does not read. The kernel finds more room for some time.
	lunatic_networking_set_write_timeout(server, SHORT);
	while (write_page(&count) == OK)
		sent += count;
	lunatic_networking_set_write_timeout(server, 0);
	while (write_page(&count) == OK)
		sent += count;
	in_vain(write_page, 0);
	for (; sent > 0; sent -= count)
		CHECK_EQ(read_soon(client, page,
				   sent < BIG ? (uint32_t)sent : BIG, &count),
			 OK);
	lunatic_networking_set_write_timeout(server, NO_LIMIT);
	write_all(server, "z", 1);
	read_all(client, page, 1);
	CHECK_EQ(page[0], 'z');
	drop_pair();
}

static void check_timeouts(uint64_t stream, uint64_t read, uint64_t write,
			   uint64_t peek)
{
	CHECK_EQ(lunatic_networking_get_read_timeout(stream), read);
	CHECK_EQ(lunatic_networking_get_write_timeout(stream), write);
	CHECK_EQ(lunatic_networking_get_peek_timeout(stream), peek);
}

/* They are the stream's: its clones have them, its other end has not. */
static void timeouts(void)
{
	uint64_t clone;

	make_pair();
	check_timeouts(server, NO_LIMIT, NO_LIMIT, NO_LIMIT);
	check_timeouts(client, NO_LIMIT, NO_LIMIT, NO_LIMIT);
	clone = lunatic_networking_clone_tcp_stream(server);
	lunatic_networking_set_read_timeout(server, 1);
	check_timeouts(clone, 1, NO_LIMIT, NO_LIMIT);
	lunatic_networking_set_write_timeout(clone, 0);
	check_timeouts(server, 1, 0, NO_LIMIT);
	// Longer than anybody lives.
	lunatic_networking_set_peek_timeout(clone, NO_LIMIT - 1);
	check_timeouts(server, 1, 0, NO_LIMIT - 1);
	check_timeouts(client, NO_LIMIT, NO_LIMIT, NO_LIMIT);
	write_all(client, "x", 1);
	CHECK_EQ(lunatic_networking_tcp_peek(server, page, 1, &(uint64_t){ 0 }),
		 OK);
	lunatic_networking_drop_tcp_stream(server);
	check_timeouts(clone, 1, 0, NO_LIMIT - 1);
	lunatic_networking_set_read_timeout(clone, NO_LIMIT);
	lunatic_networking_set_write_timeout(clone, NO_LIMIT);
	lunatic_networking_set_peek_timeout(clone, NO_LIMIT);
	check_timeouts(clone, NO_LIMIT, NO_LIMIT, NO_LIMIT);
	lunatic_networking_drop_tcp_stream(clone);
	lunatic_networking_drop_tcp_stream(client);
}

static void ends(void)
{
	struct address address;
	uint64_t iterator;
	uint64_t id;

	client = connect_to(port);
	CHECK_EQ(lunatic_networking_tcp_peer_addr(client, &iterator), OK);
	address = only_address(iterator);
	CHECK_EQ(address.version, 4);
	CHECK_EQ(address.port, port);
	CHECK(memcmp(address.ip, loopback, 4) == 0);
	CHECK_EQ(lunatic_networking_tcp_accept(listener, &server, &id), OK);
	CHECK_EQ(lunatic_networking_tcp_peer_addr(server, &iterator), OK);
	CHECK_EQ(only_address(iterator).port, only_address(id).port);
	// Flushing never waits.
	CHECK_EQ(lunatic_networking_tcp_flush(client, &id), OK);
	CHECK_EQ(id, 0);
	// Unread data makes closing a reset; then there is no other end.
	write_all(client, "x", 1);
	write_all(server, "y", 1);
	read_all(client, page, 1);
	lunatic_networking_drop_tcp_stream(server);
	CHECK_EQ(lunatic_networking_tcp_peek(client, page, 1, &id), FAILED);
	expect_error(id, "Connection reset by peer (os error 104)");
	CHECK_EQ(lunatic_networking_tcp_peer_addr(client, &id), FAILED);
	expect_error(id, "Transport endpoint is not connected (os error 107)");
	CHECK_EQ(write_soon(client, "z", 1, &id), FAILED);
	expect_error(id, "Broken pipe (os error 32)");
	lunatic_networking_drop_tcp_stream(client);
}

int main(void)
{
	listener = listen_at(&port);
	peeking();
	waits();
	timeouts();
	ends();
	lunatic_networking_drop_tcp_listener(listener);
	// Refused, whatever the timeout.
	CHECK_EQ(lunatic_networking_tcp_connect(4, (void *)loopback, port, 0, 0,
						NO_LIMIT, &client),
		 FAILED);
	expect_error(client, "Connection refused (os error 111)");
	puts("passed");
	return 0;
}
