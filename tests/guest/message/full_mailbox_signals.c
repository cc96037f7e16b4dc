// A full mailbox stops messages only. Whoever has one can be linked with and
// killed, and is told of failed links.
//
// options: --max-messages 4
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

ENTRY(fail)(void)
{
	__builtin_trap();
}

// Waits for a number with that tag, then fails.
ENTRY(fail_on_command)(void)
{
	receive_tag(5, 0);
	exit(1);
}

// Waits for what never comes.
ENTRY(victim)(void)
{
	receive_tag(12345, 0);
	CHECK(!"still alive");
}

static void fill(uint64_t to)
{
	for (int i = 0; i < 100; i++)
		send_number(to, 1, i);
}

// main's own mailbox is full and it is told nevertheless, in order.
static void told(uint64_t self)
{
	fill(self);
	for (int i = 0; i < 20; i++)
		lunatic_process_drop_process(spawn("fail", 100 + i));
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(receive_tag(100 + i, SOON), LINK_DIED);
		CHECK_EQ(lunatic_message_get_tag(), 100 + i);
	}
	for (int i = 0; i < 4; i++)
		expect_number(1, i);
	expect_nothing();
}

// A victim with a full mailbox dies with its link, and tells its own links.
static void killed(void)
{
	uint64_t killer = spawn("fail_on_command", 0);
	uint64_t victim = spawn("victim", 33);

	// The victim tells main, the killer does not.
	fill(victim);
	lunatic_process_sleep_ms(5);
	fill(victim);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_clone_process(victim));
	lunatic_message_push_process(lunatic_process_clone_process(killer));
	lunatic_message_send(spawn("marry", 0));
	expect_link_died(33);
}

// Links the two processes that it gets, by being linked with both.
ENTRY(marry)(void)
{
	uint64_t victim, killer;

	CHECK_EQ(receive_any(SOON), DATA);
	victim = lunatic_message_take_process(0);
	killer = lunatic_message_take_process(1);
	lunatic_process_link(0, victim);
	lunatic_process_link(0, killer);
	send_number(killer, 5, 0);
	receive_any(0);
	CHECK(!"still alive");
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	told(lunatic_process_this());
	killed();
	expect_nothing();
	puts("passed");
	return 0;
}
