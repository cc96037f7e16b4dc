// Where fuel is metered nobody computes for nothing: a trap is caught where the
// fuel that was used before it is known.
// engine: wasmtime
// options: --max-fuel 200
// stdout: passed
// stderr~ integer divide by zero; not caught, since its fuel is not known
// \(lunatic::trap::catch\)$ stderr~ !divider$ stderr~ !catcher$ stderr~
// !misuser$
#include "check.h"

static volatile uint32_t steps;

static uint32_t traps(uint32_t argument)
{
	(void)argument;
	__builtin_trap();
}

static uint32_t misuses(uint32_t argument)
{
	(void)lunatic_error_string_size(argument);
	return 1;
}

static uint32_t recurses(uint32_t argument)
{
	return argument == 0 ? 0 : recurses(argument + 1) * 3 + steps;
}

/* Would have the result of a long computation, and pay for nothing. */
static uint32_t divides(uint32_t argument)
{
	volatile uint32_t zero = 0;

	return argument / zero;
}

static uint32_t catches(uint32_t argument)
{
	catch (divides, argument);
	puts("FAILED: caught a division");
	return 1;
}

/* What was caught before tells nothing of what comes now. */
static uint32_t misuses_and_divides(uint32_t argument)
{
	CHECK_EQ(catch (misuses, argument), 0);
	return divides(argument);
}

ENTRY(divider)(void)
{
	catch (divides, 1);
	puts("FAILED: went on");
}

/* Not by the outer one either. */
ENTRY(catcher)(void)
{
	catch (catches, 1);
	puts("FAILED: went on");
}

ENTRY(misuser)(void)
{
	catch (misuses_and_divides, 1);
	puts("FAILED: went on");
}

int main(void)
{
	CHECK_EQ(catch (traps, 1), 0);
	CHECK_EQ(catch (misuses, 99), 0);
	CHECK_EQ(catch (recurses, 1), 0);
	lunatic_process_die_when_link_dies(0);
	must_fail("divider");
	must_fail("catcher");
	must_fail("misuser");
	puts("passed");
	return 0;
}
