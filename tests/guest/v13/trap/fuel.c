// Where fuel is metered nobody computes for nothing: a trap is caught where the
// fuel that was used before it is known.
// options: --max-fuel 200
// exit: 134
// stdout: caught
// stderr~ integer divide by zero; not caught, since its fuel is not known
// \(lunatic::trap::catch\)$
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

int main(void)
{
	CHECK_EQ(catch (traps, 1), 0);
	CHECK_EQ(catch (misuses, 99), 0);
	CHECK_EQ(catch (recurses, 1), 0);
	puts("caught");
	fflush(stdout);
	/* Not by the outer one either. */
	catch (catches, 1);
	puts("FAILED: went on");
	return 0;
}
