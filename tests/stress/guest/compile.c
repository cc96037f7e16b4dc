// How long it takes to add a tiny module: alone, then beside modules that the
// compiler works on for long, in this environment and in one of its neighbours.
// Prints the longest of each, in microseconds, and how long the first reply
// took.
#include "../../guest/bomb.h"
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 100
#define BOMBERS 4

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static uint8_t bytes[BOMB_SIZE];

// Adds bombs for ever, each of other bytes.
__attribute__((export_name("bomber"))) void bomber(int32_t number)
{
	for (uint32_t i = 0;; i++) {
		size_t len = bomb_make(
			bytes, 500 + (i * BOMBERS) % 400 + (uint32_t)number,
			500);
		uint64_t module;

		if (lunatic_process_add_module(lunatic_process_this_env(),
					       bytes, len, &module) == 0)
			lunatic_process_drop_module(module);
	}
}

static int64_t longest(uint64_t environment, uint32_t *depth)
{
	int64_t worst = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t locals = ++*depth % 20 + 1;
		size_t len = bomb_make(bytes, *depth / 20 % 20 + 1, locals);
		int64_t begin = now();
		uint64_t module;

		if (lunatic_process_add_module(environment, bytes, len,
					       &module) != 0) {
			puts("a module was refused");
			exit(1);
		}
		int64_t took = now() - begin;

		lunatic_process_drop_module(module);
		if (took > worst)
			worst = took;
		lunatic_process_sleep_ms(10);
	}
	return worst;
}

int main(void)
{
	uint64_t config = lunatic_process_create_config(1 << 20, 1);
	uint64_t neighbour;
	uint32_t depth = 0;

	if (lunatic_process_create_environment(config, &neighbour) != 0)
		return 1;
	printf("alone %lld\n", (long long)longest(neighbour, &depth));
	for (int32_t i = 0; i < BOMBERS; i++) {
		uint8_t params[17] = { 0x7f, (uint8_t)i };
		uint64_t process;

		if (lunatic_process_inherit_spawn(0, "bomber", 6, params,
						  sizeof(params),
						  &process) != 0)
			return 1;
	}
	lunatic_process_sleep_ms(500);
	printf("beside %lld\n", (long long)longest(neighbour, &depth));
	return 0;
}
