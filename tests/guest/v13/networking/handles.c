// A process holds so many ids of each kind. Where there is room for no more, a
// call traps before it does anything.
//
// options: --max-handles 9
// stdout: passed
// stderr~ too many udp socket ids: .* \(lunatic::networking::udp_bind\)$
#include "net.h"

#include "../trap/check.h"

#define HANDLES 9

static uint64_t socket;
static uint64_t other;
static uint16_t port;
static uint64_t id;
static uint64_t iterators[HANDLES];

enum {
	BIND,
	CLONE,
	TAKE,
	RECEIVE_FROM,
	LOCAL_ADDRESS,
	PEER_ADDRESS,
	RESOLVE,
	CASES,
};

static uint32_t act(uint32_t which)
{
	char byte;

	switch (which) {
	case BIND:
		lunatic_networking_udp_bind(4, (void *)loopback, 0, 0, 0, &id);
		break;
	case CLONE:
		id = lunatic_networking_clone_udp_socket(socket);
		break;
	case TAKE:
		id = lunatic_message_take_udp_socket(0);
		break;
	case RECEIVE_FROM:
		lunatic_networking_udp_receive_from(socket, &byte, 1, &id, &id);
		break;
	case LOCAL_ADDRESS:
		lunatic_networking_udp_local_addr(socket, &id);
		break;
	case PEER_ADDRESS:
		lunatic_networking_udp_peer_addr(socket, &id);
		break;
	default:
		lunatic_networking_resolve("1.2.3.4:5", 9, NO_LIMIT, &id);
		break;
	}
	return 1;
}

static void sockets(void)
{
	uint64_t clones[HANDLES];
	int count = 0;

	// The two that are there, and one that is in the message.
	lunatic_message_create_data(0, 0);
	lunatic_message_push_udp_socket(
		lunatic_networking_clone_udp_socket(socket));
	while (catch (act, CLONE) == 1)
		clones[count++] = id;
	CHECK_EQ(count, HANDLES - 2);
	CHECK_EQ(catch (act, BIND), 0);
	CHECK_EQ(catch (act, TAKE), 0);
	// It is still in the message.
	lunatic_networking_drop_udp_socket(clones[0]);
	CHECK_EQ(catch (act, TAKE), 1);
	udp_say(other, port, "taken");
	udp_hear(id, "taken");
	lunatic_networking_drop_udp_socket(id);
	CHECK_EQ(catch (act, BIND), 1);
	lunatic_networking_drop_udp_socket(id);
	for (int i = 1; i < count; i++)
		lunatic_networking_drop_udp_socket(clones[i]);
}

static void addresses(void)
{
	udp_say(other, port, "kept");
	udp_connect_to(other, port);
	for (int i = 0; i < HANDLES; i++) {
		CHECK_EQ(catch (act, LOCAL_ADDRESS), 1);
		iterators[i] = id;
	}
	for (uint32_t which = RECEIVE_FROM; which < CASES; which++)
		CHECK_EQ(catch (act, which), 0);
	for (int i = 0; i < HANDLES; i++)
		lunatic_networking_drop_dns_iterator(iterators[i]);
	// The datagram has stayed.
	udp_hear(socket, "kept");
}

ENTRY(one_too_many)(void)
{
	for (int i = 0; i <= HANDLES; i++)
		act(BIND);
}

int main(void)
{
	uint16_t port_of_other = 0;

	socket = udp_at(&port);
	other = udp_at(&port_of_other);
	sockets();
	addresses();
	lunatic_process_die_when_link_dies(0);
	must_fail("one_too_many");
	puts("passed");
	return 0;
}
