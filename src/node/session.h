/*
 * A session exists while a node is connected. It holds the frames queued for
 * the node, and the partly received fragmented frame. The fabric drives it
 * (node/fabric.h); everything else uses struct ln_peer, which outlives it.
 *
 * The parts of the node (messages, links, requests, ...) handle the frames,
 * each with a table of its kinds; session.c lists the parts.
 */
#ifndef LN_NODE_SESSION_H
#define LN_NODE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"
#include "node/codec.h"
#include "node/fabric.h"
#include "node/id_table.h"

struct ln_peer;
struct ln_pending;
struct ln_programs;
struct ln_served;
struct ln_service_session;
struct ln_task;

/* What to do with frames of a kind. All return 0 or a negative error, which
 * ends the session; they may say why in session->reason. None parks. */
struct ln_kind {
	/* Reads all of a frame behind its kind, and acts. */
	int (*receive)(struct ln_session *session, struct ln_decoder *frame);

	/* For kinds that may be fragmented, or NULL: reads the head, and tells
	 * whether to keep a body of `len` bytes. */
	int (*begin)(struct ln_session *session, struct ln_decoder *head,
		     uint64_t len, bool *keep);
	/* Reads all of the head again, and acts. The body's room is charged to
	 * the session; who takes its data sets them to NULL. Not called when
	 * the body was not kept, nor when the peer took it back. */
	int (*complete)(struct ln_session *session, struct ln_decoder *head,
			struct ln_bytes *body);
	/* Reads all of the head again: the body was to be kept, but memory was
	 * short. NULL: nobody needs to know. */
	int (*lost)(struct ln_session *session, struct ln_decoder *head);
};

/* A part of the node. */
struct ln_part {
	uint8_t first; /* number of its first kind */
	uint8_t count;
	const struct ln_kind *kinds; /* a table of `count` */

	/* The session is about to begin; LN_ENOMEM refuses it. May be NULL. */
	int (*up)(struct ln_session *session);
	/* It has begun: frames may be queued, none has come yet. May be NULL.
	 */
	void (*begin)(struct ln_session *session);
	/* It is over: nothing is sent or received any more. Called for all
	 * parts, or for those whose `up` was called; may park when called by a
	 * task. May be NULL. */
	void (*down)(struct ln_session *session);
};

/* A task that waits for room; on its stack. */
struct ln_waiter {
	struct ln_list link; /* in session->waiters, until decided */
	struct ln_task *task;
	struct ln_frame *frame; /* what it sends; NULL: nothing */
	bool decided;           /* under peer->lock */
	int result;             /* valid when decided */
};

/* Unlinks that the peer has not answered, see node/remote_links.c. */
struct ln_unlinking {
	struct ln_id_entry entry; /* both ids, combined */
	uint32_t count;
};

struct ln_session {
	/* Immutable. */
	struct ln_peer *peer; /* counted */
	struct ln_channel *channel;
	struct ln_node_id id; /* of the peer */
	uint64_t number;      /* peer->sessions, when it began */

	struct ln_pending *pending;   /* what was asked for; counted */
	struct ln_served *served;     /* what the peer has here; counted */
	struct ln_programs *programs; /* what was spawned from there; owned,
				       * under peer->lock; NULL: nothing */
	struct ln_service_session *services; /* node/services.h; owned */
	char *attributes; /* of the peer; owned, under peer->lock; NULL: not
			   * asked for yet */

	/* Under the node's lock. */
	struct ln_list siblings;

	/* Under peer->lock. */
	struct ln_frame *first; /* to be sent */
	struct ln_frame **last;
	size_t queued;          /* bytes of frames, with what they cost us */
	struct ln_list waiters; /* struct ln_waiter; the longest first */
	bool idle;              /* the channel is to be woken by a frame */
	bool closing;           /* the channel was told to close */
	struct ln_id_table unlinking;
	struct ln_id_table watching; /* struct ln_watching, see node/watch.c */
	struct ln_id_table
		watched; /* struct watching, see node/remote_monitors.c */

	/* The fabric's task alone: what comes in. */
	const char *reason; /* why a frame was refused; NULL: not said */
	struct {
		const struct ln_kind *kind; /* NULL: nothing comes in pieces */
		bool keep;
		uint64_t total; /* bytes of the body */
		uint64_t got;
		size_t head_len;
		uint8_t *head;        /* NULL: not kept */
		struct ln_bytes body; /* put together */
	} assembly;
};

/* Notes why a frame is refused; returns LN_EFORMAT. */
int ln_session_refuse(struct ln_session *session, const char *reason);

/* How to handle frames of that kind; NULL: there is none. */
const struct ln_kind *ln_session_kind(uint8_t number);

#endif
