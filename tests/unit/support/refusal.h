/*
 * A kernel that refuses to work on memory when a test says so. For tests that
 * are linked so that the C library's functions come here first, see
 * tests/CMakeLists.txt.
 */
#ifndef LN_TEST_SUPPORT_REFUSAL_H
#define LN_TEST_SUPPORT_REFUSAL_H

#include <stddef.h>

enum test_refused {
	TEST_REFUSE_MADVISE = 1,
	TEST_REFUSE_MUNMAP = 2,
	TEST_REFUSE_MPROTECT = 4,
	TEST_REFUSE_SCAN = 8, /* the ioctl PAGEMAP_SCAN */
};

/* From here on, on all threads, these calls fail, those of less than `min`
 * bytes excepted; 0: none. Wasmtime's own calls come here as well, and it ends
 * the program when munmap fails. */
void test_refuse(unsigned calls, size_t min);

/* How many were refused since the last call of test_refuse. */
unsigned test_refused(void);

#endif
