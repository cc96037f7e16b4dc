// die_when_link_dies can be changed at any time; what counts is how it is when
// the link fails. Any number but 0 means yes.
//
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

#define GO 5

ENTRY(fail_on_command)(void)
{
	receive_tag(GO, 0);
	__builtin_trap();
}

// Changes its mind, and lets its child fail.
ENTRY(toggle)(int32_t last)
{
	uint64_t child;

	lunatic_process_die_when_link_dies(0);
	child = spawn("fail_on_command", 1);
	lunatic_process_die_when_link_dies(1);
	lunatic_process_die_when_link_dies(0);
	lunatic_process_die_when_link_dies((uint32_t)last);
	send_number(child, GO, 0);
	if (last == 0) {
		expect_link_died(1);
		return;
	}
	lunatic_process_sleep_ms(SOON);
	CHECK(!"still alive");
}

// Messages that were got already stay messages.
ENTRY(too_late)(void)
{
	uint64_t child;

	lunatic_process_die_when_link_dies(0);
	child = spawn("fail_on_command", 1);
	send_number(child, GO, 0);
	CHECK_EQ(receive_tag(2, A_WHILE), TIMED_OUT);
	lunatic_process_die_when_link_dies(1);
	expect_link_died(1);
}

int main(void)
{
	const int32_t yes[] = { 1, 2, -1, INT32_MIN, 256 };

	lunatic_process_die_when_link_dies(0);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		spawn_with("toggle", 20 + (int64_t)i, yes[i]);
		expect_link_died(20 + (int64_t)i);
	}
	spawn_with("toggle", 30, 0);
	spawn("too_late", 31);
	CHECK_EQ(receive_any(5 * A_WHILE), TIMED_OUT);
	puts("passed");
	return 0;
}
