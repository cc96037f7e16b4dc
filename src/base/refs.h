/*
 * Counted references. The count begins at 1, the maker's (atomic_init). Any
 * thread.
 */
#ifndef LN_BASE_REFS_H
#define LN_BASE_REFS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* Takes another reference; the caller holds one, or something that has one.
 * Relaxed: what is counted is there already. */
static inline void ln_refs_retain(_Atomic uint32_t *references)
{
	uint32_t before =
		atomic_fetch_add_explicit(references, 1, memory_order_relaxed);

	ln_assert(before > 0 && before < UINT32_MAX);
	(void)before;
}

/* Takes another reference unless there is none any more; false: there is none.
 * What is counted is found in a table that holds no references, under a lock
 * that the last holder takes before it is freed. Relaxed: that lock shows what
 * is counted. */
static inline bool ln_refs_try_retain(_Atomic uint32_t *references)
{
	uint32_t count = atomic_load_explicit(references, memory_order_relaxed);

	while (count > 0) {
		if (atomic_compare_exchange_weak_explicit(
			    references, &count, count + 1, memory_order_relaxed,
			    memory_order_relaxed))
			return true;
	}
	return false;
}

/* Gives a reference back; true: it was the last one, and the caller must free
 * what is counted. Release: what a holder did comes before the free; pairs with
 * the acquire of the last one. */
static inline bool ln_refs_release(_Atomic uint32_t *references)
{
	uint32_t before =
		atomic_fetch_sub_explicit(references, 1, memory_order_acq_rel);

	ln_assert(before > 0);
	return before == 1;
}

#endif
