/*
 * The deterministic mode: threads that run one at a time, in an order that a
 * seed decides. What is under test is compiled with LN_SYSTEMATIC, so that it
 * stops at ln_systematic_point (base/systematic.h) and sleeps and wakes through
 * the functions here.
 *
 * A run in which every thread sleeps has lost a wake-up. It ends the program
 * with SYSTEMATIC_LOST and says which seed brings it back.
 */
#ifndef LN_TEST_SCHED_SYSTEMATIC_H
#define LN_TEST_SCHED_SYSTEMATIC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Exit statuses of a program whose run failed. */
enum {
	SYSTEMATIC_LOST = 10,  /* all threads sleep, or nothing gets done */
	SYSTEMATIC_WRONG = 11, /* systematic_check found something else */
};

/* Begins a run; the calling thread is its first. `name` is for the report of a
 * failure, to which `describe` adds the state of what was tested. */
void systematic_begin(const char *name, uint64_t seed, void (*describe)(void));

/* Ends it: all threads that were made must have been joined. Returns a number
 * that stands for all decisions of the run: the same seed, the same number. */
uint64_t systematic_end(void);

/* pthread_create and pthread_join of the code under test, and of scenarios.
 * Attributes are ignored. */
int systematic_create(pthread_t *thread, const pthread_attr_t *attributes,
		      void *(*function)(void *), void *argument);
int systematic_join(pthread_t thread, void **result);

/* The clock of the code under test. It stands still but for what scenarios
 * have pass. */
int systematic_clock(clockid_t clock, struct timespec *now);
void systematic_pass_time(int64_t ns);

/* A number below `bound` that the seed decides. */
unsigned systematic_choose(unsigned bound);

/* Ends the program with SYSTEMATIC_WRONG and the seed unless `right`. */
void systematic_check(bool right, const char *what);

#endif
