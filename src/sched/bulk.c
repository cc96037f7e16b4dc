/*
 * DESIGN
 * Freeing a large block is slow because the kernel takes back its pages in one
 * call. So the pages are given back before, a span at a time. The block, still
 * allocated, then reads as zero there, but nobody reads it.
 */
#include "sched/bulk.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/pages.h"
#include "sched/task.h"

void ln_bulk_copy_long(void *to, const void *from, size_t size)
{
	char *at = to;
	const char *source = from;

	while (size > 0) {
		size_t piece = size < LN_BULK_PIECE ? size : LN_BULK_PIECE;

		memcpy(at, source, piece);
		at += piece;
		source += piece;
		size -= piece;
		ln_task_rest_if_free();
	}
}

/* Gives the pages back that lie within the block. */
static void give_pages_back(char *block, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *at = block + (-(uintptr_t)block & (page - 1));
	char *end = block + size - ((uintptr_t)(block + size) & (page - 1));

	while (at < end) {
		size_t span = (size_t)(end - at);

		if (span > LN_BULK_SPAN)
			span = LN_BULK_SPAN;
		/* Where it fails, free does it all. */
		(void)ln_pages_drop(at, span);
		at += span;
		ln_task_rest_if_free();
	}
}

void ln_bulk_free(void *block, size_t size)
{
	if (block != NULL && size > LN_BULK_SPAN)
		give_pages_back(block, size);
	free(block);
}

void *ln_bulk_resize(void *block, size_t size, size_t used, size_t wanted)
{
	void *moved;

	if (used <= LN_BULK_PIECE)
		return realloc(block, wanted);
	moved = malloc(wanted);
	if (moved == NULL)
		return NULL;
	ln_bulk_copy_long(moved, block, used);
	ln_bulk_free(block, size);
	return moved;
}
