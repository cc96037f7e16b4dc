/*
 * The kinds of frames, and how they are written: numbers are little-endian, ids
 * 16 bytes as they are; what is read is in payload.h. A writer notes its first
 * failure and does nothing from then on, so that only the end is checked.
 */
#ifndef LN_NODE_WIRE_H
#define LN_NODE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "node/fabric.h"
#include "node/ids.h"

/* Kinds of frames. Each belongs to one part of the node (node/session.h), which
 * describes it in docs/protocol.md. */
enum ln_kind_number {
	/* node/messages.c */
	LN_KIND_MESSAGE = 0x01,

	/* node/pieces.c */
	LN_KIND_START = 0x08,
	LN_KIND_DATA,
	LN_KIND_ABORT,

	/* node/links.c */
	LN_KIND_LINK = 0x10,
	LN_KIND_UNLINK,
	LN_KIND_UNLINKED,
	LN_KIND_LINK_ENDED,
	LN_KIND_KILL,

	/* node/monitors.c; from version 2 on */
	LN_KIND_MONITOR = 0x18,
	LN_KIND_DEMONITOR,
	LN_KIND_DOWN,

	/* node/request.c, serve.c, watch.c */
	LN_KIND_REQUEST = 0x20,
	LN_KIND_ANSWER,
	LN_KIND_DROP,
	LN_KIND_WATCH,
	LN_KIND_ENDED,

	LN_KINDS = 0x40, /* and above: none */
};

struct ln_writer {
	struct ln_bytes frame; /* struct ln_frame, whose length comes last */
};

/* Begins a frame with room for `room` bytes behind the kind; it grows as
 * needed, up to LN_FRAME_MOST. */
void ln_wire_begin(struct ln_writer *writer, uint8_t kind, size_t room);

void ln_wire_put_u8(struct ln_writer *writer, uint8_t value);
void ln_wire_put_u32(struct ln_writer *writer, uint32_t value);
void ln_wire_put_u64(struct ln_writer *writer, uint64_t value);
void ln_wire_put_id(struct ln_writer *writer, const uint8_t id[LN_ID_SIZE]);

/* Bytes as they are; `bytes` may be NULL when there are none. */
void ln_wire_put_bytes(struct ln_writer *writer, const void *bytes, size_t len);

/* The bytes that still fit; 0 when it has failed. */
size_t ln_wire_room(const struct ln_writer *writer);

/* Makes it fail. */
void ln_wire_fail(struct ln_writer *writer);

/* The frame, which the caller owns; NULL when anything failed. */
struct ln_frame *ln_wire_finish(struct ln_writer *writer);

#endif
