/*
 * A hash over bytes that is spread evenly for those who do not know its seed:
 * guests choose what is hashed. Not for what must never collide.
 */
#ifndef LN_BASE_HASH_H
#define LN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct ln_hash_seed {
	uint64_t words[2];
};

/* Draws a seed. */
void ln_hash_seed(struct ln_hash_seed *seed);

/* Linear in `len`, eight bytes a step. */
uint64_t ln_hash_bytes(const struct ln_hash_seed *seed, const void *bytes,
		       size_t len);

#endif
