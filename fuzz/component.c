/* Bytes of any content as a component: what is found of its modules adds up,
 * and hiding names changes nothing else. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/component.h"
#include "engine/scan.h"
#include "engine/weight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char problem[320] = "";
	struct ln_weight weight;
	struct ln_scan scan;
	uint8_t *copy;
	int error;

	if (!ln_component_is(data, size))
		return 0;
	error = ln_component_scan(data, size, &scan, problem, sizeof(problem));
	if ((error < 0) != (problem[0] != '\0') ||
	    memchr(problem, '\0', sizeof(problem)) == NULL ||
	    strchr(problem, '\n') != NULL)
		abort();
	if (error < 0)
		return 0;
	if (scan.functions > LN_SCAN_MAX_FUNCTIONS)
		abort();
	if (ln_component_weigh(data, size, &weight) == LN_ENOMEM)
		return 0;
	if (ln_component_hide_names(data, size, &copy) == 0 && copy != NULL) {
		/* The copy has no name left, and is as before otherwise. */
		if (ln_component_scan(copy, size, &scan, problem,
				      sizeof(problem)) != error)
			abort();
		free(copy);
	}
	return 0;
}
