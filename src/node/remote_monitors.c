/*
 * DESIGN
 * MONITOR and DEMONITOR begin with two ids: that of the watching process, on
 * the writer's node, and that of the watched process, on the reader's node.
 * DOWN has the two in the opposite order. Then comes an i64, the tag of the
 * monitor, which its process never uses again. So a frame that crosses a
 * DEMONITOR finds no monitor, and no answer is needed.
 *
 *   MONITOR    ids, i64 tag: tell when the second ends
 *   DEMONITOR  ids, i64 tag: do not
 *   DOWN       ids, i64 tag, u8 reason, u32 code: the first has ended
 *
 * On the watching side, a monitor is in the list of the proxy, under the
 * proxy's lock, and frames for the other node are queued under that lock. So
 * MONITOR comes before DEMONITOR, and when a session ends, its proxies know all
 * watching processes.
 *
 * On the watched side, a struct watching is in the list of the process, under
 * the lock of the process, and in the session's table, under peer->lock; never
 * both locks at a time, and each place has a reference. The one who removes it
 * from the table tells the peer, so the peer is told once.
 *
 * A peer with version 1 of the protocol does not know these frames: then only
 * the loss of the node is reported.
 */
#include "node/remote_monitors.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "node/export.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/queue.h"
#include "node/session.h"
#include "process/monitors.h"
#include "process/process.h"

#define FIRST_VERSION 2 /* of the protocol, that has these frames */
#define REST_AFTER 64   /* what is ended before others may run */

/* What a frame is about. */
struct subject {
	const uint8_t *from;
	const uint8_t *to;
	int64_t tag;
};

/* A process of this node that a process of the peer watches. */
struct watching {
	struct ln_watcher watcher;   /* of the process */
	struct ln_id_entry entry;    /* in session->watched */
	_Atomic uint32_t references; /* the table's and the list's */
	struct ln_session *session;  /* under peer->lock; NULL: not in it */
	uint64_t number;             /* of the session */
	struct ln_peer *peer;        /* counted */
	struct ln_process *process;  /* counted */
	uint8_t from[LN_ID_SIZE];    /* who watches */
	int64_t tag;
};

static struct ln_frame *make_frame(uint8_t kind, const struct subject *subject,
				   const struct ln_end *end)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, kind, 48);
	ln_frame_encoder_id(&writer, subject->from);
	ln_frame_encoder_id(&writer, subject->to);
	ln_frame_encoder_u64(&writer, (uint64_t)subject->tag);
	if (end != NULL) {
		ln_frame_encoder_u8(&writer, (uint8_t)end->reason);
		ln_frame_encoder_u32(&writer, end->code);
	}
	return ln_frame_encoder_finish(&writer);
}

/* Queues a frame for the peer, if its version knows it. LN_EDEAD: it is not
 * connected. */
static int post(struct ln_peer *peer, struct ln_frame *frame)
{
	struct ln_session *session;
	int error = 0;

	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, 0);
	if (session == NULL) {
		error = LN_EDEAD;
	} else if (session->id.version < FIRST_VERSION) {
		/* Its loss will be noticed. */
	} else if (frame == NULL) {
		ln_queue_close(session, "out of memory");
	} else {
		ln_queue_append(session, frame);
		frame = NULL;
	}
	ln_lock_release(&peer->lock);
	free(frame);
	return error;
}

/* What is known of a process whose node is not connected. */
static struct ln_end end_of(struct ln_proxy *proxy)
{
	struct ln_end end = { .reason = LN_REASON_NODE_LOST };
	struct ln_process *process;

	if (!ln_peer_is_self(proxy->peer))
		return end;
	end.reason = LN_REASON_NO_PROCESS;
	process = ln_export_find(proxy->peer->node, proxy->process.id, &end);
	if (process != NULL)
		ln_process_release(process);
	return end;
}

void ln_remote_monitors_watch(struct ln_process *remote,
			      struct ln_monitor *monitor)
{
	struct ln_proxy *proxy = ln_proxy_of(remote);
	struct ln_process *self = monitor->self;
	const struct subject subject = { self->id, remote->id, monitor->tag };
	int error = ln_export(proxy->peer->node, self);
	struct ln_frame *frame = NULL;
	struct ln_end end;

	if (error == 0)
		frame = make_frame(LN_KIND_MONITOR, &subject, NULL);
	ln_process_lock(remote);
	ln_watchers_add(remote, &monitor->watcher);
	error = post(proxy->peer, frame);
	if (error < 0)
		ln_watchers_remove(&monitor->watcher);
	ln_process_unlock(remote);
	if (error == 0)
		return;
	end = end_of(proxy);
	monitor->watcher.ended(&monitor->watcher, &end);
}

void ln_remote_monitors_unwatch(struct ln_process *remote,
				struct ln_monitor *monitor)
{
	const struct subject subject = { monitor->self->id, remote->id,
					 monitor->tag };

	(void)post(ln_proxy_of(remote)->peer,
		   make_frame(LN_KIND_DEMONITOR, &subject, NULL));
}

/* The key of a watching process and its tag in a session's table. */
static void combine(uint8_t key[LN_ID_SIZE], const uint8_t *from, int64_t tag)
{
	uint64_t half;

	memcpy(key, from, LN_ID_SIZE);
	memcpy(&half, key, sizeof(half));
	half ^= (uint64_t)tag;
	memcpy(key, &half, sizeof(half));
}

static int get_subject(struct ln_session *session, struct ln_decoder *frame,
		       struct subject *subject)
{
	subject->from = ln_decoder_raw(frame, LN_ID_SIZE);
	subject->to = ln_decoder_raw(frame, LN_ID_SIZE);
	subject->tag = (int64_t)ln_decoder_u64(frame);
	if (frame->failed)
		return ln_session_refuse(session, "a monitor of wrong length");
	return 0;
}

static void release(struct watching *watching)
{
	if (!ln_refs_release(&watching->references))
		return;
	ln_assert(watching->session == NULL);
	ln_process_release(watching->process);
	ln_peer_release(watching->peer);
	free(watching);
}

/* Tells the peer of the end of a process, in answer to a frame. */
static void answer(struct ln_session *session, const struct subject *subject,
		   const struct ln_end *end)
{
	const struct subject back = { subject->to, subject->from,
				      subject->tag };

	ln_peer_answer(session->peer, make_frame(LN_KIND_DOWN, &back, end));
}

/* Takes it out of the session's table; true: its reference is the caller's. */
static bool take_out(struct watching *watching)
{
	bool there;

	ln_lock_acquire(&watching->peer->lock);
	there = watching->session != NULL;
	if (there)
		ln_id_table_remove(&watching->session->watched,
				   &watching->entry);
	watching->session = NULL;
	ln_lock_release(&watching->peer->lock);
	return there;
}

/* The process has ended. */
static void ended(struct ln_watcher *watcher, const struct ln_end *end)
{
	struct watching *watching =
		ln_container_of(watcher, struct watching, watcher);
	const struct subject subject = { watching->process->id, watching->from,
					 watching->tag };

	if (take_out(watching)) {
		ln_queue_post(watching->peer, watching->number,
			      make_frame(LN_KIND_DOWN, &subject, end));
		release(watching);
	}
	release(watching);
}

static struct watching *make(struct ln_session *session,
			     struct ln_process *process,
			     const struct subject *subject)
{
	struct watching *watching = calloc(1, sizeof(*watching));

	if (watching == NULL)
		return NULL;
	watching->watcher.ended = ended;
	atomic_init(&watching->references, 2);
	watching->number = session->number;
	watching->peer = ln_peer_retain(session->peer);
	watching->process = ln_process_retain(process);
	memcpy(watching->from, subject->from, LN_ID_SIZE);
	watching->tag = subject->tag;
	combine(watching->entry.id, subject->from, subject->tag);
	return watching;
}

/* Puts it into the session's table. LN_EEXIST, LN_ELIMIT, LN_ENOMEM. */
static int put_in(struct ln_session *session, struct watching *watching)
{
	struct ln_peer *peer = session->peer;
	int error;

	ln_assert(watching->session == NULL);
	ln_lock_acquire(&peer->lock);
	if (ln_id_table_find(&session->watched, watching->entry.id) != NULL)
		error = LN_EEXIST;
	else if (ln_id_table_count(&session->watched) >=
		 peer->node->options.max_proxies)
		error = LN_ELIMIT;
	else
		error = ln_id_table_add(&session->watched, &watching->entry);
	if (error == 0)
		watching->session = session;
	ln_lock_release(&peer->lock);
	return error;
}

/* LN_EDEAD: it has ended, *end says how. */
static int watch(struct ln_session *session, struct ln_process *process,
		 const struct subject *subject, struct ln_end *end)
{
	struct watching *watching = make(session, process, subject);
	bool dead;
	int error;

	if (watching == NULL)
		return LN_ENOMEM;
	error = put_in(session, watching);
	if (error < 0) {
		release(watching);
		release(watching);
		return error;
	}
	ln_process_lock(process);
	dead = process->dead;
	if (dead)
		*end = ln_process_end(process);
	else
		ln_watchers_add(process, &watching->watcher);
	ln_process_unlock(process);
	if (!dead)
		return 0;
	if (take_out(watching))
		release(watching);
	release(watching);
	return LN_EDEAD;
}

static int receive_monitor(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_end end = { .reason = LN_REASON_NO_PROCESS };
	struct ln_process *process;
	struct subject subject;
	int error = get_subject(session, frame, &subject);

	if (error < 0)
		return error;
	if (!ln_decoder_done(frame))
		return ln_session_refuse(session, "a monitor of wrong length");
	error = LN_EDEAD;
	process = ln_export_find(session->peer->node, subject.to, &end);
	if (process != NULL) {
		error = watch(session, process, &subject, &end);
		ln_process_release(process);
	}
	if (error == LN_EEXIST)
		return ln_session_refuse(session,
					 "a monitor that exists already");
	/* A process that cannot be watched is reported like a lost one. */
	if (error == LN_ELIMIT || error == LN_ENOMEM)
		end.reason = LN_REASON_NODE_LOST;
	if (error < 0)
		answer(session, &subject, &end);
	return 0;
}

/* Ends one that was taken out of the table; takes over that reference. */
static void cancel(struct watching *watching)
{
	struct ln_process *process = watching->process;
	bool listed;

	ln_process_lock(process);
	listed = ln_watchers_remove(&watching->watcher);
	ln_process_unlock(process);
	if (listed)
		release(watching);
	release(watching);
}

static int receive_demonitor(struct ln_session *session,
			     struct ln_decoder *frame)
{
	struct ln_peer *peer = session->peer;
	struct watching *watching = NULL;
	struct ln_id_entry *entry;
	struct subject subject;
	uint8_t key[LN_ID_SIZE];
	int error = get_subject(session, frame, &subject);

	if (error < 0)
		return error;
	combine(key, subject.from, subject.tag);
	ln_lock_acquire(&peer->lock);
	entry = ln_id_table_find(&session->watched, key);
	if (entry != NULL) {
		watching = ln_container_of(entry, struct watching, entry);
		ln_id_table_remove(&session->watched, entry);
		watching->session = NULL;
	}
	ln_lock_release(&peer->lock);
	if (watching != NULL)
		cancel(watching);
	return 0;
}

/* Tells a process of this node, if it still watches the other one. */
static void tell(struct ln_session *session, struct ln_process *self,
		 const struct subject *subject, const struct ln_end *end)
{
	struct ln_monitor *monitor = ln_monitor_find(self, subject->tag);
	struct ln_process *remote;
	bool listed = false;

	if (monitor == NULL)
		return;
	remote = monitor->process;
	if (ln_proxy_of(remote)->peer == session->peer &&
	    memcmp(remote->id, subject->from, LN_ID_SIZE) == 0) {
		ln_process_lock(remote);
		listed = ln_watchers_remove(&monitor->watcher);
		ln_process_unlock(remote);
	}
	if (listed)
		monitor->watcher.ended(&monitor->watcher, end);
	ln_monitor_release(monitor);
}

static int receive_down(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_end end;
	struct ln_end unused;
	struct ln_process *process;
	struct subject subject;
	int error = get_subject(session, frame, &subject);

	if (error < 0)
		return error;
	end.reason = (enum ln_reason)ln_decoder_u8(frame);
	end.code = ln_decoder_u32(frame);
	if (end.reason >= LN_REASONS || !ln_decoder_done(frame))
		return ln_session_refuse(session, "a malformed end of a "
						  "process");
	process = ln_export_find(session->peer->node, subject.to, &unused);
	if (process != NULL) {
		tell(session, process, &subject, &end);
		ln_process_release(process);
	}
	return 0;
}

static int up(struct ln_session *session)
{
	ln_id_table_init(&session->watched);
	return 0;
}

/* No process of the peer is told any more. */
static void cancel_all(struct ln_session *session)
{
	struct ln_peer *peer = session->peer;
	uint32_t done = 0;
	uint32_t at = 0;

	for (;;) {
		struct watching *watching = NULL;
		struct ln_id_entry *entry;

		ln_lock_acquire(&peer->lock);
		entry = ln_id_table_take(&session->watched, &at);
		if (entry != NULL) {
			watching =
				ln_container_of(entry, struct watching, entry);
			watching->session = NULL;
		}
		ln_lock_release(&peer->lock);
		if (watching == NULL)
			break;
		cancel(watching);
		if (++done % REST_AFTER == 0)
			ln_task_rest();
	}
	ln_id_table_deinit(&session->watched);
}

static void down(struct ln_session *session)
{
	const struct ln_end lost = { .reason = LN_REASON_NODE_LOST };
	struct ln_proxy *proxy = ln_proxy_all(session->peer);

	cancel_all(session);
	while (proxy != NULL) {
		struct ln_proxy *next = proxy->next;

		ln_watchers_tell(&proxy->process, &lost);
		ln_process_release(&proxy->process);
		proxy = next;
	}
}

/* In the order of their numbers. */
static const struct ln_kind kinds[] = {
	[0] = { .receive = receive_monitor },
	[LN_KIND_DEMONITOR -
		LN_KIND_MONITOR] = { .receive = receive_demonitor },
	[LN_KIND_DOWN - LN_KIND_MONITOR] = { .receive = receive_down },
};

const struct ln_part ln_part_monitors = {
	.first = LN_KIND_MONITOR,
	.count = 3,
	.kinds = kinds,
	.up = up,
	.down = down,
};
