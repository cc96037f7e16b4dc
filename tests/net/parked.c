/* Calls of lunatic 0.7 and of WASI that wait, parked.h. */
#include "../guest/networking/net.h"

#include "parked.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wasi/api.h>

#define LISTENER 3
#define DIR 4
#define FAR UINT64_C(1000000000000)

static int fd;

/* The other end is that of another process, which may have been killed a bit
 * earlier. */
static void till_killed(void)
{
	for (;;)
		receive_any(0);
}

/* tcp_connect */

static void no_preparation(void)
{
}

static uint32_t connect_deaf(uint32_t timeout)
{
	return lunatic_networking_tcp_connect(4, (void *)loopback, deaf_port, 0,
					      0, timeout, &client);
}

static void connect_wait(void)
{
	connect_deaf(0);
	never();
}

static void connect_in_time(uint32_t timeout)
{
	client = 77;
	CHECK_EQ(connect_deaf(timeout), TIMED_OUT);
	CHECK_EQ(client, 77);
}

/* tcp_accept, tcp_read, tcp_write_vectored; alone and with a clone */

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

	lunatic_networking_tcp_read(server, page, BIG, 0, &count);
	never();
}

static void read_in_time(uint32_t timeout)
{
	uint64_t count = 77;

	CHECK_EQ(
		lunatic_networking_tcp_read(server, page, BIG, timeout, &count),
		TIMED_OUT);
	CHECK_EQ(count, 77);
}

/* The kernel finds more room for some time. */
static void fill(void)
{
	uint64_t count;

	for (int vain = 0; vain < 3;) {
		if (write_some(server, page, BIG, 1, &count) == TIMED_OUT)
			vain++;
	}
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
		CHECK_EQ(write_some(server, page, BIG, 0, &count), OK);
}

static void write_in_time(uint32_t timeout)
{
	uint64_t count = 77;
	uint32_t result = write_some(server, page, BIG, timeout, &count);

	CHECK(result == TIMED_OUT ? count == 77 : result == OK);
	/* It has never waited. */
	CHECK_EQ(lunatic_networking_tcp_flush(server, &count), OK);
	CHECK_EQ(count, 0);
}

/* resolve: on a thread of its own, and soon over */

static uint32_t resolve_localhost(uint32_t timeout)
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
		CHECK_EQ(resolve_localhost(0), OK);
}

static void resolve_in_time(uint32_t timeout)
{
	uint32_t result = resolve_localhost(timeout);

	CHECK(result == OK || result == TIMED_OUT);
}

/* Sockets of WASI */

static void sock_accept_wait(void)
{
	accept(LISTENER, NULL, NULL);
	never();
}

static void connect_here(void)
{
	client = connect_to(open_port);
	fd = accept(LISTENER, NULL, NULL);
	CHECK(fd > DIR);
}

static void sock_recv_wait(void)
{
	recv(fd, page, 1, 0);
	till_killed();
}

static void sock_peek_wait(void)
{
	recv(fd, page, 1, MSG_PEEK);
	till_killed();
}

static void sock_all_wait(void)
{
	recv(fd, page, BIG, MSG_WAITALL);
	till_killed();
}

static void sock_read_wait(void)
{
	(void)!read(fd, page, 1);
	till_killed();
}

static void send_and_wait(void)
{
	while (send(fd, page, BIG, 0) > 0)
		continue;
	till_killed();
}

/* FIFOs */

static void open_fifo(void)
{
	__wasi_fd_t opened;

	CHECK_EQ(__wasi_path_open(DIR, 0, "fifo", 0,
				  __WASI_RIGHTS_FD_READ |
					  __WASI_RIGHTS_FD_WRITE |
					  __WASI_RIGHTS_POLL_FD_READWRITE,
				  0, 0, &opened),
		 0);
	fd = (int)opened;
}

static void close_it(void)
{
	CHECK_EQ(close(fd), 0);
}

static void fifo_write_wait(void)
{
	for (;;)
		CHECK(write(fd, page, BIG) > 0);
}

/* poll_oneoff */

static uint8_t poll_for(uint64_t ns, int watched, uint32_t count)
{
	__wasi_subscription_t wanted[2] = {
		{ .u.tag = __WASI_EVENTTYPE_CLOCK },
		{ .u.tag = __WASI_EVENTTYPE_FD_READ },
	};
	__wasi_event_t events[2];
	__wasi_size_t n = 0;

	wanted[0].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
	wanted[0].u.u.clock.timeout = ns;
	wanted[1].u.u.fd_read.file_descriptor = watched;
	CHECK_EQ(__wasi_poll_oneoff(wanted, events, count, &n), 0);
	CHECK_EQ(n, 1);
	CHECK_EQ(events[0].error, 0);
	return events[0].type;
}

static void poll_in_time(uint32_t timeout, int watched, uint32_t count)
{
	CHECK_EQ(poll_for(timeout * UINT64_C(1000000), watched, count),
		 __WASI_EVENTTYPE_CLOCK);
}

static void poll_clock_wait(void)
{
	poll_for(FAR, 0, 1);
	never();
}

static void poll_clock_in_time(uint32_t timeout)
{
	poll_in_time(timeout, 0, 1);
}

static void poll_listener_wait(void)
{
	poll_for(FAR, LISTENER, 2);
	never();
}

static void poll_listener_in_time(uint32_t timeout)
{
	poll_in_time(timeout, LISTENER, 2);
}

static void poll_fd_wait(void)
{
	poll_for(FAR, fd, 2);
	till_killed();
}

static void poll_fd_in_time(uint32_t timeout)
{
	poll_in_time(timeout, fd, 2);
}

static void drop_connection(void)
{
	CHECK_EQ(close(fd), 0);
	lunatic_networking_drop_tcp_stream(client);
}

/* Jobs of the blocking pool: always in one, or about to be */

static __wasi_fd_t open_file(void)
{
	__wasi_fd_t opened;

	CHECK_EQ(__wasi_path_open(
			 DIR, 0, "file",
			 __WASI_OFLAGS_CREAT | __WASI_OFLAGS_TRUNC,
			 __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE |
				 __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_SYNC,
			 0, 0, &opened),
		 0);
	return opened;
}

static void open_always(void)
{
	for (;;)
		CHECK_EQ(__wasi_fd_close(open_file()), 0);
}

static void prepare_file(void)
{
	fd = (int)open_file();
}

static void write_always(void)
{
	for (;;) {
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		for (int i = 0; i < 32; i++)
			CHECK(write(fd, page, BIG) == BIG);
		CHECK_EQ(fsync(fd), 0);
	}
}

static void list_always(void)
{
	__wasi_size_t used;

	for (;;)
		CHECK_EQ(__wasi_fd_readdir(DIR, page, BIG, 0, &used), 0);
}

const struct call calls[] = {
	{ "tcp_connect", no_preparation, connect_wait, connect_in_time,
	  no_preparation },
	{ "tcp_accept", listen_somewhere, accept_wait, NULL, NULL },
	{ "tcp_read", make_pair, read_wait, read_in_time, drop_pair },
	{ "tcp_read_shared", make_shared, read_wait, NULL, NULL },
	{ "tcp_write", make_full_pair, write_wait, write_in_time, drop_pair },
	{ "tcp_write_shared", make_full_shared, write_wait, NULL, NULL },
	{ "resolve", no_preparation, resolve_always, resolve_in_time,
	  no_preparation },
	{ "sock_accept", no_preparation, sock_accept_wait, NULL, NULL },
	{ "sock_recv", connect_here, sock_recv_wait, NULL, NULL },
	{ "sock_recv_peek", connect_here, sock_peek_wait, NULL, NULL },
	{ "sock_recv_all", connect_here, sock_all_wait, NULL, NULL },
	{ "sock_read", connect_here, sock_read_wait, NULL, NULL },
	{ "sock_send", connect_here, send_and_wait, NULL, NULL },
	{ "fifo_read", open_fifo, sock_read_wait, NULL, NULL },
	{ "fifo_write", open_fifo, fifo_write_wait, NULL, NULL },
	{ "poll_clock", no_preparation, poll_clock_wait, poll_clock_in_time,
	  no_preparation },
	{ "poll_listener", no_preparation, poll_listener_wait,
	  poll_listener_in_time, no_preparation },
	{ "poll_fifo", open_fifo, poll_fd_wait, poll_fd_in_time, close_it },
	{ "poll_socket", connect_here, poll_fd_wait, poll_fd_in_time,
	  drop_connection },
	{ "file_open", no_preparation, open_always, NULL, NULL },
	{ "file_write", prepare_file, write_always, NULL, NULL },
	{ "directory_list", no_preparation, list_always, NULL, NULL },
};

const int call_count = sizeof(calls) / sizeof(*calls);

/* What a process is to do: sent by the one that spawned it. */
struct work {
	int32_t call;
	int32_t count;
	uint16_t open_port;
	uint16_t deaf_port;
};

static void send_work(uint64_t to, int call, int count)
{
	struct work work = { call, count, open_port, deaf_port };

	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(&work, sizeof(work));
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(to);
}

static uint64_t receive_work(struct work *work)
{
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_read_data(work, sizeof(*work)), sizeof(*work));
	open_port = work->open_port;
	deaf_port = work->deaf_port;
	return lunatic_message_take_process(0);
}

ENTRY(victim)(void)
{
	struct work work;
	uint64_t boss = receive_work(&work);

	calls[work.call].prepare();
	send_number(boss, READY, 0);
	calls[work.call].wait();
}

/* Takes with it those who are linked to it. */
ENTRY(boss)(void)
{
	struct work work;
	uint64_t parent = receive_work(&work);

	for (int i = 0; i < work.count; i++) {
		uint64_t child = spawn("victim", i + 1);

		send_work(child, work.call, 0);
		lunatic_process_drop_process(child);
	}
	for (int i = 0; i < work.count; i++)
		CHECK_EQ(receive_tag(READY, 0), DATA);
	send_number(parent, READY, 0);
	CHECK_EQ(receive_tag(FAIL, 0), DATA);
	_Exit(1);
}

static uint64_t hold(int call, int count)
{
	uint64_t id = spawn("boss", 1);

	send_work(id, call, count);
	CHECK_EQ(receive_any(0), DATA);
	return id;
}

static void fail(uint64_t id)
{
	send_number(id, FAIL, 0);
	lunatic_process_drop_process(id);
	expect_link_died(1);
}
