// A component and a module exchange messages, handles of processes and
// requests.
//
// engine: wasmtime
// stdout: passed
#include <lunatic.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "peer.h"

// Receives one with that tag; 0: the first one.
static void expect(int64_t tag, const char *text)
{
	char data[32] = { 0 };

	CHECK_EQ(lunatic_message_receive(&tag, tag != 0, 10000), DATA);
	CHECK_EQ(lunatic_message_data_size(), strlen(text));
	lunatic_message_read_data(data, sizeof(data));
	CHECK(strcmp(data, text) == 0);
}

static void begin(int64_t tag, const char *text)
{
	lunatic_message_create_data(tag, 0);
	lunatic_message_write_data(text, strlen(text));
}

// The third process tells the first one what it has got.
__attribute__((export_name("third"))) void third(void)
{
	uint64_t first;

	expect(1, "first");
	first = lunatic_message_take_process(0);
	expect(8, "for the third");
	begin(7, "thanks");
	lunatic_message_send(first);
}

static uint64_t start_component(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t environment = lunatic_process_this_env();
	uint64_t module;
	uint64_t process;

	CHECK_EQ(
		lunatic_process_register("c", 1, "1.0.0", 5, environment, self),
		0);
	CHECK_EQ(lunatic_process_add_module(environment, peer, strlen(peer),
					    &module),
		 0);
	CHECK_EQ(lunatic_process_spawn(0, module, "_start", 6, NULL, 0,
				       &process),
		 0);
	return process;
}

int main(void)
{
	uint64_t component = start_component();
	int64_t monitor = lunatic_process_monitor(component);
	uint64_t child = spawn("third", 0);
	uint64_t asker;
	int64_t tag;

	begin(1, "first");
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(child);

	// Its message has two handles of itself.
	expect(5, "hello");
	asker = lunatic_message_take_process(0);
	begin(6, "for the third");
	lunatic_message_push_process(child);
	lunatic_message_send(asker);
	expect(7, "thanks");

	// It asks, and tells what it was answered.
	expect(0, "again");
	tag = lunatic_message_get_tag();
	CHECK(tag < 0);
	asker = lunatic_message_take_process(0);
	begin(tag, "an answer");
	lunatic_message_send(asker);
	expect(9, "an answer");

	// It is asked.
	begin(lunatic_message_new_tag(), "asked");
	lunatic_message_push_process(lunatic_process_this());
	CHECK_EQ(lunatic_message_request(component, 10000), DATA);
	CHECK_EQ(lunatic_message_data_size(), 5);

	CHECK_EQ(lunatic_message_receive(&monitor, 1, 10000), 2);
	puts("passed");
	return 0;
}
