/*
 * What nodes of the mesh say to each other apart from sessions: how they begin
 * and end, who else there is, and that they are alive. docs/protocol.md
 * describes the frames.
 */
#ifndef LN_NODE_MESH_FRAME_H
#define LN_NODE_MESH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/fabric.h"
#include "node/mesh.h"
#include "node/payload.h"
#include "node/wire.h"

/* The versions of the protocol that this node speaks. */
#define LN_MESH_VERSION_LEAST 1u
#define LN_MESH_VERSION_MOST LN_PROTOCOL_VERSION

/* Bytes of a frame before both sides have agreed. */
#define LN_MESH_GREETING_MOST 1024

/* Bytes of the text of a refusal, with the zero at its end. */
#define LN_MESH_REASON_SIZE 200

/* Kinds of frames; those of sessions are below. */
enum ln_mesh_kind {
	LN_MESH_HELLO = 0x80,
	LN_MESH_READY,
	LN_MESH_ACCEPT,
	LN_MESH_REFUSE,
	LN_MESH_PEERS,
	LN_MESH_PING,
	LN_MESH_PONG,
	LN_MESH_LEAVE,
	LN_MESH_KINDS, /* and above: none */
};

enum ln_mesh_refusal {
	LN_MESH_NAME_TAKEN = 1,
	LN_MESH_DUPLICATE, /* they are connected, or about to be */
	LN_MESH_SELF,      /* it has dialled itself */
	LN_MESH_VERSION,
	LN_MESH_LIMIT,   /* no room for another node */
	LN_MESH_LEAVING, /* it is about to end */
};

struct ln_mesh_hello {
	uint32_t least; /* versions that it speaks */
	uint32_t most;
	int64_t heartbeat; /* ns */
	struct ln_node_id id;
	char address[LN_MESH_ADDRESS_SIZE];
};

struct ln_mesh_refused {
	enum ln_mesh_refusal why;
	char reason[LN_MESH_REASON_SIZE]; /* printable */
};

/* Another node, as one is told of it. */
struct ln_mesh_member {
	struct ln_node_id id;
	char address[LN_MESH_ADDRESS_SIZE];
};

/* Frames; NULL when memory is short. */
struct ln_frame *ln_mesh_write_hello(const struct ln_mesh_hello *hello);
struct ln_frame *ln_mesh_write_refusal(enum ln_mesh_refusal why,
				       const char *reason);
struct ln_frame *ln_mesh_write_plain(enum ln_mesh_kind kind);

/* What follows reads what is behind the kind of a frame. False: it is none of
 * ours. A hello may have more at its end, which later versions understand. */
bool ln_mesh_read_hello(struct ln_unpack *frame, struct ln_mesh_hello *hello);
bool ln_mesh_read_refusal(struct ln_unpack *frame,
			  struct ln_mesh_refused *refused);

/* Appends a member to a frame of the kind PEERS, which has begun; false: it
 * does not fit, and the frame is as before. */
bool ln_mesh_put_member(struct ln_writer *writer, const struct ln_node_id *id,
			const char *address);

/* Reads the next member; false at the end and when it is none, which
 * ln_unpack_done tells apart. */
bool ln_mesh_read_member(struct ln_unpack *frame,
			 struct ln_mesh_member *member);

/* Whether it is "host:port" with a port other than 0, in LN_MESH_ADDRESS_SIZE
 * bytes. */
bool ln_mesh_address_valid(const char *address, size_t len);

#endif
