/*
 * What lies between nodes and whatever carries their frames. A fabric finds
 * other nodes, authenticates them, and gives the node a channel to each: frames
 * arrive in order, each once, until the channel is down. The mesh
 * (node/mesh.h) is the fabric of the program; tests have one in memory.
 *
 * The node queues frames in a session (node/session.h); the fabric takes them
 * from there when it can send, so that bounds and waiting are the same
 * whatever carries them. A fabric tells the node of one session's events one
 * after the other, never two at once: up, frames, down. After a node's session
 * is down, and only then, it may come up again.
 */
#ifndef LN_NODE_FABRIC_H
#define LN_NODE_FABRIC_H

#include <stddef.h>
#include <stdint.h>

struct ln_channel;
struct ln_node;
struct ln_session;

/* The longest frame, in bytes. What is larger travels in pieces. */
#define LN_FRAME_MOST 65536

/* The version of the protocol: docs/protocol.md. */
#define LN_PROTOCOL_VERSION 2u

/* Bytes of a node's name: 1 to this, no control characters. */
#define LN_NODE_NAME_MOST 255

/* A frame on its way; allocated with malloc, owned by one at a time. */
struct ln_frame {
	struct ln_frame *next;
	size_t len; /* bytes */
	uint8_t data[];
};

/* Who is at the other end. An incarnation is one run of a node: 16 random
 * bytes, drawn when it starts. */
struct ln_node_id {
	char name[LN_NODE_NAME_MOST + 1]; /* UTF-8, terminated */
	uint8_t incarnation[16];
	uint32_t version; /* of the protocol, which both nodes speak */
};

/* What the node calls. Both may be called by any thread, also under a lock of
 * the node's, so they neither park nor call the node. */
struct ln_channel_class {
	/* There are frames to take in the session. */
	void (*wake)(struct ln_channel *channel);
	/* Ends the channel soon; `reason` is for the log and copied. The fabric
	 * then says that the session is down, as ever. */
	void (*close)(struct ln_channel *channel, const char *reason);
};

/* The fabric's end of a session; it embeds this. The memory stays until
 * ln_session_down has returned. */
struct ln_channel {
	const struct ln_channel_class *class;
};

/* What the fabric calls, from one task or thread at a time for each session. */

/* A node can be reached. The session belongs to the fabric until it says that
 * it is down. LN_EEXIST: another incarnation of the name, or this one, is up;
 * LN_ENOMEM, LN_ELIMIT. */
int ln_session_up(struct ln_node *node, struct ln_channel *channel,
		  const struct ln_node_id *id, struct ln_session **session);

/* A frame has come in; the bytes are the caller's and are not kept. Never
 * parks. LN_EFORMAT: no node of ours sends this, and *reason says why, for the
 * log: to be followed by ln_session_down. */
int ln_session_receive(struct ln_session *session, const uint8_t *data,
		       size_t len, const char **reason);

/* Takes frames to be sent, oldest first, linked by `next`: at least one if
 * there is any, and no more than `most` bytes otherwise. The caller frees them.
 * NULL: none; `wake` will be called when there are. */
struct ln_frame *ln_session_take(struct ln_session *session, size_t most);

/* The node cannot be reached any more: breaks every link across, ends what
 * waits, and frees the session. May park when called by a task. */
void ln_session_down(struct ln_session *session, const char *reason);

#endif
