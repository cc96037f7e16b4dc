// Linking with a process that has ended: one that failed counts as failing
// now, one that ended normally is no news. Linking with oneself is nothing.
//
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

ENTRY(fail)(void)
{
	__builtin_trap();
}

ENTRY(end)(void)
{
}

// Links with the dead process that it gets: this is the end.
ENTRY(follow)(void)
{
	CHECK_EQ(receive_any(SOON), DATA);
	lunatic_process_link(3, lunatic_message_take_process(0));
	CHECK(!"still alive");
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t failed, ended, follower;

	lunatic_process_die_when_link_dies(0);
	lunatic_process_link(9, self);
	failed = spawn("fail", 1);
	expect_link_died(1);
	for (int i = 0; i < 5; i++) {
		lunatic_process_link(70 + i, failed);
		expect_link_died(70 + i);
	}
	ended = spawn("end", 2);
	lunatic_process_sleep_ms(A_WHILE);
	lunatic_process_link(80, ended);
	lunatic_process_link(81, ended);
	expect_nothing();
	lunatic_process_die_when_link_dies(1);
	lunatic_process_link(82, ended);
	lunatic_process_die_when_link_dies(0);
	follower = spawn("follow", 4);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(failed);
	lunatic_message_send(follower);
	expect_link_died(4);
	expect_nothing();
	puts("passed");
	return 0;
}
