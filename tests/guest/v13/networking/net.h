/*
 * What the networking cases for lunatic 0.13 share: what those of all
 * generations do, a listener and UDP sockets on the loopback.
 */
#ifndef LUNATIC_TESTS_GUEST_V13_NETWORKING_NET_H
#define LUNATIC_TESTS_GUEST_V13_NETWORKING_NET_H

#include "../check.h"

#include "../../networking/common.h"

static inline uint64_t listen_at(uint16_t *port)
{
	uint64_t listener;
	uint64_t iterator;

	CHECK_EQ(lunatic_networking_tcp_bind(4, (void *)loopback, 0, 0, 0,
					     &listener),
		 OK);
	CHECK_EQ(lunatic_networking_tcp_local_addr(listener, &iterator), OK);
	*port = only_address(iterator).port;
	CHECK(*port != 0);
	return listener;
}

static inline uint32_t write_soon(uint64_t stream, const void *data,
				  uint32_t len, uint64_t *count)
{
	struct piece piece = { data, len };

	return lunatic_networking_tcp_write_vectored(stream, &piece, 1, count);
}

static inline uint32_t read_soon(uint64_t stream, void *data, uint32_t len,
				 uint64_t *count)
{
	return lunatic_networking_tcp_read(stream, data, len, count);
}

/* A socket at that port of the loopback; 0: at one that the system chose. */
static inline uint64_t udp_at(uint16_t *port)
{
	uint64_t socket;
	uint64_t iterator;

	CHECK_EQ(lunatic_networking_udp_bind(4, (void *)loopback, *port, 0, 0,
					     &socket),
		 OK);
	CHECK_EQ(lunatic_networking_udp_local_addr(socket, &iterator), OK);
	*port = only_address(iterator).port;
	CHECK(*port != 0);
	return socket;
}

static inline uint32_t udp_send_to(uint64_t socket, uint16_t port,
				   const void *data, uint32_t len,
				   uint64_t *count)
{
	return lunatic_networking_udp_send_to(
		socket, data, len, 4, (void *)loopback, port, 0, 0, count);
}

static inline void udp_connect_to(uint64_t socket, uint16_t port)
{
	uint64_t id = 77;

	CHECK_EQ(lunatic_networking_udp_connect(socket, 4, (void *)loopback,
						port, 0, 0, NO_LIMIT, &id),
		 OK);
	CHECK_EQ(id, 0);
}

/* Sends a text, with its zero. */
static inline void udp_say(uint64_t socket, uint16_t port, const char *text)
{
	uint32_t len = (uint32_t)strlen(text) + 1;
	uint64_t count = 0;

	CHECK_EQ(udp_send_to(socket, port, text, len, &count), OK);
	CHECK_EQ(count, len);
}

/* The next datagram must be that text. */
static inline void udp_hear(uint64_t socket, const char *text)
{
	char buffer[100];
	uint64_t count = 0;

	CHECK_EQ(lunatic_networking_udp_receive(socket, buffer, sizeof(buffer),
						&count),
		 OK);
	CHECK_EQ(count, strlen(text) + 1);
	CHECK(memcmp(buffer, text, count) == 0);
}

#define udp_at(port) (FROM_HERE, udp_at(port))
#define udp_connect_to(socket, port) (FROM_HERE, udp_connect_to(socket, port))
#define udp_say(socket, port, text) (FROM_HERE, udp_say(socket, port, text))
#define udp_hear(socket, text) (FROM_HERE, udp_hear(socket, text))

#endif
