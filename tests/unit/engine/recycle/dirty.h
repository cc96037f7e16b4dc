/*
 * Guests that hash all that they can see of themselves when they begin, then
 * change all that a guest can change, and end in every way.
 */
#ifndef LN_TEST_ENGINE_RECYCLE_DIRTY_H
#define LN_TEST_ENGINE_RECYCLE_DIRTY_H

#include <stdbool.h>

/* How one ends: the parameter of its entry. */
enum dirty_end {
	DIRTY_RETURN,
	DIRTY_EXIT,
	DIRTY_UNREACHABLE,
	DIRTY_DIVISION,
	DIRTY_OVERFLOW,
	DIRTY_CONVERSION,
	DIRTY_LOAD,
	DIRTY_STORE,
	DIRTY_BEHIND, /* reads the byte behind the memory's first size, before
		       * it has grown */
	DIRTY_TABLE_GET,
	DIRTY_CALL_OUTSIDE,
	DIRTY_CALL_NULL,
	DIRTY_CALL_TYPE,
	DIRTY_CALL_NULL_REFERENCE,
	DIRTY_STACK,
	DIRTY_MEMORY_INIT,
	DIRTY_MEMORY_FILL,
	DIRTY_MEMORY_COPY,
	DIRTY_TABLE_SET,
	DIRTY_TABLE_INIT,
	DIRTY_TABLE_FILL,
	DIRTY_TABLE_COPY,
	DIRTY_HOST,    /* a host function traps */
	DIRTY_CAUGHT,  /* a host function catches its trap; it returns */
	DIRTY_FUEL,    /* uses its fuel up: not where none is counted */
	DIRTY_RUNNING, /* killed: computes, for ever as the next ones */
	DIRTY_BULK,    /* ... in memory.fill and memory.copy */
	DIRTY_GROWING, /* ... grows memories and tables */
	DIRTY_PARKED,  /* ... a host function waits */
	DIRTY_CALLED,  /* ... called by a host function */
	DIRTY_ENDS,
	DIRTY_KILLED = DIRTY_RUNNING, /* from there on */
};

/* What it is like. */
struct dirty_shape {
	const char *tables; /* what they may grow to; "" for no bound */
	const char *memory; /* of the first memory: limits, perhaps a type */
	bool second_memory;
	bool still; /* has no instruction that changes a table, and large ones
		     */
};

/* The text of such a module; the caller frees it. It imports test::host,
 * test::act and test::stop, exports "f" (i32) and "spin", "trap" (), and
 * stores its hash at 0 before it calls test::host. */
char *dirty_text(const struct dirty_shape *shape);

#endif
