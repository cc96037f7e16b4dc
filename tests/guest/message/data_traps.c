// What the functions for the bytes of a message must not be used for. Each
// entry traps; main is told, and the report names the reason and the entry.
//
// stdout: passed
// stderr~ no message is being worked on \(lunatic::message::write_data\)$
// stderr~ no message is being worked on \(lunatic::message::read_data\)$
// stderr~ no message is being worked on \(lunatic::message::seek_data\)$
// stderr~ trapped: no message is being worked on \(lunatic::message::get_tag\)$
// stderr~ no message is being worked on \(lunatic::message::data_size\)$
// stderr~ trapped: no message is being worked on \(lunatic::message::send\)$
// stderr~ is being worked on \(lunatic::message::send_receive_skip_search\)$
// stderr~ trapped: process 77 does not exist \(lunatic::message::send\)$
// stderr~ 77 does not exist \(lunatic::message::send_receive_skip_search\)$
// stderr~ trapped: process 0 does not exist \(lunatic::message::send\)$
// stderr~ is past the end of the message \(lunatic::message::read_data\)$
// stderr~ outside of the exported memory \(lunatic::message::write_data\)$
// stderr~ !write_nothing$
// stderr~ !read_nothing$
// stderr~ !seek_nothing$
// stderr~ !tag_of_nothing$
// stderr~ !size_of_nothing$
// stderr~ !send_nothing$
// stderr~ !ask_nothing$
// stderr~ !send_to_nobody$
// stderr~ !ask_nobody$
// stderr~ !send_to_dropped$
// stderr~ !read_past_end$
// stderr~ !read_past_any_end$
// stderr~ !write_after_send$
// stderr~ !write_too_far$
#include "../check.h"

ENTRY(write_nothing)(void)
{
	lunatic_message_write_data("x", 1);
}

ENTRY(read_nothing)(void)
{
	char byte;

	lunatic_message_read_data(&byte, 1);
}

ENTRY(seek_nothing)(void)
{
	lunatic_message_seek_data(0);
}

ENTRY(tag_of_nothing)(void)
{
	lunatic_message_get_tag();
}

ENTRY(size_of_nothing)(void)
{
	lunatic_message_data_size();
}

ENTRY(send_nothing)(void)
{
	lunatic_message_send(lunatic_process_this());
}

ENTRY(ask_nothing)(void)
{
	lunatic_message_send_receive_skip_search(lunatic_process_this(), 1);
}

ENTRY(send_to_nobody)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_send(77);
}

ENTRY(ask_nobody)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_send_receive_skip_search(77, 1);
}

ENTRY(send_to_dropped)(void)
{
	uint64_t self = lunatic_process_this();

	lunatic_process_drop_process(self);
	lunatic_message_create_data(0, 0);
	lunatic_message_send(self);
}

ENTRY(read_past_end)(void)
{
	char byte;

	lunatic_message_create_data(0, 0);
	lunatic_message_write_data("x", 1);
	lunatic_message_seek_data(2);
	lunatic_message_read_data(&byte, 1);
}

ENTRY(read_past_any_end)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_seek_data(UINT64_MAX);
	lunatic_message_read_data(NULL, 0);
}

// Sending leaves nothing behind.
ENTRY(write_after_send)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_send(lunatic_process_this());
	lunatic_message_write_data("x", 1);
}

ENTRY(write_too_far)(void)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_write_data((void *)(uintptr_t)16, UINT32_MAX);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("write_nothing");
	must_fail("read_nothing");
	must_fail("seek_nothing");
	must_fail("tag_of_nothing");
	must_fail("size_of_nothing");
	must_fail("send_nothing");
	must_fail("ask_nothing");
	must_fail("send_to_nobody");
	must_fail("ask_nobody");
	must_fail("send_to_dropped");
	must_fail("read_past_end");
	must_fail("read_past_any_end");
	must_fail("write_after_send");
	must_fail("write_too_far");
	puts("passed");
	return 0;
}
