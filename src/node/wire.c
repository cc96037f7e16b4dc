/* Writing frames. */
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

void ln_wire_fail(struct ln_writer *writer)
{
	free(writer->frame);
	writer->frame = NULL;
}

/* Room for `len` more bytes, which the caller fills; NULL: failed. */
static uint8_t *extend(struct ln_writer *writer, size_t len)
{
	struct ln_frame *frame = writer->frame;
	struct ln_frame *longer;
	size_t needed;
	size_t room;

	if (frame == NULL)
		return NULL;
	if (len > LN_FRAME_MOST - frame->len) {
		ln_wire_fail(writer);
		return NULL;
	}
	needed = frame->len + len;
	if (needed > writer->room) {
		room = writer->room * 2;
		if (room < needed)
			room = needed + LEAST_ROOM;
		if (room > LN_FRAME_MOST)
			room = LN_FRAME_MOST;
		longer = realloc(frame, sizeof(*frame) + room);
		if (longer == NULL) {
			ln_wire_fail(writer);
			return NULL;
		}
		frame = longer;
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

struct ln_frame *ln_wire_finish(struct ln_writer *writer)
{
	struct ln_frame *frame = writer->frame;

	writer->frame = NULL;
	return frame;
}
