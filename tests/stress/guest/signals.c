// Computes on many processes, some of which recurse deeply, for as many seconds
// as its argument says: all come to the same result again and again.
#include "../../guest/check.h"

#include <time.h>

enum { BOSS = 1, RESULT };

#define COUNTERS 12
#define DEPTH 2000

static uint32_t mix(uint32_t value, int rounds)
{
	for (int i = 0; i < rounds; i++)
		value = value * 1664525 + 1013904223;
	return value;
}

__attribute__((noinline)) static uint32_t dig(uint32_t depth, uint32_t value)
{
	uint32_t here = mix(value, 100);

	if (depth > 0)
		value = dig(depth - 1, value * 3 + 1);
	return here + value;
}

static uint32_t work(uint32_t kind)
{
	return kind % 2 == 0 ? mix(kind, 1000000) : dig(DEPTH, kind);
}

ENTRY(compute)(int32_t kind)
{
	uint32_t first = work((uint32_t)kind);
	uint64_t boss;

	CHECK_EQ(receive_tag(BOSS, 0), DATA);
	boss = lunatic_message_take_process(0);
	for (;;) {
		CHECK_EQ(work((uint32_t)kind), first);
		send_number(boss, RESULT, kind);
	}
}

int main(int argc, char **argv)
{
	int counts[COUNTERS] = { 0 };
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 3);

	for (int i = 0; i < COUNTERS; i++)
		send_this(spawn_with("compute", RESULT, i), BOSS);
	while (time(NULL) < end) {
		CHECK_EQ(receive_tag(RESULT, SOON), DATA);
		counts[read_number()]++;
	}
	for (int i = 0; i < COUNTERS; i++)
		CHECK(counts[i] > 0);
	puts("passed");
}
