/*
 * Memory that runs short when a test says so. For tests that are linked so that
 * the C library's functions come here first: LN_SHORTAGE in
 * tests/CMakeLists.txt.
 *
 *	for (unsigned left = 0; ; left++) {
 *		test_shortage_begin(TEST_SHORT_ALL, left);
 *		result = ...
 *		if (!test_shortage_end())
 *			break;
 *		what a failed call has to look like
 *	}
 */
#ifndef LN_TEST_SUPPORT_SHORTAGE_H
#define LN_TEST_SUPPORT_SHORTAGE_H

#include <stdbool.h>

/* Which calls count. Wasmtime ends the program when memory is short, so where
 * it is called only those that it does not make may. */
enum test_short {
	TEST_SHORT_MALLOC = 1,
	TEST_SHORT_CALLOC = 2,
	TEST_SHORT_REALLOC = 4,
	TEST_SHORT_STRINGS = 8, /* strdup, strndup, asprintf, vasprintf */
	TEST_SHORT_ALL = 15,
};

/* From here on, on this thread, `left` calls succeed and the next one fails;
 * those after it succeed again. */
void test_shortage_begin(unsigned calls, unsigned left);

/* Ends that; whether a call has failed. */
bool test_shortage_end(void);

#endif
