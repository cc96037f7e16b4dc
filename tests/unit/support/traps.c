/* The engine's signal handlers beside cmocka's. */
#include "support/traps.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void test_traps_are_the_engines(void)
{
	static const int signals[] = { SIGILL, SIGFPE, SIGSEGV, SIGBUS };
	static struct sigaction engines[4];
	static bool known;

	for (int i = 0; i < 4; i++) {
		const struct sigaction *wanted = known ? &engines[i] : NULL;
		struct sigaction *seen = known ? NULL : &engines[i];

		assert_int_equal(sigaction(signals[i], wanted, seen), 0);
	}
	known = true;
}
