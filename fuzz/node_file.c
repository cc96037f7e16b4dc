/* A file of nodes, and the texts of --discover: any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/discover.h"
#include "cluster/find_file.h"
#include "mesh/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ln_found found;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	found.count = 0;
	(void)ln_find_file_parse(text, size, &found);
	for (size_t at = 0; at < found.count; at++) {
		const char *address = found.addresses[at];

		if (!ln_mesh_address_valid(address, strlen(address)))
			abort();
	}
	text[size] = '\0';
	(void)ln_discover_valid(text);
	free(text);
	return 0;
}
