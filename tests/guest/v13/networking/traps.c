// What a trap of lunatic::networking says: which function, and why.
//
// stdout: passed
// stderr~ udp socket 5 does not exist \(.*::udp_receive\)$
// stderr~ udp socket 5 does not exist \(.*::udp_send_to\)$
// stderr~ udp socket 5 does not exist \(.*::clone_udp_socket\)$
// stderr~ tcp stream 5 does not exist \(.*::tcp_peek\)$
// stderr~ tcp stream 5 does not exist \(.*::set_peek_timeout\)$
// stderr~ tcp listener 5 does not exist \(.*::tcp_local_addr\)$
// stderr~ dns iterator 5 does not exist \(.*::resolve_next\)$
// stderr~ the address type is 5, not 4 or 6 \(.*::udp_bind\)$
// stderr~ the time to live is 300, not 1 to 255 \(.*::set_udp_socket_ttl\)$
// stderr~ argument `ip` points outside .* \(.*::udp_bind\)$
// stderr~ argument `data` points outside .* \(.*::udp_send\)$
// stderr~ a piece points outside .* \(.*::tcp_write_vectored\)$
#include "net.h"

static uint64_t id;

static void *outside(void)
{
	return (char *)(__builtin_wasm_memory_size(0) * 65536) - 3;
}

static uint64_t a_socket(void)
{
	uint16_t port = 0;

	return udp_at(&port);
}

static uint64_t a_stream(void)
{
	uint16_t port;

	listen_at(&port);
	return connect_to(port);
}

ENTRY(child)(int64_t which)
{
	struct address address;

	switch (which) {
	case 0:
		lunatic_networking_udp_receive(5, &id, 1, &id);
		break;
	case 1:
		udp_send_to(5, 1, "x", 1, &id);
		break;
	case 2:
		lunatic_networking_clone_udp_socket(5);
		break;
	case 3:
		lunatic_networking_tcp_peek(5, &id, 1, &id);
		break;
	case 4:
		lunatic_networking_set_peek_timeout(5, 1);
		break;
	case 5:
		lunatic_networking_tcp_local_addr(5, &id);
		break;
	case 6:
		next_address(5, &address);
		break;
	case 7:
		lunatic_networking_udp_bind(5, (void *)loopback, 0, 0, 0, &id);
		break;
	case 8:
		lunatic_networking_set_udp_socket_ttl(a_socket(), 300);
		break;
	case 9:
		lunatic_networking_udp_bind(4, outside(), 0, 0, 0, &id);
		break;
	case 10:
		lunatic_networking_udp_send(a_socket(), outside(), 4, &id);
		break;
	default:
		write_soon(a_stream(), outside(), 4, &id);
		break;
	}
	puts("came back");
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 12; i++)
		await_end(spawn_with("child", 0, i));
	puts("passed");
	return 0;
}
