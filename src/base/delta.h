/*
 * Deltas: what a piece of memory holds, as its differences from a base, in a
 * compact form. For memory that is mostly what it was, or mostly zero. A delta
 * is applied by the program that wrote it; it is no format of files.
 */
#ifndef LN_BASE_DELTA_H
#define LN_BASE_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that one delta may be of. */
#define LN_DELTA_MAX ((size_t)1 << 20)

/* Bytes that the delta of `len` bytes takes at most. */
#define LN_DELTA_ROOM(len) ((len) + 16)

/* Writes to `to` how `len` bytes differ from `base`, or from zeros when that is
 * NULL; returns the bytes written. `from` and `base` are aligned to 4 bytes,
 * `len` is a multiple of 4 and at most LN_DELTA_MAX. `from` may be the stack of
 * a fiber. */
size_t ln_delta_write(uint8_t *to, const void *from, const void *base,
		      size_t len);

/* Whether the delta of `len` bytes says that none differs. */
bool ln_delta_is_empty(const uint8_t *delta, size_t len);

/* Makes `len` bytes, which hold the base, what they were; returns the bytes of
 * the delta. Touches only pages that differ. */
size_t ln_delta_apply(void *to, size_t len, const uint8_t *delta);

#endif
