// Waiting for many streams at once, up to as many as may be: what comes wakes
// whoever waits, which of them it may be; clocks and kills end the wait, too.
// setup: mkdir dir; for i in $(seq 0 63); do mkfifo dir/$i; done
// options: --dir dir
// timeout: 60
#include <lunatic/abi.h>
#include <stdio.h>

#include "check.h"

#define DIR 3
#define FIFOS 64
#define MAX_COUNT 4096
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE
#define POLL __WASI_RIGHTS_POLL_FD_READWRITE

static __wasi_subscription_t subscriptions[MAX_COUNT];
static __wasi_event_t events[MAX_COUNT];
static __wasi_fd_t fds[MAX_COUNT];
static __wasi_size_t n;

static __wasi_fd_t open_fifo(int number, uint64_t rights)
{
	__wasi_fd_t fd;
	char name[16];

	snprintf(name, sizeof(name), "%d", number);
	CHECK_OK(__wasi_path_open(DIR, 0, name, 0, rights | POLL, 0,
				  __WASI_FDFLAGS_NONBLOCK, &fd));
	return fd;
}

// Writes a byte into a FIFO, a moment later.
__attribute__((export_name("writer"))) void writer(int32_t number, int32_t ms)
{
	__wasi_ciovec_t out = { (const uint8_t *)"x", 1 };
	__wasi_fd_t fd = open_fifo(number, WRITE);
	__wasi_size_t written;

	lunatic_process_sleep_ms((uint64_t)ms);
	CHECK_OK(__wasi_fd_write(fd, &out, 1, &written));
}

static void spawn(const char *entry, int64_t link, int32_t a, int32_t b)
{
	uint8_t params[2][17] = { { 0x7f }, { 0x7f } };
	uint64_t id;

	memcpy(&params[0][1], &a, sizeof(a));
	memcpy(&params[1][1], &b, sizeof(b));
	CHECK(lunatic_process_inherit_spawn(link, entry, strlen(entry), params,
					    sizeof(params), &id) == 0);
	lunatic_process_drop_process(id);
}

static void subscribe(int i, __wasi_fd_t fd)
{
	subscriptions[i] = (__wasi_subscription_t){
		.userdata = (uint64_t)i,
		.u.tag = __WASI_EVENTTYPE_FD_READ,
		.u.u.fd_read.file_descriptor = fd,
	};
}

static void open_all(int count)
{
	for (int i = 0; i < count; i++) {
		fds[i] = open_fifo(i % FIFOS, READ);
		subscribe(i, fds[i]);
	}
}

static void close_all(int count)
{
	for (int i = 0; i < count; i++)
		CHECK_OK(__wasi_fd_close(fds[i]));
}

static void empty(__wasi_fd_t fd)
{
	uint8_t byte;
	__wasi_iovec_t in = { &byte, 1 };

	CHECK_OK(__wasi_fd_read(fd, &in, 1, &n));
	CHECK(n == 1 && byte == 'x');
}

// Waits for `count` streams, of which the one for `which` comes.
static void one_of(int count, int which)
{
	// The other end stays open, so nothing but the byte happens.
	__wasi_fd_t other;

	open_all(count);
	other = open_fifo(which, WRITE);
	spawn("writer", 0, which, 3);
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, (size_t)count, &n));
	CHECK(n == 1);
	CHECK(events[0].userdata == (uint64_t)which);
	CHECK(events[0].error == 0);
	CHECK(events[0].fd_readwrite.nbytes == 1);
	empty(fds[which]);
	CHECK_OK(__wasi_fd_close(other));
	// The writer has the FIFO open until it ends: its end must not be an
	// event of whoever waits next.
	CHECK_OK(__wasi_poll_oneoff(&subscriptions[which], events, 1, &n));
	CHECK(n == 1 && events[0].fd_readwrite.nbytes == 0);
	close_all(count);
}

// Waits for what `writer` writes. It may come in the middle of a look, which
// then finds a part of the events; the next one finds them all.
static void wait_for_all(size_t all)
{
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, MAX_COUNT, &n));
	CHECK(n >= 1 && n <= all);
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, MAX_COUNT, &n));
	CHECK(n == all);
}

// A byte in a FIFO is there for all who have opened it.
static void max(void)
{
	__wasi_fd_t other;

	open_all(MAX_COUNT);
	for (int which = 0; which < FIFOS; which += 21) {
		other = open_fifo(which, WRITE);
		spawn("writer", 0, which, 30);
		wait_for_all(MAX_COUNT / FIFOS);
		for (int i = 0; i < MAX_COUNT / FIFOS; i++)
			CHECK(events[i].userdata ==
			      (uint64_t)(which + i * FIFOS));
		empty(fds[which]);
		CHECK_OK(__wasi_fd_close(other));
		// The end is an event from now on; this is one that has none.
		for (int i = which; i < MAX_COUNT; i += FIFOS) {
			CHECK_OK(__wasi_fd_close(fds[i]));
			fds[i] = open_fifo(which, READ);
			subscribe(i, fds[i]);
		}
	}
	close_all(MAX_COUNT);
}

// One stream that is named often is one stream.
static void the_same(void)
{
	__wasi_fd_t fd = open_fifo(5, READ);
	__wasi_fd_t other = open_fifo(5, WRITE);

	for (int i = 0; i < MAX_COUNT; i++)
		subscribe(i, fd);
	spawn("writer", 0, 5, 10);
	wait_for_all(MAX_COUNT);
	empty(fd);
	CHECK_OK(__wasi_fd_close(other));
	CHECK_OK(__wasi_fd_close(fd));
}

// Again and again without an event of a stream; closing what was waited for.
static void clocks(void)
{
	for (int round = 0; round < 20; round++) {
		open_all(FIFOS);
		subscriptions[FIFOS] = (__wasi_subscription_t){
			.userdata = 4711,
			.u.tag = __WASI_EVENTTYPE_CLOCK,
			.u.u.clock = { .id = 1, .timeout = 1000000 },
		};
		CHECK_OK(__wasi_poll_oneoff(subscriptions, events, FIFOS + 1,
					    &n));
		CHECK(n == 1 && events[0].userdata == 4711);
		close_all(FIFOS);
	}
}

// A kind of event that does not exist ends the call after the watch began.
static void refused(void)
{
	open_all(FIFOS);
	subscriptions[FIFOS - 1].u.tag = 7;
	CHECK_ERRNO(__wasi_poll_oneoff(subscriptions, events, FIFOS, &n),
		    INVAL);
	close_all(FIFOS);
}

// Fails, and takes the one with it that is linked to it.
__attribute__((export_name("fail_soon"))) void fail_soon(int32_t ms, int32_t b)
{
	(void)b;
	lunatic_process_sleep_ms((uint64_t)ms);
	_Exit(1);
}

__attribute__((export_name("victim"))) void victim(int32_t count, int32_t ms)
{
	open_all(count);
	spawn("fail_soon", 1, ms, 0);
	(void)!__wasi_poll_oneoff(subscriptions, events, (size_t)count, &n);
	CHECK(0);
}

static void killed(void)
{
	static const int counts[] = { 6, 7, 64, 1000 };
	int64_t tag;

	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 12; i++) {
		tag = i + 1;
		spawn("victim", tag, counts[i % 4], i);
		CHECK(lunatic_message_receive(&tag, 1, 0) == 1);
	}
}

int main(void)
{
	static const int counts[] = { 1, 6, 7, 8, 9, 64 };

	for (int i = 0; i < 6; i++) {
		one_of(counts[i], 0);
		one_of(counts[i], counts[i] / 2);
		one_of(counts[i], counts[i] - 1);
	}
	max();
	the_same();
	clocks();
	refused();
	killed();
	return 0;
}
