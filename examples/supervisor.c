// A supervisor keeps a job going although its workers crash: it links every
// worker that it spawns, and when one dies it starts the next. A crash destroys
// the memory of one process only.
//
// Build: clang-19 --target=wasm32-wasi -O2 -I ../sdk/c/include supervisor.c
//            -o supervisor.wasm
// Run:   lunatic supervisor.wasm
//
// stdout: starting worker 1
// stdout: worker 1 crashed
// stdout: starting worker 2
// stdout: worker 2 crashed
// stdout: starting worker 3
// stdout: worker 3 says 42
// stderr~ divide by zero
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_DIED 1
#define MAX_WORKERS 5

// A parameter is encoded in 17 bytes: its wasm type, then its value.
#define TYPE_I32 0x7f

// The first workers divide by zero.
__attribute__((export_name("worker"))) void worker(int32_t number)
{
	volatile int32_t luck = number > 2;
	int32_t answer = 42 / luck;
	uint64_t supervisor;

	lunatic_message_receive(NULL, 0, 0);
	supervisor = lunatic_message_take_process(0);
	lunatic_message_create_data(0, sizeof(answer));
	lunatic_message_write_data(&answer, sizeof(answer));
	lunatic_message_send(supervisor);
}

// The number of the worker is also the tag of its link.
static void start_worker(int32_t number)
{
	const char *entry = "worker";
	uint8_t params[17] = { TYPE_I32 };
	uint64_t process;

	printf("starting worker %d\n", number);
	memcpy(params + 1, &number, sizeof(number));
	if (lunatic_process_inherit_spawn(number, entry, strlen(entry), params,
					  sizeof(params), &process) != 0)
		exit(EXIT_FAILURE);
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(process);
	lunatic_process_drop_process(process);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	for (int32_t number = 1; number <= MAX_WORKERS; number++) {
		int32_t answer;

		start_worker(number);
		if (lunatic_message_receive(NULL, 0, 0) == LINK_DIED) {
			printf("worker %lld crashed\n",
			       (long long)lunatic_message_get_tag());
			continue;
		}
		lunatic_message_read_data(&answer, sizeof(answer));
		printf("worker %d says %d\n", number, answer);
		return EXIT_SUCCESS;
	}
	return EXIT_FAILURE;
}
