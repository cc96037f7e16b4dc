// Two processes share nothing and talk by messages. A message is built in the
// scratch area, sent, and read after it was received.
//
// Build: clang-19 --target=wasm32-wasi -O2 -I ../sdk/c/include ping_pong.c
//            -o ping_pong.wasm
// Run:   lunatic ping_pong.wasm
//
// stdout: ping 1
// stdout:         pong 1
// stdout: ping 2
// stdout:         pong 2
// stdout: ping 3
// stdout:         pong 3
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 3

static void send_number(uint64_t process, uint32_t number)
{
	lunatic_message_create_data(0, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_send(process);
}

// No tags: takes the next message. No timeout: waits for ever.
static uint32_t receive_number(void)
{
	uint32_t number;

	lunatic_message_receive(NULL, 0, 0);
	lunatic_message_read_data(&number, sizeof(number));
	return number;
}

// A process begins in an exported function, with its own memory: it does not
// see the changes that main() made to variables.
__attribute__((export_name("pong"))) void pong(void)
{
	uint64_t parent;
	uint32_t number;

	// The first message contains the process to answer.
	lunatic_message_receive(NULL, 0, 0);
	parent = lunatic_message_take_process(0);
	do {
		number = receive_number();
		printf("        pong %u\n", number);
		fflush(stdout);
		send_number(parent, number);
	} while (number < ROUNDS);
}

int main(void)
{
	const char *entry = "pong";
	uint64_t child;

	if (lunatic_process_inherit_spawn(0, entry, strlen(entry), NULL, 0,
					  &child) != 0)
		return EXIT_FAILURE;

	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(child);

	for (uint32_t number = 1; number <= ROUNDS; number++) {
		printf("ping %u\n", number);
		fflush(stdout);
		send_number(child, number);
		receive_number();
	}
	return EXIT_SUCCESS;
}
