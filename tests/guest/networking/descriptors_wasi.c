// Streams and listeners with a file descriptor of WASI as well: they can be
// read and written by it and polled, do not wait, and live as long as one of
// both.
//
// options: --max-descriptors 12
// stdout: passed
// stderr~ tcp stream 7 does not exist \(.*::tcp_stream_fd\)$
// stderr~ tcp listener 7 does not exist \(.*::tcp_listener_fd\)$
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static uint64_t listener;
static uint16_t port;
static char page[65536];

static int fd_of(uint64_t stream)
{
	int fd = lunatic_networking_tcp_stream_fd(stream);

	CHECK(fd >= 3);
	return fd;
}

static bool is_ready(int fd, short events, int timeout)
{
	struct pollfd one = { .fd = fd, .events = events };

	return poll(&one, 1, timeout) == 1 && (one.revents & events) != 0;
}

static void reads_and_writes(void)
{
	uint64_t client = connect_to(port);
	uint64_t server = accept_from(listener);
	int fd = fd_of(server);

	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(read(fd, page, 10) == -1 && errno == EAGAIN);
	CHECK(!is_ready(fd, POLLIN, 20));
	CHECK(is_ready(fd, POLLOUT, 0));
	write_all(client, "abc", 3);
	CHECK(is_ready(fd, POLLIN, SOON));
	CHECK_EQ(read(fd, page, 1), 1);
	// The rest by its id.
	read_all(server, page + 1, 2);
	CHECK(memcmp(page, "abc", 3) == 0);
	CHECK_EQ(write(fd, "xyz", 3), 3);
	read_all(client, page, 3);
	CHECK(memcmp(page, "xyz", 3) == 0);
	// Either keeps the connection open.
	lunatic_networking_drop_tcp_stream(server);
	CHECK_EQ(write(fd, "more", 4), 4);
	read_all(client, page, 4);
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	expect_end(client);
	write_all(client, "x", 1);
	CHECK(is_ready(fd, POLLIN, SOON));
	CHECK_EQ(read(fd, page, 10), 1);
	lunatic_networking_drop_tcp_stream(client);
	CHECK(is_ready(fd, POLLIN, SOON));
	CHECK_EQ(read(fd, page, 10), 0);
	CHECK_EQ(close(fd), 0);
	CHECK(read(fd, page, 1) == -1 && errno == EBADF);
}

// Two descriptors of one stream are two; closing one leaves the id.
static void keeps_ids(void)
{
	uint64_t client = connect_to(port);
	uint64_t server = accept_from(listener);
	int one = fd_of(server);
	int other = fd_of(server);

	CHECK(one != other);
	CHECK_EQ(close(one), 0);
	CHECK_EQ(write(other, "a", 1), 1);
	CHECK_EQ(close(other), 0);
	write_all(server, "b", 1);
	read_all(client, page, 2);
	CHECK(memcmp(page, "ab", 2) == 0);
	lunatic_networking_drop_tcp_stream(client);
	expect_end(server);
	lunatic_networking_drop_tcp_stream(server);
}

static void accepts(void)
{
	int fd = lunatic_networking_tcp_listener_fd(listener);
	uint64_t client;
	uint64_t server;
	int accepted;

	CHECK(fd >= 3);
	CHECK(!is_ready(fd, POLLIN, 20));
	CHECK(accept4(fd, NULL, NULL, SOCK_NONBLOCK) == -1 && errno == EAGAIN);
	client = connect_to(port);
	CHECK(is_ready(fd, POLLIN, SOON));
	server = accept_from(listener);
	lunatic_networking_drop_tcp_stream(client);
	expect_end(server);
	lunatic_networking_drop_tcp_stream(server);

	client = connect_to(port);
	CHECK(is_ready(fd, POLLIN, SOON));
	accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	CHECK(accepted >= 3);
	CHECK_EQ(write(accepted, "hi", 2), 2);
	read_all(client, page, 2);
	CHECK_EQ(close(accepted), 0);
	expect_end(client);
	lunatic_networking_drop_tcp_stream(client);
	CHECK_EQ(close(fd), 0);
	// The listener listens on.
	lunatic_networking_drop_tcp_stream(connect_to(port));
	lunatic_networking_drop_tcp_stream(accept_from(listener));
}

// A descriptor of a stream takes two of what may be open.
static void bounds(void)
{
	uint64_t client = connect_to(port);
	uint64_t server = accept_from(listener);
	int fds[8];
	int count = 0;
	int again;

	while (count < 8 &&
	       (fds[count] = lunatic_networking_tcp_stream_fd(server)) >= 0)
		count++;
	// The standard streams are not counted: 12 - 3 sockets are 9.
	CHECK_EQ(count, 4);
	CHECK_EQ(close(fds[0]), 0);
	again = fd_of(server);
	CHECK_EQ(again, fds[0]);
	for (int i = 0; i < count; i++)
		CHECK_EQ(close(fds[i]), 0);
	lunatic_networking_drop_tcp_stream(client);
	lunatic_networking_drop_tcp_stream(server);
}

ENTRY(no_stream)(void)
{
	lunatic_networking_tcp_stream_fd(7);
}

ENTRY(no_listener)(void)
{
	lunatic_networking_tcp_listener_fd(7);
}

int main(void)
{
	listener = listen_at(&port);
	reads_and_writes();
	keeps_ids();
	accepts();
	bounds();
	lunatic_process_die_when_link_dies(0);
	must_fail("no_stream");
	must_fail("no_listener");
	puts("passed");
	return 0;
}
