/* What heap/profile.c (counting) and heap/report.c (telling) share; private to
 * them. */
#ifndef LN_HEAP_PROFILE_IMPL_H
#define LN_HEAP_PROFILE_IMPL_H

#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "heap/profile.h"

#define LN_HEAP_PLACES ((uint32_t)1 << 14) /* beside the first */
#define LN_HEAP_FUNCTIONS ((uint32_t)1 << 14)

struct ln_heap_place {
	uint32_t *frames; /* owned; functions, innermost first */
	uint32_t depth;
	uint64_t live;    /* bytes */
	uint64_t at_peak; /* bytes; see profile.c for when it counts */
	uint64_t round;   /* the peak that at_peak is of */
	uint64_t total;   /* bytes */
	uint64_t live_blocks;
	uint64_t total_blocks;
};

struct ln_heap_profile {
	uint64_t key[2];
	struct ln_table blocks;       /* size and place, by address */
	struct ln_heap_place *places; /* the first, and `place_count` more */
	uint32_t place_count;
	struct ln_table by_frames; /* indices of places */
	struct ln_table functions; /* names, owned, by number */
	uint64_t live;             /* bytes */
	uint64_t peak;             /* bytes, the most that lived */
	uint64_t round;
	uint64_t total; /* bytes */
	uint64_t total_blocks;
	uint64_t lost; /* blocks that were too many to be kept */
};

const char *ln_heap_function_name(const struct ln_heap_profile *profile,
				  uint32_t function);

#endif
