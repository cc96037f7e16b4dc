// Spawns, links, kills and lets die, in waves; after each tenth it prints a
// line and waits for one, so that somebody can look at the program meanwhile.
#include "../../guest/check.h"

enum { BOSS = 1, READY, GO };

#define WAVE 500

// What a life finds is as new, and what it leaves is not.
static volatile int32_t marked = 41;
static volatile uint8_t empty[20000];

static void be_new(void)
{
	CHECK_EQ(marked, 41);
	marked = -1;
	for (size_t i = 0; i < sizeof(empty); i += 499) {
		CHECK_EQ(empty[i], 0);
		empty[i] = 77;
	}
}

ENTRY(end)(void)
{
	be_new();
}

ENTRY(fail)(void)
{
	be_new();
	exit(1);
}

ENTRY(trap)(void)
{
	be_new();
	__builtin_trap();
}

// Touches memory of its own, answers, waits to be killed.
ENTRY(serve)(int32_t kilobytes)
{
	size_t pages = ((size_t)kilobytes + 63) / 64;
	uint64_t boss;

	be_new();
	if (pages > 0) {
		size_t at = __builtin_wasm_memory_grow(0, pages);

		CHECK(at != SIZE_MAX);
		memset((void *)(at << 16), 1, pages << 16);
	}
	CHECK_EQ(receive_tag(BOSS, 0), DATA);
	boss = lunatic_message_take_process(0);
	send_this(boss, READY);
	receive_tag(GO, 0);
	exit(1);
}

ENTRY(spin)(void)
{
	be_new();
	for (volatile uint32_t i = 0;; i++)
		;
}

// Takes one that sleeps, one that spins and one that ends along.
ENTRY(family)(void)
{
	be_new();
	spawn("spin", 1);
	spawn_with("serve", 1, 100);
	spawn("end", 1);
	lunatic_process_sleep_ms(1);
	exit(1);
}

static uint32_t spawned, told, ready;

static void start(const char *entry, uint32_t members)
{
	lunatic_process_drop_process(spawn(entry, 7));
	spawned += members;
}

// One message more; links that were undone tell nothing.
static void note(void)
{
	uint64_t process;

	if (receive_any(SOON * 3) == LINK_DIED) {
		told++;
		return;
	}
	CHECK_EQ(lunatic_message_get_tag(), READY);
	process = lunatic_message_take_process(0);
	if (++ready % 2 == 0) {
		lunatic_process_unlink(process);
		lunatic_process_link(8, process);
	}
	send_number(process, GO, 0);
	lunatic_process_drop_process(process);
}

static void wave(uint32_t size)
{
	uint32_t wanted = 0;

	told = 0;
	ready = 0;
	for (uint32_t i = 0; i < size; i++) {
		uint64_t process;

		switch (i % 8) {
		case 0:
			start("family", 4);
			wanted++;
			break;
		case 1:
			start("trap", 1);
			wanted++;
			break;
		case 2:
		case 3:
			process = spawn_with("serve", 7, i % 16 * 40);
			spawned++;
			wanted++;
			send_this(process, BOSS);
			lunatic_process_drop_process(process);
			break;
		case 4:
			start("fail", 1);
			wanted++;
			break;
		default:
			start("end", 1);
		}
	}
	while (told < wanted)
		note();
}

int main(int argc, char **argv)
{
	uint32_t total = argc > 1 ? (uint32_t)atoi(argv[1]) : 10000;
	uint32_t part = 1;

	lunatic_process_die_when_link_dies(0);
	while (part <= 10) {
		while (spawned < total / 10 * part)
			wave(WAVE);
		printf("%u %u\n", part * 10, spawned);
		fflush(stdout);
		if (getchar() != '\n')
			return 2;
		part++;
	}
	return 0;
}
