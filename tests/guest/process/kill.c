// Killing for certain: whatever the process does, and whether it asked to be
// told of failed links or not.
//
// options: --workers 2
// timeout: 60
// stdout: passed
// stderr~ trapped: process 4294967295 does not exist \(lunatic::process::kill\)
#include "../check.h"

#include <poll.h>
#include <unistd.h>

#define TAG 77

static uint64_t receive_process(void)
{
	CHECK_EQ(receive_any(0), DATA);
	return lunatic_message_take_process(0);
}

// Each tells its parent, in the message it gets first, that it is there.
static void greet(void)
{
	lunatic_process_die_when_link_dies(0);
	send_number(receive_process(), TAG, 0);
}

ENTRY(loops)(void)
{
	greet();
	for (volatile int i = 0;; i++)
		;
}

ENTRY(waits)(void)
{
	greet();
	for (;;)
		receive_any(0);
}

ENTRY(sleeps)(void)
{
	greet();
	for (;;)
		lunatic_process_sleep_ms(1000000);
}

ENTRY(polls)(void)
{
	greet();
	for (;;)
		poll(NULL, 0, 1000000);
}

ENTRY(accepts)(void)
{
	static const uint8_t localhost[4] = { 127, 0, 0, 1 };
	uint64_t listener, id, peer;

	CHECK_EQ(lunatic_networking_tcp_bind(4, (void *)localhost, 0, 0, 0,
					     &listener),
		 0);
	greet();
	for (;;)
		lunatic_networking_tcp_accept(listener, &id, &peer);
}

// Fills a mailbox, and is killed while others kill it as well.
ENTRY(sends)(void)
{
	uint64_t self = lunatic_process_this();

	greet();
	for (;;)
		send_number(self, 5, 5);
}

ENTRY(kills_itself)(void)
{
	lunatic_process_kill(lunatic_process_this());
	puts("FAILED: alive after its own death");
}

ENTRY(returns)(void)
{
}

ENTRY(bad_id)(void)
{
	lunatic_process_kill(UINT32_MAX);
}

int main(void)
{
	static const char *const victims[] = { "loops", "waits",   "sleeps",
					       "polls", "accepts", "sends" };
	uint64_t id;

	lunatic_process_die_when_link_dies(0);
	for (size_t i = 0; i < sizeof(victims) / sizeof(victims[0]); i++) {
		int64_t tag = 100 + (int64_t)i;

		id = spawn(victims[i], tag);
		send_this(id, 0);
		CHECK_EQ(receive_tag(TAG, SOON), DATA);
		lunatic_process_kill(id);
		lunatic_process_kill(id);
		expect_link_died(tag);
		lunatic_process_kill(id);
		send_number(id, 1, 1);
		lunatic_process_drop_process(id);
	}
	must_fail("kills_itself");
	// It has one worker at most while this one runs: most of these are
	// killed before they begin, and the others at their first wait.
	for (int i = 0; i < 100; i++) {
		id = spawn("waits", 1);
		lunatic_process_kill(id);
		expect_link_died(1);
		lunatic_process_drop_process(id);
	}
	// One that has ended is not harmed, and nobody is told again.
	id = spawn("returns", 2);
	expect_nothing();
	lunatic_process_kill(id);
	expect_nothing();
	must_fail("bad_id");
	puts("passed");
	return 0;
}
