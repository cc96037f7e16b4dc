/*
 * Finding a process by its name and exact version, beside 10,000 others; the
 * id that is found is dropped again, which is part of the figure.
 */
#include "bench.h"

#define ROUNDS 5
#define CALLS 1000000
#define NAMES 10000

static void name_of(uint32_t number, char name[12])
{
	memcpy(name, "server-00000", 12);
	for (int at = 11; number > 0; at--, number /= 10)
		name[at] = (char)('0' + number % 10);
}

int main(void)
{
	uint64_t environment = lunatic_process_this_env();
	uint64_t self = lunatic_process_this();
	char name[12];

	for (uint32_t i = 0; i < NAMES; i++) {
		name_of(i, name);
		if (lunatic_process_register(name, sizeof(name), "1.2.3", 5,
					     environment, self) != 0)
			__builtin_trap();
	}
	name_of(NAMES / 2, name);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		for (uint32_t i = 0; i < CALLS; i++) {
			uint64_t found;

			if (lunatic_process_lookup(name, sizeof(name), "=1.2.3",
						   6, &found) != 0)
				__builtin_trap();
			lunatic_process_drop_process(found);
		}
		report("lookup", now() - start, CALLS);
	}
	return 0;
}
