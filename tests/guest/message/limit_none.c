// With --max-message 0 messages have tags and resources only.
//
// options: --max-message 0
// stdout: passed
// stderr~ a message may have at most 0 bytes \(lunatic::message::write_data\)$
#include "../check.h"

ENTRY(write)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data("x", 1);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	lunatic_message_create_data(5, 100);
	CHECK_EQ(lunatic_message_write_data("x", 0), 0);
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 0);
	lunatic_message_send(lunatic_process_this());
	CHECK_EQ(receive_tag(5, SOON), DATA);
	CHECK_EQ(lunatic_message_data_size(), 0);
	lunatic_process_drop_process(lunatic_message_take_process(0));
	must_fail("write");
	puts("passed");
	return 0;
}
