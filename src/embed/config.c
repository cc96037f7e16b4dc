/*
 * DESIGN
 * Config structs grow at their end. The caller's struct may be older than ours
 * (missing members keep our defaults) or newer (members that we do not know
 * must be zero, which means "as before" for every new member). No struct has
 * padding at its end, where a new member would not change the size. The size is
 * the first member, written by the init function, and bounded here, so that a
 * struct that was never initialised is usually recognised and is not read far.
 */
#include <string.h>

#include "base/error.h"
#include "embed/embed.h"

#define MAX_BYTES 4096

int ln_embed_read_config(void *own, size_t own_size, const void *given)
{
	const unsigned char *bytes = given;
	size_t size;

	memcpy(&size, given, sizeof(size));
	if (size <= sizeof(size) || size > MAX_BYTES)
		return LN_EINVAL;
	for (size_t i = own_size; i < size; i++) {
		if (bytes[i] != 0)
			return LN_EINVAL;
	}
	memcpy(own, given, size < own_size ? size : own_size);
	return 0;
}

int ln_embed_write_config(void *config, size_t size, const void *defaults,
			  size_t defaults_size)
{
	if (config == NULL || size <= sizeof(size) || size > MAX_BYTES)
		return LN_EINVAL;
	memset(config, 0, size);
	memcpy(config, defaults, size < defaults_size ? size : defaults_size);
	memcpy(config, &size, sizeof(size));
	return 0;
}
