/*
 * The other end of the echo servers, the same for all of them: one thread with
 * epoll.
 *
 *   echo_load PORT CONNECTIONS SECONDS
 *
 * Opens the connections and has 64 bytes go back and forth on each of them.
 * Prints "echo NANOSECONDS", the time for one round trip when all connections
 * are busy (SECONDS over their number), and 1,001 samples "echo-latency
 * NANOSECONDS": from the least one to the worst, in equal steps of rank. With
 * 0 SECONDS there is one round trip on each, then the line "ready", and the
 * connections stay open until standard input ends.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BYTES 64
#define BATCH 256
#define STEPS 1000
#define SAMPLES_MAX (1u << 24)

struct connection {
	int fd;
	int got;       /* bytes of the answer */
	uint64_t sent; /* when the question was */
};

static struct connection *connections;
static unsigned count;
static uint32_t *samples;
static size_t sample_count;

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void ask(struct connection *connection)
{
	static const char question[BYTES] = "hello";

	connection->got = 0;
	connection->sent = now();
	if (send(connection->fd, question, BYTES, MSG_NOSIGNAL) != BYTES)
		die("send");
}

static void open_all(uint16_t port, int epoll)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port) };
	int one = 1;

	for (unsigned i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (fd < 0 || connect(fd, (struct sockaddr *)&address,
				      sizeof(address)) < 0)
			die("connect");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
			die("epoll_ctl");
		connections[i].fd = fd;
	}
}

/* Takes answers in, until `end` or until each connection had one. */
static uint64_t drive(int epoll, uint64_t end)
{
	struct epoll_event events[BATCH];
	uint64_t trips = 0;
	char answer[BYTES];

	for (unsigned i = 0; i < count; i++)
		ask(&connections[i]);
	while (end > 0 ? now() < end : trips < count) {
		int n = epoll_wait(epoll, events, BATCH, 10000);

		if (n <= 0)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			struct connection *from =
				&connections[events[i].data.u32];
			ssize_t got = recv(from->fd, answer,
					   (size_t)(BYTES - from->got), 0);

			if (got <= 0)
				die("recv");
			from->got += (int)got;
			if (from->got < BYTES)
				continue;
			trips++;
			if (sample_count < SAMPLES_MAX)
				samples[sample_count++] =
					(uint32_t)(now() - from->sent);
			if (end > 0)
				ask(from);
		}
	}
	return trips;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print(uint64_t ns, uint64_t trips)
{
	printf("echo %.3f\n", (double)ns / (double)trips);
	qsort(samples, sample_count, sizeof(*samples), compare);
	for (size_t i = 0; i <= STEPS; i++)
		printf("echo-latency %u\n",
		       samples[(sample_count - 1) * i / STEPS]);
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	uint64_t start;
	uint64_t trips;
	int epoll = epoll_create1(0);
	int seconds;

	if (argc != 4)
		return 2;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	count = (unsigned)atoi(argv[2]);
	seconds = atoi(argv[3]);
	connections = calloc(count + 1, sizeof(*connections));
	samples = malloc(SAMPLES_MAX * sizeof(*samples));
	if (connections == NULL || samples == NULL || epoll < 0)
		die("setup");
	open_all((uint16_t)atoi(argv[1]), epoll);
	if (seconds == 0) {
		drive(epoll, 0);
		puts("ready");
		fflush(stdout);
		while (getchar() != EOF)
			continue;
		return 0;
	}
	start = now();
	trips = drive(epoll, start + (uint64_t)seconds * 1000000000);
	print(now() - start, trips);
	return 0;
}
