/* lunatic::error: the texts behind error ids. */
#include <string.h>

#include "base/error.h"
#include "host/abi_gen.h"
#include "host/result.h"

/* NULL: there is none, and the guest has been trapped. */
static const char *find(struct ln_guest *guest, uint64_t id)
{
	const char *text = ln_guest_get(guest, LN_RESOURCE_ERROR, id);

	if (text == NULL)
		ln_host_missing(guest, LN_RESOURCE_ERROR, id);
	return text;
}

int ln_host_error_string_size(struct ln_guest *guest, uint64_t error,
			      uint32_t *result)
{
	const char *text = find(guest, error);

	if (text == NULL)
		return LN_ETRAP;
	*result = (uint32_t)strlen(text);
	return 0;
}

int ln_host_error_to_string(struct ln_guest *guest, uint64_t error,
			    uint32_t text)
{
	const char *from = find(guest, error);
	uint8_t *to;
	size_t len;

	if (from == NULL)
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
