// A message that tells of a failed link has a tag and nothing else.
//
// stdout: passed
// stderr~ message is a signal, it has no data \(lunatic::message::write_data\)$
// stderr~ message is a signal, it has no data \(lunatic::message::read_data\)$
// stderr~ message is a signal, it has no data \(lunatic::message::seek_data\)$
// stderr~ message is a signal, it has no data \(lunatic::message::data_size\)$
// stderr~ is a signal, it has no data \(lunatic::message::push_process\)$
// stderr~ is a signal, it has no data \(lunatic::message::take_process\)$
// stderr~ is a signal, it has no data \(lunatic::message::take_tcp_stream\)$
// stderr~ it has no data \(lunatic::message::send\)$
// stderr~ it has no data \(lunatic::message::send_receive_skip_search\)$
#include "../check.h"

ENTRY(fail)(void)
{
	exit(3);
}

// Ends with a message about a failed link in the scratch area.
static void get_signal(void)
{
	lunatic_process_die_when_link_dies(0);
	lunatic_process_drop_process(spawn("fail", 12));
	expect_link_died(12);
}

ENTRY(write_signal)(void)
{
	get_signal();
	lunatic_message_write_data("x", 1);
}

ENTRY(read_signal)(void)
{
	char byte;

	get_signal();
	lunatic_message_read_data(&byte, 1);
}

ENTRY(seek_signal)(void)
{
	get_signal();
	lunatic_message_seek_data(0);
}

ENTRY(size_of_signal)(void)
{
	get_signal();
	lunatic_message_data_size();
}

ENTRY(push_to_signal)(void)
{
	get_signal();
	lunatic_message_push_process(lunatic_process_this());
}

ENTRY(take_from_signal)(void)
{
	get_signal();
	lunatic_message_take_process(0);
}

ENTRY(take_stream_from_signal)(void)
{
	get_signal();
	lunatic_message_take_tcp_stream(0);
}

// Passed on, it would look as if a link of the receiver had failed.
ENTRY(send_signal)(void)
{
	get_signal();
	lunatic_message_send(lunatic_process_this());
}

ENTRY(ask_with_signal)(void)
{
	get_signal();
	lunatic_message_send_receive_skip_search(lunatic_process_this(), 1);
}

// The next message takes its place.
static void is_replaced(void)
{
	get_signal();
	CHECK_EQ(receive_any(1), TIMED_OUT);
	CHECK_EQ(lunatic_message_get_tag(), 12);
	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_data_size(), 0);
}

int main(void)
{
	is_replaced();
	must_fail("write_signal");
	must_fail("read_signal");
	must_fail("seek_signal");
	must_fail("size_of_signal");
	must_fail("push_to_signal");
	must_fail("take_from_signal");
	must_fail("take_stream_from_signal");
	must_fail("send_signal");
	must_fail("ask_with_signal");
	puts("passed");
	return 0;
}
