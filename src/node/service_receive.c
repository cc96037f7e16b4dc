/*
 * What other nodes announce. What they are told is in service_sessions.c.
 *
 *   NAMED    u64 rank, id, name, version: a process of the writer has a name
 *   UNNAMED  name, version: it has it no longer
 *   WANT     nothing: tell some of your entries
 *   TOLD     u8 1: there are more; or u8 0, u32 how many, u64 digest of all,
 *            u64 the highest rank that the writer has seen
 *   JOINED   id, group: a process of the writer is a member
 *   LEFT     id, group: it is one no longer
 */
#include <stdlib.h>

#include "base/error.h"
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

static struct ln_services *services_of(const struct ln_session *session)
{
	return session->peer->node->services;
}

/* Reads a name and a version; both are in the frame. */
static int get_key(struct ln_session *session, struct ln_decoder *frame,
		   struct ln_service_key *key, struct ln_version *version)
{
	struct ln_semver_error error;
	const uint8_t *name;
	const uint8_t *text;

	*key = (struct ln_service_key){ 0 };
	name = ln_decoder_bytes(frame, &key->name_len);
	text = ln_decoder_bytes(frame, &key->version_len);

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

static int get_group(struct ln_session *session, struct ln_decoder *frame,
		     struct ln_service_key *key)
{
	const uint8_t *name;

	*key = (struct ln_service_key){ 0 };
	name = ln_decoder_bytes(frame, &key->name_len);
	key->name = (const char *)name;
	if (ln_decoder_done(frame) && key->name_len <= LN_SERVICES_NAME_MAX)
		return 0;
	return ln_session_refuse(session, "a group that none can join");
}

/* Whether these frames may come. */
static int check(struct ln_session *session)
{
	if (session->services->speaks)
		return 0;
	return ln_session_refuse(session, "a name, in a version that has none");
}

/* What the peer has announced already; NULL: it has not. */
static struct ln_service_entry *known(struct ln_session *session,
				      const struct ln_service_key *key,
				      const struct ln_version *version,
				      struct ln_process *process)
{
	struct ln_services *services = services_of(session);
	struct ln_service_source *source = &session->services->source;

	if (key->version_len > 0)
		return ln_service_find(services, key, version, source);
	return ln_service_find_member(services, key, source, process);
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

	if (known(session, key, &entry->version, entry->process) != NULL)
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
	if (key->version_len == 0)
		return 0;
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

/* Keeps an entry for a process of the peer. */
static int add(struct ln_session *session, const struct ln_service_key *key,
	       const uint8_t *id, uint64_t rank)
{
	struct ln_service_entry *entry;
	struct ln_proxy *proxy;
	int error;

	if (rank >= LN_SERVICE_RANK_END || ln_number_of_id(id) != 0)
		return ln_session_refuse(session, "a name that none can have");
	error = ln_proxy_get(session->peer, id, &proxy);
	if (error < 0)
		return error;
	entry = ln_service_entry_new(key, &proxy->process);
	if (entry == NULL) {
		ln_process_release(&proxy->process);
		return LN_ENOMEM;
	}
	entry->rank = rank;
	error = keep(session, entry, key);
	if (error < 0) {
		ln_process_release(entry->process);
		free(entry);
	}
	return error;
}

/* Forgets one. */
static int forget(struct ln_session *session, const struct ln_service_key *key,
		  const struct ln_version *version, struct ln_process *process)
{
	struct ln_services *services = services_of(session);
	struct ln_service_entry *entry;
	struct ln_list gone;

	ln_list_init(&gone);
	ln_lock_acquire(&services->lock);
	entry = known(session, key, version, process);
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

static int named(struct ln_session *session, struct ln_decoder *frame)
{
	uint64_t rank = ln_decoder_u64(frame);
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_service_key key = { 0 };
	struct ln_version version;
	int error = check(session);

	if (error == 0)
		error = get_key(session, frame, &key, &version);
	return error == 0 ? add(session, &key, id, rank) : error;
}

static int unnamed(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_service_key key = { 0 };
	struct ln_version version;
	int error = check(session);

	if (error == 0)
		error = get_key(session, frame, &key, &version);
	return error == 0 ? forget(session, &key, &version, NULL) : error;
}

static int joined(struct ln_session *session, struct ln_decoder *frame)
{
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_service_key key = { 0 };
	int error = check(session);

	if (error == 0)
		error = get_group(session, frame, &key);
	return error == 0 ? add(session, &key, id, 0) : error;
}

static int left(struct ln_session *session, struct ln_decoder *frame)
{
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_service_key key = { 0 };
	struct ln_proxy *proxy;
	int error = check(session);

	if (error == 0)
		error = get_group(session, frame, &key);
	if (error < 0)
		return error;
	proxy = ln_proxy_find(session->peer, id);
	if (proxy == NULL)
		return ln_session_refuse(session, "a member that it has not");
	error = forget(session, &key, NULL, &proxy->process);
	ln_process_release(&proxy->process);
	return error;
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
	again = !ln_service_tell_some(services, own);
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
	uint64_t clock = more == 0 ? ln_decoder_u64(frame) : 0;
	const char *reason = NULL;

	if (check(session) < 0)
		return LN_EFORMAT;
	if (frame->failed || more > 1 || clock >= LN_SERVICE_RANK_END)
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
	if (reason == NULL && clock > services->clock)
		services->clock = clock;
	if (more != 0 && reason == NULL)
		(void)ln_queue_post(own->peer, session->number,
				    ln_service_frame_want());
	ln_lock_release(&services->lock);
	return reason != NULL ? ln_session_refuse(session, reason) : 0;
}

static const struct ln_kind kinds[] = {
	{ .receive = named }, { .receive = unnamed }, { .receive = want },
	{ .receive = told },  { .receive = joined },  { .receive = left },
};

const struct ln_part ln_part_services = {
	.first = LN_KIND_NAMED,
	.count = sizeof(kinds) / sizeof(kinds[0]),
	.kinds = kinds,
	.up = ln_service_session_up,
	.begin = ln_service_session_begin,
	.down = ln_service_session_down,
};
