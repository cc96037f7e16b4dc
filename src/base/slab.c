/*
 * DESIGN
 * A chunk is one private anonymous mapping without reserved swap; neighbouring
 * chunks merge in the kernel's bookkeeping, so a million slots are a handful of
 * mappings. Slots are cut off a chunk from the bottom, and reused last-in
 * first-out, since the pages of the slot freed last are in the cache.
 * Transparent huge pages are refused: one touched byte would make 2 MiB
 * resident.
 *
 * A slot whose pages the kernel does not take back is not cold: it keeps them,
 * and the content that it was given back with, as warm ones do.
 *
 * Threads: any. One lock, held for a few instructions; madvise runs outside.
 */
#include "base/slab.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/pages.h"

#define CHUNK_BYTES ((size_t)64 << 30)
#define CHUNK_MIN_SLOTS ((size_t)16)

/* What one page table is for, bytes, with pages of 4 KiB. */
#define TABLE_BYTES ((size_t)2 << 20)

struct ln_slab_chunk {
	struct ln_slab_chunk *next;
	char *base;
	size_t slots;
	size_t cut; /* slots handed out at least once */
};

void ln_slab_init(struct ln_slab *slab, size_t slot_size, size_t warm_limit)
{
	*slab = (struct ln_slab){ .slot_size = slot_size,
				  .warm_limit = warm_limit };
}

void ln_slab_deinit(struct ln_slab *slab)
{
	struct ln_slab_chunk *chunk = slab->chunks;

	while (chunk != NULL) {
		struct ln_slab_chunk *next = chunk->next;

		/* If that fails, only the addresses are lost. */
		(void)ln_pages_unmap(chunk->base,
				     chunk->slots * slab->slot_size);
		free(chunk);
		chunk = next;
	}
	free(slab->warm);
	free(slab->cold);
	*slab = (struct ln_slab){ 0 };
}

/* Gives a list of `count` entries room for `capacity`. Touches no more of it
 * than is in use, as realloc would: mostly the lists are empty. */
static bool lengthen(void ***list, size_t count, size_t capacity)
{
	void **longer = malloc(capacity * sizeof(*longer));

	if (longer == NULL)
		return false;
	if (count > 0)
		memcpy(longer, *list, count * sizeof(*longer));
	free(*list);
	*list = longer;
	return true;
}

/* Makes room in both lists for one more slot; under the lock. */
static bool reserve_entry(struct ln_slab *slab)
{
	size_t needed = slab->live + slab->warm_count + slab->cold_count + 1;
	size_t capacity = slab->capacity;

	ln_lock_assert(&slab->lock);
	if (needed <= capacity)
		return true;
	capacity = capacity == 0 ? 64 : capacity * 2;
	if (!lengthen(&slab->warm, slab->warm_count, capacity) ||
	    !lengthen(&slab->cold, slab->cold_count, capacity))
		return false;
	slab->capacity = capacity;
	return true;
}

/* Maps `bytes` at an address where a page table begins, so that a slot of
 * TABLE_BYTES or more has its own. NULL: there are no addresses. */
static void *map_aligned(size_t bytes)
{
	uintptr_t mask = TABLE_BYTES - 1;
	char *map = MAP_FAILED;
	size_t before;

	if (bytes <= SIZE_MAX - TABLE_BYTES)
		map = mmap(NULL, bytes + TABLE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return NULL;
	before = (size_t)(-(uintptr_t)map & mask);
	/* If that fails, only the addresses are lost. */
	if (before > 0)
		(void)munmap(map, before);
	(void)munmap(map + before + bytes, TABLE_BYTES - before);
	return map + before;
}

/* Maps a new chunk, smaller when the address space is tight; under the lock. */
static bool add_chunk(struct ln_slab *slab)
{
	struct ln_slab_chunk *chunk = malloc(sizeof(*chunk));
	size_t slots = CHUNK_BYTES / slab->slot_size;

	ln_lock_assert(&slab->lock);
	if (chunk == NULL)
		return false;
	if (slots < CHUNK_MIN_SLOTS)
		slots = CHUNK_MIN_SLOTS;
	for (; slots > 0; slots /= 4) {
		size_t bytes = 0;
		void *base = NULL;

		if (!__builtin_mul_overflow(slots, slab->slot_size, &bytes))
			base = map_aligned(bytes);
		if (base == NULL)
			continue;
		/* Kernels without huge pages refuse; no content depends on
		 * it, only how much is resident. */
		(void)madvise(base, bytes, MADV_NOHUGEPAGE);
		chunk->base = base;
		chunk->slots = slots;
		chunk->cut = 0;
		chunk->next = slab->chunks;
		slab->chunks = chunk;
		return true;
	}
	free(chunk);
	return false;
}

static void *cut_slot(struct ln_slab *slab)
{
	struct ln_slab_chunk *chunk = slab->chunks;

	if (!reserve_entry(slab))
		return NULL;
	if (chunk == NULL || chunk->cut == chunk->slots) {
		if (!add_chunk(slab))
			return NULL;
		chunk = slab->chunks;
	}
	return chunk->base + chunk->cut++ * slab->slot_size;
}

void *ln_slab_take(struct ln_slab *slab)
{
	return ln_slab_take_below(slab, SIZE_MAX);
}

void *ln_slab_take_below(struct ln_slab *slab, size_t max)
{
	void *slot;

	ln_lock_acquire(&slab->lock);
	if (slab->live >= max)
		slot = NULL;
	else if (slab->warm_count > 0)
		slot = slab->warm[--slab->warm_count];
	else if (slab->cold_count > 0)
		slot = slab->cold[--slab->cold_count];
	else
		slot = cut_slot(slab);
	if (slot != NULL)
		slab->live++;
	ln_lock_release(&slab->lock);
	return slot;
}

void *ln_slab_take_warm(struct ln_slab *slab)
{
	void *slot = NULL;

	ln_lock_acquire(&slab->lock);
	if (slab->warm_count > 0) {
		slot = slab->warm[--slab->warm_count];
		slab->live++;
	}
	ln_lock_release(&slab->lock);
	return slot;
}

void ln_slab_give(struct ln_slab *slab, void *slot)
{
	bool dropped;

	ln_lock_acquire(&slab->lock);
	ln_assert(slab->live > 0);
	if (slab->warm_count < slab->warm_limit) {
		slab->live--;
		slab->warm[slab->warm_count++] = slot;
		ln_lock_release(&slab->lock);
		return;
	}
	ln_lock_release(&slab->lock);

	dropped = ln_pages_drop(slot, slab->slot_size) == 0;

	ln_lock_acquire(&slab->lock);
	/* The entry was reserved when the slot was cut off. */
	ln_assert(slab->live > 0);
	ln_assert(slab->warm_count < slab->capacity &&
		  slab->cold_count < slab->capacity);
	slab->live--;
	if (dropped)
		slab->cold[slab->cold_count++] = slot;
	else
		slab->warm[slab->warm_count++] = slot;
	ln_lock_release(&slab->lock);
}
