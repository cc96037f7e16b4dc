/*
 * Spawns processes that end at once, a hundred at a time. Each tells its
 * parent, whose id is its argument, and that is all. The original runs it, too.
 */
#define GENERATION_13
#include "../bench.h"

#define ROUNDS 5
#define TIMES 10000
#define BATCH 100
#define PARAMETER_I64 0x7e

ENTRY(child)
void child(uint64_t parent)
{
	send_number(parent, 0, 1);
}

static void batch(const uint8_t *params, size_t length)
{
	for (int i = 0; i < BATCH; i++) {
		uint64_t process;

		if (start("child", params, length, &process) != 0)
			__builtin_trap();
	}
	for (int i = 0; i < BATCH; i++)
		receive_number();
}

int main(void)
{
	uint8_t params[17] = { PARAMETER_I64 };
	uint64_t parent = this_process();

	memcpy(params + 1, &parent, sizeof(parent));
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t began = now();

		for (int i = 0; i < TIMES / BATCH; i++)
			batch(params, sizeof(params));
		report("spawnend", now() - began, TIMES);
	}
	return 0;
}
