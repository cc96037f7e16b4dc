// Waiting for standard streams that are files: always ready.
// stdin: 0123456789
#include <poll.h>

#include "check.h"

static __wasi_subscription_t subscriptions[8];
static __wasi_event_t events[8];

static void subscribe(int i, uint8_t type, int fd)
{
	memset(&subscriptions[i], 0, sizeof(subscriptions[i]));
	subscriptions[i].userdata = UINT64_MAX - (uint64_t)i;
	subscriptions[i].u.tag = type;
	subscriptions[i].u.u.fd_read.file_descriptor = fd;
}

static void expect(int i, int of, uint16_t error)
{
	CHECK(events[i].userdata == UINT64_MAX - (uint64_t)of);
	CHECK(events[i].error == error);
	CHECK(events[i].type == subscriptions[of].u.tag);
}

int main(void)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN },
				 { .fd = 1, .events = POLLOUT } };
	char byte;
	size_t n;

	subscribe(0, __WASI_EVENTTYPE_FD_READ, 0);
	subscribe(1, __WASI_EVENTTYPE_FD_WRITE, 1);
	subscribe(2, __WASI_EVENTTYPE_CLOCK, 0);
	subscriptions[2].u.u.clock.id = 1;
	subscriptions[2].u.u.clock.timeout = UINT64_MAX;
	subscribe(3, __WASI_EVENTTYPE_FD_WRITE, 2);
	memset(events, 0xff, sizeof(events));
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, 4, &n));
	CHECK(n == 3);
	expect(0, 0, 0);
	CHECK(events[0].fd_readwrite.nbytes == 11);
	CHECK(events[0].fd_readwrite.flags == 0);
	expect(1, 1, 0);
	expect(2, 3, 0);

	/* Also at the end of the file. */
	while (read(0, &byte, 1) == 1)
		continue;
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, 1, &n));
	CHECK(n == 1);
	expect(0, 0, 0);
	CHECK(events[0].fd_readwrite.nbytes == 0);

	/* The same stream twice, the wrong way round, and none at all. */
	subscribe(0, __WASI_EVENTTYPE_FD_WRITE, 1);
	subscribe(2, __WASI_EVENTTYPE_FD_READ, 1);
	subscribe(3, __WASI_EVENTTYPE_FD_WRITE, 0);
	subscribe(4, __WASI_EVENTTYPE_FD_READ, 3);
	subscribe(5, __WASI_EVENTTYPE_FD_READ, -1);
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, 6, &n));
	CHECK(n == 6);
	expect(0, 0, 0);
	expect(1, 1, 0);
	expect(2, 2, __WASI_ERRNO_BADF);
	expect(3, 3, __WASI_ERRNO_BADF);
	expect(4, 4, __WASI_ERRNO_BADF);
	expect(5, 5, __WASI_ERRNO_BADF);
	CHECK_OK(__wasi_fd_close(1));
	CHECK_OK(__wasi_poll_oneoff(subscriptions, events, 1, &n));
	CHECK(n == 1);
	expect(0, 0, __WASI_ERRNO_BADF);

	fds[1].fd = 2;
	CHECK(poll(fds, 2, -1) == 2);
	CHECK((fds[0].revents & POLLIN) != 0);
	CHECK((fds[1].revents & POLLOUT) != 0);
	return 0;
}
