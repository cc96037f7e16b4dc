/*
 * What the C cases of this folder share: a check that names its line, and
 * addresses that a guest's memory does not have. The functions are called as
 * they are imported, below the C library.
 */
#ifndef LN_TEST_GUEST_CHECK_H
#define LN_TEST_GUEST_CHECK_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#define CHECK(condition)                                                  \
	do {                                                              \
		if (!(condition))                                         \
			check_failed(CHECK_TEXT(__LINE__) ": " #condition \
							  "\n");          \
	} while (0)
#define CHECK_TEXT(line) CHECK_TEXT_OF(line)
#define CHECK_TEXT_OF(line) #line

/* The result of a call, as WASI's errno. */
#define CHECK_ERRNO(call, errno_name) CHECK((call) == __WASI_ERRNO_##errno_name)
#define CHECK_OK(call) CHECK_ERRNO(call, SUCCESS)

static inline void check_failed(const char *text)
{
	write(2, text, strlen(text));
	_Exit(99);
}

/* Where the memory ends. */
static inline uintptr_t memory_end(void)
{
	return (uintptr_t)__builtin_wasm_memory_size(0) * 65536;
}

/* An address with `bytes` bytes of memory behind it, at the very end. */
static inline void *before_end(size_t bytes)
{
	return (void *)(memory_end() - bytes);
}

#endif
