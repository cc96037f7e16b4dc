// What a process holds is charged to it, and counts as a descriptor; a
// connection that it cannot have stays in the queue.
//
// options: --max-descriptors 8 --max-memory 3M
// stdout: passed
// stderr~ the memory limit was reached.*clone_tls_stream
#include "tls.h"

static uint64_t id;

ENTRY(client)(uint64_t port)
{
	uint64_t stream = tls_connect_to((uint16_t)port);
	uint64_t count;
	char byte;

	tls_write_all(stream, "x", 1);
	CHECK_EQ(lunatic_networking_tls_read(stream, &byte, 1, &count), OK);
}

// Takes clones until it has no memory for more.
ENTRY(hoards)(uint64_t port)
{
	uint64_t listener =
		tls_listen(server_pem, server_key, &(uint16_t){ 0 });
	uint64_t stream;
	int clones = 0;

	(void)listener;
	CHECK_EQ(tls_try("localhost", (uint16_t)port, ca_pem, SOON, &stream),
		 OK);
	for (;; clones++) {
		CHECK(clones < 100);
		lunatic_networking_clone_tls_stream(stream);
	}
}

static void descriptors(uint64_t listener, uint16_t port)
{
	uint64_t streams[8];
	uint64_t clients[8];
	uint64_t iterator;
	int n = 0;

	// Each connection is two: it has both ends.
	while (n < 3) {
		clients[n] = connect_to(port);
		streams[n++] = tls_accept_from(listener);
	}
	clients[n] = connect_to(port);
	CHECK_EQ(lunatic_networking_tls_accept(listener, &id, &iterator),
		 FAILED);
	expect_error(id, "Too many open files (os error 24)");
	CHECK_EQ(tls_try("localhost", port, ca_pem, SOON, &id), FAILED);
	expect_error(id, "Too many open files (os error 24)");
	CHECK_EQ(bind_with(server_pem, server_key, &id), FAILED);
	expect_error(id, "Too many open files (os error 24)");
	lunatic_networking_drop_tls_stream(streams[0]);
	streams[0] = tls_accept_from(listener);
	for (int i = 0; i < 3; i++)
		lunatic_networking_drop_tls_stream(streams[i]);
	for (int i = 0; i < 4; i++)
		lunatic_networking_drop_tcp_stream(clients[i]);
}

int main(void)
{
	uint16_t port;
	uint64_t listener = tls_listen(server_pem, server_key, &port);
	uint64_t process = spawn_with("hoards", 0, port);
	uint64_t stream = tls_accept_from(listener);
	uint64_t count;
	char byte;

	CHECK_EQ(lunatic_networking_tls_flush(stream, &id), OK);
	await_end(process);
	CHECK_EQ(lunatic_networking_tls_read(stream, &byte, 1, &count), OK);
	CHECK_EQ(count, 0);
	lunatic_networking_drop_tls_stream(stream);
	descriptors(listener, port);
	puts("passed");
	return 0;
}
