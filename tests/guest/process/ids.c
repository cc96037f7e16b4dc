// Ids of processes: what identifies a process, and the numbers that stand for
// it here.
//
// stdout: passed
#include "../check.h"

ENTRY(tell_id)(void)
{
	uint64_t to;
	uint8_t uuid[16];

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	lunatic_process_id(lunatic_process_this(), uuid);
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data(uuid, 16);
	lunatic_message_send(to);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

// Version 4, variant 1, as a little-endian number: its last byte comes first.
static void is_random_uuid(const uint8_t uuid[16])
{
	CHECK_EQ(uuid[9] >> 4, 4);
	CHECK_EQ(uuid[7] >> 6, 2);
}

static void agree(void)
{
	uint8_t mine[18], back[16];
	uint64_t child = spawn("tell_id", 0);
	uint64_t same = lunatic_process_clone_process(child);

	// It stores 16 bytes and no more, without alignment.
	memset(mine, 0xee, sizeof(mine));
	lunatic_process_id(child, mine + 1);
	CHECK_EQ(mine[0], 0xee);
	CHECK_EQ(mine[17], 0xee);
	is_random_uuid(mine + 1);
	send_this(child, 0);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_read_data(back, 16), 16);
	CHECK(memcmp(mine + 1, back, 16) == 0);
	lunatic_process_drop_process(child);
	lunatic_process_id(same, back);
	CHECK(memcmp(mine + 1, back, 16) == 0);
	lunatic_process_id(lunatic_process_this(), back);
	CHECK(memcmp(mine + 1, back, 16) != 0);
}

static void all_differ(void)
{
	static uint8_t uuids[2000][16];

	for (int i = 0; i < 2000; i++) {
		uint64_t child = spawn("tell_id", 0);

		lunatic_process_id(child, uuids[i]);
		is_random_uuid(uuids[i]);
		send_this(child, 0);
		lunatic_process_drop_process(child);
		CHECK_EQ(receive_any(SOON), DATA);
	}
	qsort(uuids, 2000, 16, compare);
	for (int i = 1; i < 2000; i++)
		CHECK(memcmp(uuids[i - 1], uuids[i], 16) != 0);
}

// Numbers go up from where they are and are never used again.
static void numbers(void)
{
	uint64_t last = lunatic_process_this();

	for (int i = 0; i < 10000; i++) {
		uint64_t next = i % 2 ? lunatic_process_clone_process(last)
				      : lunatic_process_this();

		CHECK_EQ(next, last + 1);
		lunatic_process_drop_process(last);
		last = next;
	}
}

// Many at the same time, and all of them good.
static void many(void)
{
	uint64_t first = lunatic_process_this();
	uint8_t mine[16], back[16];

	lunatic_process_id(first, mine);
	for (uint64_t i = 1; i < 100000; i++)
		CHECK_EQ(lunatic_process_clone_process(first), first + i);
	for (uint64_t i = 0; i < 100000; i += 3)
		lunatic_process_drop_process(first + i);
	for (uint64_t i = 0; i < 100000; i++) {
		if (i % 3 == 0)
			continue;
		lunatic_process_id(first + i, back);
		CHECK(memcmp(mine, back, 16) == 0);
	}
}

int main(void)
{
	CHECK_EQ(lunatic_process_this(), 0);
	agree();
	all_differ();
	numbers();
	many();
	puts("passed");
	return 0;
}
