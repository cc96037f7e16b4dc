/*
 * DESIGN
 * The fabric's task for the session handles received frames, one after the
 * other. Any thread may queue frames to send, under peer->lock. Senders use
 * peer->session: it is set when the session is up and cleared first when it
 * goes down. So nothing is queued for a session that is being taken down, and
 * nothing is lost after that: a sender that finds no session sees that the node
 * is not connected.
 *
 * A session stays in the node's list until all its resources are gone. So the
 * next session with the same node starts clean.
 *
 * Lock order: a local process's, that of a proxy, peer->lock, then
 * whatever waking and the channel take. node->lock, exports_lock and
 * proxies_lock are taken under none of a node's, and processes and peers are
 * released under none at all.
 */
#include "node/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/queue.h"

static const struct ln_part *const parts[] = {
	&ln_part_messages,
	&ln_part_monitors,
	&ln_part_links,
	&ln_part_requests,
	&ln_part_services,
	&ln_part_fragments, /* charged to what is served, so it goes down first
			     */
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

const struct ln_kind *ln_session_kind(uint8_t number)
{
	for (size_t i = 0; i < PARTS; i++) {
		const struct ln_part *part = parts[i];

		if (number >= part->first && number - part->first < part->count)
			return &part->kinds[number - part->first];
	}
	return NULL;
}

int ln_session_refuse(struct ln_session *session, const char *reason)
{
	session->reason = reason;
	return LN_EFORMAT;
}

/* Calls `down` of the first `count` parts, the last of them first. */
static void take_down(struct ln_session *session, size_t count)
{
	ln_assert(count <= PARTS);
	while (count-- > 0) {
		if (parts[count]->down != NULL)
			parts[count]->down(session);
	}
}

static int bring_up(struct ln_session *session)
{
	for (size_t i = 0; i < PARTS; i++) {
		int error = parts[i]->up != NULL ? parts[i]->up(session) : 0;

		if (error < 0) {
			take_down(session, i);
			return error;
		}
	}
	return 0;
}

/* Whether a node may be connected besides the connected ones; under the lock.
 */
static int check(const struct ln_local_node *node, const struct ln_node_id *id)
{
	ln_lock_assert(&node->lock);
	if (strcmp(id->name, node->id.name) == 0 ||
	    memcmp(id->incarnation, node->id.incarnation, LN_ID_SIZE) == 0)
		return LN_EEXIST;
	ln_list_for_each (at, &node->sessions) {
		const struct ln_session *other =
			ln_container_of(at, struct ln_session, siblings);

		if (strcmp(id->name, other->id.name) == 0 ||
		    memcmp(id->incarnation, other->id.incarnation,
			   LN_ID_SIZE) == 0)
			return LN_EEXIST;
	}
	return node->session_count >= node->options.max_sessions ? LN_ELIMIT
								 : 0;
}

/* Enters the session into the node's list. */
static int enter(struct ln_local_node *node, struct ln_session *session)
{
	int error;

	ln_lock_acquire(&node->lock);
	error = check(node, &session->id);
	if (error == 0) {
		ln_list_append(&node->sessions, &session->siblings);
		node->session_count++;
	}
	ln_lock_release(&node->lock);
	return error;
}

static void leave(struct ln_local_node *node, struct ln_session *session)
{
	ln_assert(session->first == NULL && ln_list_empty(&session->waiters));
	ln_lock_acquire(&node->lock);
	ln_assert(node->session_count > 0);
	ln_list_remove(&session->siblings);
	node->session_count--;
	ln_lock_release(&node->lock);
}

static struct ln_session *make(struct ln_peer *peer, struct ln_channel *channel,
			       const struct ln_node_id *id)
{
	struct ln_session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		return NULL;
	session->peer = peer;
	session->channel = channel;
	session->id = *id;
	session->last = &session->first;
	ln_list_init(&session->waiters);
	return session;
}

int ln_session_up(struct ln_local_node *node, struct ln_channel *channel,
		  const struct ln_node_id *id, struct ln_session **out)
{
	struct ln_session *session;
	struct ln_peer *peer;
	int error = ln_peer_get(node, id->incarnation, &peer);

	if (error < 0)
		return error;
	session = make(peer, channel, id);
	if (session == NULL) {
		ln_peer_release(peer);
		return LN_ENOMEM;
	}
	error = enter(node, session);
	if (error < 0)
		goto fail_enter;
	error = bring_up(session);
	if (error < 0)
		goto fail_up;
	*out = session;
	ln_lock_acquire(&peer->lock);
	ln_assert(peer->session == NULL);
	session->number = ++peer->sessions;
	peer->session = session;
	ln_lock_release(&peer->lock);
	for (size_t i = 0; i < PARTS; i++) {
		if (parts[i]->begin != NULL)
			parts[i]->begin(session);
	}
	return 0;
fail_up:
	leave(node, session);
fail_enter:
	free(session);
	ln_peer_release(peer);
	return error;
}

int ln_session_receive(struct ln_session *session, const uint8_t *data,
		       size_t len, const char **reason)
{
	struct ln_decoder frame = { .data = data, .len = len };
	const struct ln_kind *kind = ln_session_kind(ln_decoder_u8(&frame));
	int error;

	session->reason = NULL;
	if (len == 0 || len > LN_FRAME_MAX)
		error = ln_session_refuse(session, "a frame of wrong length");
	else if (kind == NULL)
		error = ln_session_refuse(session, "an unknown kind of frame");
	else
		error = kind->receive(session, &frame);
	if (error == 0 && !ln_decoder_done(&frame))
		error = ln_session_refuse(session, "a frame of wrong length");
	if (error < 0)
		*reason = session->reason != NULL ? session->reason
						  : ln_error_text(error);
	return error;
}

void ln_session_down(struct ln_session *session, const char *reason)
{
	struct ln_peer *peer = session->peer;

	(void)reason; /* the fabric has told whoever reads it */
	ln_lock_acquire(&peer->lock);
	ln_assert(peer->session == session);
	peer->session = NULL;
	ln_lock_release(&peer->lock);
	ln_queue_end(session);
	take_down(session, PARTS);
	leave(peer->node, session);
	free(session);
	ln_peer_release(peer);
}
