// Monitors: one message at the end of a process, whatever the end is, with its
// reason; also of a process that has ended already, and into a full mailbox.
//
// options: --max-messages 2 --max-links 10
// timeout: 60
// stdout: passed
// stderr~ trapped: .*unreachable
// stderr~ trapped: process 77777 does not exist \(lunatic::process::monitor\)
// stderr~ trapped: too many monitors \(lunatic::process::monitor\)
// stderr~ trapped: .*data \(lunatic::message::write_data\)
// stderr~ trapped: .*data \(lunatic::message::send\)
// stderr~ trapped: too many links \(lunatic::process::link\)
#include "../check.h"

#define ENDED 2

enum { NORMAL, EXITED, TRAPPED, KILLED };

ENTRY(returns)(void)
{
}

ENTRY(exits)(int32_t code)
{
	exit(code);
}

ENTRY(traps)(void)
{
	__builtin_trap();
}

ENTRY(waits)(void)
{
	receive_any(0);
}

// Sends two numbers before its end.
ENTRY(talks)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	send_number(to, 0, 1);
	send_number(to, 0, 2);
}

ENTRY(killed_by_link)(void)
{
	spawn("traps", 1);
	receive_any(0);
}

static void expect_end(int64_t tag, uint32_t reason, uint32_t code)
{
	uint32_t numbers[2] = { 99, 99 };

	CHECK_EQ(receive_any(SOON), ENDED);
	CHECK_EQ(lunatic_message_get_tag(), tag);
	CHECK_EQ(lunatic_message_data_size(), 16);
	CHECK_EQ(lunatic_message_read_data(numbers, 8), 8);
	CHECK_EQ(numbers[0], reason);
	CHECK_EQ(numbers[1], code);
	lunatic_message_seek_data(4);
	CHECK_EQ(lunatic_message_read_data(numbers, 4), 4);
	CHECK_EQ(numbers[0], code);
}

static void reasons(void)
{
	uint64_t id;
	int64_t tag;

	id = spawn("waits", 0);
	tag = lunatic_process_monitor(id);
	CHECK(tag < 0);
	send_number(id, 0, 0);
	expect_end(tag, NORMAL, 0);
	tag = lunatic_process_monitor(spawn_with("exits", 0, 0));
	expect_end(tag, NORMAL, 0);
	tag = lunatic_process_monitor(spawn_with("exits", 0, 300));
	expect_end(tag, EXITED, 300);
	tag = lunatic_process_monitor(spawn("traps", 0));
	expect_end(tag, TRAPPED, 0);
	id = spawn("waits", 0);
	tag = lunatic_process_monitor(id);
	lunatic_process_kill(id);
	expect_end(tag, KILLED, 0);
	tag = lunatic_process_monitor(spawn("killed_by_link", 0));
	expect_end(tag, KILLED, 0);
}

static void after_the_end(void)
{
	uint64_t id = spawn_with("exits", 0, 7);
	int64_t first;
	int64_t second;

	expect_nothing();
	first = lunatic_process_monitor(id);
	expect_end(first, EXITED, 7);
	first = lunatic_process_monitor(id);
	second = lunatic_process_monitor(id);
	CHECK(first != second);
	expect_end(first, EXITED, 7);
	expect_end(second, EXITED, 7);
}

static void demonitor(void)
{
	uint64_t id = spawn("waits", 0);
	int64_t first = lunatic_process_monitor(id);
	int64_t second = lunatic_process_monitor(id);
	uint64_t self = lunatic_process_this();

	CHECK_EQ(lunatic_process_demonitor(first), 1);
	CHECK_EQ(lunatic_process_demonitor(first), 0);
	lunatic_process_kill(id);
	expect_end(second, KILLED, 0);
	CHECK_EQ(lunatic_process_demonitor(second), 0);
	// It has told, but nobody has heard it.
	first = lunatic_process_monitor(id);
	send_number(self, 0, 5);
	CHECK_EQ(lunatic_process_demonitor(first), 0);
	expect_number(0, 5);
	expect_nothing();
	CHECK_EQ(lunatic_process_demonitor(0), 0);
	CHECK_EQ(lunatic_process_demonitor(-1), 0);
	CHECK_EQ(lunatic_process_demonitor(INT64_MIN), 0);
	// Itself: it cannot be told.
	first = lunatic_process_monitor(self);
	expect_nothing();
	CHECK_EQ(lunatic_process_demonitor(first), 1);
}

// Messages under the tag of a monitor come in while it is there.
static void tags(void)
{
	uint64_t id = spawn("waits", 0);
	uint64_t self = lunatic_process_this();
	int64_t tag = lunatic_process_monitor(id);
	int64_t never = lunatic_message_new_tag();

	send_number(self, never, 1);
	send_number(self, tag, 2);
	expect_number(tag, 2);
	send_number(self, tag, 3);
	CHECK_EQ(lunatic_process_demonitor(tag), 1);
	send_number(self, tag, 4);
	send_number(self, tag + 100, 6); // not given out yet
	expect_number(tag + 100, 6);
	expect_nothing();
	tag = lunatic_process_monitor(id);
	lunatic_process_kill(id);
	while (receive_tag(never, A_WHILE) != TIMED_OUT)
		;
	send_number(self, tag, 5); // it has told
	expect_end(tag, KILLED, 0);
	expect_nothing();
}

// The end comes after what was sent, and what is full is full for others.
static void full(void)
{
	uint64_t id = spawn("talks", 0);
	int64_t tag = lunatic_process_monitor(id);

	send_this(id, 0);
	lunatic_process_sleep_ms(A_WHILE);
	send_number(lunatic_process_this(), 0, 3);
	expect_number(0, 1);
	expect_number(0, 2);
	expect_end(tag, NORMAL, 0);
	expect_nothing();
}

ENTRY(bad_id)(void)
{
	lunatic_process_monitor(77777);
}

// Messages that were not received count as well.
ENTRY(too_many)(void)
{
	uint64_t id = spawn("returns", 0);
	int64_t tag = 0;

	lunatic_process_sleep_ms(A_WHILE);
	for (int i = 0; i < 10; i++)
		tag = lunatic_process_monitor(id);
	CHECK_EQ(lunatic_process_demonitor(tag), 0);
	for (int i = 0; i < 100; i++) {
		tag = lunatic_process_monitor(id);
		CHECK_EQ(receive_tag(tag, SOON), ENDED);
	}
	lunatic_process_monitor(id);
	lunatic_process_monitor(id);
}

ENTRY(writes)(void)
{
	lunatic_process_monitor(spawn("returns", 0));
	receive_any(SOON);
	lunatic_message_write_data("x", 1);
}

ENTRY(sends_on)(void)
{
	lunatic_process_monitor(spawn("returns", 0));
	receive_any(SOON);
	lunatic_message_send(lunatic_process_this());
}

// Deaths that were not received count as links.
ENTRY(too_many_deaths)(void)
{
	uint64_t id = spawn_with("exits", 0, 1);

	lunatic_process_die_when_link_dies(0);
	lunatic_process_sleep_ms(A_WHILE);
	for (int i = 0; i < 10; i++)
		lunatic_process_link(i, id);
	CHECK_EQ(receive_any(0), LINK_DIED);
	lunatic_process_link(10, id);
	lunatic_process_link(11, id);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	reasons();
	after_the_end();
	demonitor();
	tags();
	full();
	must_fail("bad_id");
	must_fail("too_many");
	must_fail("writes");
	must_fail("sends_on");
	must_fail("too_many_deaths");
	puts("passed");
	return 0;
}
