// Yielding on one worker lets the other process run: each waits for the other,
// and only the yield lets it come.
// options: --workers 1
// stdout: done
#include <lunatic/abi.h>
#include <stdio.h>

#include "check.h"

static int take(uint64_t timeout)
{
	return lunatic_message_receive(NULL, 0, timeout) == 0;
}

__attribute__((export_name("child"))) void child(void)
{
	uint64_t parent;

	CHECK(take(0));
	parent = lunatic_message_take_process(0);
	for (int i = 0; i < 100; i++)
		CHECK_OK(__wasi_sched_yield());
	lunatic_message_create_data(0, 0);
	lunatic_message_send(parent);
}

int main(void)
{
	uint64_t id;

	CHECK(lunatic_process_inherit_spawn(0, "child", 5, NULL, 0, &id) == 0);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(id);
	for (int i = 0; i < 100; i++)
		CHECK_OK(__wasi_sched_yield());
	CHECK(take(0));
	puts("done");
	return 0;
}
