/*
 * A state machine: a head, byte for byte until its length is known, then the
 * payload as it comes. A length that is announced is believed only as far as it
 * must be refused: memory is for bytes that are there.
 */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

#define FINAL 0x80
#define RESERVED 0x70
#define MASKED 0x80

#define PROTOCOL 1002
#define NO_CODE 1005
#define NOT_UTF8 1007
#define TOO_BIG 1009
#define INTERNAL 1011

/* ---- UTF-8 ---- */

/* Begins a character; false: none begins so. The second byte has bounds of its
 * own, so that nothing is longer than it must be, or beyond Unicode, or a
 * surrogate. */
static bool begin_char(struct lunatic_utf8 *utf8, uint8_t byte)
{
	utf8->min = 0x80;
	utf8->max = 0xbf;
	if (byte < 0x80)
		return true;
	if (byte < 0xc2 || byte > 0xf4)
		return false;
	utf8->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	if (byte == 0xe0)
		utf8->min = 0xa0;
	else if (byte == 0xed)
		utf8->max = 0x9f;
	else if (byte == 0xf0)
		utf8->min = 0x90;
	else if (byte == 0xf4)
		utf8->max = 0x8f;
	return true;
}

bool lunatic_utf8_feed(struct lunatic_utf8 *utf8, const uint8_t *bytes,
		       size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (utf8->left == 0) {
			if (!begin_char(utf8, bytes[i]))
				return false;
			continue;
		}
		if (bytes[i] < utf8->min || bytes[i] > utf8->max)
			return false;
		utf8->min = 0x80;
		utf8->max = 0xbf;
		utf8->left--;
	}
	return true;
}

/* ---- Heads ---- */

static enum lunatic_frames_event refuse(struct lunatic_frames *frames,
					unsigned code)
{
	frames->bad = true;
	frames->code = code;
	return LUNATIC_FRAMES_BAD;
}

static bool is_control(uint8_t opcode)
{
	return opcode >= LUNATIC_FRAME_CLOSE;
}

/* Bytes that a head has, as far as its first two are there. */
static uint8_t head_bytes(const struct lunatic_frames *frames)
{
	uint8_t size = frames->head[1] & 0x7f;

	if (frames->head_size < 2)
		return 2;
	return size == 127 ? 14 : size == 126 ? 8 : 6;
}

/* What is wrong with the first two bytes; 0: nothing. */
static unsigned check_head(const struct lunatic_frames *frames)
{
	uint8_t first = frames->head[0];
	uint8_t second = frames->head[1];
	uint8_t opcode = first & 0x0f;

	if ((first & RESERVED) != 0 || (second & MASKED) == 0)
		return PROTOCOL;
	if (is_control(opcode))
		return opcode > LUNATIC_FRAME_PONG || (first & FINAL) == 0 ||
				       (second & 0x7f) >
					       LUNATIC_FRAME_CONTROL_MAX
			       ? PROTOCOL
			       : 0;
	if (opcode > LUNATIC_FRAME_BINARY)
		return PROTOCOL;
	return (opcode == LUNATIC_FRAME_MORE) != (frames->kind != 0) ? PROTOCOL
								     : 0;
}

/* The length that a whole head says; false: not in as few bytes as it could, or
 * negative. */
static bool length_of(const struct lunatic_frames *frames, uint64_t *length)
{
	const uint8_t *at = frames->head + 2;
	uint8_t said = frames->head[1] & 0x7f;
	unsigned count = said == 127 ? 8 : said == 126 ? 2 : 0;

	*length = count == 0 ? said : 0;
	for (unsigned i = 0; i < count; i++)
		*length = *length << 8 | at[i];
	if (count == 2)
		return *length > 125;
	return count == 0 || (*length > 0xffff && *length >> 63 == 0);
}

/* A head is whole: what it says of the frame. 0, or a code. */
static unsigned begin_content(struct lunatic_frames *frames)
{
	uint8_t opcode = frames->head[0] & 0x0f;

	if (!length_of(frames, &frames->left))
		return PROTOCOL;
	frames->opcode = opcode;
	frames->final = (frames->head[0] & FINAL) != 0;
	frames->mask_at = 0;
	frames->in_content = true;
	if (is_control(opcode)) {
		frames->control_size = 0;
		return 0;
	}
	if (opcode != LUNATIC_FRAME_MORE) {
		frames->kind = opcode;
		frames->size = 0;
		frames->utf8 = (struct lunatic_utf8){ 0 };
	}
	return frames->left > frames->max - frames->size ? TOO_BIG : 0;
}

/* Takes bytes of a head; how many. */
static size_t take_head(struct lunatic_frames *frames, const uint8_t *bytes,
			size_t size, unsigned *wrong)
{
	size_t used = 0;

	*wrong = 0;
	while (used < size && !frames->in_content && *wrong == 0) {
		frames->head[frames->head_size++] = bytes[used++];
		if (frames->head_size == 2)
			*wrong = check_head(frames);
		if (*wrong == 0 && frames->head_size >= 2 &&
		    frames->head_size == head_bytes(frames))
			*wrong = begin_content(frames);
	}
	return used;
}

/* ---- Payloads ---- */

static bool reserve(struct lunatic_frames *frames, size_t size)
{
	size_t room = frames->room == 0 ? 256 : frames->room;
	unsigned char *data;

	/* With the zero behind it. */
	while (room < size + 1)
		room *= 2;
	if (room == frames->room)
		return true;
	data = realloc(frames->data, room);
	if (data == NULL)
		return false;
	frames->data = data;
	frames->room = room;
	return true;
}

static void unmask(struct lunatic_frames *frames, uint8_t *to,
		   const uint8_t *from, size_t size)
{
	const uint8_t *mask = frames->head + frames->head_size - 4;

	for (size_t i = 0; i < size; i++)
		to[i] = from[i] ^ mask[(frames->mask_at + i) & 3];
	frames->mask_at = (uint8_t)((frames->mask_at + size) & 3);
}

/* Takes bytes of a payload; 0, or a code. */
static unsigned take_content(struct lunatic_frames *frames,
			     const uint8_t *bytes, size_t size)
{
	uint8_t *to;

	frames->left -= size;
	if (is_control(frames->opcode)) {
		unmask(frames, frames->control + frames->control_size, bytes,
		       size);
		frames->control_size = (uint8_t)(frames->control_size + size);
		return 0;
	}
	if (!reserve(frames, frames->size + size))
		return INTERNAL;
	to = frames->data + frames->size;
	unmask(frames, to, bytes, size);
	frames->size += size;
	if (frames->kind == LUNATIC_FRAME_TEXT &&
	    !lunatic_utf8_feed(&frames->utf8, to, size))
		return NOT_UTF8;
	return 0;
}

bool lunatic_close_is_valid(unsigned code)
{
	return (code >= 1000 && code <= 1003) ||
	       (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static enum lunatic_frames_event end_close(struct lunatic_frames *frames)
{
	struct lunatic_utf8 utf8 = { 0 };

	if (frames->control_size == 0) {
		frames->code = NO_CODE;
		return LUNATIC_FRAMES_CLOSE;
	}
	if (frames->control_size == 1)
		return refuse(frames, PROTOCOL);
	frames->code = (unsigned)(frames->control[0] << 8 | frames->control[1]);
	if (!lunatic_close_is_valid(frames->code))
		return refuse(frames, PROTOCOL);
	if (!lunatic_utf8_feed(&utf8, frames->control + 2,
			       (size_t)frames->control_size - 2) ||
	    utf8.left > 0)
		return refuse(frames, NOT_UTF8);
	return LUNATIC_FRAMES_CLOSE;
}

/* A payload is whole. */
static enum lunatic_frames_event end_content(struct lunatic_frames *frames)
{
	uint8_t kind = frames->kind;

	frames->in_content = false;
	frames->head_size = 0;
	if (is_control(frames->opcode)) {
		frames->control[frames->control_size] = '\0';
		if (frames->opcode == LUNATIC_FRAME_CLOSE)
			return end_close(frames);
		return frames->opcode == LUNATIC_FRAME_PING
			       ? LUNATIC_FRAMES_PING
			       : LUNATIC_FRAMES_PONG;
	}
	if (!frames->final)
		return LUNATIC_FRAMES_NONE;
	if (kind == LUNATIC_FRAME_TEXT && frames->utf8.left > 0)
		return refuse(frames, NOT_UTF8);
	if (!reserve(frames, frames->size))
		return refuse(frames, INTERNAL);
	frames->data[frames->size] = '\0';
	frames->kind = 0;
	return kind == LUNATIC_FRAME_TEXT ? LUNATIC_FRAMES_TEXT
					  : LUNATIC_FRAMES_BINARY;
}

enum lunatic_frames_event lunatic_frames_feed(struct lunatic_frames *frames,
					      const uint8_t *bytes, size_t size,
					      size_t *used)
{
	enum lunatic_frames_event event = LUNATIC_FRAMES_NONE;
	unsigned wrong = 0;

	*used = 0;
	if (frames->bad)
		return LUNATIC_FRAMES_BAD;
	while (event == LUNATIC_FRAMES_NONE) {
		size_t part = size - *used;

		if (!frames->in_content)
			*used += take_head(frames, bytes + *used, part, &wrong);
		if (wrong != 0)
			return refuse(frames, wrong);
		if (!frames->in_content)
			return LUNATIC_FRAMES_NONE;
		part = size - *used;
		if (part > frames->left)
			part = (size_t)frames->left;
		if (part > 0)
			wrong = take_content(frames, bytes + *used, part);
		*used += part;
		if (wrong != 0)
			return refuse(frames, wrong);
		if (frames->left > 0)
			return LUNATIC_FRAMES_NONE;
		event = end_content(frames);
	}
	return event;
}

void lunatic_frames_deinit(struct lunatic_frames *frames)
{
	free(frames->data);
	frames->data = NULL;
	frames->room = 0;
}

size_t lunatic_frame_head(uint8_t *head, enum lunatic_opcode opcode,
			  uint64_t size)
{
	unsigned count = size > 0xffff ? 8 : size > 125 ? 2 : 0;

	head[0] = (uint8_t)(FINAL | opcode);
	head[1] = count == 8 ? 127 : count == 2 ? 126 : (uint8_t)size;
	for (unsigned i = 0; i < count; i++)
		head[2 + i] = (uint8_t)(size >> 8 * (count - 1 - i));
	return 2 + (size_t)count;
}
