// UDP sockets: datagrams of all sizes, whom they come from, one peer, settings,
// clones and addresses.
//
// stdout: passed
#include "net.h"

#define LARGEST 65507

static char page[LARGEST + 2];
static uint64_t one;
static uint64_t other;
static uint16_t port_of_one;
static uint16_t port_of_other;

/* The next datagram must come from that port, with so many bytes in `page`. */
static void receive_from(uint64_t socket, uint32_t room, uint16_t port,
			 uint64_t len)
{
	struct address from;
	uint64_t iterator;
	uint64_t count = 77;

	CHECK_EQ(lunatic_networking_udp_receive_from(socket, page, room, &count,
						     &iterator),
		 OK);
	CHECK_EQ(count, len);
	from = only_address(iterator);
	CHECK_EQ(from.version, 4);
	CHECK_EQ(from.port, port);
	CHECK(memcmp(from.ip, loopback, 4) == 0);
}

static void exchanges(void)
{
	uint64_t count = 77;

	udp_say(one, port_of_other, "first");
	CHECK_EQ(udp_send_to(one, port_of_other, NULL, 0, &count), OK);
	CHECK_EQ(count, 0);
	udp_say(one, port_of_other, "third");
	receive_from(other, sizeof(page), port_of_one, 6);
	CHECK(strcmp(page, "first") == 0);
	receive_from(other, sizeof(page), port_of_one, 0);
	udp_hear(other, "third");
	// To itself.
	udp_say(one, port_of_one, "echo");
	receive_from(one, sizeof(page), port_of_one, 5);
}

// What has no room is lost, but nothing of the next datagram is.
static void truncates(void)
{
	uint64_t count;

	udp_say(one, port_of_other, "abcdef");
	udp_say(one, port_of_other, "ghi");
	udp_say(one, port_of_other, "jkl");
	memset(page, 0, 16);
	receive_from(other, 3, port_of_one, 3);
	CHECK(memcmp(page, "abc\0", 4) == 0);
	CHECK_EQ(lunatic_networking_udp_receive(other, page, 0, &count), OK);
	CHECK_EQ(count, 0);
	udp_hear(other, "jkl");
}

static void sizes(void)
{
	uint64_t count;

	for (int i = 0; i < LARGEST; i++)
		page[i] = (char)(i % 251);
	CHECK_EQ(udp_send_to(one, port_of_other, page, LARGEST, &count), OK);
	CHECK_EQ(count, LARGEST);
	memset(page, 0, sizeof(page));
	receive_from(other, sizeof(page), port_of_one, LARGEST);
	for (int i = 0; i < LARGEST; i++)
		CHECK_EQ(page[i], (char)(i % 251));
	CHECK_EQ(udp_send_to(one, port_of_other, page, LARGEST + 1, &count),
		 FAILED);
	expect_error(count, "Message too long (os error 90)");
	// All of the memory that there is.
	CHECK_EQ(udp_send_to(one, port_of_other, NULL,
			     __builtin_wasm_memory_size(0) * 65536, &count),
		 FAILED);
	expect_error(count, "Message too long (os error 90)");
}

static void connects(void)
{
	uint16_t port = 0;
	uint64_t third = udp_at(&port);
	uint64_t id = 77;

	CHECK_EQ(lunatic_networking_udp_peer_addr(one, &id), 1);
	expect_error(id, "Transport endpoint is not connected (os error 107)");
	CHECK_EQ(lunatic_networking_udp_send(one, "x", 1, &id), FAILED);
	expect_error(id, "Destination address required (os error 89)");
	udp_say(third, port_of_one, "early");
	udp_connect_to(one, port_of_other);
	CHECK_EQ(lunatic_networking_udp_peer_addr(one, &id), OK);
	CHECK_EQ(only_address(id).port, port_of_other);
	CHECK_EQ(lunatic_networking_udp_send(one, "hello", 6, &id), OK);
	CHECK_EQ(id, 6);
	udp_hear(other, "hello");
	// What was there stays; what comes from elsewhere does not.
	udp_say(third, port_of_one, "late");
	udp_say(other, port_of_one, "peer");
	udp_hear(one, "early");
	udp_hear(one, "peer");
	// Another peer, whatever the timeout.
	CHECK_EQ(lunatic_networking_udp_connect(one, 4, (void *)loopback, port,
						0, 0, 0, &id),
		 OK);
	udp_say(other, port_of_one, "late");
	udp_say(third, port_of_one, "third");
	udp_hear(one, "third");
	// Nobody is there any more.
	lunatic_networking_drop_udp_socket(third);
	CHECK_EQ(lunatic_networking_udp_send(one, "x", 1, &id), OK);
	CHECK_EQ(lunatic_networking_udp_receive(one, page, 1, &id), FAILED);
	expect_error(id, "Connection refused (os error 111)");
}

static void settings(void)
{
	static const uint8_t everyone[4] = { 255, 255, 255, 255 };
	uint32_t before = lunatic_networking_get_udp_socket_ttl(one);
	uint64_t count;

	CHECK(before >= 1 && before <= 255);
	lunatic_networking_set_udp_socket_ttl(one, 42);
	CHECK_EQ(lunatic_networking_get_udp_socket_ttl(one), 42);
	lunatic_networking_set_udp_socket_ttl(one, 255);
	CHECK_EQ(lunatic_networking_get_udp_socket_ttl(one), 255);
	lunatic_networking_set_udp_socket_ttl(one, 1);
	udp_say(one, port_of_other, "near");
	udp_hear(other, "near");

	CHECK_EQ(lunatic_networking_get_udp_socket_broadcast(other), 0);
	CHECK_EQ(lunatic_networking_udp_send_to(
			 other, "x", 1, 4, (void *)everyone, 9, 0, 0, &count),
		 FAILED);
	expect_error(count, "Permission denied (os error 13)");
	CHECK_EQ(lunatic_networking_udp_connect(other, 4, (void *)everyone, 9,
						0, 0, NO_LIMIT, &count),
		 FAILED);
	expect_error(count, "Permission denied (os error 13)");
	lunatic_networking_set_udp_socket_broadcast(other, 7);
	CHECK_EQ(lunatic_networking_get_udp_socket_broadcast(other), 1);
	lunatic_networking_set_udp_socket_broadcast(other, 0);
	CHECK_EQ(lunatic_networking_get_udp_socket_broadcast(other), 0);
}

static void clones(void)
{
	uint16_t port = 0;
	uint64_t socket = udp_at(&port);
	uint64_t clone = lunatic_networking_clone_udp_socket(socket);
	uint64_t id;

	CHECK(clone != socket);
	lunatic_networking_set_udp_socket_ttl(clone, 9);
	CHECK_EQ(lunatic_networking_get_udp_socket_ttl(socket), 9);
	udp_connect_to(clone, port_of_other);
	CHECK_EQ(lunatic_networking_udp_send(socket, "both", 5, &id), OK);
	udp_hear(other, "both");
	udp_say(other, port, "a");
	udp_say(other, port, "b");
	udp_hear(clone, "a");
	lunatic_networking_drop_udp_socket(socket);
	udp_hear(clone, "b");
	// The port is taken until the last one is gone.
	CHECK_EQ(lunatic_networking_udp_bind(4, (void *)loopback, port, 0, 0,
					     &id),
		 FAILED);
	expect_error(id, "Address already in use (os error 98)");
	lunatic_networking_drop_udp_socket(clone);
	lunatic_networking_drop_udp_socket(udp_at(&port));
}

static void version_6(void)
{
	const uint8_t ip[16] = { [15] = 1 };
	struct address address;
	uint64_t socket;
	uint64_t id;
	uint64_t count;

	CHECK_EQ(lunatic_networking_udp_send_to(one, "x", 1, 6, (void *)ip, 9,
						0, 0, &id),
		 FAILED);
	expect_error(id,
		     "Address family not supported by protocol (os error 97)");
	if (lunatic_networking_udp_bind(6, (void *)ip, 0, 0, 0, &socket) != OK)
		return; // a machine without it
	CHECK_EQ(lunatic_networking_udp_local_addr(socket, &id), OK);
	address = only_address(id);
	CHECK_EQ(address.version, 6);
	CHECK(memcmp(address.ip, ip, 16) == 0);
	CHECK_EQ(lunatic_networking_udp_send_to(socket, "six", 4, 6, (void *)ip,
						address.port, 0, 0, &count),
		 OK);
	CHECK_EQ(lunatic_networking_udp_receive_from(socket, page, 10, &count,
						     &id),
		 OK);
	CHECK_EQ(count, 4);
	CHECK_EQ(only_address(id).version, 6);
	CHECK_EQ(lunatic_networking_udp_connect(socket, 6, (void *)ip,
						address.port, 0, 0, 5, &id),
		 OK);
	CHECK_EQ(lunatic_networking_udp_send(socket, "six", 4, &count), OK);
	udp_hear(socket, "six");
	lunatic_networking_set_udp_socket_ttl(socket, 3);
	CHECK_EQ(lunatic_networking_get_udp_socket_ttl(socket), 3);
	lunatic_networking_drop_udp_socket(socket);
}

int main(void)
{
	static const uint8_t elsewhere[4] = { 203, 0, 113, 1 };
	uint64_t id;

	one = udp_at(&port_of_one);
	other = udp_at(&port_of_other);
	exchanges();
	truncates();
	sizes();
	connects();
	lunatic_networking_drop_udp_socket(one);
	one = udp_at(&port_of_one);
	settings();
	clones();
	version_6();
	CHECK_EQ(
		lunatic_networking_udp_bind(4, (void *)elsewhere, 0, 0, 0, &id),
		FAILED);
	expect_error(id, "Cannot assign requested address (os error 99)");
	puts("passed");
	return 0;
}
