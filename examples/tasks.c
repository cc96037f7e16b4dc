// Tasks compute in parallel; their results can be fetched in any order.
//
// Build: lunatic-cc tasks.c -o tasks.wasm
// Run:   lunatic tasks.wasm
//
// stdout: primes below 20000: 2262
// stdout: primes below 40000: 4203
// stdout: primes below 60000: 6057
#include <lunatic.h>

#define TASKS 3

static bool is_prime(uint32_t number)
{
	for (uint32_t i = 2; i * i <= number; i++) {
		if (number % i == 0)
			return false;
	}
	return number > 1;
}

static void count_primes(struct lunatic_reader *argument,
			 struct lunatic_writer *result)
{
	uint32_t below = lunatic_read_u32(argument);
	uint32_t count = 0;

	for (uint32_t i = 0; i < below; i++)
		count += is_prime(i);
	lunatic_write_uint(result, count);
}

LUNATIC_MAIN(argc, argv)
{
	struct lunatic_task tasks[TASKS];

	for (uint32_t i = 0; i < TASKS; i++) {
		struct lunatic_writer argument;

		lunatic_task_begin(&tasks[i], &argument);
		lunatic_write_uint(&argument, 20000 * (i + 1));
		if (lunatic_task_start(&tasks[i], NULL, count_primes,
				       &argument) != 0)
			return 1;
	}
	for (uint32_t i = 0; i < TASKS; i++) {
		struct lunatic_reader result;

		if (lunatic_task_join(&tasks[i], &result, LUNATIC_FOREVER) != 0)
			return 1;
		printf("primes below %u: %u\n", (unsigned)(20000 * (i + 1)),
		       (unsigned)lunatic_read_u32(&result));
	}
	return 0;
}
