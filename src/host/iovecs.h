/*
 * A position in the list of memory pieces that a guest hands to a read or a
 * write (WASI: iovec, ciovec). The list and what it points to are the guest's
 * and checked here.
 */
#ifndef LN_HOST_IOVECS_H
#define LN_HOST_IOVECS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "process/guest.h"

/* A call works on at most this many pieces and bytes; a longer one is done in
 * part, as WASI allows. */
#define LN_IOVECS_PIECES 1024u
#define LN_IOVECS_BYTES (UINT64_C(1) << 30)

/* Bytes of a piece in a list. */
#define LN_IOVECS_PIECE 8u

/* Pieces that ln_iovecs_gather makes at a time. */
#define LN_IOVECS_BATCH 16

struct ln_iovecs {
	uint8_t *memory;   /* the guest's */
	uint64_t size;     /* bytes of it */
	const uint8_t *at; /* the current piece; may be unaligned */
	uint32_t pieces;   /* from the current one on */
	uint32_t offset;   /* bytes of the current piece that are done */
	size_t left;       /* bytes still to do */
};

/* Starts at the beginning of `array` (pieces of 8 bytes: address, length).
 * LN_EINVAL when a piece that is not empty leaves the guest's memory of `size`
 * bytes at `memory`; *iovecs is then not to be used. */
int ln_iovecs_init(struct ln_iovecs *iovecs, uint8_t *memory, uint64_t size,
		   struct ln_array array);

/* The same for a single piece, which is written to `piece`: that lives as long
 * as *iovecs. */
int ln_iovecs_one(struct ln_iovecs *iovecs, uint8_t piece[LN_IOVECS_PIECE],
		  uint8_t *memory, uint64_t size, uint32_t address,
		  uint32_t len);

/* Describes what comes next, without moving: at most `max` bytes. Returns the
 * number of entries filled in, none of them empty; 0 when nothing is left. */
int ln_iovecs_gather(const struct ln_iovecs *iovecs,
		     struct iovec out[LN_IOVECS_BATCH], size_t max);

/* The same for pieces that the kernel is to write to. */
int ln_iovecs_gather_open(const struct ln_iovecs *iovecs,
			  struct iovec out[LN_IOVECS_BATCH], size_t max);

/* Moves on by `bytes`, which is at most iovecs->left. */
void ln_iovecs_advance(struct ln_iovecs *iovecs, size_t bytes);

#endif
