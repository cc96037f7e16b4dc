/* An answer of DNS that names nodes: any bytes, for each type. Whatever is
 * found must be an address that a node can have. */
#include <arpa/nameser.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/find_dns.h"
#include "mesh/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int types[] = { ns_t_a, ns_t_aaaa, ns_t_srv };
	static struct ln_found found;
	uint8_t *answer = malloc(size > 0 ? size : 1);

	if (answer == NULL)
		return 0;
	memcpy(answer, data, size);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		found.count = 0;
		/* An error is an answer, too. */
		(void)ln_find_dns_read(answer, size, types[i], 7000, &found);
		for (size_t at = 0; at < found.count; at++) {
			const char *address = found.addresses[at];

			if (!ln_mesh_address_valid(address, strlen(address)))
				abort();
		}
	}
	free(answer);
	return 0;
}
