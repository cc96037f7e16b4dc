// What `make demo` runs: a process spawns 1,000 others, exchanges messages
// with all of them, and goes on when one of them fails.
//
// Build: clang-19 --target=wasm32-wasi -O2 -I ../../sdk/c/include demo.c
//            -o demo.wasm
// Run:   lunatic demo.wasm
//
// stdout~ ^spawned 1,000 processes in [0-9.]+ ms
// stdout~ ^asked each for the square of its number: 1,000 answers in [0-9.]+ ms
// stdout~ ^their sum is 333833500, as it should be$
// stdout~ ^told number 713 to divide by zero: it died, this process was told$
// stdout~ ^asked again: 999 answers, and the sum lacks just 713 squared$
// stderr~ divide by zero
#include <lunatic/abi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROCESSES 1000
#define UNLUCKY 713
#define SUM_OF_SQUARES 333833500u

#define LINK_DIED 1
#define TYPE_I32 0x7f

// The tags of messages tell what they are about.
enum { PARENT = 1, SQUARE, DIVIDE };

static uint64_t process[PROCESSES + 1];

static double milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void send_number(uint64_t to, int64_t tag, uint32_t number)
{
	lunatic_message_create_data(tag, sizeof(number));
	lunatic_message_write_data(&number, sizeof(number));
	lunatic_message_send(to);
}

static uint32_t read_number(void)
{
	uint32_t number = 0;

	lunatic_message_read_data(&number, sizeof(number));
	return number;
}

// The entry of each of the 1,000 processes: it answers until it is told to
// fail. Those that still wait when main() returns end with the program.
__attribute__((export_name("worker"))) void worker(uint32_t number)
{
	const int64_t first = PARENT;
	uint64_t parent;

	lunatic_message_receive(&first, 1, 0);
	parent = lunatic_message_take_process(0);
	for (;;) {
		lunatic_message_receive(NULL, 0, 0);
		if (lunatic_message_get_tag() == DIVIDE)
			number /= read_number();
		send_number(parent, SQUARE, number * number);
	}
}

// The link's tag is the number, so that the parent knows which one failed.
static uint64_t spawn_worker(uint32_t number)
{
	const char *entry = "worker";
	uint8_t params[17] = { TYPE_I32 };
	uint64_t id;

	memcpy(params + 1, &number, sizeof(number));
	if (lunatic_process_inherit_spawn(number, entry, strlen(entry), params,
					  sizeof(params), &id) != 0) {
		fprintf(stderr, "demo: spawn failed\n");
		exit(EXIT_FAILURE);
	}
	lunatic_message_create_data(PARENT, 0);
	lunatic_message_push_process(lunatic_process_this());
	lunatic_message_send(id);
	return id;
}

// Asks all processes for a square and adds up the answers of those that live.
static uint32_t sum_of_squares(int answers)
{
	const int64_t square = SQUARE;
	uint32_t sum = 0;

	for (int i = 1; i <= PROCESSES; i++)
		send_number(process[i], SQUARE, 0);
	while (answers-- > 0) {
		lunatic_message_receive(&square, 1, 0);
		sum += read_number();
	}
	return sum;
}

int main(void)
{
	double start = milliseconds();
	uint32_t sum;

	// Failures of linked processes come as messages from here on.
	lunatic_process_die_when_link_dies(0);
	for (uint32_t i = 1; i <= PROCESSES; i++)
		process[i] = spawn_worker(i);
	printf("spawned 1,000 processes in %.1f ms\n", milliseconds() - start);

	start = milliseconds();
	sum = sum_of_squares(PROCESSES);
	printf("asked each for the square of its number: 1,000 answers in "
	       "%.1f ms\n",
	       milliseconds() - start);
	if (sum != SUM_OF_SQUARES)
		return EXIT_FAILURE;
	printf("their sum is %u, as it should be\n", sum);
	fflush(stdout);

	send_number(process[UNLUCKY], DIVIDE, 0);
	if (lunatic_message_receive(NULL, 0, 0) != LINK_DIED ||
	    lunatic_message_get_tag() != UNLUCKY)
		return EXIT_FAILURE;
	printf("told number %d to divide by zero: it died, this process was "
	       "told\n",
	       UNLUCKY);

	sum = sum_of_squares(PROCESSES - 1);
	if (sum != SUM_OF_SQUARES - UNLUCKY * UNLUCKY)
		return EXIT_FAILURE;
	printf("asked again: 999 answers, and the sum lacks just 713 "
	       "squared\n");
	return EXIT_SUCCESS;
}
