/* lunatic::error: the texts behind error ids. */
#include <string.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/result.h"

static int find(struct ln_guest *guest, uint64_t id, const char **text)
{
	*text = ln_guest_get(guest, LN_RESOURCE_ERROR, id);
	if (*text == NULL)
		return ln_host_missing(guest, LN_RESOURCE_ERROR, id);
	return 0;
}

int ln_host_error_string_size(struct ln_guest *guest, uint64_t error,
			      uint32_t *result)
{
	const char *text;

	if (find(guest, error, &text) < 0)
		return LN_ETRAP;
	*result = (uint32_t)strlen(text);
	return 0;
}

int ln_host_error_to_string(struct ln_guest *guest, uint64_t error,
			    uint32_t text)
{
	const char *from;
	uint8_t *to;
	size_t len;

	if (find(guest, error, &from) < 0)
		return LN_ETRAP;
	len = strlen(from);
	to = ln_guest_memory(guest, text, len);
	if (to == NULL)
		return ln_guest_trap(guest,
				     "argument `text` points outside of the "
				     "exported memory");
	memcpy(to, from, len);
	return 0;
}

int ln_host_error_drop(struct ln_guest *guest, uint64_t error)
{
	return ln_host_drop(guest, LN_RESOURCE_ERROR, error);
}
