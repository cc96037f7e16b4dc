/*
 * An echo server with a process for each connection, for connections.sh. The
 * first line that it prints is its port; it never ends by itself.
 */
#include <lunatic/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(name) __attribute__((export_name(#name)))

static char buffer[512];

static void check(int condition, const char *what)
{
	if (condition)
		return;
	printf("failed: %s\n", what);
	exit(EXIT_FAILURE);
}

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

int main(void)
{
	static const char name[] = "serve";
	uint8_t ip[16] = { 0 };
	uint64_t listener;
	uint64_t iterator;
	uint64_t process;
	uint64_t stream;
	uint32_t number;
	uint16_t port;

	check(lunatic_networking_tcp_bind(4, ip, 0, 0, 0, &listener) == 0,
	      "bind");
	check(lunatic_networking_local_addr(listener, &iterator) == 0, "addr");
	check(lunatic_networking_resolve_next(iterator, &number, ip, &port,
					      &number, &number) == 0,
	      "next");
	printf("%u\n", port);
	fflush(stdout);
	for (;;) {
		check(lunatic_networking_tcp_accept(listener, &stream,
						    &iterator) == 0,
		      "accept");
		lunatic_networking_drop_dns_iterator(iterator);
		check(lunatic_process_inherit_spawn(0, name, sizeof(name) - 1,
						    NULL, 0, &process) == 0,
		      "spawn");
		lunatic_message_create_data(0, 0);
		lunatic_message_push_tcp_stream(stream);
		lunatic_message_send(process);
		lunatic_process_drop_process(process);
	}
}
