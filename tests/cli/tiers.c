// Processes that live at the same time, more of them than have room in the fast
// tier; each writes into its memory and finds it there later.
// tests/cli/tiers.sh runs it.
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY(name) __attribute__((export_name(#name))) void name
#define PAGE 4096
#define TIMED_OUT 9027
#define SOON 60000

static char area[20 * PAGE];
static volatile char text[2 * PAGE] = "what all begin with";

static uint64_t take_boss(void)
{
	if (lunatic_message_receive(NULL, 0, SOON) != 0)
		abort();
	return lunatic_message_take_process(0);
}

static void say(uint64_t to, int64_t number)
{
	lunatic_message_create_data(1, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_send(to);
}

static void check(int fill)
{
	for (size_t i = 0; i < sizeof(area); i++) {
		if (area[i] != (char)(i % 997 == 0 ? fill : 0))
			abort();
	}
}

// Says that it is there, waits, and says whether it still has what it wrote.
ENTRY(child)(int32_t number)
{
	uint64_t boss = take_boss();
	int fill = number % 100 + 1;

	check(0);
	if (strcmp((const char *)text, "what all begin with") != 0)
		abort();
	for (size_t i = 0; i < sizeof(area); i += 997)
		area[i] = (char)fill;
	text[PAGE + 5] = 1;
	if (number % 7 == 0 && __builtin_wasm_memory_grow(0, 1) == SIZE_MAX)
		abort();
	say(boss, number);
	(void)take_boss();
	check(fill);
	say(boss, number);
}

static int64_t hear(void)
{
	int64_t number;

	if (lunatic_message_receive(NULL, 0, SOON) != 0)
		return -1;
	if (lunatic_message_read_data(&number, sizeof(number)) !=
	    sizeof(number))
		abort();
	return number;
}

static void send_this(uint64_t to)
{
	lunatic_message_create_data(1, 0);
	(void)lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(to);
}

static uint64_t spawn(int32_t number)
{
	unsigned char parameter[17] = { 0x7f };
	uint64_t id;

	memcpy(parameter + 1, &number, sizeof(number));
	if (lunatic_process_inherit_spawn(0, "child", 5, parameter,
					  sizeof(parameter), &id) != 0)
		abort();
	send_this(id);
	return id;
}

static void round_of(uint64_t *ids, int count)
{
	for (int i = 0; i < count; i++)
		ids[i] = spawn(i);
	for (int i = 0; i < count; i++) {
		if (hear() < 0)
			abort();
	}
	for (int i = 0; i < count; i++)
		send_this(ids[i]);
	for (int i = 0; i < count; i++) {
		if (hear() < 0)
			abort();
		lunatic_process_drop_process(ids[i]);
	}
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 100;
	int rounds = argc > 2 ? atoi(argv[2]) : 3;
	uint64_t *ids = calloc((size_t)count, sizeof(*ids));

	if (ids == NULL)
		return 1;
	for (int i = 0; i < rounds; i++)
		round_of(ids, count);
	puts("done");
	return 0;
}
