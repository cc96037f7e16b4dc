/*
 * Work on large memory that does not delay other tasks: it is done in chunks,
 * between which a task that gives way (see sched/task.h) lets others run. For
 * other tasks, and in threads that run no task, it is done at once.
 */
#ifndef LN_SCHED_BULK_H
#define LN_SCHED_BULK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

/* Bytes copied or cleared at once, some tens of microseconds of work. */
#define LN_BULK_PIECE ((size_t)256 << 10)

/* Bytes given back to the kernel at once. */
#define LN_BULK_SPAN ((size_t)4 << 20)

void ln_bulk_copy_long(void *to, const void *from, size_t size);

/* memcpy; a number or two, as in most messages, without a call. */
static inline void ln_bulk_copy(void *to, const void *from, size_t size)
{
	uint64_t first, last;

	if (LN_LIKELY(size >= sizeof(first) && size <= 2 * sizeof(first))) {
		memcpy(&first, from, sizeof(first));
		memcpy(&last, (const char *)from + size - sizeof(last),
		       sizeof(last));
		memcpy(to, &first, sizeof(first));
		memcpy((char *)to + size - sizeof(last), &last, sizeof(last));
	} else if (LN_LIKELY(size <= LN_BULK_PIECE)) {
		memcpy(to, from, size);
	} else {
		ln_bulk_copy_long(to, from, size);
	}
}

/* realloc of a block of `size` bytes, of which the first `used` ones are kept,
 * to `wanted`. NULL: memory is short, and the block is as it was. */
void *ln_bulk_resize(void *block, size_t size, size_t used, size_t wanted);

/* free of a block of `size` bytes; NULL is fine. */
void ln_bulk_free(void *block, size_t size);

#endif
