/*
 * DESIGN
 * Pieces are found by looking at the pages that an instance has touched, in
 * blocks: data that a module brings has gaps and large parts that are zero. A
 * short gap is copied with what is around it.
 *
 * Threads: any.
 */
#include "engine/image.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "engine/backing.h"
#include "engine/memory.h"
#include "engine/slots.h"
#include "engine/sweep.h"

#define BLOCK 64    /* bytes looked at together */
#define GAP_MAX 256 /* bytes that are zero within a piece */

struct piece {
	unsigned memory; /* its index */
	size_t offset;   /* in the memory */
	size_t len;
	size_t at; /* in content */
};

struct ln_image {
	struct piece *pieces; /* by memory, the last one first */
	size_t piece_count;
	size_t piece_room;
	uint8_t *content;
	size_t content_len;
	size_t content_room;
	/* Of memories with address space of their own, by their indices. */
	struct ln_slots *slots;
	struct ln_backing *backings[LN_IMAGE_MEMORIES];
};

/* What is being looked at. */
struct look {
	struct ln_image *image;
	const uint8_t *base;
	unsigned memory;
	size_t max; /* bytes of content */
};

static bool is_zero(const uint8_t *from, size_t len)
{
	return from[0] == 0 && memcmp(from, from + 1, len - 1) == 0;
}

/* Makes room for `more` in an array of items; false: memory is short. */
static bool make_room(void **items, size_t item, size_t count, size_t more,
		      size_t *room)
{
	size_t wanted = *room > 0 ? *room : 16;
	void *moved;

	while (wanted < count + more)
		wanted *= 2;
	if (wanted == *room)
		return true;
	moved = realloc(*items, wanted * item);
	if (moved == NULL)
		return false;
	*items = moved;
	*room = wanted;
	return true;
}

static bool append_content(struct look *look, const uint8_t *from, size_t len)
{
	struct ln_image *image = look->image;
	void *content = image->content;

	if (len > look->max - image->content_len ||
	    !make_room(&content, 1, image->content_len, len,
		       &image->content_room))
		return false;
	image->content = content;
	memcpy(image->content + image->content_len, from, len);
	image->content_len += len;
	return true;
}

static bool begin_piece(struct look *look, size_t offset)
{
	struct ln_image *image = look->image;
	void *pieces = image->pieces;

	if (!make_room(&pieces, sizeof(*image->pieces), image->piece_count, 1,
		       &image->piece_room) ||
	    pieces == NULL)
		return false;
	image->pieces = pieces;
	image->pieces[image->piece_count++] = (struct piece){
		.memory = look->memory,
		.offset = offset,
		.at = image->content_len,
	};
	return true;
}

/* Adds a block that is not zero. */
static bool add_block(struct look *look, size_t offset, size_t len)
{
	struct ln_image *image = look->image;
	struct piece *last;
	size_t end;

	last = image->piece_count > 0 ? &image->pieces[image->piece_count - 1]
				      : NULL;
	if (last == NULL || last->memory != look->memory ||
	    offset - (last->offset + last->len) > GAP_MAX) {
		if (!begin_piece(look, offset))
			return false;
		last = &image->pieces[image->piece_count - 1];
	}
	end = last->offset + last->len;
	if (last->len == 0)
		end = offset;
	if (!append_content(look, look->base + end, offset + len - end))
		return false;
	last->len = offset + len - last->offset;
	return true;
}

static bool look_at(void *argument, const uint8_t *from, size_t len)
{
	struct look *look = argument;

	for (size_t at = 0; at < len; at += BLOCK) {
		size_t block = len - at < BLOCK ? len - at : BLOCK;

		if (!is_zero(from + at, block) &&
		    !add_block(look, (size_t)(from + at - look->base), block))
			return false;
	}
	return true;
}

/* Looks at a memory; *bytes: what a backing takes, if it gets one. */
static bool look_at_memory(struct ln_memories *owner,
			   const struct ln_memory *memory, struct look *look,
			   size_t *bytes)
{
	const struct ln_sweep *sweep = ln_memories_sweep(owner);
	size_t size, capacity;
	struct ln_backing *backing;

	*bytes = 0;
	look->base = ln_memory_at(memory, &size, &capacity);
	look->memory = ln_memory_index(memory);
	ln_assert(look->memory < LN_IMAGE_MEMORIES);
	if (!ln_memory_is_fast(memory))
		return ln_sweep_each(sweep, look->base, size, look_at, look);
	backing = ln_backing_new(sweep, look->base, size, look->max, bytes);
	look->image->backings[look->memory] = backing;
	return backing != NULL;
}

struct ln_image *ln_image_new(struct ln_memories *owner,
			      const struct ln_memory *memories, size_t max,
			      size_t *bytes)
{
	struct ln_image *image = calloc(1, sizeof(*image));
	struct look look = { .image = image, .max = max };

	if (image == NULL)
		return NULL;
	image->slots = ln_memories_slots(owner);
	*bytes = sizeof(*image);
	for (; memories != NULL; memories = ln_memory_next(memories)) {
		size_t more;

		if (!look_at_memory(owner, memories, &look, &more)) {
			ln_image_free(image);
			return NULL;
		}
		*bytes += more;
	}
	*bytes += image->content_room +
		  image->piece_room * sizeof(*image->pieces);
	return image;
}

void ln_image_free(struct ln_image *image)
{
	if (image == NULL)
		return;
	for (unsigned i = 0; i < LN_IMAGE_MEMORIES; i++) {
		ln_slots_forget(image->slots, image->backings[i]);
		ln_backing_free(image->backings[i]);
	}
	free(image->pieces);
	free(image->content);
	free(image);
}

struct ln_backing *ln_image_backing(const struct ln_image *image,
				    unsigned index)
{
	ln_assert(index < LN_IMAGE_MEMORIES && image->backings[index] != NULL);
	return image->backings[index];
}

/* The first piece that ends behind `offset` of a memory. */
static size_t first_piece(const struct ln_image *image, unsigned index,
			  size_t offset)
{
	size_t low = 0;
	size_t high = image->piece_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct piece *piece = &image->pieces[middle];

		if (piece->memory > index ||
		    (piece->memory == index &&
		     piece->offset + piece->len <= offset))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool ln_image_read(const struct ln_image *image, unsigned index, size_t offset,
		   uint8_t *page, size_t len)
{
	bool any = false;

	for (size_t i = first_piece(image, index, offset);
	     i < image->piece_count && image->pieces[i].memory == index &&
	     image->pieces[i].offset < offset + len;
	     i++) {
		const struct piece *piece = &image->pieces[i];
		size_t from = piece->offset > offset ? piece->offset : offset;
		size_t end = piece->offset + piece->len;

		if (end > offset + len)
			end = offset + len;
		if (!any)
			memset(page, 0, len);
		any = true;
		memcpy(page + (from - offset),
		       image->content + piece->at + (from - piece->offset),
		       end - from);
	}
	return any;
}

void ln_image_write(const struct ln_image *image, unsigned index, uint8_t *base)
{
	for (size_t i = 0; i < image->piece_count; i++) {
		const struct piece *piece = &image->pieces[i];

		if (piece->memory == index)
			memcpy(base + piece->offset, image->content + piece->at,
			       piece->len);
	}
}
