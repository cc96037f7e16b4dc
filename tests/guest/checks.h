/*
 * Checks for cases in C of any generation. One that fails prints a line on
 * standard output, which no case expects, and ends its process with a failure.
 * A function that is exported under its own name (ENTRY) can be spawned by that
 * name.
 */
#ifndef LUNATIC_TESTS_GUEST_CHECKS_H
#define LUNATIC_TESTS_GUEST_CHECKS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The result of what waited for too long. */
#define TIMED_OUT 9027

/* Long enough for what must come, short enough for what must not. */
#define SOON 30000
#define A_WHILE 50

/* Types of spawn parameters, of 17 bytes each. */
#define I32 0x7f
#define I64 0x7e
#define V128 0x7b
#define PARAM_SIZE 17

#define ENTRY(name) __attribute__((export_name(#name))) void name

/* Where a function of this file was called that checks something. */
static int check_caller;

#define FROM_HERE (check_caller = __LINE__)

#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition))                                          \
			check_failed(__FILE_NAME__, __LINE__, #condition); \
	} while (0)

#define CHECK_EQ(have, want)                                                 \
	do {                                                                 \
		int64_t have_ = (int64_t)(have);                             \
		int64_t want_ = (int64_t)(want);                             \
                                                                             \
		if (have_ != want_)                                          \
			check_differs(__FILE_NAME__, __LINE__, #have, have_, \
				      want_);                                \
	} while (0)

__attribute__((noreturn)) static inline void
check_failed(const char *file, int line, const char *condition)
{
	printf("FAILED %s:%d (from %d): %s\n", file, line, check_caller,
	       condition);
	exit(EXIT_FAILURE);
}

__attribute__((noreturn)) static inline void
check_differs(const char *file, int line, const char *what, int64_t have,
	      int64_t want)
{
	printf("FAILED %s:%d (from %d): %s is %lld, not %lld\n", file, line,
	       check_caller, what, (long long)have, (long long)want);
	exit(EXIT_FAILURE);
}

#endif
