// UDP sockets count against the bound on descriptors as TCP does, once however
// many clones there are; what fails takes none.
//
// options: --max-descriptors 5
// stdout: passed
#include "net.h"

int main(void)
{
	uint16_t port = 0;
	uint16_t taken;
	uint64_t sockets[5];
	uint64_t listener = listen_at(&taken);
	uint64_t id;

	// One of each; three are left.
	sockets[0] = udp_at(&port);
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(lunatic_networking_udp_bind(4, (void *)loopback, port,
						     0, 0, &id),
			 FAILED);
		expect_error(id, "Address already in use (os error 98)");
		lunatic_networking_clone_udp_socket(sockets[0]);
	}
	for (int i = 1; i < 4; i++) {
		port = 0;
		sockets[i] = udp_at(&port);
	}
	CHECK_EQ(lunatic_networking_udp_bind(4, (void *)loopback, 0, 0, 0, &id),
		 FAILED);
	expect_error(id, "Too many open files (os error 24)");
	CHECK_EQ(lunatic_networking_tcp_connect(4, (void *)loopback, taken, 0,
						0, NO_LIMIT, &id),
		 FAILED);
	expect_error(id, "Too many open files (os error 24)");
	// Dropping gives back, and the last clone only.
	lunatic_networking_drop_udp_socket(sockets[0]);
	CHECK_EQ(lunatic_networking_udp_bind(4, (void *)loopback, 0, 0, 0, &id),
		 FAILED);
	lunatic_error_drop(id);
	lunatic_networking_drop_udp_socket(sockets[1]);
	lunatic_networking_drop_udp_socket(sockets[2]);
	connect_to(taken);
	accept_from(listener);
	puts("passed");
	return 0;
}
