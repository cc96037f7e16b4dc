/*
 * A server that runs out of descriptors, or of numbers for them: what it cannot
 * accept stays in the queue, and is accepted when there is room again. Its
 * arguments are the port of the listener, descriptor 3, and how many
 * connections it can have at the same time.
 */
#include "../guest/networking/net.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wasi/api.h>

#define LISTENER 3
#define CLIENTS 3

/* Takes the next connection, whose client has sent its number. */
static int take(char number)
{
	int fd = accept(LISTENER, NULL, NULL);
	char byte = 0;

	CHECK(fd > LISTENER);
	CHECK_EQ(recv(fd, &byte, 1, 0), 1);
	CHECK_EQ(byte, number);
	return fd;
}

static void nothing_fits(void)
{
	struct pollfd fds[1] = { { .fd = LISTENER, .events = POLLIN } };

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(accept(LISTENER, NULL, NULL), -1);
		CHECK_EQ(errno, EMFILE);
		/* There is something to accept, all the same. */
		CHECK_EQ(poll(fds, 1, 0), 1);
	}
}

int main(int argc, char **argv)
{
	int port = argc > 1 ? atoi(argv[1]) : 0;
	int room = argc > 2 ? atoi(argv[2]) : 0;
	uint64_t clients[CLIENTS];
	int fds[CLIENTS];

	CHECK(room > 0 && room < CLIENTS);
	for (int i = 0; i < CLIENTS; i++) {
		char number = (char)('0' + i);

		clients[i] = connect_to((uint16_t)port);
		write_all(clients[i], &number, 1);
	}
	for (int i = 0; i < CLIENTS; i++) {
		if (i >= room) {
			nothing_fits();
			CHECK_EQ(close(fds[i - room]), 0);
		}
		fds[i] = take((char)('0' + i));
	}
	puts("done");
}
