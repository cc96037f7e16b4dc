/*
 * Makes configurations, environments and modules, spawns into them, and drops
 * everything, again and again; says "done" after each part and waits for a
 * line.
 */
#include "../../guest/process/env.h"

#define ROUNDS 1000

ENTRY(nothing)(void)
{
}

static void round_trip(int round)
{
	static const char text[] = "(module (func (export \"go\")))";
	uint64_t config = lunatic_process_create_config(MEMORY, round % 2);
	uint64_t environment, module, process;

	allow(config, "lunatic::");
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	CHECK_EQ(lunatic_process_add_module(environment, text, sizeof(text) - 1,
					    &module),
		 0);
	CHECK_EQ(lunatic_process_spawn(0, module, "go", 2, NULL, 0, &process),
		 0);
	lunatic_process_drop_module(module);
	lunatic_process_drop_process(process);
	CHECK_EQ(lunatic_process_add_module(environment, "(module", 7, &module),
		 1);
	lunatic_error_drop(module);
	lunatic_process_drop_environment(environment);
	lunatic_process_drop_config(config);
}

int main(void)
{
	for (int part = 0; part < 2; part++) {
		for (int i = 0; i < ROUNDS; i++)
			round_trip(i);
		puts("done");
		fflush(stdout);
		getchar();
	}
	return 0;
}
