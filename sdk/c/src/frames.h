/*
 * WebSocket frames (RFC 6455, section 5): messages out of a client's bytes.
 * Needs no host, and is fuzzed natively.
 */
#ifndef LUNATIC_GUEST_FRAMES_H
#define LUNATIC_GUEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LUNATIC_FRAME_CONTROL_MAX 125
#define LUNATIC_FRAME_HEAD_MAX 10

enum lunatic_opcode {
	LUNATIC_FRAME_MORE = 0, /* of a message that has begun */
	LUNATIC_FRAME_TEXT = 1,
	LUNATIC_FRAME_BINARY = 2,
	LUNATIC_FRAME_CLOSE = 8,
	LUNATIC_FRAME_PING = 9,
	LUNATIC_FRAME_PONG = 10,
};

/* What has come; the first two are in `data`, the others in `control`. */
enum lunatic_frames_event {
	LUNATIC_FRAMES_NONE, /* all bytes were taken, more are needed */
	LUNATIC_FRAMES_TEXT,
	LUNATIC_FRAMES_BINARY,
	LUNATIC_FRAMES_PING,
	LUNATIC_FRAMES_PONG,
	LUNATIC_FRAMES_CLOSE, /* `code`; the reason is behind two bytes */
	LUNATIC_FRAMES_BAD,   /* `code` is what is to be told; stays so */
};

/* A text as it comes in, checked. Zeros are its beginning. */
struct lunatic_utf8 {
	uint8_t left; /* bytes that the character still has */
	uint8_t min;  /* of the next one */
	uint8_t max;
};

/* Whether the bytes may follow; a text is complete when nothing is left. */
bool lunatic_utf8_feed(struct lunatic_utf8 *utf8, const uint8_t *bytes,
		       size_t size);

/* Zeros, but for `max`, are a new one. */
struct lunatic_frames {
	size_t max; /* bytes of a message */

	/* The frame that is read. */
	uint8_t head[14];
	uint8_t head_size;
	bool in_content;
	bool final;
	uint8_t opcode;
	uint8_t mask_at;
	uint64_t left; /* bytes of its payload */

	/* The message that is put together, or is complete; from malloc. A zero
	 * is behind it. */
	unsigned char *data;
	size_t size;
	size_t room;
	uint8_t kind; /* opcode of its first frame; 0: none has begun */
	struct lunatic_utf8 utf8;

	unsigned char control[LUNATIC_FRAME_CONTROL_MAX + 1];
	uint8_t control_size;
	unsigned code;
	bool bad;
};

/* Reads bytes up to the next event, *used of them. */
enum lunatic_frames_event lunatic_frames_feed(struct lunatic_frames *frames,
					      const uint8_t *bytes, size_t size,
					      size_t *used);

/* Frees the message. */
void lunatic_frames_deinit(struct lunatic_frames *frames);

/* Writes the head of an unmasked, final frame; its bytes. */
size_t lunatic_frame_head(uint8_t *head, enum lunatic_opcode opcode,
			  uint64_t size);

/* Whether a code may be in a frame that closes. */
bool lunatic_close_is_valid(unsigned code);

/* The value of Sec-WebSocket-Accept for a key (section 4.2.2): 28 characters
 * and a zero. */
void lunatic_websocket_digest(const char *key, size_t size, char text[29]);

/* Whether it is a key: 16 bytes in base64. */
bool lunatic_websocket_key_is_valid(const char *key);

#endif
