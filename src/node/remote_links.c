/*
 * DESIGN
 * A link between a local process and one of another node is in the tables of
 * both processes here, like any link: the local process's table holds the tag
 * for the remote one, the proxy's table the tag for the local one. Both entries
 * are made, changed and removed in one step, under both locks, and the frame
 * for the other node is queued under these locks. So both nodes see the changes
 * of one side in the order in which they were made.
 *
 * The two sides may change a link at the same time. A LINK that crosses an
 * UNLINK must not restore half of the link. So a node that has sent UNLINK
 * remembers that, and ignores every LINK for that pair until UNLINKED arrives.
 * The end of a process needs no answer: a LINK to it is answered with its end.
 *
 * All kinds begin with two ids: of the process of the node that sends, and of
 * the process of the node that receives. KILL has the second one only.
 *
 *   LINK        i64: tag for the first, i64: tag for the second
 *   UNLINK      answered with UNLINKED, the ids the other way round
 *   UNLINKED
 *   LINK_ENDED  u8: whether the first has failed; it has ended
 *   KILL
 *
 * When a session ends, all links with processes of its peer fail.
 */
#include "node/remote_links.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "node/export.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/queue.h"
#include "node/session.h"
#include "process/environment.h"
#include "process/process.h"
#include "process/registry.h"
#include "process/remote.h"

#define SLOTS_MAX 4096 /* that are searched under a lock at once */

/* The key of a pair of processes. Both ids are random. */
static void combine(uint8_t pair[LN_ID_SIZE], const uint8_t *a,
		    const uint8_t *b)
{
	for (int i = 0; i < LN_ID_SIZE; i++)
		pair[i] = a[i] ^ b[i];
}

static void begin_frame(struct ln_frame_encoder *writer, uint8_t kind,
			const uint8_t *from, const uint8_t *to)
{
	ln_frame_encoder_begin(writer, kind, 48);
	ln_frame_encoder_id(writer, from);
	ln_frame_encoder_id(writer, to);
}

/* What ln_remote_links_enter and others enter. */
struct entering {
	struct ln_process *process;
	struct ln_proxy *proxy;
	int64_t process_tag; /* that the process is told */
	int64_t remote_tag;
	struct ln_frame *frame; /* queued with it; NULL: none */
	uint64_t session;       /* if it is that one yet; 0: any or none */
	const uint8_t *pair;    /* unless it is being unlinked; or NULL */
	bool failed;            /* how the process ended, if it has */
};

/* Whether the link may be changed, under both locks. LN_EIO: not in this
 * session; LN_EAGAIN: not now. */
static int may_enter(const struct entering *entering)
{
	struct ln_peer *peer = entering->proxy->peer;
	struct ln_session *session;
	int error = 0;

	ln_process_assert_locked(entering->process);
	ln_process_assert_locked(&entering->proxy->process);
	if (entering->session == 0)
		return 0;
	ln_lock_acquire(&peer->lock);
	session = peer->session;
	if (session == NULL || session->number != entering->session)
		error = LN_EIO;
	else if (entering->pair != NULL &&
		 ln_id_table_find(&session->unlinking, entering->pair) != NULL)
		error = LN_EAGAIN;
	ln_lock_release(&peer->lock);
	return error;
}

/* Under the process's lock. *unused: references to drop when it is free. */
static int enter_both(struct entering *entering, bool *drop)
{
	struct ln_process *process = entering->process;
	struct ln_process *remote = &entering->proxy->process;
	uint32_t max = ln_process_link_room(process);
	int error;

	ln_process_assert_locked(process);
	ln_process_lock(remote);
	error = may_enter(entering);
	if (error == 0)
		error = ln_links_set(&process->links, remote,
				     entering->remote_tag, max,
				     process->environment->charged);
	if (error == 0) {
		error = ln_links_set(&remote->links, process,
				     entering->process_tag, UINT32_MAX, NULL);
		if (error < 0)
			*drop = ln_links_remove(&process->links, remote);
	}
	if (error == 0 && entering->frame != NULL) {
		error = ln_peer_post(entering->proxy->peer, entering->frame);
		entering->frame = NULL;
	}
	ln_process_unlock(remote);
	return error;
}

/* Enters a link on both sides. LN_EDEAD: the process has ended, or, with a
 * frame, the node is not connected; in the latter case the link is entered. */
static int enter(struct entering *entering)
{
	struct ln_process *process = entering->process;
	bool drop = false;
	int error = LN_EDEAD;

	ln_process_lock(process);
	if (!process->dead)
		error = enter_both(entering, &drop);
	else
		entering->failed = process->outcome != LN_OUTCOME_NORMAL;
	ln_process_unlock(process);
	if (drop)
		ln_process_release(&entering->proxy->process);
	free(entering->frame);
	return error;
}

int ln_remote_links_enter(struct ln_process *process, struct ln_proxy *remote,
			  uint64_t session, int64_t process_tag,
			  int64_t remote_tag, bool *failed)
{
	struct entering entering = {
		.process = process,
		.proxy = remote,
		.process_tag = process_tag,
		.remote_tag = remote_tag,
		.session = session,
	};
	int error = enter(&entering);

	*failed = entering.failed;
	return error;
}

/* How the process of a node that is not connected ended. */
static bool has_failed(struct ln_proxy *proxy)
{
	struct ln_end end = { .reason = LN_REASON_NO_PROCESS };
	struct ln_process *process;

	if (!ln_peer_is_self(proxy->peer))
		return true;
	process = ln_export_find(proxy->peer->node, proxy->process.id, &end);
	if (process != NULL)
		ln_process_release(process);
	return end.reason != LN_REASON_NORMAL;
}

int ln_remote_links_link(struct ln_process *self, struct ln_process *remote,
			 int64_t self_tag, int64_t peer_tag)
{
	struct ln_proxy *proxy = ln_proxy_of(remote);
	struct entering entering = {
		.process = self,
		.proxy = proxy,
		.process_tag = self_tag,
		.remote_tag = peer_tag,
	};
	struct ln_frame_encoder writer;
	int error = ln_export(proxy->peer->node, self);

	if (error < 0)
		return error;
	begin_frame(&writer, LN_KIND_LINK, self->id, remote->id);
	ln_frame_encoder_u64(&writer, (uint64_t)self_tag);
	ln_frame_encoder_u64(&writer, (uint64_t)peer_tag);
	entering.frame = ln_frame_encoder_finish(&writer);
	if (entering.frame == NULL)
		return LN_ENOMEM;
	error = enter(&entering);
	if (error == LN_EDEAD) {
		/* The node is not connected: the process is told, unless it was
		 * already. */
		ln_remote_end_link(self, remote, has_failed(proxy));
		return 0;
	}
	return error;
}

/* Queues UNLINK and notes that it is not answered; under both locks of the
 * link. Takes both over. */
static void post_unlink(struct ln_peer *peer, struct ln_frame *frame,
			struct ln_unlinking *fresh)
{
	struct ln_session *session;
	struct ln_id_entry *known;

	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, 0);
	if (session == NULL) {
		/* Nobody is to be told. */
	} else if (frame == NULL || fresh == NULL) {
		ln_queue_close(session, "out of memory");
	} else if (ln_id_table_count(&session->unlinking) >=
		   peer->node->options.max_unlinks) {
		ln_queue_close(session, "it does not answer");
	} else {
		known = ln_id_table_find(&session->unlinking, fresh->entry.id);
		if (known != NULL) {
			ln_container_of(known, struct ln_unlinking, entry)
				->count++;
		} else if (ln_id_table_add(&session->unlinking,
					   &fresh->entry) == 0) {
			fresh = NULL;
		}
		ln_queue_append(session, frame);
		frame = NULL;
	}
	ln_lock_release(&peer->lock);
	free(frame);
	free(fresh);
}

static struct ln_unlinking *make_unlinking(const uint8_t *a, const uint8_t *b)
{
	struct ln_unlinking *unlinking = malloc(sizeof(*unlinking));

	if (unlinking == NULL)
		return NULL;
	combine(unlinking->entry.id, a, b);
	unlinking->count = 1;
	return unlinking;
}

void ln_remote_links_unlink(struct ln_process *self, struct ln_process *remote)
{
	struct ln_unlinking *unlinking = make_unlinking(self->id, remote->id);
	struct ln_frame_encoder writer;
	struct ln_frame *frame;
	bool known;
	bool linked;

	begin_frame(&writer, LN_KIND_UNLINK, self->id, remote->id);
	frame = ln_frame_encoder_finish(&writer);
	ln_process_lock(self);
	known = ln_links_remove(&self->links, remote);
	ln_process_lock(remote);
	linked = ln_links_remove(&remote->links, self);
	if (linked) {
		post_unlink(ln_proxy_of(remote)->peer, frame, unlinking);
		frame = NULL;
		unlinking = NULL;
	}
	ln_process_unlock(remote);
	ln_process_unlock(self);
	free(frame);
	free(unlinking);
	if (known)
		ln_process_release(remote);
	if (linked)
		ln_process_release(self);
}

static struct ln_frame *make_ended(const uint8_t *from, const uint8_t *to,
				   bool failed)
{
	struct ln_frame_encoder writer;

	begin_frame(&writer, LN_KIND_LINK_ENDED, from, to);
	ln_frame_encoder_u8(&writer, failed);
	return ln_frame_encoder_finish(&writer);
}

void ln_remote_links_ended(struct ln_process *remote, struct ln_process *ended,
			   bool failed)
{
	bool linked;

	ln_process_lock(remote);
	linked = ln_links_remove(&remote->links, ended);
	ln_process_unlock(remote);
	if (!linked)
		return;
	ln_peer_post(ln_proxy_of(remote)->peer,
		     make_ended(ended->id, remote->id, failed));
	ln_process_release(ended);
}

void ln_remote_links_answer_ended(struct ln_peer *peer, const uint8_t from[16],
				  const uint8_t to[16], bool failed)
{
	ln_peer_answer(peer, make_ended(from, to, failed));
}

void ln_remote_links_kill(struct ln_process *remote)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_KILL, LN_ID_SIZE);
	ln_frame_encoder_id(&writer, remote->id);
	ln_peer_post(ln_proxy_of(remote)->peer,
		     ln_frame_encoder_finish(&writer));
}

/* The two ids that a frame begins with. */
struct pair {
	const uint8_t *from; /* of the peer's */
	const uint8_t *to;   /* of this node's */
};

static int get_pair(struct ln_session *session, struct ln_decoder *frame,
		    struct pair *pair)
{
	pair->from = ln_decoder_raw(frame, LN_ID_SIZE);
	pair->to = ln_decoder_raw(frame, LN_ID_SIZE);
	if (frame->failed)
		return ln_session_refuse(session, "a link without ids");
	return 0;
}

/* Links a process as the peer has done. 0 or LN_EAGAIN: there is no answer.
 * *failed: how it ended, if it has, or that it cannot be linked. */
static int link_local(struct ln_session *session, struct ln_process *process,
		      const struct pair *pair, const int64_t tags[2],
		      bool *failed)
{
	uint8_t combined[LN_ID_SIZE];
	struct entering entering = {
		.process = process,
		.process_tag = tags[1],
		.remote_tag = tags[0],
		.session = session->number,
		.pair = combined,
	};
	int error = ln_proxy_get(session->peer, pair->from, &entering.proxy);

	*failed = true;
	if (error < 0)
		return error;
	combine(combined, pair->from, pair->to);
	error = enter(&entering);
	if (error == LN_EDEAD)
		*failed = entering.failed;
	ln_process_release(&entering.proxy->process);
	return error;
}

static int receive_link(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_process *process;
	struct pair pair;
	int64_t tags[2];
	bool failed = true;
	struct ln_end end;
	int error = get_pair(session, frame, &pair);

	if (error < 0)
		return error;
	tags[0] = (int64_t)ln_decoder_u64(frame);
	tags[1] = (int64_t)ln_decoder_u64(frame);
	if (!ln_decoder_done(frame))
		return ln_session_refuse(session, "a link of wrong length");
	error = LN_EDEAD;
	process = ln_export_find(session->peer->node, pair.to, &end);
	if (process != NULL) {
		error = link_local(session, process, &pair, tags, &failed);
		ln_process_release(process);
	} else {
		failed = end.reason != LN_REASON_NORMAL;
	}
	if (error < 0 && error != LN_EAGAIN)
		ln_remote_links_answer_ended(session->peer, pair.to, pair.from,
					     failed);
	return 0;
}

/* Ends a link that the peer has ended. */
static void end_link(struct ln_session *session, const struct pair *pair,
		     bool failed)
{
	struct ln_proxy *proxy = ln_proxy_find(session->peer, pair->from);
	struct ln_process *process;
	struct ln_end unused;

	if (proxy == NULL)
		return;
	process = ln_export_find(session->peer->node, pair->to, &unused);
	if (process != NULL) {
		ln_remote_end_link(process, &proxy->process, failed);
		ln_process_release(process);
	}
	ln_process_release(&proxy->process);
}

static int receive_unlink(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_frame_encoder writer;
	struct pair pair;
	int error = get_pair(session, frame, &pair);

	if (error < 0)
		return error;
	end_link(session, &pair, false);
	begin_frame(&writer, LN_KIND_UNLINKED, pair.to, pair.from);
	ln_peer_answer(session->peer, ln_frame_encoder_finish(&writer));
	return 0;
}

static int receive_unlinked(struct ln_session *session,
			    struct ln_decoder *frame)
{
	struct ln_peer *peer = session->peer;
	struct ln_unlinking *unlinking = NULL;
	struct ln_id_entry *entry;
	uint8_t combined[LN_ID_SIZE];
	struct pair pair;
	int error = get_pair(session, frame, &pair);

	if (error < 0)
		return error;
	combine(combined, pair.from, pair.to);
	ln_lock_acquire(&peer->lock);
	entry = ln_id_table_find(&session->unlinking, combined);
	if (entry != NULL) {
		unlinking = ln_container_of(entry, struct ln_unlinking, entry);
		ln_assert(unlinking->count > 0);
		if (--unlinking->count == 0)
			ln_id_table_remove(&session->unlinking, entry);
		else
			unlinking = NULL;
	}
	ln_lock_release(&peer->lock);
	free(unlinking);
	if (entry == NULL)
		return ln_session_refuse(session,
					 "an answer without an unlink");
	return 0;
}

static int receive_ended(struct ln_session *session, struct ln_decoder *frame)
{
	struct pair pair;
	uint8_t failed;
	int error = get_pair(session, frame, &pair);

	if (error < 0)
		return error;
	failed = ln_decoder_u8(frame);
	if (failed > 1 || !ln_decoder_done(frame))
		return ln_session_refuse(session, "a malformed end of a link");
	end_link(session, &pair, failed);
	return 0;
}

static int receive_kill(struct ln_session *session, struct ln_decoder *frame)
{
	const uint8_t *id = ln_decoder_raw(frame, LN_ID_SIZE);
	struct ln_process *process;
	struct ln_end end;

	if (id == NULL)
		return ln_session_refuse(session, "a kill without an id");
	process = ln_export_find(session->peer->node, id, &end);
	if (process == NULL)
		return 0;
	ln_process_kill(process);
	ln_process_release(process);
	return 0;
}

/* Whether the proxy has links. *process is a linked process, with a reference,
 * or NULL if there is none in the slots searched this time, from *slot on. */
static bool any_link(struct ln_process *remote, uint32_t *slot,
		     struct ln_process **process)
{
	struct ln_links *links = &remote->links;
	int64_t tag;
	bool linked;

	*process = NULL;
	ln_process_lock(remote);
	linked = ln_links_count(links) > 0;
	for (int i = 0; i < SLOTS_MAX && linked && *process == NULL; i++) {
		if (*slot >= ln_links_slots(links))
			*slot = 0;
		*process = ln_links_at(links, (*slot)++, &tag);
	}
	if (*process != NULL)
		ln_process_retain(*process);
	ln_process_unlock(remote);
	return linked;
}

/* Tells all processes linked to the proxy that it is gone. */
static void break_links(struct ln_process *remote)
{
	struct ln_task *task = ln_task_current();
	struct ln_process *process;
	uint32_t slot = 0;

	while (any_link(remote, &slot, &process)) {
		if (process != NULL) {
			ln_remote_end_link(process, remote, true);
			ln_process_release(process);
		}
		if (task != NULL && ln_task_should_yield(task))
			ln_task_give_way(task);
	}
}

static int up(struct ln_session *session)
{
	ln_id_table_init(&session->unlinking);
	return 0;
}

static void down(struct ln_session *session)
{
	struct ln_proxy *proxy = ln_proxy_all(session->peer);
	struct ln_id_entry *entry;
	uint32_t at = 0;

	while ((entry = ln_id_table_take(&session->unlinking, &at)) != NULL)
		free(ln_container_of(entry, struct ln_unlinking, entry));
	ln_id_table_deinit(&session->unlinking);
	while (proxy != NULL) {
		struct ln_proxy *next = proxy->next;

		break_links(&proxy->process);
		ln_registry_forget(&proxy->process);
		ln_process_release(&proxy->process);
		proxy = next;
	}
}

/* In the order of their numbers. */
static const struct ln_kind kinds[] = {
	[0] = { .receive = receive_link },
	[LN_KIND_UNLINK - LN_KIND_LINK] = { .receive = receive_unlink },
	[LN_KIND_UNLINKED - LN_KIND_LINK] = { .receive = receive_unlinked },
	[LN_KIND_LINK_ENDED - LN_KIND_LINK] = { .receive = receive_ended },
	[LN_KIND_KILL - LN_KIND_LINK] = { .receive = receive_kill },
};

const struct ln_part ln_part_links = {
	.first = LN_KIND_LINK,
	.count = 5,
	.kinds = kinds,
	.up = up,
	.down = down,
};
