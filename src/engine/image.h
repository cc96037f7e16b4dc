/*
 * What the memories of a module hold when an instance is new: for memories in
 * slabs the pieces that are not zero, which are copied; for those with address
 * space of their own a backing (backing.h), which is mapped. Immutable once
 * made, but for what backings learn; any thread may use it.
 */
#ifndef LN_ENGINE_IMAGE_H
#define LN_ENGINE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LN_IMAGE_MEMORIES 4

struct ln_backing;
struct ln_image;
struct ln_memories;
struct ln_memory;

/* Copies what new memories, a list of memory.h and at most LN_IMAGE_MEMORIES,
 * hold. *bytes: what that takes. NULL: memory or descriptors are short, or it
 * takes more than `max` bytes. Needs the stack of a thread. */
struct ln_image *ln_image_new(struct ln_memories *owner,
			      const struct ln_memory *memories, size_t max,
			      size_t *bytes);

/* NULL is fine. No memory may be mapped to it, but free slots. */
void ln_image_free(struct ln_image *image);

/* Makes `page`, of `len` bytes, what memory number `index` holds from `offset`
 * on. False: that is zero, and nothing is written. */
bool ln_image_read(const struct ln_image *image, unsigned index, size_t offset,
		   uint8_t *page, size_t len);

/* Writes the content of memory number `index`, in a slab, to where it is now,
 * all zero. */
void ln_image_write(const struct ln_image *image, unsigned index,
		    uint8_t *base);

/* That of a memory with address space of its own. */
struct ln_backing *ln_image_backing(const struct ln_image *image,
				    unsigned index);

#endif
