/* What happens when an assertion is false. */
#include "base/compiler.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn LN_NOINLINE void ln_assert_failed(const char *condition,
					    const char *file, int line)
{
	fprintf(stderr, "lunatic: %s:%d: assertion failed: %s\n", file, line,
		condition);
	abort();
}
