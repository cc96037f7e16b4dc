/*
 * DESIGN
 * Memory is compared in units of 4 bytes, the size of most of what guests keep.
 * A delta is a sequence of runs: how many units are equal, how many differ, and
 * these. Both counts are in seven bits a byte, the lowest first, so that most
 * runs have two bytes beside their units, and even one equal unit between two
 * others is worth a run of its own.
 *
 * Room: the first run has up to 4 bytes beside its units. Any later one begins
 * with equal units, which take at least as many bytes in memory as the counts
 * do here: one equal unit has 4, a count of fewer than 128 takes one byte, and
 * that of the units that follow at most three, since there are fewer than 2^21.
 *
 * The stacks of fibers are read and written here while AddressSanitizer knows
 * of frames on them. So these functions are not checked by it, and give no such
 * address to a function that is.
 *
 * Threads: any.
 */
#include "base/delta.h"

#include "base/compiler.h"

/* Memory of any type, in units. */
typedef uint32_t __attribute__((may_alias)) unit;

#define BLOCK 8 /* units that are compared together */

_Static_assert(LN_DELTA_MAX / sizeof(unit) < (size_t)1 << 21,
	       "a count takes more than three bytes");

static uint8_t *put_count(uint8_t *to, size_t count)
{
	for (; count >= 0x80; count >>= 7)
		*to++ = (uint8_t)(count | 0x80);
	*to++ = (uint8_t)count;
	return to;
}

static const uint8_t *get_count(const uint8_t *from, size_t *count)
{
	unsigned shift = 0;

	*count = 0;
	do {
		*count |= (size_t)(*from & 0x7f) << shift;
		shift += 7;
	} while (*from++ & 0x80);
	return from;
}

static uint8_t *put_unit(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
	to[2] = (uint8_t)(value >> 16);
	to[3] = (uint8_t)(value >> 24);
	return to + 4;
}

static uint32_t get_unit(const uint8_t *from)
{
	return (uint32_t)from[0] | (uint32_t)from[1] << 8 |
	       (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* Whether a block differs. */
LN_NO_ASAN static inline bool block_differs(const unit *from, const unit *base)
{
	uint32_t bits = 0;

	if (base == NULL) {
		for (size_t i = 0; i < BLOCK; i++)
			bits |= from[i];
	} else {
		for (size_t i = 0; i < BLOCK; i++)
			bits |= from[i] ^ base[i];
	}
	return bits != 0;
}

/* The first unit from `at` on that differs. */
LN_NO_ASAN static size_t find(const unit *from, const unit *base, size_t at,
			      size_t count)
{
	while (count - at >= BLOCK &&
	       !block_differs(from + at, base != NULL ? base + at : NULL))
		at += BLOCK;
	while (at < count && from[at] == (base != NULL ? base[at] : 0))
		at++;
	return at;
}

LN_NO_ASAN size_t ln_delta_write(uint8_t *to, const void *from_bytes,
				 const void *base_bytes, size_t len)
{
	const unit *from = from_bytes;
	const unit *base = base_bytes;
	size_t count = len / sizeof(unit);
	uint8_t *start = to;
	size_t at = 0;

	ln_assert(len % sizeof(unit) == 0 && len <= LN_DELTA_MAX);
	while (at < count) {
		size_t first = find(from, base, at, count);
		size_t end = first;

		while (end < count &&
		       from[end] != (base != NULL ? base[end] : 0))
			end++;
		to = put_count(to, first - at);
		to = put_count(to, end - first);
		for (at = first; at < end; at++)
			to = put_unit(to, from[at]);
	}
	ln_assert((size_t)(to - start) <= LN_DELTA_ROOM(len));
	return (size_t)(to - start);
}

bool ln_delta_is_empty(const uint8_t *delta, size_t len)
{
	size_t equal;

	get_count(delta, &equal);
	return equal == len / sizeof(unit);
}

LN_NO_ASAN size_t ln_delta_apply(void *to_bytes, size_t len,
				 const uint8_t *delta)
{
	unit *to = to_bytes;
	size_t count = len / sizeof(unit);
	const uint8_t *start = delta;
	size_t at = 0;

	while (at < count) {
		size_t equal;
		size_t more;

		delta = get_count(delta, &equal);
		delta = get_count(delta, &more);
		at += equal;
		ln_assert(at <= count && more <= count - at);
		for (; more > 0; more--) {
			to[at++] = get_unit(delta);
			delta += sizeof(unit);
		}
	}
	return (size_t)(delta - start);
}
