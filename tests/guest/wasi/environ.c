// Environment variables: what was set, and where they may be put.
// env: PLAIN=value
// env: EMPTY=
// env: EQUALS=a=b=c
// env: LONG=0123456789012345678901234567890123456789012345678901234567890123
#include <stdbool.h>

#include "check.h"

static char *pointers[1000];
static char strings[100000];

static bool has(size_t count, const char *variable)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pointers[i], variable) == 0)
			return true;
	}
	return false;
}

int main(void)
{
	size_t count;
	size_t bytes;
	char *at = strings;

	CHECK_OK(__wasi_environ_sizes_get(&count, &bytes));
	CHECK(count >= 4 && count < 1000);
	CHECK(bytes < sizeof(strings));
	CHECK_OK(__wasi_environ_get((uint8_t **)pointers, (uint8_t *)strings));
	for (size_t i = 0; i < count; i++) {
		CHECK(pointers[i] == at);
		CHECK(strchr(at, '=') != NULL);
		at += strlen(at) + 1;
	}
	CHECK((size_t)(at - strings) == bytes);
	CHECK(has(count, "PLAIN=value"));
	CHECK(has(count, "EMPTY="));
	CHECK(has(count, "EQUALS=a=b=c"));
	/* And the way programs get at them. */
	CHECK(strcmp(getenv("EQUALS"), "a=b=c") == 0);
	CHECK(strlen(getenv("LONG")) == 64);
	CHECK(getenv("ABSENT") == NULL);

	CHECK_OK(__wasi_environ_get((uint8_t **)pointers, before_end(bytes)));
	CHECK_ERRNO(
		__wasi_environ_get((uint8_t **)pointers, before_end(bytes - 1)),
		FAULT);
	CHECK_ERRNO(__wasi_environ_get(before_end(count * 4 - 1),
				       (uint8_t *)strings),
		    FAULT);
	CHECK_ERRNO(__wasi_environ_sizes_get(before_end(3), &bytes), FAULT);
	CHECK_ERRNO(__wasi_environ_sizes_get(&count, before_end(3)), FAULT);
	return 0;
}
