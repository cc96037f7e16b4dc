// Sending and waiting for the answer, which is a message that comes later.
//
// stdout: passed
#include <time.h>

#include "../check.h"

#define QUIT 99

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

// Answers with the same tag and a number one larger; before that it sends
// something else.
ENTRY(server)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	for (;;) {
		int64_t tag, number;

		CHECK_EQ(receive_any(SOON), DATA);
		tag = lunatic_message_get_tag();
		number = read_number();
		if (tag == QUIT)
			return;
		if (tag != 0)
			send_number(to, 1000, number);
		send_number(to, tag, number + 1);
	}
}

static void ask(uint64_t server, int64_t tag, int64_t number)
{
	lunatic_message_create_data(tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_message_send_receive_skip_search(server, SOON), DATA);
	CHECK_EQ(lunatic_message_get_tag(), tag);
	CHECK_EQ(read_number(), number + 1);
}

// Messages with the tag that are there already are not answers.
static void skips_old_ones(uint64_t server, uint64_t self)
{
	for (int i = 0; i < 20; i++) {
		send_number(self, 7, i);
		send_number(self, 0, i);
	}
	ask(server, 7, 500);
	ask(server, 0, 600);
	for (int i = 0; i < 20; i++) {
		expect_number(7, i);
		expect_number(0, i);
	}
	expect_number(1000, 500);
	expect_nothing();
}

// So are those that were looked through and left before.
static void skips_those_looked_at(uint64_t server, uint64_t self)
{
	send_number(self, 7, 1);
	send_number(self, 8, 2);
	CHECK_EQ(receive_tag(9, 1), TIMED_OUT);
	ask(server, 7, 700);
	expect_number(7, 1);
	expect_number(8, 2);
	expect_number(1000, 700);
	// With a hole in front, and more behind.
	for (int i = 0; i < 12; i++)
		send_number(self, 7, i);
	CHECK_EQ(receive_tag(7, SOON), DATA);
	ask(server, 7, 800);
	for (int i = 1; i < 12; i++)
		expect_number(7, i);
	expect_number(1000, 800);
	expect_nothing();
}

ENTRY(silent)(void)
{
	receive_any(0);
	receive_any(0);
}

static void timeouts(uint64_t self)
{
	uint64_t silent = spawn("silent", 0);
	int64_t start;

	send_number(self, 3, 1);
	lunatic_message_create_data(3, 0);
	start = now();
	CHECK_EQ(lunatic_message_send_receive_skip_search(silent, 30),
		 TIMED_OUT);
	CHECK(now() - start >= 30000000);
	expect_number(3, 1);
	lunatic_process_drop_process(silent);
}

// A message to oneself is an answer: it comes after the question.
static void self_answers(uint64_t self)
{
	int64_t number = 31;

	send_number(self, 30, 30);
	lunatic_message_create_data(30, 0);
	lunatic_message_write_data(&number, sizeof(number));
	CHECK_EQ(lunatic_message_send_receive_skip_search(self, SOON), DATA);
	CHECK_EQ(read_number(), 31);
	expect_number(30, 30);
}

int main(void)
{
	uint64_t server = spawn("server", 0);
	uint64_t self = lunatic_process_this();

	send_this(server, 0);
	ask(server, 1, 1);
	expect_number(1000, 1);
	ask(server, -1, 1);
	expect_number(1000, 1);
	ask(server, 0, 1);
	skips_old_ones(server, self);
	skips_those_looked_at(server, self);
	send_number(server, QUIT, 0);
	self_answers(self);
	timeouts(self);
	puts("passed");
	return 0;
}
