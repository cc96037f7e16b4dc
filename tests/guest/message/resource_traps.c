// What the functions for resources in messages must not be used for.
//
// stdout: passed
// stderr~ no message is being worked on \(lunatic::message::push_process\)$
// stderr~ no message is being worked on \(lunatic::message::take_process\)$
// stderr~ no message is being worked on \(lunatic::message::take_tcp_stream\)$
// stderr~ trapped: process 5 does not exist \(lunatic::message::push_process\)$
// stderr~ trapped: process 0 does not exist \(lunatic::message::push_process\)$
// stderr~ trapped: process 0 does not exist \(lunatic::message::send\)$
// stderr~ tcp stream 0 does not exist \(lunatic::message::push_tcp_stream\)$
// stderr~ does not exist \(lunatic::message::push_tcp_stream\)$
// stderr~ message has no process at index 0 \(lunatic::message::take_process\)$
// stderr~ message has no process at index 1 \(lunatic::message::take_process\)$
// stderr~ no process at index 4294967296 \(lunatic::message::take_process\)$
// stderr~ at index 18446744073709551615 \(lunatic::message::take_process\)$
// stderr~ has no tcp stream at index 0 \(lunatic::message::take_tcp_stream\)$
// stderr~ message has too many resources \(lunatic::message::push_process\)$
// stderr~ !push_to_nothing$
// stderr~ !take_from_nothing$
// stderr~ !push_nothing$
// stderr~ !push_twice$
// stderr~ !send_to_pushed$
// stderr~ !take_twice$
// stderr~ !take_behind$
// stderr~ !take_far_behind$
// stderr~ !take_as_stream$
// stderr~ !push_too_many$
#include "../check.h"

ENTRY(push_to_nothing)(void)
{
	lunatic_message_push_process(lunatic_process_this());
}

ENTRY(take_from_nothing)(void)
{
	lunatic_message_take_process(0);
}

ENTRY(take_stream_from_nothing)(void)
{
	lunatic_message_take_tcp_stream(0);
}

ENTRY(push_nothing)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(5);
}

ENTRY(push_no_stream)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_process_this();
	lunatic_message_push_tcp_stream(0);
}

ENTRY(push_no_stream_at_all)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_push_tcp_stream(UINT64_MAX);
}

ENTRY(push_twice)(void)
{
	uint64_t self = lunatic_process_this();

	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(self);
	lunatic_message_push_process(self);
}

ENTRY(send_to_pushed)(void)
{
	uint64_t self = lunatic_process_this();

	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(self);
	lunatic_message_send(self);
}

static void with_one(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
}

ENTRY(take_twice)(void)
{
	with_one();
	lunatic_message_take_process(0);
	lunatic_message_take_process(0);
}

ENTRY(take_behind)(void)
{
	with_one();
	lunatic_message_take_process(1);
}

ENTRY(take_far_behind)(void)
{
	with_one();
	lunatic_message_take_process(1ull << 32);
}

ENTRY(take_as_far_as_can_be)(void)
{
	with_one();
	lunatic_message_take_process(UINT64_MAX);
}

ENTRY(take_as_stream)(void)
{
	with_one();
	lunatic_message_take_tcp_stream(0);
}

ENTRY(push_too_many)(void)
{
	uint64_t self = lunatic_process_this();

	lunatic_message_create_data(0, 0);
	for (int i = 0; i <= 1000000; i++)
		lunatic_message_push_process(
			lunatic_process_clone_process(self));
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("push_to_nothing");
	must_fail("take_from_nothing");
	must_fail("take_stream_from_nothing");
	must_fail("push_nothing");
	must_fail("push_no_stream");
	must_fail("push_no_stream_at_all");
	must_fail("push_twice");
	must_fail("send_to_pushed");
	must_fail("take_twice");
	must_fail("take_behind");
	must_fail("take_far_behind");
	must_fail("take_as_far_as_can_be");
	must_fail("take_as_stream");
	must_fail("push_too_many");
	puts("passed");
	return 0;
}
