/* The bytes of frames. */
#include "node/wire.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_ROOM 64

void ln_wire_begin(struct ln_writer *writer, uint8_t kind, size_t room)
{
	writer->room = room < LN_FRAME_MOST ? room + 1 : LN_FRAME_MOST;
	writer->frame = malloc(sizeof(*writer->frame) + writer->room);
	if (writer->frame == NULL)
		return;
	writer->frame->next = NULL;
	writer->frame->len = 1;
	writer->frame->data[0] = kind;
}

static void give_up(struct ln_writer *writer)
{
	free(writer->frame);
	writer->frame = NULL;
}

/* Room for `len` more bytes, which the caller fills; NULL: failed. */
static uint8_t *extend(struct ln_writer *writer, size_t len)
{
	struct ln_frame *frame = writer->frame;
	size_t needed;
	size_t room;

	if (frame == NULL)
		return NULL;
	if (len > LN_FRAME_MOST - frame->len) {
		give_up(writer);
		return NULL;
	}
	needed = frame->len + len;
	if (needed > writer->room) {
		room = writer->room * 2;
		if (room < needed)
			room = needed + LEAST_ROOM;
		if (room > LN_FRAME_MOST)
			room = LN_FRAME_MOST;
		frame = realloc(frame, sizeof(*frame) + room);
		if (frame == NULL) {
			give_up(writer);
			return NULL;
		}
		writer->frame = frame;
		writer->room = room;
	}
	frame->len = needed;
	return frame->data + needed - len;
}

/* Little-endian, as all hosts that this runs on. */
void ln_wire_put_bytes(struct ln_writer *writer, const void *bytes, size_t len)
{
	uint8_t *to = extend(writer, len);

	if (to != NULL && len > 0)
		memcpy(to, bytes, len);
}

void ln_wire_put_u8(struct ln_writer *writer, uint8_t value)
{
	ln_wire_put_bytes(writer, &value, sizeof(value));
}

void ln_wire_put_u16(struct ln_writer *writer, uint16_t value)
{
	ln_wire_put_bytes(writer, &value, sizeof(value));
}

void ln_wire_put_u32(struct ln_writer *writer, uint32_t value)
{
	ln_wire_put_bytes(writer, &value, sizeof(value));
}

void ln_wire_put_u64(struct ln_writer *writer, uint64_t value)
{
	ln_wire_put_bytes(writer, &value, sizeof(value));
}

void ln_wire_put_id(struct ln_writer *writer, const uint8_t id[LN_ID_SIZE])
{
	ln_wire_put_bytes(writer, id, LN_ID_SIZE);
}

void ln_wire_put_string(struct ln_writer *writer, const void *bytes, size_t len)
{
	if (len > LN_FRAME_MOST) {
		give_up(writer);
		return;
	}
	ln_wire_put_u32(writer, (uint32_t)len);
	ln_wire_put_bytes(writer, bytes, len);
}

struct ln_frame *ln_wire_finish(struct ln_writer *writer)
{
	struct ln_frame *frame = writer->frame;

	writer->frame = NULL;
	return frame;
}

void ln_wire_read(struct ln_reader *reader, const void *bytes, size_t len)
{
	reader->at = bytes;
	reader->end = reader->at + len;
	reader->failed = false;
}

const uint8_t *ln_wire_get_bytes(struct ln_reader *reader, size_t len)
{
	const uint8_t *bytes = reader->at;

	if (reader->failed || len > (size_t)(reader->end - reader->at)) {
		reader->failed = true;
		return NULL;
	}
	reader->at += len;
	return bytes;
}

static void get(struct ln_reader *reader, void *value, size_t len)
{
	const uint8_t *bytes = ln_wire_get_bytes(reader, len);

	if (bytes != NULL)
		memcpy(value, bytes, len);
	else
		memset(value, 0, len);
}

uint8_t ln_wire_get_u8(struct ln_reader *reader)
{
	uint8_t value;

	get(reader, &value, sizeof(value));
	return value;
}

uint16_t ln_wire_get_u16(struct ln_reader *reader)
{
	uint16_t value;

	get(reader, &value, sizeof(value));
	return value;
}

uint32_t ln_wire_get_u32(struct ln_reader *reader)
{
	uint32_t value;

	get(reader, &value, sizeof(value));
	return value;
}

uint64_t ln_wire_get_u64(struct ln_reader *reader)
{
	uint64_t value;

	get(reader, &value, sizeof(value));
	return value;
}

void ln_wire_get_id(struct ln_reader *reader, uint8_t id[LN_ID_SIZE])
{
	get(reader, id, LN_ID_SIZE);
}

const uint8_t *ln_wire_get_string(struct ln_reader *reader, size_t most,
				  size_t *len)
{
	*len = ln_wire_get_u32(reader);
	if (*len > most)
		reader->failed = true;
	return ln_wire_get_bytes(reader, *len);
}

size_t ln_wire_left(const struct ln_reader *reader)
{
	return (size_t)(reader->end - reader->at);
}

bool ln_wire_done(const struct ln_reader *reader)
{
	return !reader->failed && reader->at == reader->end;
}
