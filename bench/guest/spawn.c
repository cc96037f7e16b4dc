/*
 * Spawns a process that sends one message back and ends, waits for that, and
 * goes on: one parent, in its own environment and in one that it has made, then
 * four at once. The child learns who its parent is
 * from a message, as there is no other way.
 */
#include "bench.h"

#include <stdlib.h>

#define ROUNDS 5
#define TIMES 20000
#define PARENTS 4

ENTRY(child)
void child(void)
{
	send_number(receive_process(), 0, 1);
}

/* In an environment of its own, which this process has made. */
static uint64_t other_module(void)
{
	uint64_t config = lunatic_process_create_config(UINT64_MAX, 0);
	uint64_t environment, module;

	lunatic_process_allow_namespace(config, "", 0);
	if (lunatic_process_create_environment(config, &environment) != 0 ||
	    lunatic_process_add_this_module(environment, &module) != 0)
		abort();
	return module;
}

static void cycles_in(uint64_t module, uint32_t times)
{
	for (uint32_t i = 0; i < times; i++) {
		uint64_t process;

		if (lunatic_process_spawn(0, module, "child", 5, NULL, 0,
					  &process) != 0)
			abort();
		send_process(process, lunatic_process_this());
		receive_number();
		lunatic_process_drop_process(process);
	}
}

static void cycles(uint32_t times)
{
	for (uint32_t i = 0; i < times; i++) {
		uint64_t process = spawn("child", NULL);

		send_process(process, lunatic_process_this());
		receive_number();
		lunatic_process_drop_process(process);
	}
}

ENTRY(parent)
void parent(uint32_t times)
{
	uint64_t starter = receive_process();

	for (int round = 0; round < ROUNDS; round++) {
		receive_number();
		cycles(times);
		send_number(starter, 0, 1);
	}
}

int main(void)
{
	const uint32_t times = TIMES / PARENTS;
	uint64_t parents[PARENTS];
	uint64_t module = other_module();

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		cycles(TIMES);
		report("spawn", now() - start, TIMES);
		start = now();
		cycles_in(module, TIMES);
		report("spawnenv", now() - start, TIMES);
	}
	for (int i = 0; i < PARENTS; i++) {
		parents[i] = spawn("parent", &times);
		send_process(parents[i], lunatic_process_this());
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = now();

		for (int i = 0; i < PARENTS; i++)
			send_number(parents[i], 0, 0);
		for (int i = 0; i < PARENTS; i++)
			receive_number();
		report("spawn4", now() - start, TIMES);
	}
	return 0;
}
