// Sending and waiting for the answer, which is a message that comes later.
//
// stdout: passed
#include "../check.h"

#define QUIT 99

static uint64_t self;

// Answers with the tag and the number that the message says, after something
// else.
ENTRY(server)(int64_t to)
{
	int64_t tag, number;

	do {
		CHECK_EQ(receive_any(SOON), DATA);
		tag = lunatic_message_get_tag();
		number = read_number();
		send_number((uint64_t)to, 1, 0);
		send_number((uint64_t)to, tag, number + 1);
	} while (tag != QUIT);
}

static uint32_t ask(uint64_t server, int64_t tag, int64_t wait, int64_t number,
		    uint64_t timeout)
{
	lunatic_message_create_data(tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	return lunatic_message_send_receive_skip_search(server, wait, timeout);
}

static void answers(uint64_t server)
{
	// It was there before, so it is no answer.
	send_number(self, 7, 1000);
	CHECK_EQ(ask(server, 7, 7, 10, NO_LIMIT), DATA);
	CHECK_EQ(read_number(), 11);
	CHECK_EQ(lunatic_message_get_tag(), 7);
	// The tag to wait for need not be that of the message.
	CHECK_EQ(ask(server, 8, 1, 20, SOON), DATA);
	CHECK_EQ(read_number(), 0);
	expect_number(7, 1000);
	expect_number(1, 0);
	expect_number(8, 21);
	// To itself.
	CHECK_EQ(ask(self, 12, 12, 5, SOON), DATA);
	CHECK_EQ(read_number(), 5);
}

static void timeouts(uint64_t server)
{
	send_number(self, 7, 1000);
	CHECK_EQ(ask(server, 30, 31, 1, A_WHILE), TIMED_OUT);
	// No message has the tag 0.
	CHECK_EQ(ask(self, 0, 0, 1, A_WHILE), TIMED_OUT);
	CHECK_EQ(ask(self, 32, 33, 1, 0), TIMED_OUT);
	expect_number(7, 1000);
	expect_number(1, 0);
	expect_number(30, 2);
	expect_number(0, 1);
	expect_number(32, 1);
	// To nobody, and to one that has ended.
	CHECK_EQ(ask(77, 5, 5, 1, A_WHILE), TIMED_OUT);
	CHECK_EQ(ask(server, QUIT, QUIT, 1, SOON), DATA);
	expect_number(1, 0);
	await_end(server);
	CHECK_EQ(ask(server, 5, 5, 1, A_WHILE), TIMED_OUT);
	CHECK_EQ(ask(server, 5, 5, 1, A_WHILE), TIMED_OUT);
}

// Waits for ever for a process that is not there, until it is killed.
ENTRY(waits)(int64_t to)
{
	send_number((uint64_t)to, 40, 1);
	ask(77, 5, 5, 1, NO_LIMIT);
	send_number((uint64_t)to, 41, 1);
}

// The death of a link answers, too, if it has the tag.
ENTRY(dies)(void)
{
	receive_any(NO_LIMIT);
	__builtin_unreachable();
}

static void ends(void)
{
	uint64_t child = spawn_with("waits", 43, (int64_t)self);

	expect_number(40, 1);
	expect_nothing();
	lunatic_process_kill(child);
	expect_link_died(43);
	child = spawn("dies", 44);
	lunatic_process_kill(child);
	expect_link_died(44);
}

int main(void)
{
	uint64_t server;

	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	server = spawn_with("server", 0, (int64_t)self);
	answers(server);
	timeouts(server);
	ends();
	puts("passed");
	return 0;
}
