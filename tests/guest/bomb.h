/* A module that takes the compiler long for its size. */
#ifndef LUNATIC_TESTS_GUEST_BOMB_H
#define LUNATIC_TESTS_GUEST_BOMB_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that hold any with up to 1,000 of each. */
#define BOMB_SIZE (1 << 15)

static inline uint8_t *bomb_put(uint8_t *at, uint32_t number)
{
	do {
		*at = number & 127;
		number >>= 7;
		*at++ |= number > 0 ? 128 : 0;
	} while (number > 0);
	return at;
}

/* Writes a module with loops in each other, the innermost of which adds 1 to
 * many locals, which are as many values in each loop; returns its size. 300 of
 * both take seconds to compile. */
static inline size_t bomb_make(uint8_t *bytes, uint32_t depth, uint32_t locals)
{
	static const uint8_t head[] = { 0, 'a', 's',  'm', 1,   0, 0, 0, 1,
					4, 1,   0x60, 0,   0,   3, 2, 1, 0,
					7, 5,   1,    1,   'f', 0, 0 };
	uint8_t *body = malloc(depth * 8 + locals * 12 + 64);
	uint8_t size[16];
	uint8_t *at = body, *end;

	*at++ = 1;
	at = bomb_put(at, locals);
	*at++ = 0x7f;
	for (uint32_t i = 0; i < depth; i++) {
		*at++ = 0x03;
		*at++ = 0x40;
	}
	for (uint32_t i = 0; i < locals; i++) {
		*at++ = 0x20;
		at = bomb_put(at, i);
		*at++ = 0x41;
		*at++ = 1;
		*at++ = 0x6a;
		*at++ = 0x21;
		at = bomb_put(at, i);
	}
	for (uint32_t i = 0; i < depth; i++) {
		static const uint8_t again[] = { 0x20, 0, 0x0d, 0, 0x0b };

		memcpy(at, again, sizeof(again));
		at += sizeof(again);
	}
	*at++ = 0x0b;
	end = bytes;
	memcpy(end, head, sizeof(head));
	end += sizeof(head);
	size[0] = 1;
	*end++ = 10;
	/* One body, with its size; and the section's. */
	uint32_t len = (uint32_t)(at - body);
	uint32_t prefix = (uint32_t)(bomb_put(size + 1, len) - size);

	end = bomb_put(end, prefix + len);
	memcpy(end, size, prefix);
	memcpy(end + prefix, body, len);
	end += prefix + len;
	free(body);
	return (size_t)(end - bytes);
}

#endif
