// The bytes of a message: writing, reading in pieces, seeking, forwarding.
//
// stdout: passed
#include "../check.h"

static uint64_t self;

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static void lengths(void)
{
	uint8_t byte = 1;

	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_data_size(), 0);
	CHECK_EQ(lunatic_message_get_tag(), 0);
	CHECK_EQ(lunatic_message_write_data(&byte, 0), 0);
	CHECK_EQ(lunatic_message_data_size(), 0);
	CHECK_EQ(lunatic_message_read_data(&byte, 0), 0);
	CHECK_EQ(lunatic_message_read_data(&byte, 1), 0);
	CHECK_EQ(byte, 1);
	CHECK_EQ(lunatic_message_write_data(&byte, 1), 1);
	CHECK_EQ(lunatic_message_data_size(), 1);
}

// The capacity is a hint, of any value.
static void capacities(void)
{
	const uint64_t hints[] = { 0,          1,          63,
				   64,         65,         1 << 20,
				   1ull << 32, UINT64_MAX, 1ull << 63 };

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		uint64_t value = hints[i], back = 0;

		lunatic_message_create_data(3, hints[i]);
		for (int n = 0; n < 100; n++)
			CHECK_EQ(lunatic_message_write_data(&value, 8), 8);
		CHECK_EQ(lunatic_message_data_size(), 800);
		lunatic_message_seek_data(792);
		CHECK_EQ(lunatic_message_read_data(&back, 8), 8);
		CHECK(back == value);
	}
}

// Written in pieces of one size and read in those of another.
static void pieces(size_t total, size_t in, size_t out)
{
	static uint8_t buffer[5000];
	size_t at = 0;
	uint32_t n;

	lunatic_message_create_data(9, total);
	while (at < total) {
		size_t len = total - at < in ? total - at : in;

		for (size_t i = 0; i < len; i++)
			buffer[i] = pattern(at + i);
		CHECK_EQ(lunatic_message_write_data(buffer, len), len);
		at += len;
	}
	CHECK_EQ(lunatic_message_data_size(), total);
	lunatic_message_send(self);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), 9);
	CHECK_EQ(lunatic_message_data_size(), total);
	at = 0;
	while ((n = lunatic_message_read_data(buffer, out)) > 0) {
		CHECK_EQ(n, total - at < out ? total - at : out);
		for (size_t i = 0; i < n; i++)
			CHECK_EQ(buffer[i], pattern(at + i));
		at += n;
	}
	CHECK_EQ(at, total);
	CHECK_EQ(lunatic_message_data_size(), total);
}

static void seeking(void)
{
	const char text[] = "0123456789";
	char back[16];

	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_write_data(text, 10), 10);
	lunatic_message_seek_data(7);
	CHECK_EQ(lunatic_message_read_data(back, 16), 3);
	CHECK(memcmp(back, "789", 3) == 0);
	lunatic_message_seek_data(0);
	CHECK_EQ(lunatic_message_read_data(back, 2), 2);
	CHECK(memcmp(back, "01", 2) == 0);
	// Behind the last byte there is nothing, but one can be there.
	lunatic_message_seek_data(10);
	CHECK_EQ(lunatic_message_read_data(back, 16), 0);
	// A position beyond the end is good once the message is that long.
	lunatic_message_seek_data(12);
	CHECK_EQ(lunatic_message_write_data("abcd", 4), 4);
	CHECK_EQ(lunatic_message_read_data(back, 16), 2);
	CHECK(memcmp(back, "cd", 2) == 0);
	// Writing appends, wherever one reads.
	lunatic_message_seek_data(3);
	CHECK_EQ(lunatic_message_write_data("e", 1), 1);
	CHECK_EQ(lunatic_message_read_data(back, 1), 1);
	CHECK_EQ(back[0], '3');
	lunatic_message_seek_data(14);
	CHECK_EQ(lunatic_message_read_data(back, 16), 1);
	CHECK_EQ(back[0], 'e');
}

// The reading position travels with the message.
static void position_travels(void)
{
	char back[8];

	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_write_data("abcdef", 6), 6);
	CHECK_EQ(lunatic_message_read_data(back, 2), 2);
	lunatic_message_send(self);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_data_size(), 6);
	CHECK_EQ(lunatic_message_read_data(back, 8), 4);
	CHECK(memcmp(back, "cdef", 4) == 0);
}

// Creating drops what was in the scratch area, as receiving does; a receive
// that times out does not.
static void scratch_area(void)
{
	send_number(self, 21, 5);
	lunatic_message_create_data(20, 0);
	CHECK_EQ(lunatic_message_write_data("xyz", 3), 3);
	lunatic_message_create_data(22, 0);
	CHECK_EQ(lunatic_message_data_size(), 0);
	CHECK_EQ(lunatic_message_get_tag(), 22);
	CHECK_EQ(receive_tag(999, 1), TIMED_OUT);
	CHECK_EQ(lunatic_message_get_tag(), 22);
	expect_number(21, 5);
}

// A received message goes on as it is: tag, bytes, resources.
ENTRY(forwarder)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), -77);
	CHECK_EQ(read_number(), 123456789);
	CHECK_EQ(lunatic_message_write_data("!", 1), 1);
	lunatic_message_seek_data(0);
	lunatic_message_send(to);
}

static void forwarding(void)
{
	uint64_t number = 123456789;
	uint64_t forwarder = spawn("forwarder", 0);
	uint64_t other = lunatic_process_clone_process(forwarder);
	uint8_t mine[16], back[16];

	send_this(forwarder, 0);
	lunatic_process_id(other, mine);
	lunatic_message_create_data(-77, 0);
	CHECK_EQ(lunatic_message_write_data(&number, 8), 8);
	CHECK_EQ(lunatic_message_push_process(other), 0);
	lunatic_message_send(forwarder);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), -77);
	CHECK_EQ(lunatic_message_data_size(), 9);
	CHECK_EQ(read_number(), number);
	CHECK_EQ(lunatic_message_read_data(back, 16), 1);
	CHECK_EQ(back[0], '!');
	lunatic_process_id(lunatic_message_take_process(0), back);
	CHECK(memcmp(mine, back, 16) == 0);
}

int main(void)
{
	const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, 100000 };

	self = lunatic_process_this();
	lengths();
	capacities();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pieces(sizes[i], 5000, 1);
		pieces(sizes[i], 1, 5000);
		pieces(sizes[i], 64, 63);
	}
	seeking();
	position_travels();
	scratch_area();
	forwarding();
	puts("passed");
	return 0;
}
