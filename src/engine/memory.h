/*
 * Linear memories: out of slabs, with no mapping for each, or with guard pages.
 * An engine makes those of its instances by these functions.
 */
#ifndef LN_ENGINE_MEMORY_H
#define LN_ENGINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_instance;
struct ln_memories;
struct ln_memory;

/* LN_ENOMEM. */
int ln_memories_new(struct ln_memories **memories);

/* Frees all; no memory may be in use. */
void ln_memories_free(struct ln_memories *memories);

/* Clears and gives back the large memories of an instance whose state has been
 * dropped, while others may run. On the process's fiber. */
void ln_memories_settle(struct ln_instance *instance);

struct ln_memory_shape {
	size_t minimum;  /* bytes at the start, zero */
	size_t reserved; /* addresses to grow in without moving; 0: in a slab */
	size_t guard;    /* inaccessible addresses behind these */
	bool heap;       /* of objects: not one that the module defines */
};

/* Makes a memory and charges the instance for it. Those of a module are made in
 * the order of their indices, so that host functions find the one that it
 * exports. Returns NULL, or why not, a text that lives forever. The size is
 * anybody's. */
const char *ln_memory_new(struct ln_memories *memories,
			  struct ln_instance *instance,
			  const struct ln_memory_shape *shape,
			  struct ln_memory **memory);

/* Makes it larger: `new_size` bytes, of which those that are new are zero; it
 * may move, which large ones do in pieces, between which others run. Returns as
 * above. On the process's fiber, or with instance->off_fiber. */
const char *ln_memory_grow(struct ln_memory *memory, size_t new_size);

/* Where it is, its size in bytes, and to which it may grow without moving. */
uint8_t *ln_memory_at(const struct ln_memory *memory, size_t *size,
		      size_t *capacity);

/* Gives it back, or notes it for ln_memories_settle when it is large: then the
 * instance must be there until that. */
void ln_memory_free(struct ln_memory *memory);

#endif
