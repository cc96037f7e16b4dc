// Timers that send: once, again and again, cancelled, gone with their process.
//
// options: --max-handles 200 --max-mailbox 1M
// timeout: 60
// stdout: passed
// stderr~ trapped: a timer cannot repeat .* \(lunatic::message::send_every\)
// stderr~ trapped: too many timers.* \(lunatic::message::send_after\)
// stderr~ trapped: no message is being worked on
// \(lunatic::message::send_after\) stderr~ trapped: process 4444 does not exist
// \(lunatic::message::send_every\)
#include "../check.h"

static void write_number(int64_t tag, int64_t number)
{
	lunatic_message_create_data(tag, 8);
	lunatic_message_write_data(&number, 8);
}

static uint64_t after(uint64_t to, int64_t tag, uint64_t milliseconds)
{
	write_number(tag, tag * 10);
	return lunatic_message_send_after(to, milliseconds);
}

static uint64_t every(uint64_t to, int64_t tag, uint64_t milliseconds)
{
	write_number(tag, tag * 10);
	return lunatic_message_send_every(to, milliseconds);
}

// Says so when it is told to, and ends.
ENTRY(sets)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	after(to, 31, 200);
	every(to, 32, 200);
	send_number(to, 30, 0);
}

ENTRY(counts)(void)
{
	for (int i = 0; i < 3; i++)
		CHECK_EQ(receive_any(SOON), DATA);
}

ENTRY(no_time)(void)
{
	every(lunatic_process_this(), 1, 0);
}

ENTRY(too_many)(void)
{
	uint64_t self = lunatic_process_this();

	for (int i = 0; i < 200; i++)
		after(self, 1, 1000000);
	CHECK_EQ(lunatic_message_cancel_timer(5) > 0, 1);
	after(self, 1, 1000000);
	after(self, 1, 1000000);
}

ENTRY(too_large)(void)
{
	static char bytes[700000];
	uint64_t self = lunatic_process_this();

	for (int i = 0; i < 2; i++) {
		lunatic_message_create_data(1, sizeof(bytes));
		lunatic_message_write_data(bytes, sizeof(bytes));
		lunatic_message_send_after(self, 1000000);
	}
}

ENTRY(no_message)(void)
{
	lunatic_message_send_after(lunatic_process_this(), 1);
}

ENTRY(bad_id)(void)
{
	every(4444, 1, 1);
}

static void once(uint64_t self)
{
	CHECK_EQ(after(self, 3, 60), 0);
	CHECK_EQ(after(self, 1, 0), 1);
	CHECK_EQ(after(self, 2, 30), 2);
	for (int64_t tag = 1; tag <= 3; tag++)
		expect_number(tag, tag * 10);
	expect_nothing();
	for (uint64_t id = 0; id < 5; id++)
		CHECK_EQ(lunatic_message_cancel_timer(id), -1);
}

static void cancelled(uint64_t self)
{
	uint64_t id = after(self, 4, 100000);
	int64_t left = lunatic_message_cancel_timer(id);

	CHECK(left > 50000 && left <= 100000);
	CHECK_EQ(lunatic_message_cancel_timer(id), -1);
	CHECK_EQ(lunatic_message_cancel_timer(UINT64_MAX), -1);
	id = after(self, 5, UINT64_MAX);
	CHECK(lunatic_message_cancel_timer(id) > 0);
	id = after(self, 6, 20);
	lunatic_message_cancel_timer(id);
	expect_nothing();
	// Again and again, each before the other.
	for (int i = 0; i < 1000; i++) {
		id = after(self, 7, (uint64_t)(1000 - i));
		CHECK(lunatic_message_cancel_timer(id) >= 0);
	}
	expect_nothing();
}

static void again(uint64_t self)
{
	uint64_t id = every(self, 8, 5);
	uint64_t other;

	for (int i = 0; i < 10; i++)
		expect_number(8, 80);
	CHECK(lunatic_message_cancel_timer(id) >= 0);
	while (receive_tag(8, A_WHILE) != TIMED_OUT)
		;
	// With a process in it, a copy of it each time.
	lunatic_message_create_data(9, 0);
	lunatic_message_push_process(lunatic_process_this());
	id = lunatic_message_send_every(self, 1);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(receive_tag(9, SOON), DATA);
		lunatic_process_drop_process(lunatic_message_take_process(0));
	}
	lunatic_message_cancel_timer(id);
	// To one that ends: it ends by itself.
	other = spawn("counts", 0);
	id = every(other, 10, 1);
	while (lunatic_message_cancel_timer(id) >= 0) {
		id = every(other, 10, 1);
		lunatic_process_sleep_ms(100);
	}
	while (receive_tag(9, A_WHILE) != TIMED_OUT)
		;
}

static void gone_with_their_process(uint64_t self)
{
	uint64_t id = spawn("sets", 0);

	send_this(id, 0);
	expect_number(30, 0);
	lunatic_process_sleep_ms(500);
	expect_nothing();
	(void)self;
}

int main(void)
{
	uint64_t self = lunatic_process_this();

	lunatic_process_die_when_link_dies(0);
	once(self);
	cancelled(self);
	again(self);
	gone_with_their_process(self);
	must_fail("no_time");
	must_fail("too_many");
	must_fail("too_large");
	must_fail("no_message");
	must_fail("bad_id");
	// Some are left when it ends.
	after(self, 1, 100000);
	every(self, 1, 100000);
	puts("passed");
	return 0;
}
