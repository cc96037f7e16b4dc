/*
 * The cost of a call into the host: one that does nothing but return a number,
 * and one that looks an id up and stores 16 bytes through a pointer. A loop
 * without a call is subtracted.
 */
#include "bench.h"

#define ROUNDS 5
#define CALLS 5000000

static uint64_t empty_loop(void)
{
	uint64_t start = now();

	/* The empty statement keeps the compiler from dropping the loop. */
	for (uint32_t i = 0; i < CALLS; i++)
		__asm__ volatile("");
	return now() - start;
}

static uint64_t plain_calls(void)
{
	uint64_t start = now();

	for (uint32_t i = 0; i < CALLS; i++)
		lunatic_version_major();
	return now() - start;
}

static uint64_t pointer_calls(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t start = now();
	uint8_t uuid[16];

	for (uint32_t i = 0; i < CALLS; i++)
		lunatic_process_id(self, uuid);
	lunatic_process_drop_process(self);
	return now() - start;
}

static void report_above(const char *series, uint64_t ns, uint64_t base)
{
	report(series, ns > base ? ns - base : 0, CALLS);
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t base = empty_loop();

		report_above("hostcall", plain_calls(), base);
		report_above("hostcallptr", pointer_calls(), base);
	}
	return 0;
}
