/* By the engine's assembler. */
#include "support/wat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/code.h"

struct test_binary test_assemble(const char *text)
{
	struct test_binary binary;
	char *error;

	if (ln_code_binary((const uint8_t *)text, strlen(text), SIZE_MAX,
			   &binary.data, &binary.size, &error) != 0)
		fail_msg("%s", error);
	return binary;
}

void test_binary_free(struct test_binary *binary)
{
	free(binary->data);
	*binary = (struct test_binary){ 0 };
}
