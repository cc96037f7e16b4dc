/*
 * What the networking cases for lunatic 0.7 share: a listener on the loopback,
 * and transfers with a timeout for each call.
 */
#ifndef LUNATIC_TESTS_GUEST_NET_H
#define LUNATIC_TESTS_GUEST_NET_H

#include "../check.h"
#include "common.h"

static inline uint64_t listen_at(uint16_t *port)
{
	uint64_t listener;
	uint64_t iterator;

	CHECK_EQ(lunatic_networking_tcp_bind(4, (void *)loopback, 0, 0, 0,
					     &listener),
		 OK);
	CHECK_EQ(lunatic_networking_local_addr(listener, &iterator), OK);
	*port = only_address(iterator).port;
	CHECK(*port != 0);
	return listener;
}

static inline uint32_t write_some(uint64_t stream, const void *data,
				  uint32_t len, uint32_t timeout,
				  uint64_t *count)
{
	struct piece piece = { data, len };

	return lunatic_networking_tcp_write_vectored(stream, &piece, 1, timeout,
						     count);
}

static inline uint32_t write_soon(uint64_t stream, const void *data,
				  uint32_t len, uint64_t *count)
{
	return write_some(stream, data, len, SOON, count);
}

static inline uint32_t read_soon(uint64_t stream, void *data, uint32_t len,
				 uint64_t *count)
{
	return lunatic_networking_tcp_read(stream, data, len, SOON, count);
}

#endif
