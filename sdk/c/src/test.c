/*
 * What a check does that fails.
 */
#include <inttypes.h>
#include <lunatic/test.h>

#include "internal.h"

void lunatic_panic(void)
{
	fflush(NULL);
	lunatic_fail();
}

void lunatic_check_eq(const char *file, int line, const char *what,
		      int64_t have, int64_t want)
{
	if (have == want)
		return;
	fprintf(stderr, "%s:%d: failed: %s is %" PRId64 ", not %" PRId64 "\n",
		file, line, what, have, want);
	lunatic_panic();
}
