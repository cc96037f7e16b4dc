/*
 * Bytes that grow, up to a bound; and room in arrays that grow. A failure
 * sticks to a buffer, so that those who write look only once, at the end.
 */
#ifndef LN_BASE_BYTES_H
#define LN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeros, but for `max` (and `first`), are an empty one. */
struct ln_bytes {
	uint8_t *data; /* owned */
	size_t len;    /* bytes that are in use */
	size_t room;   /* bytes that are allocated */
	size_t max;    /* bytes that it may have */
	size_t first;  /* bytes to begin with; 0: some */
	int error;     /* the first failure: LN_ENOMEM, LN_ELIMIT. From then
			* on nothing is added. */
};

/* Makes room for `len` bytes behind those that are in use, at least doubling
 * what there is. False: it has failed, now or before; the bytes stay. */
bool ln_bytes_reserve(struct ln_bytes *buffer, size_t len);

/* The bytes that ln_bytes_reserve would allocate beside those of now; for
 * those who charge somebody for them. */
size_t ln_bytes_growth(const struct ln_bytes *buffer, size_t len);

/* Adds `len` bytes, for the caller to fill. NULL: it has failed. */
uint8_t *ln_bytes_extend(struct ln_bytes *buffer, size_t len);

/* Adds bytes; `bytes` may be NULL when there are none. */
void ln_bytes_add(struct ln_bytes *buffer, const void *bytes, size_t len);

/* Frees the bytes; what is left is empty and has the same bound. */
void ln_bytes_deinit(struct ln_bytes *buffer);

/* The array `items` of `count` items of `size` bytes with room for one more;
 * moved, perhaps. `*room` is the items that it has room for. NULL: memory is
 * short, and the array is as it was. */
void *ln_array_grow(void *items, size_t count, size_t *room, size_t size);

#endif
