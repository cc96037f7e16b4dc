/* Conversion of addresses between guest, kernel and text. */
#include "net/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

socklen_t ln_address_to_kernel(const struct ln_address *address,
			       union ln_sockaddr *out)
{
	memset(out, 0, sizeof(*out));
	if (address->version == 4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(address->port);
		memcpy(&out->v4.sin_addr, address->ip, 4);
		return sizeof(out->v4);
	}
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(address->port);
	out->v6.sin6_flowinfo = address->flow_info;
	out->v6.sin6_scope_id = address->scope_id;
	memcpy(&out->v6.sin6_addr, address->ip, 16);
	return sizeof(out->v6);
}

int ln_address_from_kernel(const union ln_sockaddr *from,
			   struct ln_address *address)
{
	*address = (struct ln_address){ .version = 0 };
	switch (from->any.sa_family) {
	case AF_INET:
		address->version = 4;
		address->port = ntohs(from->v4.sin_port);
		memcpy(address->ip, &from->v4.sin_addr, 4);
		return 0;
	case AF_INET6:
		address->version = 6;
		address->port = ntohs(from->v6.sin6_port);
		address->flow_info = from->v6.sin6_flowinfo;
		address->scope_id = from->v6.sin6_scope_id;
		memcpy(address->ip, &from->v6.sin6_addr, 16);
		return 0;
	default:
		return LN_EUNSUP;
	}
}

void ln_address_format(const struct ln_address *address,
		       char text[LN_ADDRESS_TEXT])
{
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(address->version == 4 ? AF_INET : AF_INET6, address->ip, ip,
		  sizeof(ip));
	if (address->version == 4)
		snprintf(text, LN_ADDRESS_TEXT, "%s:%u", ip, address->port);
	else if (address->scope_id == 0)
		snprintf(text, LN_ADDRESS_TEXT, "[%s]:%u", ip, address->port);
	else
		snprintf(text, LN_ADDRESS_TEXT, "[%s%%%u]:%u", ip,
			 address->scope_id, address->port);
}

bool ln_address_unspecified(const struct ln_address *address)
{
	static const uint8_t zero[sizeof(address->ip)];

	return memcmp(address->ip, zero, address->version == 4 ? 4 : 16) == 0;
}

struct ln_addresses *ln_addresses_new(uint32_t count)
{
	struct ln_addresses *addresses =
		malloc(sizeof(*addresses) + count * sizeof(addresses->list[0]));

	if (addresses != NULL)
		*addresses = (struct ln_addresses){ .count = count };
	return addresses;
}

/* Reads a decimal number that fills the text; false: it does not, or the number
 * is larger than `max`. */
static bool parse_number(const char *text, size_t len, uint32_t max,
			 uint32_t *number)
{
	uint64_t value = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > max)
			return false;
	}
	*number = (uint32_t)value;
	return true;
}

/* The text between brackets: an IPv6 address, possibly with %scope. */
static bool parse_v6(char *host, struct ln_address *address)
{
	char *scope = strchr(host, '%');

	if (scope != NULL) {
		*scope++ = '\0';
		if (!parse_number(scope, strlen(scope), UINT32_MAX,
				  &address->scope_id))
			return false;
	}
	return inet_pton(AF_INET6, host, address->ip) == 1;
}

static bool parse_literal(struct ln_endpoint *endpoint)
{
	size_t len = strlen(endpoint->host);
	char *host = endpoint->host;

	if (inet_pton(AF_INET, host, endpoint->address.ip) == 1) {
		endpoint->address.version = 4;
		return true;
	}
	if (len < 2 || host[0] != '[' || host[len - 1] != ']')
		return true; /* a name */
	host[len - 1] = '\0';
	endpoint->address.version = 6;
	return parse_v6(host + 1, &endpoint->address);
}

int ln_endpoint_parse(const char *text, size_t len,
		      struct ln_endpoint *endpoint, const char **reason)
{
	const char *colon = len > 0 ? memrchr(text, ':', len) : NULL;
	size_t host_len;
	uint32_t port;

	*endpoint = (struct ln_endpoint){ .address.version = 0 };
	*reason = "invalid socket address";
	if (colon == NULL)
		return LN_EFORMAT;
	host_len = (size_t)(colon - text);
	if (host_len > 0 && memchr(text, '\0', host_len) != NULL)
		return LN_EFORMAT;
	if (host_len > LN_HOST_MAX) {
		*reason = "the host name is too long";
		return LN_EFORMAT;
	}
	if (!parse_number(colon + 1, len - host_len - 1, UINT16_MAX, &port)) {
		*reason = "invalid port value";
		return LN_EFORMAT;
	}
	endpoint->address.port = (uint16_t)port;
	memcpy(endpoint->host, text, host_len);
	return parse_literal(endpoint) ? 0 : LN_EFORMAT;
}
