// An undone link tells nobody, whoever made it and whoever undoes it.
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

// Undoes its link with the sender, says so, and fails on command.
ENTRY(unlink_and_fail)(void)
{
	uint64_t boss;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	lunatic_process_unlink(boss);
	send_number(boss, 6, 0);
	receive_tag(GO, 0);
	__builtin_trap();
}

// Undoes its link and lives, or not.
ENTRY(survive)(void)
{
	uint64_t child = spawn("fail_on_command", 8);
	uint64_t boss;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	lunatic_process_unlink(child);
	send_number(child, GO, 0);
	lunatic_process_sleep_ms(A_WHILE);
	send_number(boss, 7, 0);
}

int main(void)
{
	uint64_t child;

	lunatic_process_die_when_link_dies(0);
	// By the one that made it.
	child = spawn("fail_on_command", 11);
	lunatic_process_unlink(child);
	send_number(child, GO, 0);
	expect_nothing();
	// By the other one.
	child = spawn("unlink_and_fail", 12);
	send_this(child, 0);
	expect_number(6, 0);
	send_number(child, GO, 0);
	expect_nothing();
	// Undone and made again.
	child = spawn("fail_on_command", 13);
	lunatic_process_unlink(child);
	lunatic_process_link(14, child);
	send_number(child, GO, 0);
	expect_link_died(14);
	// Undoing what is not there, before and after death, and with oneself.
	child = spawn("fail_on_command", 0);
	lunatic_process_unlink(child);
	send_number(child, GO, 0);
	lunatic_process_sleep_ms(A_WHILE);
	lunatic_process_unlink(child);
	lunatic_process_unlink(lunatic_process_this());
	expect_nothing();
	child = spawn("survive", 15);
	send_this(child, 0);
	expect_number(7, 0);
	expect_nothing();
	puts("passed");
	return 0;
}
