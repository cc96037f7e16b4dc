/*
 * DESIGN
 * Fragmentation. A frame that would be too long is sent as START, which has the
 * kind, the length of the body, the head, and the beginning of the body; then
 * DATA, until the body is complete. A session has one such transfer at a time
 * in each direction, so DATA needs no number; the sender holds peer->transfer.
 * Other frames may come in between. ABORT cancels the transfer.
 *
 *   START  u8: kind, u64: bytes of the body, u32: bytes of the head, the head,
 *          bytes of the body
 *   DATA   bytes of the body, one at least
 *   ABORT  nothing
 *
 * A sender stays with the session in which it began: the rest must not be sent
 * in the next session.
 *
 * The receiver allocates memory for the bytes of the body that have arrived,
 * not for those that were announced, and at most twice as much. It is charged
 * to the session (node/serve.h), together with the bodies of requests in
 * progress. A body that is too large is received and discarded.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/frame_encoder.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/queue.h"
#include "node/serve.h"
#include "node/session.h"
#include "sched/task.h"

#define BODY_FIRST (256u << 10) /* allocated for a body, if it is so long */

/* What is being sent. */
struct transfer {
	struct ln_peer *peer;
	uint64_t session; /* its number */
	uint8_t kind;
	const void *head;
	size_t head_len;
	const struct iovec *part; /* the next bytes of the body are in it, */
	const struct iovec *end;
	size_t at; /* from here on */
};

/* Moves on to the next byte; false: there is none. */
static bool more(struct transfer *transfer)
{
	while (transfer->part != transfer->end &&
	       transfer->at == transfer->part->iov_len) {
		transfer->part++;
		transfer->at = 0;
	}
	return transfer->part != transfer->end;
}

/* Fills up a frame. */
static void put_body(struct ln_frame_encoder *writer, struct transfer *transfer)
{
	while (more(transfer)) {
		size_t len = transfer->part->iov_len - transfer->at;
		size_t room = ln_frame_encoder_room(writer);

		if (room == 0)
			return;
		if (len > room)
			len = room;
		ln_frame_encoder_bytes(
			writer,
			(const uint8_t *)transfer->part->iov_base +
				transfer->at,
			len);
		transfer->at += len;
	}
}

static size_t left(const struct transfer *transfer)
{
	size_t bytes = 0;

	for (const struct iovec *part = transfer->part; part != transfer->end;
	     part++)
		bytes += part->iov_len;
	return bytes - transfer->at;
}

static struct ln_frame *make_start(struct transfer *transfer)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_START, LN_FRAME_MAX);
	ln_frame_encoder_u8(&writer, transfer->kind);
	ln_frame_encoder_u64(&writer, left(transfer));
	ln_frame_encoder_u32(&writer, (uint32_t)transfer->head_len);
	ln_frame_encoder_bytes(&writer, transfer->head, transfer->head_len);
	put_body(&writer, transfer);
	return ln_frame_encoder_finish(&writer);
}

static struct ln_frame *make_data(struct transfer *transfer)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_DATA, left(transfer));
	put_body(&writer, transfer);
	return ln_frame_encoder_finish(&writer);
}

static void post_abort(struct transfer *transfer)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_ABORT, 0);
	ln_queue_post(transfer->peer, transfer->session,
		      ln_frame_encoder_finish(&writer));
}

/* Sends all fragments, waiting for room for each. */
static int send_all(struct transfer *transfer, int64_t deadline)
{
	struct ln_task *task = ln_task_current();
	int error = ln_queue_send(transfer->peer, transfer->session,
				  make_start(transfer), deadline);

	if (error < 0)
		return error;
	while (error == 0 && more(transfer)) {
		if (ln_task_should_yield(task))
			ln_task_give_way(task);
		error = ln_task_interrupted(task)
				? LN_EKILLED
				: ln_queue_send(transfer->peer,
						transfer->session,
						make_data(transfer), deadline);
	}
	if (error < 0 && error != LN_EDEAD)
		post_abort(transfer);
	return error;
}

/* Queues all pieces at once, or none. */
static int queue_all(struct transfer *transfer)
{
	struct ln_frame *frames = make_start(transfer);
	struct ln_frame *last = frames;

	while (last != NULL && more(transfer)) {
		last->next = make_data(transfer);
		last = last->next;
	}
	if (last == NULL) {
		ln_frames_free(frames);
		return LN_ENOMEM;
	}
	return ln_queue_try_send(transfer->peer, transfer->session, frames);
}

int ln_peer_send_large(struct ln_peer *peer, uint8_t kind, const void *head,
		       size_t head_len, const struct iovec *parts, int count,
		       bool wait, int64_t deadline)
{
	return ln_queue_send_large(peer, 0, kind, head, head_len, parts, count,
				   wait, deadline);
}

int ln_queue_send_large(struct ln_peer *peer, uint64_t number, uint8_t kind,
			const void *head, size_t head_len,
			const struct iovec *parts, int count, bool wait,
			int64_t deadline)
{
	struct transfer transfer = {
		.peer = peer,
		.kind = kind,
		.head = head,
		.head_len = head_len,
		.part = parts,
		.end = parts + count,
	};
	int error = LN_EFULL;

	if (head_len > LN_HEAD_MAX)
		return LN_EINVAL;
	if (wait) {
		error = ln_mutex_acquire(&peer->transfer, deadline);
		if (error < 0)
			return error;
	} else if (!ln_mutex_try(&peer->transfer)) {
		return LN_EFULL;
	}
	transfer.session = ln_peer_session(peer);
	if (transfer.session == 0 ||
	    (number != 0 && transfer.session != number))
		error = LN_EDEAD;
	else if (wait)
		error = send_all(&transfer, deadline);
	else
		error = queue_all(&transfer);
	ln_mutex_release(&peer->transfer);
	return error;
}

static void forget_assembly(struct ln_session *session)
{
	ln_served_refund(session->served, session->assembly.body.room);
	free(session->assembly.head);
	free(session->assembly.body.data);
	memset(&session->assembly, 0, sizeof(session->assembly));
}

/* Makes room for `len` more bytes of the body. */
static bool make_room(struct ln_session *session, size_t len)
{
	struct ln_bytes *body = &session->assembly.body;
	size_t more = ln_bytes_growth(body, len);

	if (more > 0 && !ln_served_charge(session->served, more))
		return false;
	if (ln_bytes_reserve(body, len))
		return true;
	ln_served_refund(session->served, more);
	return false;
}

/* All of the body is there, or has been. */
static int finish(struct ln_session *session)
{
	const struct ln_kind *kind = session->assembly.kind;
	struct ln_decoder head = { .data = session->assembly.head,
				   .len = session->assembly.head_len };
	int error = 0;

	if (session->assembly.keep)
		error = kind->complete(session, &head, &session->assembly.body);
	forget_assembly(session);
	return error;
}

/* There is no memory for it, or it is too much for this peer: the fragments
 * still arrive. */
static int lose(struct ln_session *session)
{
	const struct ln_kind *kind = session->assembly.kind;
	struct ln_decoder head = { .data = session->assembly.head,
				   .len = session->assembly.head_len };

	session->assembly.keep = false;
	free(session->assembly.body.data);
	ln_served_refund(session->served, session->assembly.body.room);
	session->assembly.body = (struct ln_bytes){ .data = NULL };
	return kind->lost != NULL ? kind->lost(session, &head) : 0;
}

/* The rest of the frame is of the body. */
static int take_body(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_bytes *body = &session->assembly.body;
	size_t len = frame->len;
	int error;
	const uint8_t *data = ln_decoder_raw(frame, len);

	if (len > session->assembly.total - session->assembly.got)
		return ln_session_refuse(session, "more bytes than announced");
	session->assembly.got += len;
	if (session->assembly.keep && !make_room(session, len)) {
		error = lose(session);
		if (error < 0)
			return error;
	}
	if (session->assembly.keep)
		ln_bytes_add(body, data, len);
	if (session->assembly.got < session->assembly.total)
		return 0;
	return finish(session);
}

/* Keeps the head for the end. */
static bool keep_head(struct ln_session *session, const uint8_t *head,
		      size_t len)
{
	session->assembly.head = malloc(len + 1);
	if (session->assembly.head == NULL)
		return false;
	memcpy(session->assembly.head, head, len);
	session->assembly.head_len = len;
	return true;
}

static int receive_start(struct ln_session *session, struct ln_decoder *frame)
{
	const struct ln_kind *kind = ln_session_kind(ln_decoder_u8(frame));
	uint64_t total = ln_decoder_u64(frame);
	struct ln_decoder head = { .failed = false };
	bool keep = false;
	int error;

	head.data = ln_decoder_bytes(frame, &head.len);
	if (head.data == NULL || head.len > LN_HEAD_MAX || total == 0)
		return ln_session_refuse(session, "a malformed beginning");
	if (session->assembly.kind != NULL)
		return ln_session_refuse(session, "a beginning before the end");
	if (kind == NULL || kind->begin == NULL)
		return ln_session_refuse(session,
					 "fragments of a kind that has none");
	session->assembly.kind = kind;
	session->assembly.total = total;
	session->assembly.keep = true;
	session->assembly.body.first = BODY_FIRST;
	session->assembly.body.max = total;
	if (!keep_head(session, head.data, head.len)) {
		session->reason = "out of memory";
		return LN_ENOMEM;
	}
	error = kind->begin(session, &head, total, &keep);
	if (error < 0)
		return error;
	if (!ln_decoder_done(&head))
		return ln_session_refuse(session, "a head of wrong length");
	session->assembly.keep = keep;
	return take_body(session, frame);
}

static int receive_data(struct ln_session *session, struct ln_decoder *frame)
{
	if (session->assembly.kind == NULL)
		return ln_session_refuse(session, "bytes without a beginning");
	if (frame->len == 0)
		return ln_session_refuse(session, "an empty fragment");
	return take_body(session, frame);
}

static int receive_abort(struct ln_session *session, struct ln_decoder *frame)
{
	(void)frame;
	if (session->assembly.kind == NULL)
		return ln_session_refuse(session, "an end without a beginning");
	forget_assembly(session);
	return 0;
}

/* In the order of their numbers. */
static const struct ln_kind kinds[] = {
	[0] = { .receive = receive_start },
	[LN_KIND_DATA - LN_KIND_START] = { .receive = receive_data },
	[LN_KIND_ABORT - LN_KIND_START] = { .receive = receive_abort },
};

const struct ln_part ln_part_fragments = {
	.first = LN_KIND_START,
	.count = 3,
	.kinds = kinds,
	.down = forget_assembly,
};
