// Tags and the order in which messages are found.
//
// stdout: passed
#include "../check.h"

static uint64_t self;

// Any number is a tag but 0, which is none.
static void values(void)
{
	const int64_t tags[] = { 1, -1, INT64_MAX, INT64_MIN, 0, 1ll << 32 };

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		send_number(self, tags[i], (int64_t)i);
		CHECK_EQ(receive_tag(tags[i], 1), tags[i] ? DATA : TIMED_OUT);
		if (tags[i] == 0)
			CHECK_EQ(receive_any(SOON), DATA);
		CHECK_EQ(lunatic_message_get_tag(), tags[i]);
		CHECK_EQ(read_number(), i);
	}
	// Tags differ in all of their 64 bits.
	send_number(self, 1ll << 32 | 5, 0);
	CHECK_EQ(receive_tag(5, 1), TIMED_OUT);
	CHECK_EQ(receive_tag(1ll << 32 | 5, 1), DATA);
}

static void selective(void)
{
	const int64_t wanted[] = { 50, 0, -3 };

	for (int i = 0; i < 100; i++)
		send_number(self, i, i);
	send_number(self, -3, 100);
	send_number(self, 50, 101);
	// The first that has one of the tags, whatever their order.
	CHECK_EQ(lunatic_message_receive(wanted, 3, SOON), DATA);
	CHECK_EQ(read_number(), 50);
	CHECK_EQ(lunatic_message_receive(wanted, 3, SOON), DATA);
	CHECK_EQ(read_number(), 100);
	CHECK_EQ(lunatic_message_receive(wanted, 3, SOON), DATA);
	CHECK_EQ(read_number(), 101);
	CHECK_EQ(lunatic_message_receive(wanted, 3, 1), TIMED_OUT);
	CHECK_EQ(receive_tag(99, SOON), DATA);
	CHECK_EQ(read_number(), 99);
	// Those that were passed by keep their order.
	for (int i = 0; i < 99; i++) {
		if (i == 50)
			continue;
		expect_number(i, i);
	}
	expect_nothing();
}

// Backwards, with others coming in between.
static void backwards(void)
{
	for (int i = 1; i <= 300; i++)
		send_number(self, i, i);
	for (int i = 300; i >= 1; i--) {
		CHECK_EQ(receive_tag(i, SOON), DATA);
		CHECK_EQ(read_number(), i);
		if (i % 3 == 0)
			send_number(self, 1000 + i, i);
	}
	for (int i = 300; i >= 1; i -= 3)
		expect_number(1000 + i, i);
	expect_nothing();
}

static void many_tags(void)
{
	static int64_t tags[10000];

	for (int i = 0; i < 10000; i++)
		tags[i] = i + 1;
	for (int i = 0; i < 50; i++)
		send_number(self, 20000 + i, i);
	CHECK_EQ(lunatic_message_receive(tags, 10000, 1), TIMED_OUT);
	send_number(self, 10000, 7);
	CHECK_EQ(lunatic_message_receive(tags, 10000, SOON), DATA);
	CHECK_EQ(read_number(), 7);
	for (int i = 0; i < 50; i++)
		expect_number(20000 + i, i);
}

// Sends tags that main does not wait for, and then those that it does.
ENTRY(tease)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	for (int i = 0; i < 20; i++) {
		send_number(to, 1, i);
		send_number(to, 0, i);
		lunatic_process_sleep_ms(1);
		send_number(to, 2 + i % 2, i);
	}
}

static void while_waiting(void)
{
	const int64_t wanted[] = { 2, 3 };
	uint64_t teaser = spawn("tease", 0);

	send_this(teaser, 0);
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(lunatic_message_receive(wanted, 2, SOON), DATA);
		CHECK_EQ(read_number(), i);
	}
	for (int i = 0; i < 20; i++) {
		expect_number(1, i);
		expect_number(0, i);
	}
	lunatic_process_drop_process(teaser);
}

int main(void)
{
	self = lunatic_process_this();
	values();
	selective();
	backwards();
	many_tags();
	while_waiting();
	puts("passed");
	return 0;
}
