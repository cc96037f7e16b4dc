/*
 * The other end of the TLS echo servers, the same for both: one thread with
 * epoll, and OpenSSL.
 *
 *   tls_load PORT CONNECTIONS SECONDS AUTHORITY
 *
 * Opens the connections, and has 64 bytes go back and forth on each of them.
 * Prints "tls NANOSECONDS", the time for one round trip when all connections
 * are busy (SECONDS over their number), and "tls-handshake NANOSECONDS", the
 * time for one of the handshakes, which are done one after the other.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define BYTES 64
#define BATCH 256

struct connection {
	SSL *ssl;
	int got; /* bytes of the answer */
};

static struct connection *connections;
static unsigned count;

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
	if (SSL_write(connection->ssl, question, BYTES) != BYTES)
		die("SSL_write");
}

/* One connection, with its handshake, and a first answer. */
static void open_one(struct connection *connection, SSL_CTX *context,
		     uint16_t port, int epoll, unsigned index)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port) };
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = index };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[BYTES];
	int one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	connection->ssl = SSL_new(context);
	if (connection->ssl == NULL || SSL_set_fd(connection->ssl, fd) != 1 ||
	    SSL_set1_host(connection->ssl, "localhost") != 1 ||
	    SSL_connect(connection->ssl) != 1)
		die("SSL_connect");
	ask(connection);
	for (int got = 0; got < BYTES;) {
		int n = SSL_read(connection->ssl, answer, BYTES - got);

		if (n <= 0)
			die("SSL_read");
		got += n;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
}

/* Takes in what has come of an answer. Whether that was the rest of it. */
static int take(struct connection *from)
{
	char answer[BYTES];

	while (from->got < BYTES) {
		int n = SSL_read(from->ssl, answer, BYTES - from->got);

		if (n <= 0 &&
		    SSL_get_error(from->ssl, n) == SSL_ERROR_WANT_READ)
			return 0;
		if (n <= 0)
			die("SSL_read");
		from->got += n;
	}
	return 1;
}

static uint64_t drive(int epoll, uint64_t end)
{
	struct epoll_event events[BATCH];
	uint64_t trips = 0;

	for (unsigned i = 0; i < count; i++)
		ask(&connections[i]);
	while (now() < end) {
		int n = epoll_wait(epoll, events, BATCH, 10000);

		if (n <= 0)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			struct connection *from =
				&connections[events[i].data.u32];

			if (!take(from))
				continue;
			trips++;
			ask(from);
		}
	}
	return trips;
}

int main(int argc, char **argv)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	int epoll = epoll_create1(0);
	uint64_t start;
	uint64_t trips;

	if (argc != 5)
		return 2;
	count = (unsigned)atoi(argv[2]);
	connections = calloc(count + 1, sizeof(*connections));
	if (connections == NULL || epoll < 0 || context == NULL ||
	    SSL_CTX_load_verify_file(context, argv[4]) != 1)
		die("setup");
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	start = now();
	for (unsigned i = 0; i < count; i++)
		open_one(&connections[i], context, (uint16_t)atoi(argv[1]),
			 epoll, i);
	printf("tls-handshake %.3f\n", (double)(now() - start) / count);
	start = now();
	trips = drive(epoll, start + (uint64_t)atoi(argv[3]) * 1000000000);
	printf("tls %.3f\n", (double)(now() - start) / (double)trips);
	return 0;
}
