// What the functions of messages must not be used for.
//
// stdout: passed
// stderr~ no message is being worked on \(lunatic::message::write_data\)$
// stderr~ no message is being worked on \(lunatic::message::read_data\)$
// stderr~ no message is being worked on \(lunatic::message::get_tag\)$
// stderr~ no message is being worked on \(lunatic::message::get_process_id\)$
// stderr~ no message is being worked on \(lunatic::message::send\)$
// stderr~ worked on \(lunatic::message::send_receive_skip_search\)$
// stderr~ no message is being worked on \(lunatic::message::push_module\)$
// stderr~ no message is being worked on \(lunatic::message::take_module\)$
// stderr~ no message is being worked on \(lunatic::message::push_process\)$
// stderr~ no message is being worked on \(lunatic::message::take_process\)$
// stderr~ module 77 does not exist \(lunatic::message::push_module\)$
// stderr~ tcp stream 3 does not exist \(lunatic::message::push_tcp_stream\)$
// stderr~ has no module at index 0 \(lunatic::message::take_module\)$
// stderr~ has no module at index 7 \(lunatic::message::take_module\)$
// stderr~ has no process at index 18446744073709551615
// \(lunatic::message::take_process\)$ stderr~ has no process at index 0
// \(lunatic::message::take_process\)$ stderr~ the message is a signal, it has
// no data \(lunatic::message::send\)$ stderr~ the message is a signal, it has
// no data \(lunatic::message::read_data\)$ stderr~ outside of the exported
// memory \(lunatic::message::receive\)$ stderr~ outside of the exported memory
// \(lunatic::message::write_data\)$
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

ENTRY(tag_of_nothing)(void)
{
	lunatic_message_get_tag();
}

ENTRY(id_of_nothing)(void)
{
	lunatic_message_get_process_id();
}

ENTRY(send_nothing)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_send(77);
	lunatic_message_send(77);
}

ENTRY(ask_nothing)(void)
{
	lunatic_message_send_receive_skip_search(77, 1, 0);
}

ENTRY(push_module_nowhere)(void)
{
	static const uint8_t empty[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
	uint64_t module = 0;

	CHECK_EQ(lunatic_process_compile_module(empty, sizeof(empty), &module),
		 0);
	lunatic_message_push_module(module);
}

ENTRY(take_module_nowhere)(void)
{
	lunatic_message_take_module(0);
}

ENTRY(push_process_nowhere)(void)
{
	lunatic_message_push_process(lunatic_process_process_id());
}

ENTRY(take_process_nowhere)(void)
{
	lunatic_message_take_process(0);
}

ENTRY(push_no_module)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_push_module(77);
}

ENTRY(push_no_stream)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_push_tcp_stream(3);
}

ENTRY(take_other)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_push_process(lunatic_process_process_id());
	lunatic_message_take_module(0);
}

ENTRY(take_none)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_take_module(7);
}

ENTRY(take_far)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_take_process(UINT64_MAX);
}

ENTRY(take_twice)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_push_process(lunatic_process_process_id());
	lunatic_message_take_process(0);
	lunatic_message_take_process(0);
}

ENTRY(waits)(void)
{
	receive_any(NO_LIMIT);
}

static void get_signal(void)
{
	lunatic_process_die_when_link_dies(0);
	lunatic_process_kill(spawn("waits", 9));
	expect_link_died(9);
}

ENTRY(send_signal)(void)
{
	get_signal();
	lunatic_message_send(lunatic_process_process_id());
}

ENTRY(read_signal)(void)
{
	char byte;

	get_signal();
	lunatic_message_read_data(&byte, 1);
}

ENTRY(far_tags)(void)
{
	lunatic_message_receive((void *)(uintptr_t)8, UINT32_MAX, 0);
}

ENTRY(far_bytes)(void)
{
	lunatic_message_create_data(1, 1);
	lunatic_message_write_data((void *)(uintptr_t)UINT32_MAX, 2);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("write_nothing");
	must_fail("read_nothing");
	must_fail("tag_of_nothing");
	must_fail("id_of_nothing");
	must_fail("send_nothing");
	must_fail("ask_nothing");
	must_fail("push_module_nowhere");
	must_fail("take_module_nowhere");
	must_fail("push_process_nowhere");
	must_fail("take_process_nowhere");
	must_fail("push_no_module");
	must_fail("push_no_stream");
	must_fail("take_other");
	must_fail("take_none");
	must_fail("take_far");
	must_fail("take_twice");
	must_fail("send_signal");
	must_fail("read_signal");
	must_fail("far_tags");
	must_fail("far_bytes");
	puts("passed");
	return 0;
}
