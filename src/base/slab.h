/*
 * Slots of one size in huge reserved mappings, for stacks and linear memories:
 * no mapping and no system call per slot. A taken slot is readable and
 * writable; the caller that gives it back decides whether its bytes are zero.
 * Slots whose size is a power of two and up to 2 MiB, or a multiple of that, do
 * not share the page tables of 2 MiB with parts of others.
 */
#ifndef LN_BASE_SLAB_H
#define LN_BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"

struct ln_slab_chunk;

struct ln_slab {
	/* Immutable after init. */
	size_t slot_size;  /* bytes; a multiple of the page size */
	size_t warm_limit; /* free slots that need not give pages back */

	/* Under `lock`. */
	struct ln_lock lock;
	struct ln_slab_chunk *chunks; /* newest first */
	void **warm;                  /* free, pages kept; last in, first out */
	void **cold;                  /* free, pages given back to the kernel */
	size_t warm_count;
	size_t cold_count;
	size_t capacity; /* entries that `warm` and `cold` each have room for */
	size_t live;     /* slots taken */
};

/* Prepares a slab; maps nothing yet. */
void ln_slab_init(struct ln_slab *slab, size_t slot_size, size_t warm_limit);

/* Unmaps everything; no slot may be in use. */
void ln_slab_deinit(struct ln_slab *slab);

/* A slot, or NULL when the address space or memory is used up. Its content is
 * what ln_slab_give left, or zero. Any thread. */
void *ln_slab_take(struct ln_slab *slab);

/* The same, unless `max` slots are taken: NULL then, too. */
void *ln_slab_take_below(struct ln_slab *slab, size_t max);

/* A free slot that kept its pages, or NULL. Any thread. */
void *ln_slab_take_warm(struct ln_slab *slab);

/* Gives a slot back. Up to warm_limit free slots keep their pages; those of
 * others are returned to the kernel, if it takes them, so that they read as
 * zero again. A slot that must be taken as zero is therefore zero when it is
 * given back. Never fails: room for the entry was made when the slot was
 * mapped. Any thread. */
void ln_slab_give(struct ln_slab *slab, void *slot);

#endif
