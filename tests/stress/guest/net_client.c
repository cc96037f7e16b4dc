/*
 * The other end of bench/guest/echo_server.c:
 *
 *   net_client PORT hold N    N connections at the same time, each with its own
 *                             process; a line when all have been answered, then
 *                             they wait until a line of standard input comes
 *   net_client PORT churn N   N connections one after the other, in a few
 *                             processes; a line at the end
 */
#include <lunatic/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(name) __attribute__((export_name(#name)))
#define AT_ONCE 250
#define WORKERS 50
#define ADDRESSES 100

static char buffer[16];

static void check(int condition, const char *what)
{
	if (condition)
		return;
	printf("failed: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Connects, to one of many addresses so that ports are enough, and has a
 * line echoed. */
static uint64_t visit(uint32_t port, uint32_t number)
{
	const uint8_t ip[4] = { 127, 0, 0, (uint8_t)(1 + number % ADDRESSES) };
	const uint32_t piece[2] = { (uint32_t)(uintptr_t)"hello!", 6 };
	uint64_t stream;
	uint64_t count;
	uint64_t got = 0;

	check(lunatic_networking_tcp_connect(4, (void *)ip, port, 0, 0, 0,
					     &stream) == 0,
	      "connect");
	check(lunatic_networking_tcp_write_vectored(stream, piece, 1, 0,
						    &count) == 0 &&
		      count == 6,
	      "write");
	for (; got < 6; got += count)
		check(lunatic_networking_tcp_read(stream, buffer + got,
						  6 - (uint32_t)got, 0,
						  &count) == 0 &&
			      count > 0,
		      "read");
	check(memcmp(buffer, "hello!", 6) == 0, "echo");
	return stream;
}

static void tell(uint64_t process)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_send(process);
}

static uint64_t receive_boss(void)
{
	lunatic_message_receive(NULL, 0, 0);
	return lunatic_message_take_process(0);
}

ENTRY(hold)
void hold(uint32_t port, uint32_t number)
{
	uint64_t boss = receive_boss();
	uint64_t stream = visit(port, number);
	uint64_t count;

	tell(boss);
	lunatic_networking_tcp_read(stream, buffer, sizeof(buffer), 0, &count);
	check(0, "the server closed a connection");
}

ENTRY(churn)
void churn(uint32_t port, uint32_t times)
{
	uint64_t boss = receive_boss();

	for (uint32_t i = 0; i < times; i++)
		lunatic_networking_drop_tcp_stream(visit(port, i));
	tell(boss);
}

static void start(const char *name, uint32_t port, uint32_t number)
{
	uint8_t params[34] = { 0x7f, [17] = 0x7f };
	uint64_t process;

	memcpy(params + 1, &port, sizeof(port));
	memcpy(params + 18, &number, sizeof(number));
	/* Linked: when one fails, all do. */
	check(lunatic_process_inherit_spawn(1, name, strlen(name), params,
					    sizeof(params), &process) == 0,
	      "spawn");
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(process);
	lunatic_process_drop_process(process);
}

static void await(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		lunatic_message_receive(NULL, 0, 0);
}

int main(int argc, char **argv)
{
	uint32_t port;
	uint32_t count;

	check(argc == 4, "usage");
	port = (uint32_t)atoi(argv[1]);
	count = (uint32_t)atoi(argv[3]);
	if (strcmp(argv[2], "hold") == 0) {
		for (uint32_t i = 0; i < count; i += AT_ONCE) {
			for (uint32_t j = i; j < i + AT_ONCE; j++)
				start("hold", port, j);
			await(AT_ONCE);
		}
		puts("live");
		fflush(stdout);
		getchar();
	} else {
		for (uint32_t i = 0; i < WORKERS; i++)
			start("churn", port, count / WORKERS);
		await(WORKERS);
		puts("over");
	}
	return 0;
}
