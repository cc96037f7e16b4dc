/* lunatic::version: the release of lunatic whose host functions these are. */
#include "host/abi_gen.h"

#define ABI_MAJOR 0
#define ABI_MINOR 13
#define ABI_PATCH 2

int ln_host_v13_version_major(struct ln_guest *guest, uint32_t *result)
{
	(void)guest;
	*result = ABI_MAJOR;
	return 0;
}

int ln_host_v13_version_minor(struct ln_guest *guest, uint32_t *result)
{
	(void)guest;
	*result = ABI_MINOR;
	return 0;
}

int ln_host_v13_version_patch(struct ln_guest *guest, uint32_t *result)
{
	(void)guest;
	*result = ABI_PATCH;
	return 0;
}
