/*
 * Addresses of sockets as guests see them, and the text form "host:port". Knows
 * no names: net/resolver.h does.
 */
#ifndef LN_NET_ADDRESS_H
#define LN_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ln_address {
	uint8_t ip[16];     /* network order; of version 4 the first 4 bytes */
	uint32_t flow_info; /* version 6; handed through as the kernel has it */
	uint32_t scope_id;  /* version 6 */
	uint16_t port;
	uint8_t version; /* 4 or 6 */
};

/* Any number of addresses in one allocation, to be read once. */
struct ln_addresses {
	uint32_t count;
	uint32_t next; /* the one to be taken next */
	struct ln_address list[];
};

union ln_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The longest host name that is looked up, as in DNS. */
#define LN_HOST_MAX 255

/* The two halves of "host:port". */
struct ln_endpoint {
	struct ln_address address; /* of a literal; else only the port */
	char host[LN_HOST_MAX + 1];
};

/* Fills in the kernel's form of an address, whose version is 4 or 6; returns
 * its length. */
socklen_t ln_address_to_kernel(const struct ln_address *address,
			       union ln_sockaddr *out);

/* The reverse; LN_EUNSUP if it is of another family. */
int ln_address_from_kernel(const union ln_sockaddr *from,
			   struct ln_address *address);

/* Bytes of an address as a text, with the zero at its end. */
#define LN_ADDRESS_TEXT 72

/* Writes an address as ln_endpoint_parse reads it. Not on a fiber with little
 * stack left. */
void ln_address_format(const struct ln_address *address,
		       char text[LN_ADDRESS_TEXT]);

/* Whether it stands for every address of the machine: 0.0.0.0 or [::]. */
bool ln_address_unspecified(const struct ln_address *address);

/* Room for `count` addresses, free() frees it; NULL when memory is short. */
struct ln_addresses *ln_addresses_new(uint32_t count);

/* Parses "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80" or "name:80". If the host
 * is a literal address, endpoint->address is complete; otherwise its version is
 * 0 and the host must be looked up. LN_EFORMAT, with *reason set to a constant
 * text. Any bytes may be passed. */
int ln_endpoint_parse(const char *text, size_t len,
		      struct ln_endpoint *endpoint, const char **reason);

#endif
