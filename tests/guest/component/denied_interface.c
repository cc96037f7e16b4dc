// An environment allows interfaces for components by their names: one that it
// does not allow traps when it is called.
//
// engine: wasmtime
// stdout: passed
// stderr~ trapped: .*lunatic:process/mailbox::send-with
#include <lunatic.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"
#include "peer.h"

static void allow(uint64_t config, const char *prefix)
{
	lunatic_process_allow_namespace(config, prefix, strlen(prefix));
}

int main(void)
{
	uint64_t config = lunatic_process_create_config(1 << 24, 10000000);
	uint64_t environment;
	uint64_t module;
	uint64_t process;
	int64_t monitor;
	uint32_t end[2];

	allow(config, "lunatic:process/registry");
	allow(config, "lunatic:process/processes");
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	CHECK_EQ(lunatic_process_register("c", 1, "1.0.0", 5, environment,
					  lunatic_process_this()),
		 0);
	CHECK_EQ(lunatic_process_add_module(environment, peer, strlen(peer),
					    &module),
		 0);
	CHECK_EQ(lunatic_process_spawn(0, module, "_start", 6, NULL, 0,
				       &process),
		 0);
	monitor = lunatic_process_monitor(process);
	CHECK_EQ(lunatic_message_receive(&monitor, 1, 10000), 2);
	CHECK_EQ(lunatic_message_read_data(end, sizeof(end)), sizeof(end));
	CHECK_EQ(end[0], LUNATIC_TRAPPED);
	puts("passed");
	return 0;
}
