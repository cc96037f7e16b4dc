/* A keyed hash: each word is folded in by a multiplication of 128 bits. */
#include "base/hash.h"

#include <string.h>

#include "base/random.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

void ln_hash_seed(struct ln_hash_seed *seed)
{
	ln_random_bytes(seed->words, sizeof(seed->words));
	seed->words[1] |= 1;
}

uint64_t ln_hash_bytes(const struct ln_hash_seed *seed, const void *bytes,
		       size_t len)
{
	const unsigned char *at = bytes;
	uint64_t hash = seed->words[0] ^ len;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = mix(hash ^ word, seed->words[1]);
		at += sizeof(word);
	}
	if (len > 0) {
		word = 0;
		memcpy(&word, at, len);
		hash = mix(hash ^ word, seed->words[1]);
	}
	return mix(hash, seed->words[1]);
}
