/*
 * DESIGN
 *   NAMED    u64 rank, id, name, version: a process of the writer has a name
 *   UNNAMED  name, version: it has it no longer
 *   WANT     nothing: tell some of your entries
 *   TOLD     u8 1: there are more; or u8 0, u32 how many, u64 digest of all
 *
 * Each node asks with WANT when a session begins, and after each TOLD that
 * leaves more. So nobody is sent more than a piece that it has not asked for,
 * however many entries there are, and no step is long. Entries are told in the
 * order of their numbers. Meanwhile others come and go: an entry that comes has
 * a higher number than all, so that its turn comes; one that goes is taken back
 * if it was told. After the last TOLD each change is told at once. So at any
 * time what was announced to a session is known exactly: it is what the peer
 * has, once all frames have arrived. The digest proves it.
 *
 * A session is in the list from `begin` on, when frames for it may be queued,
 * until `down`. Frames that are queued for one that is over are dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "engine/account.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/queue.h"
#include "node/services_impl.h"
#include "node/session.h"
#include "process/process.h"
#include "sched/task.h"

/* Bytes of entries in a piece, roughly. */
#define PIECE_BYTES 65536u

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

static int up(struct ln_session *session)
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

static void begin(struct ln_session *session)
{
	struct ln_services *services = services_of(session);
	struct ln_service_session *own = session->services;

	ln_lock_acquire(&services->lock);
	own->order = ++services->orders;
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

static void down(struct ln_session *session)
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

/* Reads a name and a version; both are in the frame. */
static int get_key(struct ln_session *session, struct ln_decoder *frame,
		   struct ln_service_key *key, struct ln_version *version)
{
	const uint8_t *name = ln_decoder_bytes(frame, &key->name_len);
	const uint8_t *text = ln_decoder_bytes(frame, &key->version_len);
	struct ln_semver_error error;

	if (!ln_decoder_done(frame))
		return ln_session_refuse(session, "a name of wrong length");
	key->name = (const char *)name;
	key->version = (const char *)text;
	if (key->name_len > LN_SERVICES_NAME_MAX ||
	    key->version_len > LN_VERSION_MAX ||
	    ln_version_parse(key->version, key->version_len, version, &error) <
		    0)
		return ln_session_refuse(session, "a name that none can have");
	return 0;
}

/* Whether frames of names may come. */
static int check(struct ln_session *session)
{
	if (session->services->speaks)
		return 0;
	return ln_session_refuse(session, "a name, in a version that has none");
}

/* Puts in what the peer has announced. If this node has the same name, one of
 * the two loses: it is in `gone`. Under services->lock. */
static int accept(struct ln_session *session, struct ln_service_entry *entry,
		  const struct ln_service_key *key, struct ln_list *gone)
{
	struct ln_services *services = services_of(session);
	struct ln_service_source *source = &session->services->source;
	struct ln_service_entry *own;
	int error;

	if (ln_service_find(services, key, &entry->version, source) != NULL)
		return ln_session_refuse(session, "a name that it has");
	if (source->count >= LN_SERVICES_ENTRIES_MAX ||
	    source->bytes + entry->bytes > LN_SERVICES_BYTES_MAX)
		return ln_session_refuse(session, "too many names");
	error = ln_service_insert(services, source, entry, key);
	if (error < 0)
		return error;
	session->services->fresh = true;
	if (entry->rank > services->clock)
		services->clock = entry->rank;
	own = ln_service_find(services, key, &entry->version, &services->own);
	if (own != NULL && ln_service_beats(entry, own))
		ln_service_withdraw(services, own, gone);
	return 0;
}

/* Keeps an entry, and tells the process that has lost its name to it. */
static int keep(struct ln_session *session, struct ln_service_entry *entry,
		const struct ln_service_key *key)
{
	struct ln_services *services = services_of(session);
	struct ln_account *bodies = &services->node->bodies;
	struct ln_process *winner = entry->process;
	struct ln_list gone;
	int error = LN_EMEMORY;

	ln_list_init(&gone);
	if (!ln_account_charge(bodies, entry->bytes))
		return error;
	ln_process_retain(winner);
	ln_lock_acquire(&services->lock);
	error = accept(session, entry, key, &gone);
	ln_lock_release(&services->lock);
	if (error < 0)
		ln_account_refund(bodies, NULL, entry->bytes);
	ln_list_for_each (at, &gone)
		ln_service_tell_lost(
			ln_container_of(at, struct ln_service_entry, link), key,
			winner);
	ln_service_entries_free(&gone);
	ln_process_release(winner);
	return error;
}

static int named(struct ln_session *session, struct ln_decoder *frame)
{
	uint64_t rank = ln_decoder_u64(frame);
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_service_entry *entry;
	struct ln_service_key key;
	struct ln_version version;
	struct ln_proxy *proxy;
	int error = check(session);

	if (error == 0)
		error = get_key(session, frame, &key, &version);
	if (error < 0)
		return error;
	if (rank >= LN_SERVICE_RANK_END || ln_number_of_id(id) != 0)
		return ln_session_refuse(session, "a name that none can have");
	error = ln_proxy_get(session->peer, id, &proxy);
	if (error < 0)
		return error;
	entry = ln_service_entry_new(&key, &proxy->process);
	if (entry == NULL) {
		ln_process_release(&proxy->process);
		return LN_ENOMEM;
	}
	entry->rank = rank;
	error = keep(session, entry, &key);
	if (error < 0) {
		ln_process_release(entry->process);
		free(entry);
	}
	return error;
}

static int unnamed(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_services *services = services_of(session);
	struct ln_service_entry *entry;
	struct ln_service_key key;
	struct ln_version version;
	struct ln_list gone;
	int error = check(session);

	if (error == 0)
		error = get_key(session, frame, &key, &version);
	if (error < 0)
		return error;
	ln_list_init(&gone);
	ln_lock_acquire(&services->lock);
	entry = ln_service_find(services, &key, &version,
				&session->services->source);
	if (entry != NULL) {
		ln_account_refund(&services->node->bodies, NULL, entry->bytes);
		ln_service_take_out(services, entry, &gone);
	}
	ln_lock_release(&services->lock);
	ln_service_entries_free(&gone);
	return entry != NULL
		       ? 0
		       : ln_session_refuse(session, "a name that it has not");
}

/* Tells the peer the next entries. Under services->lock. */
static void tell_some(struct ln_services *services,
		      struct ln_service_session *to)
{
	size_t bytes = 0;

	for (unsigned i = 0; to->at != &services->own.entries &&
			     i < LN_SERVICES_PIECE && bytes < PIECE_BYTES;
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
	post(to, to->told ? ln_service_frame_all(&services->own)
			  : ln_service_frame_more());
}

static int want(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_services *services = services_of(session);
	struct ln_service_session *own = session->services;
	int error = check(session);
	bool again;

	(void)frame;
	if (error < 0)
		return error;
	ln_lock_acquire(&services->lock);
	again = own->told;
	if (!again)
		tell_some(services, own);
	ln_lock_release(&services->lock);
	return again ? ln_session_refuse(session, "it was told all names") : 0;
}

/* The peer has told some, or all: then what it has is what we have of it. */
static int told(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_services *services = services_of(session);
	struct ln_service_session *own = session->services;
	uint8_t more = ln_decoder_u8(frame);
	uint32_t count = more == 0 ? ln_decoder_u32(frame) : 0;
	uint64_t digest = more == 0 ? ln_decoder_u64(frame) : 0;
	const char *reason = NULL;

	if (check(session) < 0)
		return LN_EFORMAT;
	if (frame->failed || more > 1)
		return ln_session_refuse(session, "a malformed end of names");
	ln_lock_acquire(&services->lock);
	if (!own->wanted || (more != 0 && !own->fresh))
		reason = "an end of names that nobody has asked for";
	else if (more == 0 &&
		 (count != own->source.count || digest != own->source.digest))
		reason = "its names are not those that it has told";
	own->wanted = more != 0;
	own->complete = more == 0;
	own->fresh = false;
	if (more != 0 && reason == NULL)
		post(own, ln_service_frame_want());
	ln_lock_release(&services->lock);
	return reason != NULL ? ln_session_refuse(session, reason) : 0;
}

static const struct ln_kind kinds[] = {
	{ .receive = named },
	{ .receive = unnamed },
	{ .receive = want },
	{ .receive = told },
};

const struct ln_part ln_part_services = {
	.first = LN_KIND_NAMED,
	.count = sizeof(kinds) / sizeof(kinds[0]),
	.kinds = kinds,
	.up = up,
	.begin = begin,
	.down = down,
};
