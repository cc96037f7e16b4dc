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

/* Into an environment of its own, which this process has made, or has the host
 * make for a configuration. */
#ifdef GENERATION_13

static uint64_t elsewhere(void)
{
	return lunatic_process_create_config();
}

static uint32_t start_in(uint64_t config, uint64_t *process)
{
	return lunatic_process_spawn(0, config, OWN, "child", 5, NULL, 0,
				     process);
}

#else

static uint64_t elsewhere(void)
{
	uint64_t config = lunatic_process_create_config(UINT64_MAX, 0);
	uint64_t environment, module;

	lunatic_process_allow_namespace(config, "", 0);
	if (lunatic_process_create_environment(config, &environment) != 0 ||
	    lunatic_process_add_this_module(environment, &module) != 0)
		abort();
	return module;
}

static uint32_t start_in(uint64_t module, uint64_t *process)
{
	return lunatic_process_spawn(0, module, "child", 5, NULL, 0, process);
}

#endif

static void cycles_in(uint64_t place, uint32_t times)
{
	for (uint32_t i = 0; i < times; i++) {
		uint64_t process;

		if (start_in(place, &process) != 0)
			abort();
		send_process(process, this_process());
		receive_number();
		drop_process(process);
	}
}

static void cycles(uint32_t times)
{
	for (uint32_t i = 0; i < times; i++) {
		uint64_t process = spawn("child", NULL);

		send_process(process, this_process());
		receive_number();
		drop_process(process);
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
	uint64_t place = elsewhere();

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		cycles(TIMES);
		report("spawn", now() - began, TIMES);
		began = now();
		cycles_in(place, TIMES);
		report("spawnenv", now() - began, TIMES);
	}
	for (int i = 0; i < PARENTS; i++) {
		parents[i] = spawn("parent", &times);
		send_process(parents[i], this_process());
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		for (int i = 0; i < PARENTS; i++)
			send_number(parents[i], 0, 0);
		for (int i = 0; i < PARENTS; i++)
			receive_number();
		report("spawn4", now() - began, TIMES);
	}
	return 0;
}
