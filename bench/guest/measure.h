/*
 * What guests share that measure for a time instead of a number of times, since
 * what they do takes nanoseconds in one place and milliseconds in another, and
 * that can be told to hold processes.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench.h"

#define MEASURE_ROUNDS 3
#define MEASURE_NS 30000000
#define HOLD_AT_ONCE 500

/* Repeats `work` until a round's time is over, and reports. */
static inline void measure(const char *series, void (*work)(uint64_t, uint32_t),
			   uint64_t process, uint32_t argument)
{
	/* So that a look at the clock is a small part of it. */
	uint32_t batch = 1;

	for (int round = 0; round < MEASURE_ROUNDS; round++) {
		uint64_t began = now();
		uint64_t count = 0;
		uint64_t took;

		do {
			for (uint32_t i = 0; i < batch; i++)
				work(process, argument);
			count += batch;
			took = now() - began;
			if (took < MEASURE_NS / 100)
				batch *= 2;
		} while (took < MEASURE_NS);
		report(series, took, count);
	}
}

/* A number of standard input, and what follows it. False at its end. */
static inline bool read_integer(uint32_t *number)
{
	bool any = false;
	char digit;

	*number = 0;
	while (read(STDIN_FILENO, &digit, 1) == 1 && digit >= '0') {
		*number = *number * 10 + (uint32_t)(digit - '0');
		any = true;
	}
	return any;
}

/* Starts processes of which each sends a message and waits, tells when all of
 * them do, and waits as well. */
static inline void hold(uint32_t count, uint32_t argument,
			void (*start_one)(uint32_t), void (*wait_one)(void))
{
	for (uint32_t left = count; left > 0;) {
		uint32_t some = left < HOLD_AT_ONCE ? left : HOLD_AT_ONCE;

		for (uint32_t i = 0; i < some; i++)
			start_one(argument);
		for (uint32_t i = 0; i < some; i++)
			wait_one();
		left -= some;
	}
	report("waiting", count, 1);
	wait_one();
}

#endif
