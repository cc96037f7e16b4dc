/* Queries for attributes of nodes: any bytes. What was decoded are lines, and
 * finds a node that has just these. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "node/attributes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *lines;

	if (size > LN_QUERY_MAX || ln_query_parse(data, size, &lines) < 0)
		return 0;
	if (strlen(lines) > 2 * size + 2 || !ln_query_matches(lines, lines))
		abort();
	free(lines);
	return 0;
}
