/* Reading the pieces of a wasm binary, which may end anywhere. */
#ifndef LN_ENGINE_CURSOR_H
#define LN_ENGINE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ln_cursor {
	const uint8_t *at;
	const uint8_t *end;
};

static inline size_t ln_cursor_len(struct ln_cursor cursor)
{
	return (size_t)(cursor.end - cursor.at);
}

/* Whether what is left begins with a text, or is that text. */
static inline bool ln_cursor_begins(struct ln_cursor cursor, const char *text)
{
	size_t len = strlen(text);

	return ln_cursor_len(cursor) >= len &&
	       memcmp(cursor.at, text, len) == 0;
}

static inline bool ln_cursor_is(struct ln_cursor cursor, const char *text)
{
	return ln_cursor_len(cursor) == strlen(text) &&
	       ln_cursor_begins(cursor, text);
}

/* Reads an unsigned LEB128 number of at most `bits` bits. False when the bytes
 * end before it does, with the cursor at the end, or when it is larger, with
 * the cursor unmoved. */
static inline bool ln_cursor_number(struct ln_cursor *cursor, unsigned bits,
				    uint64_t *value)
{
	const uint8_t *at = cursor->at;

	*value = 0;
	for (unsigned shift = 0; at < cursor->end; shift += 7) {
		uint8_t byte = *at++;
		uint64_t part = byte & 0x7f;

		if (shift >= bits ||
		    (bits - shift < 7 && part >> (bits - shift) != 0))
			return false;
		*value |= part << shift;
		if ((byte & 0x80) == 0) {
			cursor->at = at;
			return true;
		}
	}
	cursor->at = at;
	return false;
}

/* Skips a LEB128 number of any sign. False when the bytes end before it, or it
 * goes on for longer than one of 64 bits. */
static inline bool ln_cursor_skip_number(struct ln_cursor *cursor)
{
	for (int i = 0; i < 10 && cursor->at < cursor->end; i++) {
		if ((*cursor->at++ & 0x80) == 0)
			return true;
	}
	return false;
}

/* False, with the cursor unmoved, when there are fewer bytes. */
static inline bool ln_cursor_skip(struct ln_cursor *cursor, uint64_t count)
{
	if (count > (uint64_t)(cursor->end - cursor->at))
		return false;
	cursor->at += count;
	return true;
}

static inline bool ln_cursor_byte(struct ln_cursor *cursor, uint8_t *byte)
{
	if (cursor->at == cursor->end)
		return false;
	*byte = *cursor->at++;
	return true;
}

/* Takes the next `count` bytes as a cursor of their own. */
static inline bool ln_cursor_part(struct ln_cursor *cursor, uint64_t count,
				  struct ln_cursor *part)
{
	part->at = cursor->at;
	if (!ln_cursor_skip(cursor, count))
		return false;
	part->end = cursor->at;
	return true;
}

#endif
