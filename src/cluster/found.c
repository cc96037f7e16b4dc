#include "cluster/found.h"

#include <string.h>

#include "net/address.h"

static bool is_there(const struct ln_found *found, const char *address,
		     size_t len)
{
	for (size_t i = 0; i < found->count; i++) {
		const char *at = found->addresses[i];

		if (strlen(at) == len && memcmp(at, address, len) == 0)
			return true;
	}
	return false;
}

/* Two addresses in a line are a mistake, no name. */
static bool has_blanks(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ')
			return true;
	}
	return false;
}

bool ln_found_add(struct ln_found *found, const char *address, size_t len)
{
	struct ln_endpoint endpoint;
	const char *reason;
	char *to;

	if (len >= LN_NODE_ADDRESS_SIZE || has_blanks(address, len) ||
	    ln_endpoint_parse(address, len, &endpoint, &reason) < 0 ||
	    endpoint.address.port == 0)
		return false;
	if (is_there(found, address, len))
		return true;
	if (found->count == LN_FOUND_MAX) {
		found->more = true;
		return true;
	}
	to = found->addresses[found->count++];
	memcpy(to, address, len);
	to[len] = '\0';
	return true;
}
