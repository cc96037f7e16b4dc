/* "host:port" from a guest: any bytes. What is taken must be what was said:
 * printed again in one form, it is read as the same. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "net/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The text of an endpoint; the length that it would have. */
static size_t print(const struct ln_endpoint *endpoint, char *text, size_t size)
{
	const struct ln_address *address = &endpoint->address;
	char ip[INET6_ADDRSTRLEN];
	int len;

	if (address->version == 0) {
		len = snprintf(text, size, "%s:%u", endpoint->host,
			       address->port);
	} else if (address->version == 4) {
		inet_ntop(AF_INET, address->ip, ip, sizeof(ip));
		len = snprintf(text, size, "%s:%u", ip, address->port);
	} else {
		inet_ntop(AF_INET6, address->ip, ip, sizeof(ip));
		len = snprintf(text, size, "[%s%%%u]:%u", ip, address->scope_id,
			       address->port);
	}
	return len < 0 ? 0 : (size_t)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of just that length: one byte more is seen. */
	char *text = malloc(size > 0 ? size : 1);
	struct ln_endpoint first;
	struct ln_endpoint second;
	const char *reason = NULL;
	char again[LN_HOST_MAX + 16];
	size_t len;

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	if (ln_endpoint_parse(text, size, &first, &reason) == 0) {
		len = print(&first, again, sizeof(again));
		if (len >= sizeof(again) ||
		    ln_endpoint_parse(again, len, &second, &reason) < 0 ||
		    second.address.version != first.address.version ||
		    second.address.port != first.address.port ||
		    second.address.scope_id != first.address.scope_id ||
		    memcmp(second.address.ip, first.address.ip, 16) != 0)
			abort();
	} else if (reason == NULL) {
		abort();
	}
	free(text);
	return 0;
}
