/*
 * A server whose listeners come from the command line, and its clients, which
 * are processes of the same program: sockets of WASI from all sides. Its
 * argument is the port of the first listener, descriptor 3.
 */
#include "../guest/networking/net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

#define LISTENER 3
#define LONG 3000000u

static char page[LONG];

/* Says hello, and answers until the other side has sent all. */
ENTRY(greeter)(int32_t port)
{
	uint64_t stream = connect_to((uint16_t)port);
	uint64_t count;
	char text[8];

	write_all(stream, "hello", 5);
	read_all(stream, text, 6);
	CHECK(memcmp(text, "world!", 6) == 0);
	CHECK_EQ(lunatic_networking_tcp_read(stream, text, 1, SOON, &count),
		 OK);
	CHECK_EQ(count, 0);
	write_all(stream, "after", 5);
}

/* Sends and takes a lot. */
ENTRY(hauler)(int32_t port)
{
	uint64_t stream = connect_to((uint16_t)port);

	memset(page, 'h', LONG);
	write_all(stream, page, LONG);
	read_all(stream, page, LONG);
	CHECK(page[0] == 's' && page[LONG - 1] == 's');
}

/* Connects and goes away at once. */
ENTRY(passer)(int32_t port)
{
	connect_to((uint16_t)port);
}

/* Takes one connection, and sends a byte through it. */
ENTRY(acceptor)(int32_t byte)
{
	int fd = accept(LISTENER, NULL, NULL);
	char text = (char)byte;

	CHECK(fd > LISTENER);
	CHECK_EQ(send(fd, &text, 1, 0), 1);
}

/* Fails, and takes the one with it that is linked to it. */
ENTRY(fail_soon)(int32_t ms)
{
	if (ms > 0)
		lunatic_process_sleep_ms((uint64_t)ms);
	_Exit(1);
}

ENTRY(waiter)(int32_t ms)
{
	lunatic_process_drop_process(spawn_with("fail_soon", 1, ms));
	accept(LISTENER, NULL, NULL);
	CHECK(false);
}

ENTRY(poller)(int32_t ms)
{
	struct pollfd fds[1] = { { .fd = LISTENER, .events = POLLIN } };

	lunatic_process_drop_process(spawn_with("fail_soon", 1, ms));
	poll(fds, 1, -1);
	CHECK(false);
}

static void spawn_client(const char *entry, int port)
{
	lunatic_process_drop_process(spawn_with(entry, 0, port));
}

/* As languages find a listener that schedule their own tasks. */
ENTRY(scheduler)(int32_t port)
{
	__wasi_fdstat_t stat;
	__wasi_fd_t fd;

	/* One that wants connections that do not wait wants none of itself. */
	CHECK_EQ(__wasi_sock_accept(LISTENER, __WASI_FDFLAGS_NONBLOCK, &fd),
		 __WASI_ERRNO_AGAIN);
	/* One that asks is told, and believed. */
	CHECK_EQ(__wasi_fd_fdstat_get(LISTENER, &stat), 0);
	CHECK_EQ(stat.fs_flags, __WASI_FDFLAGS_NONBLOCK);
	CHECK_EQ(__wasi_sock_accept(LISTENER, 0, &fd), __WASI_ERRNO_AGAIN);
	CHECK_EQ(fcntl(LISTENER, F_SETFL, 0), 0);
	CHECK_EQ(__wasi_fd_fdstat_get(LISTENER, &stat), 0);
	CHECK_EQ(stat.fs_flags, 0);
	spawn_client("passer", port);
	CHECK_EQ(__wasi_sock_accept(LISTENER, __WASI_FDFLAGS_NONBLOCK, &fd), 0);
	_Exit(1);
}

static void nothing_comes(int port)
{
	struct pollfd fds[1] = { { .fd = LISTENER, .events = POLLIN } };

	lunatic_process_die_when_link_dies(0);
	lunatic_process_drop_process(spawn_with("scheduler", 1, port));
	CHECK_EQ(receive_any(SOON), LINK_DIED);

	CHECK_EQ(poll(fds, 1, 20), 0);
	CHECK_EQ(fcntl(LISTENER, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(accept(LISTENER, NULL, NULL), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(fcntl(LISTENER, F_SETFL, 0), 0);
}

/* Pieces after more empty ones than a call takes. */
static void pieces(int fd)
{
	static __wasi_iovec_t in[3000];
	static __wasi_ciovec_t out[3000];
	__wasi_roflags_t flags;
	__wasi_size_t n;
	uint8_t text[2];

	out[2999] = (__wasi_ciovec_t){ (const uint8_t *)"wo", 2 };
	CHECK_EQ(__wasi_sock_send(fd, out, 3000, 0, &n), 0);
	CHECK_EQ(n, 2);
	in[2999] = (__wasi_iovec_t){ text, 2 };
	CHECK_EQ(__wasi_sock_recv(fd, in, 3000, __WASI_RIFLAGS_RECV_PEEK, &n,
				  &flags),
		 0);
	CHECK_EQ(n, 2);
	CHECK_EQ(__wasi_sock_recv(fd, in, 3000, 0, &n, &flags), 0);
	CHECK_EQ(n, 2);
	CHECK(memcmp(text, "he", 2) == 0);
}

static void wait_for(int fd, short events)
{
	struct pollfd fds[2] = { { .fd = fd, .events = events },
				 { .fd = LISTENER, .events = POLLIN } };

	CHECK_EQ(poll(fds, 2, SOON), 1);
	CHECK_EQ(fds[0].revents & events, events);
	CHECK_EQ(fds[1].revents, 0);
}

static void talks(int port)
{
	struct pollfd fds[1] = { { .fd = LISTENER, .events = POLLIN } };
	struct stat stat;
	char text[8];
	int fd;

	spawn_client("greeter", port);
	CHECK_EQ(poll(fds, 1, SOON), 1);
	fd = accept(LISTENER, NULL, NULL);
	CHECK(fd > LISTENER);
	CHECK_EQ(fstat(fd, &stat), 0);
	CHECK(S_ISSOCK(stat.st_mode));
	wait_for(fd, POLLIN);
	CHECK_EQ(recv(fd, text, 5, MSG_PEEK), 5);
	pieces(fd);
	CHECK_EQ(recv(fd, text + 2, 2, MSG_WAITALL), 2);
	CHECK_EQ(read(fd, text + 4, 1), 1);
	CHECK(memcmp(text + 2, "llo", 3) == 0);
	/* Nothing there: the one that waits not, and the one that does. */
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(recv(fd, text, 1, 0), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(recv(fd, text, 1, MSG_PEEK), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(fcntl(fd, F_SETFL, 0), 0);
	CHECK_EQ(send(fd, "rld", 3, 0), 3);
	CHECK_EQ(write(fd, "!", 1), 1);
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	CHECK_EQ(send(fd, "x", 1, 0), -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(recv(fd, text, 8, MSG_WAITALL), 5);
	CHECK(memcmp(text, "after", 5) == 0);
	CHECK_EQ(recv(fd, text, 8, 0), 0);
	CHECK_EQ(recv(fd, text, 8, MSG_PEEK), 0);
	CHECK_EQ(close(fd), 0);
}

static void hauls(int port)
{
	uint32_t done = 0;
	int fd;

	spawn_client("hauler", port);
	fd = accept(LISTENER, NULL, NULL);
	CHECK(fd > LISTENER);
	CHECK_EQ(recv(fd, page, LONG, MSG_WAITALL), LONG);
	CHECK(page[0] == 'h' && page[LONG - 1] == 'h');
	memset(page, 's', LONG);
	while (done < LONG) {
		ssize_t n = send(fd, page + done, LONG - done, 0);

		CHECK(n > 0);
		done += (uint32_t)n;
	}
	/* The other side closes when it has it all. */
	CHECK_EQ(recv(fd, page, 1, 0), 0);
	CHECK_EQ(close(fd), 0);
}

/* Several wait at the same listener, and each gets one connection. */
static void shares(int port)
{
	uint64_t streams[8];
	uint64_t seen = 0;

	for (int i = 0; i < 8; i++)
		lunatic_process_drop_process(
			spawn_with("acceptor", 0, 'a' + i));
	for (int i = 0; i < 8; i++)
		streams[i] = connect_to((uint16_t)port);
	for (int i = 0; i < 8; i++) {
		char byte;

		read_all(streams[i], &byte, 1);
		CHECK(byte >= 'a' && byte < 'i');
		seen |= 1u << (byte - 'a');
		lunatic_networking_drop_tcp_stream(streams[i]);
	}
	CHECK_EQ(seen, 0xff);
}

static void killed_while_waiting(void)
{
	static const char *const entries[] = { "waiter", "poller" };

	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 20; i++)
		lunatic_process_drop_process(
			spawn_with(entries[i % 2], i + 1, i / 4));
	for (int i = 0; i < 20; i++)
		CHECK_EQ(receive_any(SOON), LINK_DIED);
}

/* One that is gone already is accepted, and has nothing to say. */
static void passes(int port)
{
	char text[1];
	int fd;

	spawn_client("passer", port);
	fd = accept(LISTENER, NULL, NULL);
	CHECK(fd > LISTENER);
	CHECK_EQ(recv(fd, text, 1, 0), 0);
	CHECK_EQ(close(fd), 0);
}

static void refusals(int port)
{
	__wasi_ciovec_t out = { (const uint8_t *)page, 1 };
	__wasi_iovec_t in = { (uint8_t *)page, 1 };
	__wasi_roflags_t flags;
	__wasi_fdstat_t stat;
	__wasi_size_t n;
	__wasi_fd_t fd;

	CHECK_EQ(__wasi_sock_accept(0, 0, &fd), __WASI_ERRNO_NOTSOCK);
	CHECK_EQ(__wasi_sock_accept(99, 0, &fd), __WASI_ERRNO_BADF);
	CHECK_EQ(__wasi_sock_accept(LISTENER, 1, &fd), __WASI_ERRNO_INVAL);
	CHECK_EQ(__wasi_sock_recv(LISTENER, &in, 1, 0, &n, &flags),
		 __WASI_ERRNO_NOTCONN);
	CHECK_EQ(__wasi_sock_send(LISTENER, &out, 1, 0, &n),
		 __WASI_ERRNO_NOTCONN);
	CHECK_EQ(__wasi_sock_shutdown(LISTENER, 1), __WASI_ERRNO_NOTCONN);
	CHECK_EQ(__wasi_fd_read(LISTENER, &in, 1, &n), __WASI_ERRNO_BADF);
	CHECK_EQ(__wasi_fd_seek(LISTENER, 0, 0, (void *)page),
		 __WASI_ERRNO_NOTCAPABLE);
	CHECK_EQ(__wasi_sock_recv(0, &in, 1, 0, &n, &flags),
		 __WASI_ERRNO_NOTSOCK);
	CHECK_EQ(__wasi_sock_send(1, &out, 1, 0, &n), __WASI_ERRNO_NOTSOCK);
	CHECK_EQ(__wasi_sock_shutdown(99, 1), __WASI_ERRNO_BADF);

	spawn_client("passer", port);
	CHECK_EQ(__wasi_sock_accept(LISTENER, 4, &fd), 0);
	CHECK_EQ(__wasi_fd_fdstat_get(fd, &stat), 0);
	CHECK_EQ(stat.fs_filetype, __WASI_FILETYPE_SOCKET_STREAM);
	CHECK_EQ(stat.fs_flags, 4);
	CHECK_EQ(__wasi_sock_accept(fd, 0, &fd), __WASI_ERRNO_INVAL);
	CHECK_EQ(__wasi_sock_recv(fd, &in, 1, 3, &n, &flags),
		 __WASI_ERRNO_NOTSUP);
	CHECK_EQ(__wasi_sock_recv(fd, &in, 1, 4, &n, &flags),
		 __WASI_ERRNO_INVAL);
	CHECK_EQ(__wasi_sock_send(fd, &out, 1, 1, &n), __WASI_ERRNO_INVAL);
	CHECK_EQ(__wasi_sock_shutdown(fd, 0), __WASI_ERRNO_INVAL);
	CHECK_EQ(__wasi_sock_shutdown(fd, 4), __WASI_ERRNO_INVAL);
	in.buf = (uint8_t *)-2;
	in.buf_len = 4;
	CHECK_EQ(__wasi_sock_recv(fd, &in, 1, 0, &n, &flags),
		 __WASI_ERRNO_FAULT);
	/* Rights that were given up. */
	CHECK_EQ(__wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0), 0);
	CHECK_EQ(__wasi_sock_send(fd, &out, 1, 0, &n), __WASI_ERRNO_NOTCAPABLE);
	CHECK_EQ(__wasi_sock_shutdown(fd, 3), __WASI_ERRNO_NOTCAPABLE);
	/* A listener may be closed; others still have it. */
	CHECK_EQ(__wasi_fd_renumber(fd, LISTENER), 0);
	CHECK_EQ(__wasi_sock_accept(LISTENER, 0, &fd), __WASI_ERRNO_INVAL);
	CHECK_EQ(close(LISTENER), 0);
	CHECK_EQ(__wasi_sock_accept(LISTENER, 0, &fd), __WASI_ERRNO_BADF);
}

int main(int argc, char **argv)
{
	int port = argc > 1 ? atoi(argv[1]) : 0;

	nothing_comes(port);
	talks(port);
	hauls(port);
	shares(port);
	killed_while_waiting();
	passes(port);
	refusals(port);
	spawn_client("acceptor", 'x');
	read_all(connect_to((uint16_t)port), page, 1);
	CHECK_EQ(page[0], 'x');
	puts("done");
}
