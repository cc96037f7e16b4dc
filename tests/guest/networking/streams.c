// What a stream does at its edges: ends, resets, refusals, timeouts, pieces.
//
// stdout: passed
#include <time.h>

#include "net.h"

#define BIG 65536
#define PIECES 1500

static char page[BIG];
static struct piece pieces[PIECES];
static uint64_t listener;
static uint16_t port;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void pair(uint64_t *client, uint64_t *server)
{
	*client = connect_to(port);
	*server = accept_from(listener);
}

static void drop_both(uint64_t client, uint64_t server)
{
	lunatic_networking_drop_tcp_stream(client);
	lunatic_networking_drop_tcp_stream(server);
}

static void reads(void)
{
	uint64_t client;
	uint64_t server;
	uint64_t count = 77;
	int64_t start;

	pair(&client, &server);
	start = now();
	CHECK_EQ(lunatic_networking_tcp_read(server, page, 10, 30, &count),
		 TIMED_OUT);
	CHECK(now() - start >= 30000000ll);
	// Nothing has been stored.
	CHECK_EQ(count, 77);
	// Nor lost.
	write_all(client, "abcdef", 6);
	CHECK_EQ(lunatic_networking_tcp_read(server, page, 0, 0, &count), OK);
	CHECK_EQ(count, 0);
	read_all(server, page, 2);
	read_all(server, page + 2, 4);
	CHECK(memcmp(page, "abcdef", 6) == 0);
	lunatic_networking_drop_tcp_stream(client);
	expect_end(server);
	expect_end(server);
	lunatic_networking_drop_tcp_stream(server);
}

static void writes(void)
{
	uint64_t client;
	uint64_t server;
	uint64_t count;
	uint64_t sent = 0;
	uint32_t result;
	int64_t start;

	pair(&client, &server);
	// A peer that does not read: what fits is written, then it times out.
	do {
		start = now();
		result = write_some(client, page, BIG, 30, &count);
		sent += result == OK ? count : 0;
	} while (result == OK);
	CHECK_EQ(result, TIMED_OUT);
	CHECK(now() - start >= 30000000ll);
	for (uint64_t got = 0; got < sent; got += count)
		CHECK_EQ(lunatic_networking_tcp_read(server, page, BIG, SOON,
						     &count),
			 OK);
	write_all(client, "x", 1);
	read_all(server, page, 1);
	CHECK_EQ(page[0], 'x');
	drop_both(client, server);
}

// Unread data makes closing a reset.
static void resets(void)
{
	uint64_t client;
	uint64_t server;
	uint64_t count;

	pair(&client, &server);
	write_all(client, "x", 1);
	// Dropping before the data has come would be a plain end.
	write_all(server, "y", 1);
	read_all(client, page, 1);
	lunatic_networking_drop_tcp_stream(server);
	CHECK_EQ(lunatic_networking_tcp_read(client, page, 1, SOON, &count),
		 FAILED);
	expect_error(count, "Connection reset by peer (os error 104)");
	CHECK_EQ(write_some(client, "z", 1, SOON, &count), FAILED);
	expect_error(count, "Broken pipe (os error 32)");
	lunatic_networking_drop_tcp_stream(client);
}

static void refusals(void)
{
	uint16_t gone;
	uint64_t stream;

	lunatic_networking_drop_tcp_listener(listen_at(&gone));
	CHECK_EQ(lunatic_networking_tcp_connect(4, (void *)loopback, gone, 0, 0,
						0, &stream),
		 FAILED);
	expect_error(stream, "Connection refused (os error 111)");
}

// Many pieces, some of them empty, also the first; those beyond the 1,024 that
// follow it wait for another call.
static void gathers(void)
{
	uint64_t client;
	uint64_t server;
	uint64_t count;

	pair(&client, &server);
	for (int i = 0; i < PIECES; i++) {
		page[i] = (char)i;
		pieces[i] = (struct piece){ page + i, i % 3 != 0 };
	}
	CHECK_EQ(lunatic_networking_tcp_write_vectored(client, pieces, PIECES,
						       SOON, &count),
		 OK);
	CHECK_EQ(count, 683);
	memset(page, 0, sizeof(page));
	read_all(server, page, 683);
	for (int i = 0, at = 0; i < 1025; i++) {
		if (i % 3 != 0)
			CHECK_EQ(page[at++], (char)i);
	}
	/* Empty ones in front do not count. */
	for (int i = 0; i < PIECES; i++)
		pieces[i].len = i == PIECES - 1 ? 3 : 0;
	CHECK_EQ(lunatic_networking_tcp_write_vectored(client, pieces, PIECES,
						       SOON, &count),
		 OK);
	CHECK_EQ(count, 3);
	read_all(server, page, 3);
	CHECK_EQ(lunatic_networking_tcp_write_vectored(client, pieces, 0, SOON,
						       &count),
		 OK);
	CHECK_EQ(count, 0);
	CHECK_EQ(lunatic_networking_tcp_write_vectored(client, pieces, 1, SOON,
						       &count),
		 OK);
	CHECK_EQ(count, 0);
	drop_both(client, server);
}

int main(void)
{
	listener = listen_at(&port);
	reads();
	writes();
	resets();
	refusals();
	gathers();
	puts("passed");
	return 0;
}
