/* Modules of text as binaries. */
#ifndef LN_TEST_SUPPORT_WAT_H
#define LN_TEST_SUPPORT_WAT_H

#include <stddef.h>
#include <stdint.h>

struct test_binary {
	uint8_t *data; /* owned */
	size_t size;
};

/* The test fails when the text is not one of a module. */
struct test_binary test_assemble(const char *text);
void test_binary_free(struct test_binary *binary);

#endif
