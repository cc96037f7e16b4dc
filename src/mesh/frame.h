/*
 * The frames of the mesh itself, outside of sessions: greeting and leaving, the
 * list of other nodes, and signs of life. docs/protocol.md describes them.
 */
#ifndef LN_MESH_FRAME_H
#define LN_MESH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/admission.h"
#include "node/codec.h"
#include "node/fabric.h"
#include "node/frame_encoder.h"

/* Bytes of a frame before both sides have agreed. */
#define LN_MESH_GREETING_MAX 1024

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

/* What both sides send first. */
struct ln_mesh_hello {
	struct ln_greeting greeting;
	char address[LN_NODE_ADDRESS_SIZE];
};

struct ln_mesh_refused {
	enum ln_refusal why;
	char reason[LN_MESH_REASON_SIZE]; /* printable */
};

/* Another node, as one is told of it. */
struct ln_mesh_member {
	struct ln_node_id id;
	char address[LN_NODE_ADDRESS_SIZE];
};

/* Frames; NULL when memory is short. */
struct ln_frame *ln_mesh_write_hello(const struct ln_mesh_hello *hello);
struct ln_frame *ln_mesh_write_refusal(enum ln_refusal why, const char *reason);
struct ln_frame *ln_mesh_write_plain(enum ln_mesh_kind kind);

/* These functions read a frame after its kind. False: it is malformed. A HELLO
 * may have more at its end, which only later versions understand. */
bool ln_mesh_read_hello(struct ln_decoder *frame, struct ln_mesh_hello *hello);
bool ln_mesh_read_refusal(struct ln_decoder *frame,
			  struct ln_mesh_refused *refused);

/* Appends a member to a PEERS frame that has been begun; false: it does not
 * fit, and the frame is unchanged. */
bool ln_mesh_put_member(struct ln_frame_encoder *writer,
			const struct ln_node_id *id, const char *address);

/* Reads the next member; false at the end and if it is malformed;
 * ln_decoder_done distinguishes the two. */
bool ln_mesh_read_member(struct ln_decoder *frame,
			 struct ln_mesh_member *member);

/* Whether it is "host:port" with a port other than 0, in LN_NODE_ADDRESS_SIZE
 * bytes. */
bool ln_mesh_address_valid(const char *address, size_t len);

/* Whether it may be an address of any carrier: that, or 1 to as many letters,
 * digits, '.', '-' and '_'. What reads frames asks for no more. */
bool ln_mesh_address_plausible(const char *address, size_t len);

#endif
