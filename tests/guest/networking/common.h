/*
 * What networking cases of any generation share: addresses, the two ends of
 * streams, transfers that must succeed, and the texts of errors. The
 * generation's abi.h is included before.
 */
#ifndef LUNATIC_TESTS_GUEST_NETWORKING_COMMON_H
#define LUNATIC_TESTS_GUEST_NETWORKING_COMMON_H

#include "../checks.h"

#define OK 0
#define FAILED 1

static const uint8_t loopback[4] = { 127, 0, 0, 1 };

struct address {
	uint32_t version;
	uint8_t ip[16];
	uint16_t port;
	uint32_t flow_info;
	uint32_t scope_id;
};

struct piece {
	const void *data;
	uint32_t len;
};

/* Takes the next address out of an iterator. */
static inline uint32_t next_address(uint64_t iterator, struct address *address)
{
	*address = (struct address){ .version = 0 };
	return lunatic_networking_resolve_next(
		iterator, &address->version, address->ip, &address->port,
		&address->flow_info, &address->scope_id);
}

/* Takes the only address out of an iterator, and drops it. */
static inline struct address only_address(uint64_t iterator)
{
	struct address address;
	struct address none;

	CHECK_EQ(next_address(iterator, &address), OK);
	CHECK_EQ(next_address(iterator, &none), FAILED);
	lunatic_networking_drop_dns_iterator(iterator);
	return address;
}

static inline uint64_t accept_from(uint64_t listener)
{
	uint64_t stream;
	uint64_t iterator;

	CHECK_EQ(lunatic_networking_tcp_accept(listener, &stream, &iterator),
		 OK);
	lunatic_networking_drop_dns_iterator(iterator);
	return stream;
}

static inline uint64_t connect_to(uint16_t port)
{
	uint64_t stream;

	CHECK_EQ(lunatic_networking_tcp_connect(4, (void *)loopback, port, 0, 0,
						SOON, &stream),
		 OK);
	return stream;
}

/* The generation's own: transfers that wait for a long time, if at all. */
static inline uint32_t write_soon(uint64_t stream, const void *data,
				  uint32_t len, uint64_t *count);
static inline uint32_t read_soon(uint64_t stream, void *data, uint32_t len,
				 uint64_t *count);

static inline void write_all(uint64_t stream, const void *data, uint32_t len)
{
	const char *at = data;
	uint64_t count;

	while (len > 0) {
		CHECK_EQ(write_soon(stream, at, len, &count), OK);
		CHECK(count > 0 && count <= len);
		at += count;
		len -= (uint32_t)count;
	}
}

static inline void read_all(uint64_t stream, void *data, uint32_t len)
{
	char *at = data;
	uint64_t count;

	while (len > 0) {
		CHECK_EQ(read_soon(stream, at, len, &count), OK);
		CHECK(count > 0 && count <= len);
		at += count;
		len -= (uint32_t)count;
	}
}

/* The stream must be at its end. */
static inline void expect_end(uint64_t stream)
{
	uint64_t count = 99;
	char byte;

	CHECK_EQ(read_soon(stream, &byte, 1, &count), OK);
	CHECK_EQ(count, 0);
}

/* The error must have that text; it is dropped. */
static inline void expect_error(uint64_t error, const char *want)
{
	char text[200];
	uint32_t len = lunatic_error_string_size(error);

	CHECK(len < sizeof(text));
	lunatic_error_to_string(error, text);
	text[len] = '\0';
	lunatic_error_drop(error);
	if (strcmp(text, want) != 0) {
		printf("FAILED (from %d): error is \"%s\", not \"%s\"\n",
		       check_caller, text, want);
		exit(EXIT_FAILURE);
	}
}

#define only_address(iterator) (FROM_HERE, only_address(iterator))
#define accept_from(listener) (FROM_HERE, accept_from(listener))
#define connect_to(port) (FROM_HERE, connect_to(port))
#define write_all(stream, data, len) (FROM_HERE, write_all(stream, data, len))
#define read_all(stream, data, len) (FROM_HERE, read_all(stream, data, len))
#define expect_end(stream) (FROM_HERE, expect_end(stream))
#define expect_error(error, want) (FROM_HERE, expect_error(error, want))

#endif
