/*
 * DESIGN
 * Giving pages back is a system call, and where several threads run it
 * interrupts the others: some microseconds, too much even for each 64th
 * process. So first a look: pages that were given back read as zero, and a call
 * that went below what is kept has mostly left something in the first page
 * there. A frame that skips that page is not seen; so now and then pages are
 * given back without a look. Until then no harm is done: neither compiled code
 * nor the host reads what it has not written there.
 */
#include "sched/stack.h"

#include <stdbool.h>

#include "base/pages.h"

#define LOOKED_AT ((size_t)4096)

_Static_assert(LN_STACK_TRIM_EVERY % LN_STACK_LOOK_EVERY == 0,
	       "a stack is given back without being looked at in time");

/* What the frames of ended calls have left; instrumented builds may hold that
 * these bytes are nobody's. */
__attribute__((no_sanitize("address"))) static bool
is_used(const uint64_t *words)
{
	uint64_t any = 0;

	for (size_t i = 0; i < LOOKED_AT / sizeof(*words); i++)
		any |= words[i];
	return any != 0;
}

void ln_stack_ended(char *stack, size_t size, uint32_t ended)
{
	const char *below;

	if (ended % LN_STACK_LOOK_EVERY != 0 ||
	    size < LN_STACK_KEPT + LOOKED_AT)
		return;
	below = stack + size - LN_STACK_KEPT - LOOKED_AT;
	/* If they stay, they stay. */
	if (ended % LN_STACK_TRIM_EVERY == 0 ||
	    is_used((const uint64_t *)(const void *)below))
		(void)ln_pages_drop(stack, size - LN_STACK_KEPT);
}
