// Arguments: what was given, and where they may be put.
// arg: one
// arg:
// arg: a b  c
// arg: Grüße
#include "check.h"

static char *argv[5];
static char strings[256];

int main(void)
{
	size_t count;
	size_t bytes;
	char *at;

	CHECK_OK(__wasi_args_sizes_get(&count, &bytes));
	CHECK(count == 5);
	memset(strings, 'x', sizeof(strings));
	CHECK_OK(__wasi_args_get((uint8_t **)argv, (uint8_t *)strings));
	/* The first is the name of the file; they follow each other. */
	CHECK(strcmp(argv[0] + strlen(argv[0]) - 9, "args.wasm") == 0);
	CHECK(argv[0] == strings);
	at = strings;
	for (int i = 0; i < 5; i++) {
		CHECK(argv[i] == at);
		at += strlen(at) + 1;
	}
	CHECK((size_t)(at - strings) == bytes);
	CHECK(*at == 'x');
	CHECK(strcmp(argv[1], "one") == 0);
	CHECK(strcmp(argv[2], "") == 0);
	CHECK(strcmp(argv[3], "a b  c") == 0);
	CHECK(strcmp(argv[4], "Gr\xc3\xbc\xc3\x9f"
			      "e") == 0);

	/* They fit exactly at the end of the memory, and not one byte later. */
	CHECK_OK(__wasi_args_get((uint8_t **)argv, before_end(bytes)));
	CHECK(strcmp(argv[4], "Gr\xc3\xbc\xc3\x9f"
			      "e") == 0);
	argv[0] = NULL;
	CHECK_ERRNO(__wasi_args_get((uint8_t **)argv, before_end(bytes - 1)),
		    FAULT);
	CHECK(argv[0] == NULL);
	CHECK_OK(__wasi_args_get(before_end(20), (uint8_t *)strings));
	CHECK_ERRNO(__wasi_args_get(before_end(19), (uint8_t *)strings), FAULT);
	CHECK_ERRNO(__wasi_args_get((uint8_t **)UINTPTR_MAX,
				    (uint8_t *)UINTPTR_MAX),
		    FAULT);

	/* Sizes go where they are told to, aligned or not. */
	CHECK_OK(__wasi_args_sizes_get((size_t *)(strings + 1),
				       (size_t *)(strings + 5)));
	CHECK(memcmp(strings + 1, "\5\0\0\0", 4) == 0);
	CHECK_OK(__wasi_args_sizes_get(before_end(4), &bytes));
	CHECK_ERRNO(__wasi_args_sizes_get(before_end(3), &bytes), FAULT);
	CHECK_ERRNO(__wasi_args_sizes_get(&count, before_end(0)), FAULT);
	return 0;
}
