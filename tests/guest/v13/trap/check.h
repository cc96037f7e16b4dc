/* What the cases of lunatic::trap share: functions are called by their address,
 * as the library of 0.13 for Rust does. */
#ifndef LUNATIC_TESTS_GUEST_V13_TRAP_CHECK_H
#define LUNATIC_TESTS_GUEST_V13_TRAP_CHECK_H

#include "../check.h"

typedef uint32_t caught(uint32_t argument);

__attribute__((export_name("_lunatic_catch_trap"))) uint32_t
catch_trap(caught *function, uint32_t argument)
{
	return function(argument);
}

__asm__(".globaltype __stack_pointer, i32");

/* A trap leaves the stack that compilers keep in memory as it was there. */
static inline uint32_t catch (caught *function, uint32_t argument)
{
	uint32_t result;
	void *stack;

	__asm__ volatile("global.get __stack_pointer\n\tlocal.set %0"
			 : "=r"(stack));
	result = lunatic_trap_catch((uint32_t)(uintptr_t)function, argument);
	__asm__ volatile("local.get %0\n\tglobal.set __stack_pointer"
			 :
			 : "r"(stack));
	return result;
}

#endif
