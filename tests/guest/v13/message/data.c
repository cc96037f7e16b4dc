// Bytes, tags and timeouts of messages, and receivers that are not there.
//
// stdout: passed
#include "../check.h"

static uint64_t self;

static void bytes(void)
{
	char text[8] = { 0 };

	lunatic_message_create_data(-7, 3);
	CHECK_EQ(lunatic_message_get_tag(), -7);
	CHECK_EQ(lunatic_message_get_process_id(), 0);
	CHECK_EQ(lunatic_message_data_size(), 0);
	CHECK_EQ(lunatic_message_write_data("abc", 3), 3);
	CHECK_EQ(lunatic_message_write_data("", 0), 0);
	CHECK_EQ(lunatic_message_write_data("defg", 4), 4);
	CHECK_EQ(lunatic_message_data_size(), 7);
	CHECK_EQ(lunatic_message_read_data(text, 2), 2);
	CHECK_EQ(lunatic_message_send(self), 0);
	CHECK_EQ(receive_any(0), DATA);
	CHECK_EQ(lunatic_message_get_tag(), -7);
	CHECK_EQ(lunatic_message_get_process_id(), 0);
	// The position has travelled.
	CHECK_EQ(lunatic_message_read_data(text, 8), 5);
	CHECK(memcmp(text, "cdefg", 5) == 0);
	CHECK_EQ(lunatic_message_read_data(text, 8), 0);
	lunatic_message_seek_data(1);
	CHECK_EQ(lunatic_message_read_data(text, 1), 1);
	CHECK_EQ(text[0], 'b');
	// Any number is allowed as a hint.
	lunatic_message_create_data(INT64_MIN, UINT64_MAX);
	CHECK_EQ(lunatic_message_get_tag(), INT64_MIN);
	CHECK_EQ(lunatic_message_data_size(), 0);
}

static void tags(void)
{
	const int64_t wanted[] = { 5, INT64_MIN, 0 };

	for (int i = 0; i < 6; i++)
		send_number(self, i == 3 ? INT64_MIN : i, i);
	CHECK_EQ(lunatic_message_receive(wanted, 3, 0), DATA);
	CHECK_EQ(read_number(), 3);
	CHECK_EQ(lunatic_message_receive(wanted, 3, 0), DATA);
	CHECK_EQ(read_number(), 5);
	// 0 is no tag to look for.
	CHECK_EQ(lunatic_message_receive(wanted, 3, A_WHILE), TIMED_OUT);
	// A timeout leaves the scratch area as it was.
	CHECK_EQ(lunatic_message_get_tag(), 5);
	CHECK_EQ(receive_tag(2, NO_LIMIT), DATA);
	CHECK_EQ(read_number(), 2);
	expect_number(0, 0);
	expect_number(1, 1);
	expect_number(4, 4);
	CHECK_EQ(receive_any(0), TIMED_OUT);
	CHECK_EQ(receive_any(1), TIMED_OUT);
	// The address of no tags is not looked at.
	CHECK_EQ(lunatic_message_receive((void *)UINTPTR_MAX, 0, 0), TIMED_OUT);
}

ENTRY(replies)(int64_t to)
{
	expect_number(8, 80);
	lunatic_process_sleep_ms(A_WHILE);
	send_number((uint64_t)to, 9, 90);
}

static void waits(void)
{
	uint64_t child = spawn_with("replies", 0, (int64_t)self);

	send_number(child, 8, 80);
	CHECK_EQ(receive_tag(9, UINT64_MAX), DATA);
	CHECK_EQ(read_number(), 90);
	// So long that it cannot be added to the time of day.
	child = spawn_with("replies", 0, (int64_t)self);
	send_number(child, 8, 80);
	CHECK_EQ(receive_any(UINT64_MAX - 1), DATA);
	CHECK_EQ(read_number(), 90);
	await_end(child);
	// It was named a moment ago.
	send_number(child, 8, 80);
	send_number(child, 8, 80);
	CHECK(!lunatic_process_exists(child));
}

static void nobody(void)
{
	const uint64_t ids[] = { 0,          1,          77,
				 INT64_MAX,  INT64_MIN,  UINT64_MAX - 1,
				 UINT64_MAX, UINT32_MAX, self + 1 };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (ids[i] == self || lunatic_process_exists(ids[i]))
			continue;
		send_number(ids[i], 1, 1);
		send_number(ids[i], 1, 1);
	}
	expect_nothing();
}

ENTRY(counts)(int64_t to)
{
	int64_t sum = 0;

	for (int64_t number = 1; number > 0; sum += number)
		number = expect_any_number(3);
	send_number((uint64_t)to, 4, sum);
}

#define MANY 1000

// More receivers than are kept at a time, in turns; those that end meanwhile
// are forgotten.
static void many(void)
{
	static uint64_t ids[MANY];
	int64_t sum = 0;

	for (int i = 0; i < MANY; i++)
		ids[i] = spawn_with("counts", 0, (int64_t)self);
	for (int64_t round = 3; round >= 0; round--) {
		for (int i = 0; i < MANY; i++)
			send_number(ids[i], 3, round);
	}
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(receive_tag(4, SOON), DATA);
		sum += read_number();
	}
	CHECK_EQ(sum, 6 * MANY);
	for (int i = 0; i < MANY; i++)
		send_number(ids[i], 3, 1);
}

int main(void)
{
	self = lunatic_process_process_id();
	bytes();
	tags();
	waits();
	nobody();
	many();
	puts("passed");
	return 0;
}
