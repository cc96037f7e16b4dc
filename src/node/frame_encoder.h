/*
 * The kinds of frames, and how they are written: numbers are little-endian, ids
 * 16 bytes as they are; what is read is in payload.h. A writer notes its first
 * failure and does nothing from then on, so that only the end is checked.
 */
#ifndef LN_NODE_FRAME_ENCODER_H
#define LN_NODE_FRAME_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "node/fabric.h"
#include "node/id_table.h"

/* Kinds of frames. Each belongs to one part of the node (node/session.h), which
 * describes it in docs/protocol.md. */
enum ln_kind_number {
	/* node/messages.c */
	LN_KIND_MESSAGE = 0x01,

	/* node/fragments.c */
	LN_KIND_START = 0x08,
	LN_KIND_DATA,
	LN_KIND_ABORT,

	/* node/remote_links.c */
	LN_KIND_LINK = 0x10,
	LN_KIND_UNLINK,
	LN_KIND_UNLINKED,
	LN_KIND_LINK_ENDED,
	LN_KIND_KILL,

	/* node/remote_monitors.c; from version 2 on */
	LN_KIND_MONITOR = 0x18,
	LN_KIND_DEMONITOR,
	LN_KIND_DOWN,

	/* node/request.c, serve.c, watch.c */
	LN_KIND_REQUEST = 0x20,
	LN_KIND_ANSWER,
	LN_KIND_DROP,
	LN_KIND_WATCH,
	LN_KIND_ENDED,

	/* node/service_receive.c; from version 5 on */
	LN_KIND_NAMED = 0x28,
	LN_KIND_UNNAMED,
	LN_KIND_WANT,
	LN_KIND_TOLD,
	LN_KIND_JOINED,
	LN_KIND_LEFT,

	LN_KINDS = 0x40, /* and above: none */
};

struct ln_frame_encoder {
	struct ln_bytes frame; /* struct ln_frame, whose length comes last */
};

/* Begins a frame with room for `room` bytes behind the kind; it grows as
 * needed, up to LN_FRAME_MAX. */
void ln_frame_encoder_begin(struct ln_frame_encoder *writer, uint8_t kind,
			    size_t room);

void ln_frame_encoder_u8(struct ln_frame_encoder *writer, uint8_t value);
void ln_frame_encoder_u32(struct ln_frame_encoder *writer, uint32_t value);
void ln_frame_encoder_u64(struct ln_frame_encoder *writer, uint64_t value);
void ln_frame_encoder_id(struct ln_frame_encoder *writer,
			 const uint8_t id[LN_ID_SIZE]);

/* Bytes as they are; `bytes` may be NULL when there are none. */
void ln_frame_encoder_bytes(struct ln_frame_encoder *writer, const void *bytes,
			    size_t len);

/* The bytes that still fit; 0 when it has failed. */
size_t ln_frame_encoder_room(const struct ln_frame_encoder *writer);

/* Makes it fail. */
void ln_frame_encoder_fail(struct ln_frame_encoder *writer);

/* The frame, which the caller owns; NULL when anything failed. */
struct ln_frame *ln_frame_encoder_finish(struct ln_frame_encoder *writer);

#endif
