// engine: wasmtime
// timeout: 60
// options: --workers 2
// A module on which the compiler works for long is compiled apart: others are
// added beside it, by neighbours and by the same environment, and whoever waits
// for it can be killed.
#include "../bomb.h"
#include "../check.h"
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DONE 5
#define LINK 6

static uint32_t add(uint64_t environment, uint32_t depth, uint32_t locals)
{
	static uint8_t bytes[1 << 16];
	size_t len = bomb_make(bytes, depth, locals);
	uint64_t module;

	return lunatic_process_add_module(environment, bytes, len, &module);
}

// Adds a bomb, and tells how that ended.
ENTRY(bomber)(int32_t more)
{
	uint64_t parent;

	CHECK_EQ(lunatic_message_receive(NULL, 0, SOON), DATA);
	parent = lunatic_message_take_process(0);
	uint32_t result =
		add(lunatic_process_this_env(), 400 + (uint32_t)more, 400);

	lunatic_message_create_data(DONE, 4);
	lunatic_message_write_data(&result, sizeof(result));
	lunatic_message_send(parent);
}

static uint64_t begin(int32_t more)
{
	uint8_t params[PARAM_SIZE] = { I32 };
	uint64_t process;

	memcpy(params + 1, &more, sizeof(more));
	CHECK_EQ(lunatic_process_inherit_spawn(0, "bomber", 6, params,
					       sizeof(params), &process),
		 0);
	lunatic_message_create_data(1, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(process);
	return process;
}

int main(void)
{
	uint64_t config = lunatic_process_create_config(1 << 20, 1);
	uint64_t environment;

	// More of them than are compiled at a time.
	for (int32_t i = 0; i < 3; i++)
		begin(i);
	lunatic_process_sleep_ms(200);
	CHECK_EQ(lunatic_process_create_environment(config, &environment), 0);
	for (uint32_t i = 1; i < 10; i++) {
		CHECK_EQ(add(environment, i, i), 0);
		CHECK_EQ(add(lunatic_process_this_env(), i, i + 1), 0);
	}
	// None of them is there, and all end with this process.
	CHECK_EQ(lunatic_message_receive((int64_t[]){ DONE }, 1, 1), TIMED_OUT);
	return 0;
}
