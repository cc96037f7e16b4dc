// What is caught, and what the process has afterwards.
// stdout: done
#include "check.h"

static volatile uint32_t steps;

static uint32_t returns(uint32_t argument)
{
	return argument + 1;
}

static uint32_t traps(uint32_t argument)
{
	steps += argument;
	__builtin_trap();
}

static uint32_t divides(uint32_t argument)
{
	volatile uint32_t zero = 0;

	return argument / zero;
}

static uint32_t reads_outside(uint32_t argument)
{
	return *(volatile uint32_t *)(uintptr_t)argument;
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

static uint32_t calls_another_type(uint32_t argument)
{
	return (uint32_t)((uint64_t (*)(uint64_t))(void *)returns)(argument);
}

static uint32_t catches_recursion(uint32_t argument)
{
	return 100 + catch (recurses, argument);
}

/* To the depth of `argument` calls; what is at the bottom traps. */
static uint32_t nests(uint32_t argument)
{
	uint32_t below = catch (argument > 2 ? nests : traps, argument - 1);

	return below + 1;
}

/* Uses the stack up to the end, and catches on the way down. */
static uint32_t recurses_and_catches(uint32_t argument)
{
	steps = argument;
	catch (returns, 1);
	return argument == 0 ? 0
			     : recurses_and_catches(argument + 1) * 3 + steps;
}

static uint32_t deepest;

/* Catches traps where the stack is nearly used up. */
static uint32_t catches_at_the_end(uint32_t argument)
{
	steps = argument;
	if (argument + 20 > deepest)
		catch (traps, 0);
	return argument == 0 ? 0 : catches_at_the_end(argument + 1) * 3 + steps;
}

static uint32_t grows(uint32_t argument)
{
	uint8_t *room = malloc(argument);

	CHECK_EQ(room != NULL, 1);
	room[argument - 1] = 7;
	if (steps == 1)
		__builtin_trap();
	steps = room[argument - 1];
	free(room);
	return argument;
}

int main(void)
{
	CHECK_EQ(catch (returns, 41), 42);
	CHECK_EQ(catch (returns, UINT32_MAX), 0);
	CHECK_EQ(catch (traps, 5), 0);
	CHECK_EQ(steps, 5);
	CHECK_EQ(catch (divides, 5), 0);
	CHECK_EQ(catch (reads_outside, UINT32_MAX), 0);
	CHECK_EQ(catch (misuses, 12345), 0);
	CHECK_EQ(catch (calls_another_type, 1), 0);
	CHECK_EQ(catch ((caught *)(uintptr_t)99999, 1), 0);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(catch (recurses, 1), 0);
	CHECK_EQ(catch (catches_recursion, 1), 100);
	CHECK_EQ(catch (recurses_and_catches, 1), 0);
	CHECK_EQ(steps > 100, 1);
	deepest = UINT32_MAX;
	CHECK_EQ(catch (catches_at_the_end, 1), 0);
	deepest = steps;
	CHECK_EQ(catch (catches_at_the_end, 1), 0);
	CHECK_EQ(steps + 20 > deepest, 1);
	steps = 0;
	CHECK_EQ(catch (grows, 10 << 20), 10 << 20);
	CHECK_EQ(steps, 7);
	steps = 1;
	CHECK_EQ(catch (grows, 10 << 20), 0);
	/* Sixteen within each other; the next one traps, and is caught. */
	steps = 0;
	CHECK_EQ(catch (nests, 16), 15);
	CHECK_EQ(steps, 1);
	CHECK_EQ(catch (nests, 17), 15);
	CHECK_EQ(steps, 1);
	CHECK_EQ(catch (nests, 40), 15);
	for (uint32_t i = 0; i < 1000; i++)
		CHECK_EQ(catch (i % 2 == 0 ? returns : traps, i),
			 i % 2 == 0 ? i + 1 : 0);
	puts("done");
	return 0;
}
