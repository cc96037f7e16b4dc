/*
 * What the cases of TLS share: a listener on the loopback, both ends of
 * streams, and transfers that must succeed.
 */
#ifndef LUNATIC_TESTS_GUEST_V13_TLS_H
#define LUNATIC_TESTS_GUEST_V13_TLS_H

#include "../networking/net.h"
#include "pem.h"

static inline uint32_t bind_with(const char *pem, const char *key, uint64_t *id)
{
	return lunatic_networking_tls_bind(4, (void *)loopback, 0, 0, 0, id,
					   pem, (uint32_t)strlen(pem), key,
					   (uint32_t)strlen(key));
}

static inline uint64_t tls_listen(const char *pem, const char *key,
				  uint16_t *port)
{
	uint64_t listener;
	uint64_t iterator;

	CHECK_EQ(bind_with(pem, key, &listener), OK);
	CHECK_EQ(lunatic_networking_tls_local_addr(listener, &iterator), OK);
	*port = only_address(iterator).port;
	CHECK(*port != 0);
	return listener;
}

static inline uint64_t tls_accept_from(uint64_t listener)
{
	uint64_t stream;
	uint64_t iterator;
	struct address peer;

	CHECK_EQ(lunatic_networking_tls_accept(listener, &stream, &iterator),
		 OK);
	peer = only_address(iterator);
	CHECK_EQ(peer.version, 4);
	CHECK(memcmp(peer.ip, loopback, 4) == 0);
	return stream;
}

/* Connects with one authority, or with those of the system (NULL). */
static inline uint32_t tls_try(const char *name, uint16_t port,
			       const char *authority, uint64_t timeout,
			       uint64_t *id)
{
	struct piece list = { authority, 0 };

	if (authority != NULL)
		list.len = (uint32_t)strlen(authority);
	return lunatic_networking_tls_connect(name, (uint32_t)strlen(name),
					      port, timeout, id, &list,
					      authority != NULL);
}

static inline uint64_t tls_connect_to(uint16_t port)
{
	uint64_t stream;

	CHECK_EQ(tls_try("localhost", port, ca_pem, SOON, &stream), OK);
	return stream;
}

static inline uint32_t tls_write_some(uint64_t stream, const void *data,
				      uint32_t len, uint64_t *count)
{
	struct piece piece = { data, len };

	return lunatic_networking_tls_write_vectored(stream, &piece, 1, count);
}

static inline void tls_write_all(uint64_t stream, const void *data,
				 uint32_t len)
{
	const char *at = data;
	uint64_t count;

	while (len > 0) {
		CHECK_EQ(tls_write_some(stream, at, len, &count), OK);
		CHECK(count > 0 && count <= len);
		at += count;
		len -= (uint32_t)count;
	}
}

static inline void tls_read_all(uint64_t stream, void *data, uint32_t len)
{
	char *at = data;
	uint64_t count;

	while (len > 0) {
		CHECK_EQ(lunatic_networking_tls_read(stream, at, len, &count),
			 OK);
		CHECK(count > 0 && count <= len);
		at += count;
		len -= (uint32_t)count;
	}
}

static inline void tls_expect_end(uint64_t stream)
{
	uint64_t count = 99;
	char byte;

	CHECK_EQ(lunatic_networking_tls_read(stream, &byte, 1, &count), OK);
	CHECK_EQ(count, 0);
}

#define tls_listen(pem, key, port) (FROM_HERE, tls_listen(pem, key, port))
#define tls_accept_from(listener) (FROM_HERE, tls_accept_from(listener))
#define tls_connect_to(port) (FROM_HERE, tls_connect_to(port))
#define tls_write_all(stream, data, len) \
	(FROM_HERE, tls_write_all(stream, data, len))
#define tls_read_all(stream, data, len) \
	(FROM_HERE, tls_read_all(stream, data, len))
#define tls_expect_end(stream) (FROM_HERE, tls_expect_end(stream))

#endif
