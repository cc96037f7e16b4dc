// Processes that leave something in their memory, and others that look for it.
// tests/cli/uncleared.sh runs it where the kernel refuses what clears memory.
#include <lunatic/abi.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(name) __attribute__((export_name(#name))) void name
#define ROUNDS 24

static const char secret[] = "TOP-SECRET-BYTES";

// The first new byte.
static char *grow(uint32_t pages)
{
	size_t at = __builtin_wasm_memory_grow(0, pages);

	if (at == SIZE_MAX)
		abort();
	return (char *)(at << 16);
}

ENTRY(victim)(uint32_t pages)
{
	char *at = grow(pages);

	for (size_t i = 0; i < (size_t)pages << 16; i += 16)
		memcpy(at + i, secret, 16);
	_Exit(1);
}

// A few bytes on each page, and growth that moves what is there.
ENTRY(scattered)(uint32_t pages)
{
	for (uint32_t grown = 0; grown < pages; grown += pages / 4) {
		char *at = grow(pages / 4);

		for (size_t i = 1000; i < (size_t)(pages / 4) << 16; i += 4096)
			memcpy(at + i, secret, 16);
	}
	_Exit(1);
}

ENTRY(spy)(uint32_t pages)
{
	char *at = grow(pages);
	size_t count = 0;

	for (size_t i = 0; i < (size_t)pages << 16; i++)
		count += at[i] != 0;
	if (count > 0)
		printf("%zu bytes are not zero\n", count);
	_Exit(1);
}

static void run(const char *name, uint32_t pages)
{
	unsigned char parameter[17] = { 0x7f };
	uint64_t id;

	memcpy(parameter + 1, &pages, sizeof(pages));
	if (lunatic_process_inherit_spawn(1, name, strlen(name), parameter,
					  sizeof(parameter), &id) != 0)
		abort();
	// That it has ended with a failure is a message.
	if (lunatic_message_receive(NULL, 0, 60000) == 9027)
		abort();
}

int main(void)
{
	static const uint32_t sizes[] = { 4, 8, 16, 100 };

	lunatic_process_die_when_link_dies(0);
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t pages = sizes[round % 4];

		run(round % 3 == 0 ? "scattered" : "victim", pages);
		run("spy", pages);
	}
	puts("done");
	return 0;
}
