/*
 * What the memories of a module hold when an instance is new: the pieces that
 * are not zero. Immutable once made; any thread may use it.
 */
#ifndef LN_ENGINE_IMAGE_H
#define LN_ENGINE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_image;
struct ln_memories;
struct ln_memory;

/* Copies what new memories, a list of memory.h, hold. *bytes: what that takes.
 * NULL: memory is short, or it takes more than `max` bytes. */
struct ln_image *ln_image_new(const struct ln_memories *owner,
			      const struct ln_memory *memories, size_t max,
			      size_t *bytes);

/* NULL is fine. */
void ln_image_free(struct ln_image *image);

/* Makes `page`, of `len` bytes, what memory number `index` holds from `offset`
 * on. False: that is zero, and nothing is written. */
bool ln_image_read(const struct ln_image *image, unsigned index, size_t offset,
		   uint8_t *page, size_t len);

/* Writes the content of memory number `index` to where it is now, all zero. */
void ln_image_write(const struct ln_image *image, unsigned index,
		    uint8_t *base);

#endif
