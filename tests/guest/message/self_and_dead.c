// A process can send to itself; what is sent to one that has ended is dropped,
// and its id remains good.
//
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

ENTRY(end)(void)
{
}

ENTRY(fail)(void)
{
	__builtin_trap();
}

static void send_to_dead(uint64_t dead)
{
	uint8_t id[16];

	for (int i = 0; i < 1000; i++) {
		lunatic_message_create_data(i, 0);
		CHECK_EQ(lunatic_message_push_process(lunatic_process_this()),
			 0);
		lunatic_message_send(dead);
	}
	lunatic_message_create_data(1, 0);
	CHECK_EQ(lunatic_message_send_receive_skip_search(dead, 5), TIMED_OUT);
	lunatic_process_id(dead, id);
	lunatic_process_drop_process(lunatic_process_clone_process(dead));
	lunatic_process_drop_process(dead);
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t dead;

	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < 1000; i++)
		send_number(self, i, i);
	for (int i = 0; i < 1000; i++)
		expect_number(i, i);
	expect_nothing();
	dead = spawn("fail", 8);
	expect_link_died(8);
	send_to_dead(dead);
	dead = spawn("end", 9);
	lunatic_process_sleep_ms(20);
	send_to_dead(dead);
	expect_nothing();
	puts("passed");
	return 0;
}
