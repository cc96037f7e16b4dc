/*
 * Finding a process of another node by its name and exact version, beside
 * 10,000 others, in the copy that each node has; the id that is found is
 * dropped again, which is part of the figure. With an argument it is the other
 * node.
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

static uint32_t look_up(const char name[12], uint64_t *found)
{
	return lunatic_cluster_lookup(name, 12, "=1.2.3", 6, found);
}

static void hold(void)
{
	uint64_t self = lunatic_process_this();
	char name[12];

	for (uint32_t i = 0; i < NAMES; i++) {
		name_of(i, name);
		if (lunatic_cluster_register(name, sizeof(name), "1.2.3", 5,
					     self, 0) != 0)
			__builtin_trap();
	}
	lunatic_process_sleep_ms(600000);
}

int main(int argc, char **argv)
{
	uint64_t found;
	char name[12];

	(void)argv;
	if (argc > 1)
		hold();
	name_of(NAMES - 1, name);
	while (look_up(name, &found) != 0)
		lunatic_process_sleep_ms(1);
	name_of(NAMES / 2, name);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		for (uint32_t i = 0; i < CALLS; i++) {
			if (look_up(name, &found) != 0)
				__builtin_trap();
			lunatic_process_drop_process(found);
		}
		report("clusterlookup", now() - start, CALLS);
	}
	return 0;
}
