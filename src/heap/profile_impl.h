/* What heap/profile.c (counting) and heap/report.c (telling) share; private to
 * them. */
#ifndef LN_HEAP_PROFILE_IMPL_H
#define LN_HEAP_PROFILE_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "heap/profile.h"

#define LN_HEAP_PLACES ((uint32_t)1 << 15)    /* half of them are used */
#define LN_HEAP_FUNCTIONS ((uint32_t)1 << 15) /* likewise */

struct ln_heap_block {
	uint32_t address; /* 0: the slot is empty */
	uint32_t size;
	uint32_t place;
};

struct ln_heap_place {
	uint64_t hash;    /* 0: the slot is empty */
	uint32_t *frames; /* owned; functions, innermost first */
	uint32_t depth;
	uint64_t live;    /* bytes */
	uint64_t at_peak; /* bytes; see profile.c for when it counts */
	uint64_t round;   /* the peak that at_peak is of */
	uint64_t total;   /* bytes */
	uint64_t live_blocks;
	uint64_t total_blocks;
};

struct ln_heap_function {
	char *name; /* owned; NULL: the slot is empty */
	uint32_t function;
};

struct ln_heap_profile {
	uint64_t seed;
	struct ln_heap_block *blocks; /* an open hash table */
	size_t block_mask;
	size_t block_count;
	struct ln_heap_place *places; /* likewise, but the first */
	uint32_t place_count;
	struct ln_heap_function *functions; /* likewise */
	uint32_t function_count;
	uint64_t live; /* bytes */
	uint64_t peak; /* bytes, the most that lived */
	uint64_t round;
	uint64_t total; /* bytes */
	uint64_t total_blocks;
	uint64_t lost; /* blocks that were too many to be kept */
};

const char *ln_heap_function_name(const struct ln_heap_profile *profile,
				  uint32_t function);

#endif
