// A crowd of processes that wait in random ways for random times, around the
// time after which they are folded, and meanwhile wake, kill and unlink each
// other. Each checks its memory and its stack after every wait. The first one
// ends when all have done their rounds; arguments: processes, rounds.
#include "../../guest/check.h"

#define WORK 3
#define NEVER_SENT 4
#define DONE 5
#define FRIENDS 4
#define PAGE 3000

static uint8_t page[PAGE];
static uint32_t seed;
static uint64_t friends[FRIENDS];
static uint64_t boss;

static uint32_t any(uint32_t bound)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % bound;
}

static void fill(uint8_t *bytes, size_t len, uint32_t from)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)((from += 0x9e37) >> 8);
}

static void check_filled(const uint8_t *bytes, size_t len, uint32_t from)
{
	for (size_t i = 0; i < len; i++)
		CHECK_EQ(bytes[i], (uint8_t)((from += 0x9e37) >> 8));
}

static void wait_somehow(void)
{
	int64_t tags[3] = { NEVER_SENT, WORK, NEVER_SENT };
	uint32_t ms = 5u << any(6);
	uint8_t frame[500];
	uint32_t from = seed;

	fill(frame, sizeof(frame), from);
	switch (any(4)) {
	case 0:
		lunatic_process_sleep_ms(ms);
		break;
	case 1:
		lunatic_message_receive(tags, 1, ms);
		break;
	case 2:
		lunatic_message_receive(tags, 3, ms);
		break;
	default:
		lunatic_message_receive(NULL, 0, ms);
	}
	check_filled(frame, sizeof(frame), from);
}

static void rounds(int32_t number, int32_t count)
{
	uint8_t *block = NULL;
	size_t len = 0;

	while (count-- > 0) {
		uint32_t from = any(100000);

		fill(page, sizeof(page), from);
		if (block != NULL)
			fill(block, len, from + 1);
		wait_somehow();
		check_filled(page, sizeof(page), from);
		if (block != NULL)
			check_filled(block, len, from + 1);
		if (any(20) == 0) {
			free(block);
			len = 1 + any(100000);
			block = malloc(len);
			CHECK(block != NULL);
			memset(block, 0, len);
		}
		send_number(friends[any(FRIENDS)], WORK, number);
	}
}

// Its friends come in the first message; its boss is the last of them.
ENTRY(one)(int32_t number, int32_t count)
{
	seed = (uint32_t)number * 7919 + 1;
	CHECK_EQ(receive_tag(1, 60000), DATA);
	for (int i = 0; i < FRIENDS; i++)
		friends[i] = lunatic_message_take_process((uint64_t)i);
	boss = lunatic_message_take_process(FRIENDS);
	rounds(number, count);
	send_number(boss, DONE, number);
}

// Is killed while it waits, sooner or later.
ENTRY(victim)(int32_t number, int32_t count)
{
	(void)count;
	seed = (uint32_t)number * 104729 + 1;
	fill(page, sizeof(page), 5);
	for (;;) {
		wait_somehow();
		check_filled(page, sizeof(page), 5);
	}
}

// Takes its link with it after a while.
ENTRY(leader)(int32_t number, int32_t count)
{
	(void)count;
	seed = (uint32_t)number;
	lunatic_process_sleep_ms(any(20));
	exit(3);
}

static uint64_t spawn_two(const char *entry, int64_t link, int32_t a, int32_t b)
{
	uint8_t params[2 * PARAM_SIZE] = { I32 };
	uint64_t process;

	params[PARAM_SIZE] = I32;
	memcpy(params + 1, &a, sizeof(a));
	memcpy(params + PARAM_SIZE + 1, &b, sizeof(b));
	CHECK_EQ(lunatic_process_inherit_spawn(link, entry, strlen(entry),
					       params, sizeof(params),
					       &process),
		 0);
	return process;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 200;
	int turns = argc > 2 ? atoi(argv[2]) : 100;
	uint64_t *all = calloc((size_t)count, sizeof(*all));
	int64_t done = DONE;

	CHECK(all != NULL);
	seed = 1;
	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < count; i++)
		all[i] = spawn_two("one", 0, i, turns);
	for (int i = 0; i < count; i++) {
		lunatic_message_create_data(1, 0);
		for (int j = 0; j < FRIENDS; j++)
			lunatic_message_push_process(
				lunatic_process_clone_process(
					all[any((uint32_t)count)]));
		lunatic_message_push_process(lunatic_process_this());
		lunatic_message_send(all[i]);
	}
	for (int ended = 0; ended < count;) {
		uint64_t victim = spawn_two("victim", 0, ended, 0);
		uint64_t leader = spawn_two("leader", 77, ended, 0);

		lunatic_process_drop_process(leader);
		if (lunatic_message_receive(&done, 1, 1 + any(5)) == DATA)
			ended++;
		lunatic_process_kill(victim);
		lunatic_process_drop_process(victim);
	}
	puts("passed");
	return 0;
}
