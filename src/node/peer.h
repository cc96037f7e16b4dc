/*
 * Another node, or rather one run of it: an incarnation. It is known as long as
 * a process of it is, or a session with it is up; whether it is connected, and
 * by which session, may change. A node that is not connected takes nothing:
 * messages to its processes are dropped, links to them die at once.
 *
 * Everything that is sent to a node goes through here: control frames are
 * posted and never wait; messages wait for room.
 */
#ifndef LN_NODE_PEER_H
#define LN_NODE_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "node/fabric.h"
#include "node/ids.h"
#include "sched/mutex.h"

struct iovec;
struct ln_node;
struct ln_process;
struct ln_session;

struct ln_peer {
	struct ln_id_entry entry; /* in node->peers; the incarnation */
	struct ln_node *node;     /* counted */
	_Atomic uint32_t references;
	struct ln_mutex transfer; /* whoever sends in pieces has it */

	/* Under proxies_lock. */
	struct ln_lock proxies_lock;
	struct ln_ids proxies; /* its processes, known here; node/proxy.h */

	/* Under `lock`, with all that the session queues. */
	struct ln_lock lock;
	struct ln_session *session; /* NULL: not connected */
	uint64_t sessions;          /* that there were: numbers them */
};

/* The node of an incarnation, connected or not. A reference for the caller.
 * LN_ENOMEM, LN_ELIMIT: too many are known. */
int ln_peer_get(struct ln_node *node, const uint8_t *incarnation,
		struct ln_peer **peer);
struct ln_peer *ln_peer_retain(struct ln_peer *peer);
void ln_peer_release(struct ln_peer *peer);

/* Whether it is this node itself. */
bool ln_peer_is_self(const struct ln_peer *peer);

/* Whether it is connected; a moment's truth. */
bool ln_peer_connected(struct ln_peer *peer);

/* The number of its session, 0 when it is not connected. */
uint64_t ln_peer_session(struct ln_peer *peer);

/* What follows takes the frame over. NULL instead of a frame: it could not be
 * made for lack of memory. LN_EDEAD: the node is not connected. Any thread but
 * where a task is asked for; under locks of processes, too. */

/* Queues a frame, however much is queued. Without a frame the session is
 * closed: what must be told cannot be left out. LN_EDEAD, LN_ENOMEM. */
int ln_peer_post(struct ln_peer *peer, struct ln_frame *frame);

/* The same for a frame that answers one of the peer's, which therefore decides
 * how many there are: a peer that does not take its answers is closed. */
int ln_peer_answer(struct ln_peer *peer, struct ln_frame *frame);

/* Queues a frame unless too much waits: LN_EFULL. LN_EDEAD, LN_ENOMEM. */
int ln_peer_try_send(struct ln_peer *peer, struct ln_frame *frame);

/* Queues a frame when there is room, in the order of those who wait. Tasks
 * only. LN_EDEAD, LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
int ln_peer_send(struct ln_peer *peer, struct ln_frame *frame,
		 int64_t deadline);

/* Waits until there is room; outside of tasks LN_EFULL when there is none. 0
 * also when the node is not connected. LN_ETIMEDOUT, LN_EKILLED. */
int ln_peer_wait_for_room(struct ln_peer *peer, int64_t deadline);

/* Sends what is longer than a frame, as if it were one frame of that kind: a
 * head, then a body, which is that of all `parts` one after the other, of one
 * byte at least. Only kinds that may come in pieces (struct ln_kind). Others
 * are sent in between; another of this sort waits. A sender that is killed or
 * whose deadline passes takes it back. `wait` as in ln_peer_send; without it
 * all is queued at once, or nothing: LN_EFULL. The head has at most
 * LN_HEAD_MOST bytes. */
#define LN_HEAD_MOST 4096
int ln_peer_send_large(struct ln_peer *peer, uint8_t kind, const void *head,
		       size_t head_len, const struct iovec *parts, int count,
		       bool wait, int64_t deadline);

/* Closes the session, if there is one: the fabric will say that it is down. */
void ln_peer_close(struct ln_peer *peer, const char *reason);

#endif
