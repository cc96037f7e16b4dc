/*
 * Deltas: what a piece of memory holds, as its differences from a base, in a
 * compact form. For memory that is mostly what it was, or mostly zero, and full
 * of pointers and small numbers. A delta is applied by the program that wrote
 * it; it is no format of files.
 */
#ifndef LN_BASE_DELTA_H
#define LN_BASE_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that one delta may be of. */
#define LN_DELTA_MAX ((size_t)1 << 20)

/* Bytes that the delta of `len` bytes takes at most. */
#define LN_DELTA_ROOM(len) ((len) + (len) / 16 + 16)

/* Values that came last: those of one delta help the next one, if they are
 * applied in the order in which they were written. Zeros at first. */
struct ln_delta_recent {
	uint32_t values[64];
};

/* Writes to `to` how `len` bytes differ from `base`, or from zeros when that is
 * NULL; returns the bytes written. `from` and `base` are aligned to 4 bytes,
 * `len` is a multiple of 4 and at most LN_DELTA_MAX. `from` may be the stack of
 * a fiber. 0: nothing differs, and nothing was written. */
size_t ln_delta_write(struct ln_delta_recent *recent, uint8_t *to,
		      const void *from, const void *base, size_t len);

/* Makes `len` bytes, which hold the base, what they were; returns the bytes of
 * the delta, which is not of length 0. Touches only pages that differ. */
size_t ln_delta_apply(struct ln_delta_recent *recent, void *to, size_t len,
		      const uint8_t *delta);

#endif
