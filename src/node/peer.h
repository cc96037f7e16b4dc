/*
 * Another node, or rather one run of it: an incarnation. It exists as long as
 * one of its processes is known, or a session with it is up; whether it is
 * connected, and by which session, may change. While a node is not connected,
 * messages to its processes are dropped, and links to them fail at once.
 *
 * All frames for a node go through these functions: control frames are posted
 * and never wait; messages wait for room.
 */
#ifndef LN_NODE_PEER_H
#define LN_NODE_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "node/fabric.h"
#include "node/id_table.h"
#include "sched/mutex.h"

struct iovec;
struct ln_local_node;
struct ln_process;
struct ln_session;

struct ln_peer {
	struct ln_id_entry entry;   /* in node->peers; the incarnation */
	struct ln_local_node *node; /* counted */
	_Atomic uint32_t references;
	struct ln_mutex transfer; /* whoever sends in pieces has it */

	/* Under proxies_lock. */
	struct ln_lock proxies_lock;
	struct ln_id_table
		proxies; /* its processes, known here; node/proxy.h */

	/* Under `lock`, with all that the session queues. */
	struct ln_lock lock;
	struct ln_session *session; /* NULL: not connected */
	uint64_t sessions;          /* that there were: numbers them */
};

/* The node of an incarnation, connected or not. A reference for the caller.
 * LN_ENOMEM, LN_ELIMIT: too many are known. */
int ln_peer_get(struct ln_local_node *node, const uint8_t *incarnation,
		struct ln_peer **peer);
struct ln_peer *ln_peer_retain(struct ln_peer *peer);
void ln_peer_release(struct ln_peer *peer);

/* Whether it is this node itself. */
bool ln_peer_is_self(const struct ln_peer *peer);

/* Whether it is connected at this moment. */
bool ln_peer_connected(struct ln_peer *peer);

/* The number of its session, 0 when it is not connected. */
uint64_t ln_peer_session(struct ln_peer *peer);

/* The version of the protocol in that session, likewise. */
uint32_t ln_peer_version(struct ln_peer *peer);

/* These functions take ownership of the frame. NULL means that memory was short
 * when the frame was made. LN_EDEAD: the node is not connected. Any thread,
 * unless a task is required; also under locks of processes. */

/* Queues a frame, however much is queued. Without a frame the session is
 * closed, because these frames must not be lost. LN_EDEAD, LN_ENOMEM. */
int ln_peer_post(struct ln_peer *peer, struct ln_frame *frame);

/* The same for an answer, whose number depends on the peer: a peer that does
 * not accept its answers is disconnected. */
int ln_peer_answer(struct ln_peer *peer, struct ln_frame *frame);

/* Queues a frame unless too much waits: LN_EFULL. LN_EDEAD, LN_ENOMEM. */
int ln_peer_try_send(struct ln_peer *peer, struct ln_frame *frame);

/* Queues a frame when there is room; waiting tasks get room in their order.
 * Tasks only. LN_EDEAD, LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
int ln_peer_send(struct ln_peer *peer, struct ln_frame *frame,
		 int64_t deadline);

/* Waits until there is room; outside of tasks LN_EFULL if there is none. 0 also
 * if the node is not connected. LN_ETIMEDOUT, LN_EKILLED. */
int ln_peer_wait_for_room(struct ln_peer *peer, int64_t deadline);

/* Sends a frame of that kind as fragments: a head, then a body of at least one
 * byte, which consists of all `parts`. Only kinds that may be fragmented
 * (struct ln_kind). Other frames may be sent in between; another fragmented one
 * waits. If the sender is killed or its deadline passes, the frame is aborted.
 * `wait` as in ln_peer_send; without it either all fragments are queued at
 * once, or none: LN_EFULL. The head has at most LN_HEAD_MAX bytes. */
#define LN_HEAD_MAX 4096
int ln_peer_send_large(struct ln_peer *peer, uint8_t kind, const void *head,
		       size_t head_len, const struct iovec *parts, int count,
		       bool wait, int64_t deadline);

/* Closes the session, if there is one; the fabric will report it as down. */
void ln_peer_close(struct ln_peer *peer, const char *reason);

#endif
