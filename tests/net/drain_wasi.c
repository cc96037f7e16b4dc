/* A server of WASI alone: one connection after the other, waiting in poll and
 * in accept in turns, and what is said comes back. With an argument it asks to
 * be told of a drain, and never ends because of it. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER 3

static int next(int turn)
{
	struct pollfd listener = { .fd = LISTENER, .events = POLLIN };

	if (turn % 2 == 0 && poll(&listener, 1, -1) != 1)
		return -1;
	return accept(LISTENER, NULL, NULL);
}

__attribute__((import_module("lunatic::drain"), import_name("watch"))) void
ask(int64_t tag);

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		ask(1);
	puts("ready");
	fflush(stdout);
	for (int turn = 0;; turn++) {
		char data[64];
		ssize_t n;
		int fd = next(turn);

		if (fd < 0)
			return 1;
		while ((n = read(fd, data, sizeof(data))) > 0)
			write(fd, data, (size_t)n);
		close(fd);
	}
}
