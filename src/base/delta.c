/*
 * DESIGN
 * Memory is compared in units of 4 bytes, the size of most of what guests keep.
 * A delta is a sequence of runs: how many units are equal, how many follow, and
 * a code for each of these. Both counts are in seven bits a byte, the lowest
 * first. Codes are packed bit by bit, and end at a byte with each run:
 *
 *   2 bits   SAME   equal to the base
 *   8 bits   AGAIN  a recent value, and its place among the 64 of these
 *   18 bits  NEAR   likewise, but for the lowest ten bits, which follow
 *   34 bits  OTHER  32 bits
 *
 * So a pointer, whose upper half is that of others before, takes 3 to 5 bytes,
 * and a word that is zero a quarter of one. (After Wilson and Kaplan's WKdm.) A
 * run goes over up to GAP - 1 equal units: a new one would take more.
 *
 * Room: a unit takes 34 bits at most. A run has two counts beside its units:
 * the first one up to 4 bytes, any later one less than the GAP equal units, of
 * 4 bytes each, that are before it.
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
#define GAP 8   /* equal units that end a run */

#define LOW_BITS 10
#define LOW_MASK ((UINT32_C(1) << LOW_BITS) - 1)

enum code { SAME, AGAIN, NEAR, OTHER };

/* Bits on their way to or from bytes. */
struct bits {
	uint64_t held;
	unsigned count;
	uint8_t *to;
	const uint8_t *from;
};

static void put(struct bits *bits, uint64_t value, unsigned count)
{
	bits->held |= value << bits->count;
	bits->count += count;
	for (; bits->count >= 8; bits->count -= 8) {
		*bits->to++ = (uint8_t)bits->held;
		bits->held >>= 8;
	}
}

/* The rest of the last byte is left out. */
static void flush(struct bits *bits)
{
	if (bits->count > 0)
		*bits->to++ = (uint8_t)bits->held;
	bits->held = 0;
	bits->count = 0;
}

static uint32_t get(struct bits *bits, unsigned count)
{
	uint64_t value;

	for (; bits->count < count; bits->count += 8)
		bits->held |= (uint64_t)*bits->from++ << bits->count;
	value = bits->held & ((UINT64_C(1) << count) - 1);
	bits->held >>= count;
	bits->count -= count;
	return (uint32_t)value;
}

static void drop_rest(struct bits *bits)
{
	ln_assert(bits->count < 8);
	bits->held = 0;
	bits->count = 0;
}

static void put_count(struct bits *bits, size_t count)
{
	for (; count >= 0x80; count >>= 7)
		put(bits, (count & 0x7f) | 0x80, 8);
	put(bits, count, 8);
}

static size_t get_count(struct bits *bits)
{
	size_t count = 0;
	unsigned shift = 0;
	uint32_t byte;

	do {
		byte = get(bits, 8);
		count |= (size_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return count;
}

static unsigned place_of(uint32_t value)
{
	return (value >> LOW_BITS) * UINT32_C(0x9e3779b1) >> 26;
}

static void put_unit(struct bits *bits, struct ln_delta_recent *recent,
		     uint32_t value)
{
	unsigned place = place_of(value);
	uint32_t before = recent->values[place];

	recent->values[place] = value;
	if (before == value) {
		put(bits, AGAIN | (uint64_t)place << 2, 8);
	} else if (before >> LOW_BITS == value >> LOW_BITS) {
		put(bits, NEAR | (uint64_t)place << 2, 8);
		put(bits, value & LOW_MASK, LOW_BITS);
	} else {
		put(bits, OTHER | (uint64_t)value << 2, 34);
	}
}

/* A unit whose code is not SAME. */
static uint32_t get_unit(struct bits *bits, struct ln_delta_recent *recent,
			 enum code code)
{
	uint32_t value;
	unsigned place;

	if (code == OTHER) {
		value = get(bits, 32);
		recent->values[place_of(value)] = value;
		return value;
	}
	place = get(bits, 6);
	value = recent->values[place];
	if (code == NEAR)
		value = (value & ~LOW_MASK) | get(bits, LOW_BITS);
	recent->values[place] = value;
	return value;
}

LN_NO_ASAN static inline bool differs(const unit *from, const unit *base,
				      size_t at)
{
	return from[at] != (base != NULL ? base[at] : 0);
}

/* Whether a block differs. */
LN_NO_ASAN static inline bool block_differs(const unit *from, const unit *base,
					    size_t at)
{
	uint32_t any = 0;

	for (size_t i = at; i < at + BLOCK; i++)
		any |= from[i] ^ (base != NULL ? base[i] : 0);
	return any != 0;
}

/* The first unit from `at` on that differs. */
LN_NO_ASAN static size_t find(const unit *from, const unit *base, size_t at,
			      size_t count)
{
	while (count - at >= BLOCK && !block_differs(from, base, at))
		at += BLOCK;
	while (at < count && !differs(from, base, at))
		at++;
	return at;
}

/* Behind the last unit of the run that begins at `at`. */
LN_NO_ASAN static size_t find_end(const unit *from, const unit *base, size_t at,
				  size_t count)
{
	size_t end = at + 1;

	for (at = end; at < count && at - end < GAP; at++) {
		if (differs(from, base, at))
			end = at + 1;
	}
	return end;
}

LN_NO_ASAN size_t ln_delta_write(struct ln_delta_recent *recent, uint8_t *to,
				 const void *from_bytes, const void *base_bytes,
				 size_t len)
{
	const unit *from = from_bytes;
	const unit *base = base_bytes;
	size_t count = len / sizeof(unit);
	struct bits bits = { .to = to };
	size_t at = find(from, base, 0, count);
	size_t before = 0;

	ln_assert(len % sizeof(unit) == 0 && len <= LN_DELTA_MAX);
	if (at == count)
		return 0;
	while (before < count) {
		size_t end = at < count ? find_end(from, base, at, count) : at;

		put_count(&bits, at - before);
		put_count(&bits, end - at);
		for (; at < end; at++) {
			if (differs(from, base, at))
				put_unit(&bits, recent, from[at]);
			else
				put(&bits, SAME, 2);
		}
		flush(&bits);
		before = end;
		at = find(from, base, end, count);
	}
	ln_assert((size_t)(bits.to - to) <= LN_DELTA_ROOM(len));
	return (size_t)(bits.to - to);
}

LN_NO_ASAN size_t ln_delta_apply(struct ln_delta_recent *recent, void *to_bytes,
				 size_t len, const uint8_t *delta)
{
	unit *to = to_bytes;
	size_t count = len / sizeof(unit);
	struct bits bits = { .from = delta };
	size_t at = 0;

	while (at < count) {
		size_t end;

		at += get_count(&bits);
		end = at + get_count(&bits);
		ln_assert(end <= count);
		for (; at < end; at++) {
			enum code code = (enum code)get(&bits, 2);

			if (code != SAME)
				to[at] = get_unit(&bits, recent, code);
		}
		drop_rest(&bits);
	}
	return (size_t)(bits.from - delta);
}
