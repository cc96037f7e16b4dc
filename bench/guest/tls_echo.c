/*
 * An echo server with TLS and a process for each connection, through the host
 * functions of lunatic 0.13. Prints its port and never ends. The other end is
 * bench/native/tls_load.c.
 *
 *   tls_echo CERTIFICATE KEY
 */
#include <fcntl.h>
#include <lunatic/abi_0_13.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static char buffer[4096];

__attribute__((export_name("serve"))) void serve(void)
{
	uint64_t stream;
	uint64_t count;

	lunatic_message_receive(NULL, 0, UINT64_MAX);
	stream = lunatic_message_take_tls_stream(0);
	while (lunatic_networking_tls_read(stream, buffer, sizeof(buffer),
					   &count) == 0 &&
	       count > 0) {
		const uint32_t piece[2] = { (uint32_t)(uintptr_t)buffer,
					    (uint32_t)count };

		if (lunatic_networking_tls_write_vectored(stream, piece, 1,
							  &count) != 0)
			break;
	}
}

/* Reads a file; returns its length. */
static uint32_t read_file(const char *name, char *into, uint32_t room)
{
	int fd = open(name, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, into, room);

	if (len < 0)
		__builtin_trap();
	return (uint32_t)len;
}

int main(int argc, char **argv)
{
	static char certificate[16384];
	static char key[16384];
	uint8_t ip[16] = { 127, 0, 0, 1 };
	uint64_t listener, iterator, process, stream;
	uint32_t number;
	uint16_t port;

	if (argc != 3 ||
	    lunatic_networking_tls_bind(
		    4, ip, 0, 0, 0, &listener, certificate,
		    read_file(argv[1], certificate, sizeof(certificate)), key,
		    read_file(argv[2], key, sizeof(key))) != 0 ||
	    lunatic_networking_tls_local_addr(listener, &iterator) != 0 ||
	    lunatic_networking_resolve_next(iterator, &number, ip, &port,
					    &number, &number) != 0)
		__builtin_trap();
	printf("%u\n", port);
	fflush(stdout);
	while (lunatic_networking_tls_accept(listener, &stream, &iterator) ==
	       0) {
		lunatic_networking_drop_dns_iterator(iterator);
		lunatic_process_spawn(0, UINT64_MAX, UINT64_MAX, "serve", 5,
				      NULL, 0, &process);
		lunatic_message_create_data(1, 0);
		lunatic_message_push_tls_stream(stream);
		lunatic_message_send(process);
	}
	return 1;
}
