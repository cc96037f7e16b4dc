/* Buffers double, so no more bytes are copied than were written. */
#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"

#define FIRST_BYTES 128
#define FIRST_ITEMS 8

/* The room to have when `len` more bytes must fit, which are within the bound.
 */
static size_t next_room(const struct ln_bytes *buffer, size_t len)
{
	size_t room = buffer->room;

	if (len <= room - buffer->len)
		return room;
	if (room == 0)
		room = buffer->first > 0 ? buffer->first : FIRST_BYTES;
	while (room < buffer->len + len)
		room = room <= buffer->max / 2 ? 2 * room : buffer->max;
	return room < buffer->max ? room : buffer->max;
}

size_t ln_bytes_growth(const struct ln_bytes *buffer, size_t len)
{
	if (buffer->error != 0 || len > buffer->max - buffer->len)
		return 0;
	return next_room(buffer, len) - buffer->room;
}

bool ln_bytes_reserve(struct ln_bytes *buffer, size_t len)
{
	size_t room;
	uint8_t *data;

	ln_assert(buffer->len <= buffer->room && buffer->room <= buffer->max);
	if (buffer->error != 0)
		return false;
	if (len > buffer->max - buffer->len) {
		buffer->error = LN_ELIMIT;
		return false;
	}
	room = next_room(buffer, len);
	if (room == buffer->room)
		return true;
	data = realloc(buffer->data, room);
	if (data == NULL) {
		buffer->error = LN_ENOMEM;
		return false;
	}
	buffer->data = data;
	buffer->room = room;
	return true;
}

uint8_t *ln_bytes_extend(struct ln_bytes *buffer, size_t len)
{
	if (!ln_bytes_reserve(buffer, len))
		return NULL;
	buffer->len += len;
	ln_assert(buffer->len <= buffer->room);
	return buffer->data + buffer->len - len;
}

void ln_bytes_add(struct ln_bytes *buffer, const void *bytes, size_t len)
{
	uint8_t *to;

	if (len == 0)
		return;
	to = ln_bytes_extend(buffer, len);
	if (to != NULL)
		memcpy(to, bytes, len);
}

void ln_bytes_deinit(struct ln_bytes *buffer)
{
	free(buffer->data);
	*buffer =
		(struct ln_bytes){ .max = buffer->max, .first = buffer->first };
}

void *ln_array_grow(void *items, size_t count, size_t *room, size_t size)
{
	size_t more = *room > 0 ? 2 * *room : FIRST_ITEMS;
	void *larger;

	if (count < *room)
		return items;
	ln_assert(count < more);
	larger = reallocarray(items, more, size);
	if (larger != NULL)
		*room = more;
	return larger;
}
