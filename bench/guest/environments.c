/*
 * Makes environments that allow what this one does, adds this module to each,
 * and drops them: how long one takes.
 */
#include "bench.h"

#include <stdlib.h>

#define ROUNDS 5
#define TIMES 1000

static uint64_t environments[TIMES];
static uint64_t modules[TIMES];

int main(void)
{
	uint64_t config = lunatic_process_create_config(UINT64_MAX, 0);

	lunatic_process_allow_namespace(config, "", 0);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		for (int i = 0; i < TIMES; i++) {
			if (lunatic_process_create_environment(
				    config, &environments[i]) != 0)
				abort();
		}
		report("environment", now() - start, TIMES);
		start = now();
		for (int i = 0; i < TIMES; i++) {
			if (lunatic_process_add_this_module(environments[i],
							    &modules[i]) != 0)
				abort();
		}
		report("addmodule", now() - start, TIMES);
		for (int i = 0; i < TIMES; i++) {
			lunatic_process_drop_module(modules[i]);
			lunatic_process_drop_environment(environments[i]);
		}
	}
	return 0;
}
