/*
 * DESIGN
 *   WATCH  id of a process of the reader: tell when it ends
 *   ENDED  id of a process of the writer: it has ended
 *
 * A watch is in two lists: that of its process, under that process's lock, and
 * that of the session that is to be told, under peer->lock; never both locks at
 * a time. A process that ends takes the watch out of its own list, and then
 * ended() takes it out of the session's and frees it. A session that ends takes
 * it out of its own list first, and frees it if it is still in that of the
 * process; otherwise ended() is about to.
 *
 * The other side: a name is registered first, then WATCH is sent. If the node
 * is not connected then, the name is removed at once; if it is lost later, the
 * end of the session removes the names of all its processes
 * (node/remote_links.c). So no name stays.
 */
#include "node/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/export.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/queue.h"
#include "node/session.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/remote.h"

struct watching {
	struct ln_end_watch watch;  /* of the process */
	struct ln_id_entry entry;   /* in session->watching */
	struct ln_session *session; /* under peer->lock; NULL: it is over */
	uint64_t number;            /* of the session */
	struct ln_peer *peer;       /* counted */
	struct ln_process *process; /* counted */
};

static struct ln_frame *make_frame(uint8_t kind, const uint8_t *id)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, kind, LN_ID_SIZE);
	ln_frame_encoder_id(&writer, id);
	return ln_frame_encoder_finish(&writer);
}

void ln_watch_registered(struct ln_process *remote)
{
	struct ln_peer *peer = ln_proxy_of(remote)->peer;

	if (ln_peer_post(peer, make_frame(LN_KIND_WATCH, remote->id)) ==
	    LN_EDEAD)
		ln_registry_forget(remote);
}

static void dispose(struct watching *watching)
{
	ln_process_release(watching->process);
	ln_peer_release(watching->peer);
	free(watching);
}

/* The process has ended. */
static void ended(struct ln_end_watch *watch, struct ln_process *process)
{
	struct watching *watching =
		ln_container_of(watch, struct watching, watch);
	struct ln_peer *peer = watching->peer;
	bool tell;

	ln_lock_acquire(&peer->lock);
	tell = watching->session != NULL;
	ln_assert(!tell || watching->session->peer == peer);
	if (tell)
		ln_id_table_remove(&watching->session->watching,
				   &watching->entry);
	ln_lock_release(&peer->lock);
	if (tell)
		ln_queue_post(peer, watching->number,
			      make_frame(LN_KIND_ENDED, process->id));
	dispose(watching);
}

/* Enters the watch into the process's list; false: it has ended. */
static bool enter(struct watching *watching)
{
	struct ln_process *process = watching->process;
	bool dead;

	ln_process_lock(process);
	dead = process->dead;
	if (!dead) {
		watching->watch.next = process->watches;
		process->watches = &watching->watch;
	}
	ln_process_unlock(process);
	return !dead;
}

/* Takes it out again, if it is there; `watch` may have been freed. */
static bool withdraw(struct ln_process *process, struct ln_end_watch *watch,
		     const struct ln_peer *owner)
{
	struct ln_end_watch **at;
	bool found;

	ln_process_lock(process);
	at = &process->watches;
	while (*at != NULL && (*at != watch || (*at)->owner != owner))
		at = &(*at)->next;
	found = *at != NULL;
	if (found)
		*at = watch->next;
	ln_process_unlock(process);
	return found;
}

/* Notes that the peer watches the process. 0 also if it already does;
 * LN_ELIMIT, LN_ENOMEM; takes ownership of the process. LN_EDEAD: it has ended.
 */
static int watch(struct ln_session *session, struct ln_process *process)
{
	struct watching *watching = calloc(1, sizeof(*watching));
	struct ln_peer *peer = session->peer;
	bool known;
	int error = 0;

	if (watching == NULL) {
		ln_process_release(process);
		return LN_ENOMEM;
	}
	watching->watch.ended = ended;
	watching->watch.owner = peer;
	watching->number = session->number;
	watching->session = session;
	watching->peer = ln_peer_retain(peer);
	watching->process = process;
	memcpy(watching->entry.id, process->id, LN_ID_SIZE);
	ln_lock_acquire(&peer->lock);
	known = ln_id_table_find(&session->watching, process->id) != NULL;
	if (!known && ln_id_table_count(&session->watching) >=
			      peer->node->options.max_proxies)
		error = LN_ELIMIT;
	else if (!known)
		error = ln_id_table_add(&session->watching, &watching->entry);
	ln_lock_release(&peer->lock);
	if (error < 0 || known) {
		dispose(watching);
		return error;
	}
	if (enter(watching))
		return 0;
	ln_lock_acquire(&peer->lock);
	ln_id_table_remove(&session->watching, &watching->entry);
	ln_lock_release(&peer->lock);
	dispose(watching);
	return LN_EDEAD;
}

int ln_watch_receive(struct ln_session *session, struct ln_decoder *frame)
{
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_process *process;
	struct ln_end end;
	int error = LN_EDEAD;

	if (id == NULL)
		return ln_session_refuse(session, "a watch without an id");
	process = ln_export_find(session->peer->node, id, &end);
	if (process != NULL)
		error = watch(session, process);
	if (error == LN_EDEAD) {
		ln_peer_answer(session->peer, make_frame(LN_KIND_ENDED, id));
		error = 0;
	}
	if (error < 0)
		session->reason = "too many processes have names there";
	return error;
}

int ln_watch_ended(struct ln_session *session, struct ln_decoder *frame)
{
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_proxy *proxy;

	if (id == NULL)
		return ln_session_refuse(session, "an end without an id");
	proxy = ln_proxy_find(session->peer, id);
	if (proxy == NULL)
		return 0;
	ln_registry_forget(&proxy->process);
	ln_process_release(&proxy->process);
	return 0;
}

void ln_watches_begin(struct ln_session *session)
{
	ln_id_table_init(&session->watching);
}

void ln_watches_end(struct ln_session *session)
{
	struct ln_peer *peer = session->peer;
	uint32_t at = 0;

	for (;;) {
		struct ln_process *process = NULL;
		struct watching *watching = NULL;
		struct ln_id_entry *entry;

		ln_lock_acquire(&peer->lock);
		entry = ln_id_table_take(&session->watching, &at);
		if (entry != NULL) {
			watching =
				ln_container_of(entry, struct watching, entry);
			watching->session = NULL;
			process = ln_process_retain(watching->process);
		}
		ln_lock_release(&peer->lock);
		if (process == NULL)
			break;
		if (withdraw(process, &watching->watch, peer))
			dispose(watching);
		ln_process_release(process);
	}
	ln_id_table_deinit(&session->watching);
}
