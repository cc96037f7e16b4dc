/*
 * An echo server with a process for each connection, on 127.0.0.1, or on all
 * addresses when it is compiled with ALL_ADDRESSES. Prints its port and never
 * ends. The other end is bench/native/echo_load.c, or net_client.c of
 * tests/stress.
 */
#include "bench.h"

#ifdef ALL_ADDRESSES
#define ADDRESS { 0 }
#else
#define ADDRESS { 127, 0, 0, 1 }
#endif

static char buffer[4096];

ENTRY(serve)
void serve(void)
{
	uint64_t stream;
	uint64_t count;

	lunatic_message_receive(NULL, 0, 0);
	stream = lunatic_message_take_tcp_stream(0);
	while (lunatic_networking_tcp_read(stream, buffer, sizeof(buffer), 0,
					   &count) == 0 &&
	       count > 0) {
		const uint32_t piece[2] = { (uint32_t)(uintptr_t)buffer,
					    (uint32_t)count };

		if (lunatic_networking_tcp_write_vectored(stream, piece, 1, 0,
							  &count) != 0)
			break;
	}
}

/* Prints a line that is a number. */
static void print_number(uint32_t number)
{
	char line[12];
	size_t at = sizeof(line);

	line[--at] = '\n';
	do {
		line[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	write(STDOUT_FILENO, line + at, sizeof(line) - at);
}

int main(void)
{
	uint8_t ip[16] = ADDRESS;
	uint64_t listener;
	uint64_t iterator;
	uint64_t process;
	uint64_t stream;
	uint32_t number;
	uint16_t port;

	if (lunatic_networking_tcp_bind(4, ip, 0, 0, 0, &listener) != 0 ||
	    lunatic_networking_local_addr(listener, &iterator) != 0 ||
	    lunatic_networking_resolve_next(iterator, &number, ip, &port,
					    &number, &number) != 0)
		__builtin_trap();
	print_number(port);
	while (lunatic_networking_tcp_accept(listener, &stream, &iterator) ==
	       0) {
		lunatic_networking_drop_dns_iterator(iterator);
		process = spawn("serve", NULL);
		lunatic_message_create_data(0, 0);
		lunatic_message_push_tcp_stream(stream);
		lunatic_message_send(process);
		lunatic_process_drop_process(process);
	}
	return 1;
}
