// Requests: the answer, the end of the one who was asked, the timeout; and late
// answers, which nobody ever sees.
//
// timeout: 60
// stdout: passed
// stderr~ trapped: .*unreachable
// stderr~ trapped: the tag of a request must be a new one of new_tag
// \(lunatic::message::request\) stderr~ trapped: process 5555 does not exist
// \(lunatic::message::request\) stderr~ trapped: no message is being worked on
// \(lunatic::message::request\)
#include "../check.h"

#define ENDED 2

static uint64_t asker;

static int64_t next_request(void)
{
	CHECK_EQ(receive_any(0), DATA);
	asker = lunatic_message_take_process(0);
	return lunatic_message_get_tag();
}

static void answer(int64_t tag, int64_t number)
{
	send_number(asker, tag, number);
}

ENTRY(answers)(void)
{
	for (;;)
		answer(next_request(), 42);
}

ENTRY(answers_twice)(void)
{
	for (;;) {
		int64_t tag = next_request();

		answer(tag, 1);
		answer(tag, 2);
	}
}

ENTRY(answers_late)(void)
{
	for (;;) {
		int64_t tag = next_request();

		lunatic_process_sleep_ms(10);
		answer(tag, 3);
	}
}

ENTRY(traps)(void)
{
	next_request();
	__builtin_trap();
}

// A message with another tag, and then the end.
ENTRY(exits)(int32_t code)
{
	next_request();
	answer(7, 7);
	exit(code);
}

ENTRY(is_killed)(void)
{
	next_request();
	lunatic_process_kill(lunatic_process_this());
}

static int64_t begin(void)
{
	int64_t tag = lunatic_message_new_tag();

	lunatic_message_create_data(tag, 0);
	lunatic_message_push_process(lunatic_process_this());
	return tag;
}

static uint32_t ask(uint64_t whom, uint32_t timeout)
{
	begin();
	return lunatic_message_request(whom, timeout);
}

static void expect_reason(uint32_t result, uint32_t reason, uint32_t code)
{
	uint32_t numbers[2];

	CHECK_EQ(result, ENDED);
	CHECK_EQ(lunatic_message_read_data(numbers, 8), 8);
	CHECK_EQ(numbers[0], reason);
	CHECK_EQ(numbers[1], code);
}

ENTRY(old_tag)(void)
{
	lunatic_message_create_data(5, 0);
	lunatic_message_request(lunatic_process_this(), 1);
}

ENTRY(monitors_tag)(void)
{
	int64_t tag = lunatic_process_monitor(lunatic_process_this());

	lunatic_message_create_data(tag, 0);
	lunatic_message_request(lunatic_process_this(), 1);
}

ENTRY(bad_id)(void)
{
	begin();
	lunatic_message_request(5555, 1);
}

ENTRY(no_message)(void)
{
	lunatic_message_request(lunatic_process_this(), 1);
}

int main(void)
{
	uint64_t server = spawn("answers", 0);
	uint64_t self = lunatic_process_this();

	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 100; i++) {
		send_number(self, 9, i);
		CHECK_EQ(ask(server, SOON), DATA);
		CHECK_EQ(read_number(), 42);
	}
	for (int i = 0; i < 100; i++)
		expect_number(9, i);
	lunatic_process_kill(server);
	expect_reason(ask(server, 0), 3, 0);
	expect_reason(ask(server, 1), 3, 0);

	server = spawn("answers_twice", 0);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(ask(server, SOON), DATA);
		CHECK_EQ(read_number(), 1);
	}
	server = spawn("answers_late", 0);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(ask(server, 1), TIMED_OUT);
	lunatic_process_sleep_ms(400);
	expect_nothing();

	expect_reason(ask(spawn("traps", 0), 0), 2, 0);
	expect_reason(ask(spawn_with("exits", 0, 0), 0), 0, 0);
	expect_number(7, 7);
	expect_reason(ask(spawn_with("exits", 0, 17), 0), 1, 17);
	expect_number(7, 7);
	expect_reason(ask(spawn("is_killed", 0), 0), 3, 0);
	// What it asks itself is taken for the answer.
	CHECK_EQ(ask(self, SOON), DATA);
	expect_nothing();

	must_fail("old_tag");
	must_fail("monitors_tag");
	must_fail("bad_id");
	must_fail("no_message");
	puts("passed");
	return 0;
}
