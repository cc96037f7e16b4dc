/*
 * DESIGN
 * What a node is told. The frames are in service_receive.c. Each node asks with
 * WANT when a session begins, and after each TOLD that leaves more. So nobody
 * is sent more than a piece that it has not asked for, however many entries
 * there are, and no step is long. Entries are told in the order of their
 * numbers. Meanwhile others come and go: an entry that comes has a higher
 * number than all, so that its turn comes; one that goes is taken back if it
 * was told. After the last TOLD each change is told at once. So at any time
 * what was announced to a session is known exactly: it is what the peer has,
 * once all frames have arrived. The digest proves it.
 *
 * A session is in the list from `begin` on, when frames for it may be queued,
 * until `down`. Frames that are queued for one that is over are dropped.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/account.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/queue.h"
#include "node/services_impl.h"
#include "node/session.h"
#include "sched/task.h"

/* Bytes of entries in a piece, roughly. */
#define PIECE_BYTES 65536u

#define NAP_NS 1000000

static struct ln_services *services_of(const struct ln_session *session)
{
	return session->peer->node->services;
}

static void post(const struct ln_service_session *to, struct ln_frame *frame)
{
	/* If it is over, or memory is short, the session goes down. */
	(void)ln_queue_post(to->peer, to->session->number, frame);
}

/* Whether the peer knows an entry of this node. */
static bool knows(const struct ln_service_session *peer,
		  const struct ln_service_entry *entry)
{
	return peer->speaks && (peer->told || entry->number < peer->next);
}

void ln_service_announce(struct ln_services *services,
			 struct ln_service_entry *entry)
{
	ln_lock_assert(&services->lock);
	ln_list_for_each (at, &services->sessions) {
		struct ln_service_session *peer =
			ln_container_of(at, struct ln_service_session, link);

		if (peer->told)
			post(peer, ln_service_frame_added(entry));
		else if (peer->at == &services->own.entries)
			peer->at = &entry->link;
	}
}

void ln_service_take_back(struct ln_services *services,
			  const struct ln_service_entry *entry)
{
	ln_lock_assert(&services->lock);
	ln_list_for_each (at, &services->sessions) {
		struct ln_service_session *peer =
			ln_container_of(at, struct ln_service_session, link);

		if (knows(peer, entry))
			post(peer, ln_service_frame_removed(entry));
		if (peer->at == &entry->link)
			peer->at = entry->link.next;
	}
}

/* The next node behind that order, with a reference; NULL: none. */
static struct ln_peer *next_peer(struct ln_services *services, uint64_t *order)
{
	struct ln_peer *found = NULL;

	ln_lock_acquire(&services->lock);
	ln_list_for_each (at, &services->sessions) {
		const struct ln_service_session *peer =
			ln_container_of(at, struct ln_service_session, link);

		if (peer->order <= *order || !peer->speaks)
			continue;
		*order = peer->order;
		found = ln_peer_retain(peer->peer);
		break;
	}
	ln_lock_release(&services->lock);
	return found;
}

int ln_services_wait_for_room(struct ln_local_node *node, int64_t deadline)
{
	struct ln_peer *peer;
	uint64_t order = 0;
	int error = 0;

	while (error == 0 &&
	       (peer = next_peer(node->services, &order)) != NULL) {
		error = ln_peer_wait_for_room(peer, deadline);
		ln_peer_release(peer);
	}
	return error;
}

bool ln_service_tell_some(struct ln_services *services,
			  struct ln_service_session *to)
{
	size_t bytes = 0;

	ln_lock_assert(&services->lock);
	if (to->told)
		return false;
	for (unsigned i = 0;
	     to->at != &services->own.entries &&
	     i < services->node->options.piece && bytes < PIECE_BYTES;
	     i++) {
		const struct ln_service_entry *entry =
			ln_container_of(to->at, struct ln_service_entry, link);

		post(to, ln_service_frame_added(entry));
		to->next = entry->number + 1;
		to->at = to->at->next;
		bytes += entry->bytes;
	}
	to->told = to->at == &services->own.entries;
	if (to->told)
		to->at = NULL;
	post(to, to->told ? ln_service_frame_all(services)
			  : ln_service_frame_more());
	return true;
}

/* Whether somebody has yet to tell all, and has had little time for that. */
static bool is_incomplete(struct ln_services *services)
{
	int64_t late = ln_time_now() - LN_SERVICES_PATIENCE;
	bool found = false;

	ln_lock_acquire(&services->lock);
	ln_list_for_each (at, &services->sessions) {
		const struct ln_service_session *peer =
			ln_container_of(at, struct ln_service_session, link);

		found |= peer->speaks && !peer->complete && peer->since > late;
	}
	ln_lock_release(&services->lock);
	return found;
}

int ln_services_wait_for_names(struct ln_local_node *node)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	struct ln_task *task = ln_task_current();
	int error = 0;

	while (error == 0 && is_incomplete(node->services)) {
		if (task != NULL)
			error = ln_task_sleep(task, ln_time_now() + NAP_NS);
		else
			nanosleep(&nap, NULL);
	}
	return error;
}

int ln_service_session_up(struct ln_session *session)
{
	struct ln_service_session *own = calloc(1, sizeof(*own));

	if (own == NULL)
		return LN_ENOMEM;
	own->session = session;
	own->peer = session->peer;
	own->speaks = session->id.version >= LN_SERVICES_VERSION;
	ln_list_init(&own->link);
	ln_list_init(&own->source.entries);
	memcpy(own->source.incarnation, session->id.incarnation, LN_ID_SIZE);
	session->services = own;
	return 0;
}

void ln_service_session_begin(struct ln_session *session)
{
	struct ln_services *services = services_of(session);
	struct ln_service_session *own = session->services;

	ln_lock_acquire(&services->lock);
	own->order = ++services->orders;
	own->since = ln_time_now();
	own->at = services->own.entries.next;
	ln_list_append(&services->sessions, &own->link);
	if (own->speaks) {
		own->wanted = true;
		post(own, ln_service_frame_want());
	}
	ln_lock_release(&services->lock);
	ln_service_tell_nodes(services, session, LN_SERVICE_NODE_UP);
}

/* Takes some of what the peer has announced out; false: there is no more. */
static bool forget_some(struct ln_services *services,
			struct ln_service_source *source, struct ln_list *gone)
{
	ln_lock_acquire(&services->lock);
	for (unsigned i = 0;
	     i < LN_SERVICES_PIECE && !ln_list_empty(&source->entries); i++)
		ln_service_take_out(services,
				    ln_container_of(source->entries.next,
						    struct ln_service_entry,
						    link),
				    gone);
	ln_lock_release(&services->lock);
	return !ln_list_empty(gone);
}

void ln_service_session_down(struct ln_session *session)
{
	struct ln_services *services = services_of(session);
	struct ln_service_session *own = session->services;
	uint64_t bytes = own->source.bytes;
	struct ln_list gone;
	bool begun;

	ln_lock_acquire(&services->lock);
	begun = !ln_list_empty(&own->link);
	ln_list_remove(&own->link);
	ln_lock_release(&services->lock);
	ln_list_init(&gone);
	while (forget_some(services, &own->source, &gone)) {
		ln_service_entries_free(&gone);
		ln_task_rest_if_free();
	}
	ln_account_refund(&services->node->bodies, NULL, bytes);
	if (begun)
		ln_service_tell_nodes(services, session, LN_SERVICE_NODE_DOWN);
	session->services = NULL;
	free(own);
}
