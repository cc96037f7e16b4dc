/*
 * Linear memories: in slabs, with no mapping for each (the dense tier); or with
 * address space of their own, so that compiled code needs no checks of bounds
 * (the fast tier, slots.h). An engine makes those of its instances by these
 * functions.
 */
#ifndef LN_ENGINE_MEMORY_H
#define LN_ENGINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_image;
struct ln_instance;
struct ln_memories;
struct ln_memory;
struct ln_slot;
struct ln_slots;
struct ln_sweep;

/* LN_ENOMEM. */
int ln_memories_new(struct ln_memories **memories);

/* Frees all; no memory may be in use. */
void ln_memories_free(struct ln_memories *memories);

/* Clears and gives back the large memories of an instance whose state has been
 * dropped, while others may run. On the process's fiber. */
void ln_memories_settle(struct ln_instance *instance);

/* What to call, with `argument`, when the kernel has no more addresses or
 * mappings: it may give some back, and is called where memories are made. Once,
 * before there are any. */
void ln_memories_set_reserve(struct ln_memories *memories,
			     void (*give)(void *argument), void *argument);

/* How its memories are swept. */
const struct ln_sweep *ln_memories_sweep(const struct ln_memories *memories);

/* Those of the fast tier. */
struct ln_slots *ln_memories_slots(const struct ln_memories *memories);

/* Takes slots of the fast tier for the memories of an instance that is to be
 * made: `count`, or LN_INSTANCE_SLOTS if these are more, for which the tier may
 * be exceeded later. False: it has not so many left; nothing is taken. */
bool ln_memories_claim(struct ln_memories *memories,
		       struct ln_instance *instance, unsigned count);

/* Gives back what has been claimed and not used. */
void ln_memories_unclaim(struct ln_instance *instance);

struct ln_memory_shape {
	size_t minimum;  /* bytes at the start, zero */
	size_t reserved; /* addresses to grow in without moving; 0: in a slab;
			  * otherwise no more than a slot has (slots.h) */
	size_t guard;    /* inaccessible addresses behind these; likewise */
	bool heap;       /* of objects: not one that the module defines */
};

/* Makes a memory and charges the instance for it: zero, or with its content if
 * the instance has an image. Those of a module are made in the order of their
 * indices, so that host functions find the one that it exports. Returns NULL,
 * or why not, a text that lives forever. The size is anybody's. */
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

/* To be called before the kernel writes into guest memory, in whatever call and
 * thread: it refuses pages that nobody has written yet (EFAULT). Host functions
 * that write themselves need not. While no other thread uses the memory. */
void ln_memory_open(void *at, size_t len);

/* Gives it back, or notes it for ln_memories_settle when it is large: then the
 * instance must be there until that. */
void ln_memory_free(struct ln_memory *memory);

/* ---- Memories of instances that are used again (recycle.h) ---- */

/* The memories that the module of an instance defines, in a list, the last one
 * first. */
struct ln_memory *ln_memory_next(const struct ln_memory *memory);

/* Whether it has address space of its own. */
bool ln_memory_is_fast(const struct ln_memory *memory);
unsigned ln_memory_index(const struct ln_memory *memory);

/* Its slot in the fast tier; NULL: it is in a slab. */
const struct ln_slot *ln_memory_slot(const struct ln_memory *memory);

/* Takes the memories of an ended instance from it and refunds it. They belong
 * to nobody afterwards, hold what is no more than ln_memories_spare_bytes and
 * what is counted by ln_slots_held, and may only be revived or freed. Others
 * may run meanwhile. False: one of them must be freed; all may. On the
 * process's fiber. */
bool ln_memories_retire(struct ln_memory *memories,
			struct ln_instance *instance,
			const struct ln_image *image);

/* Bytes that the memories of an instance may hold once they are retired. */
uint64_t ln_memories_spare_bytes(const struct ln_memory *memories);

/* Gives retired memories to another instance of the module: with their first
 * sizes, and the content of the image; charges for them. False: there is no
 * memory, or a limit is reached; they are the instance's in any case, and to be
 * freed. On the process's fiber. */
bool ln_memories_revive(struct ln_memory *memories,
			struct ln_instance *instance,
			const struct ln_image *image);

#endif
