// timeout: 60
// options: --workers 2
// A module on which the compiler works for long is compiled apart: others are
// added beside it, by neighbours and by the same environment, and whoever waits
// for it can be killed.
#include "../check.h"
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DONE 5
#define LINK 6

static uint8_t *put(uint8_t *at, uint32_t number)
{
	do {
		*at = number & 127;
		number >>= 7;
		*at++ |= number > 0 ? 128 : 0;
	} while (number > 0);
	return at;
}

// Loops in each other, the innermost of which adds 1 to many locals: as many
// values in each loop. 300 of each take seconds of processor time.
static size_t make(uint8_t *bytes, uint32_t depth, uint32_t locals)
{
	static const uint8_t head[] = { 0, 'a', 's',  'm', 1,   0, 0, 0, 1,
					4, 1,   0x60, 0,   0,   3, 2, 1, 0,
					7, 5,   1,    1,   'f', 0, 0 };
	uint8_t *body = malloc(depth * 8 + locals * 12 + 64);
	uint8_t size[16];
	uint8_t *at = body, *end;

	*at++ = 1;
	at = put(at, locals);
	*at++ = 0x7f;
	for (uint32_t i = 0; i < depth; i++) {
		*at++ = 0x03;
		*at++ = 0x40;
	}
	for (uint32_t i = 0; i < locals; i++) {
		*at++ = 0x20;
		at = put(at, i);
		*at++ = 0x41;
		*at++ = 1;
		*at++ = 0x6a;
		*at++ = 0x21;
		at = put(at, i);
	}
	for (uint32_t i = 0; i < depth; i++) {
		static const uint8_t again[] = { 0x20, 0, 0x0d, 0, 0x0b };

		memcpy(at, again, sizeof(again));
		at += sizeof(again);
	}
	*at++ = 0x0b;
	end = bytes;
	memcpy(end, head, sizeof(head));
	end += sizeof(head);
	size[0] = 1;
	*end++ = 10;
	// One body, with its size; and the section's.
	uint32_t len = (uint32_t)(at - body);
	uint32_t prefix = (uint32_t)(put(size + 1, len) - size);

	end = put(end, prefix + len);
	memcpy(end, size, prefix);
	memcpy(end + prefix, body, len);
	end += prefix + len;
	free(body);
	return (size_t)(end - bytes);
}

static uint32_t add(uint64_t environment, uint32_t depth, uint32_t locals)
{
	static uint8_t bytes[1 << 16];
	size_t len = make(bytes, depth, locals);
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
