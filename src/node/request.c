/*
 * DESIGN
 * A request is on the heap, because its answer may come when nobody waits for
 * it any more, after a kill. Then the receiver of the answer frees the request,
 * and the resource that the answer brought (node/pending.c).
 *
 *   REQUEST  head: u64 number, u8 operation; body as the operation says
 *   ANSWER   u64 number, u8: 0, then as the operation says; or the number of an
 *            error, and its text
 *   DROP     u8 what, u64 id
 *
 * A session sends the bytes of one module at a time. A sender that had to wait
 * for that asks again whether the bytes are still needed. So they are sent
 * once, even if many want the same module at the same time.
 */
#include "node/request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/program.h"
#include "node/queue.h"
#include "node/reference.h"
#include "node/serve.h"
#include "node/session.h"
#include "node/watch.h"
#include "process/process.h"
#include "sched/task.h"

#define HEAD_SIZE (sizeof(uint64_t) + 1)
#define FRAME_ROOM (LN_FRAME_MAX - 1 - HEAD_SIZE)
#define NAP_NS 1000000

/* Errors that an answer may have; others become LN_EIO. */
#define ERRORS_MAX 64

/* Frees a request whose answer nobody wants, and gives back what came with it,
 * if it has come. */
static void dispose(struct ln_request *request)
{
	struct ln_ask *ask = ln_container_of(request, struct ln_ask, request);

	if (!request->lost && ask->error == 0 && ask->id != 0 &&
	    ask->operation != LN_ASK_CONTROL)
		ln_ask_drop(ask->peer, ask->session,
			    ask->operation == LN_ASK_ENVIRONMENT ||
					    ask->operation == LN_ASK_PROGRAM
				    ? LN_HELD_ENVIRONMENT
				    : LN_HELD_MODULE,
			    ask->id);
	if (ask->process != NULL)
		ln_process_release(ask->process);
	ln_ask_free(ask);
}

void ln_ask_free(struct ln_ask *ask)
{
	if (ask == NULL)
		return;
	ln_peer_release(ask->peer);
	free(ask->text);
	ln_bytes_deinit(&ask->bytes);
	free(ask);
}

/* The table of the session, counted; NULL: it is over. */
static struct ln_pending *table_of(struct ln_peer *peer, uint64_t *session)
{
	struct ln_pending *pending = NULL;
	const struct ln_session *current;

	ln_lock_acquire(&peer->lock);
	current = ln_queue_of(peer, *session);
	if (current != NULL) {
		pending = ln_pending_retain(current->pending);
		*session = current->number;
	}
	ln_lock_release(&peer->lock);
	return pending;
}

static size_t total(const struct iovec *parts, int count)
{
	size_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += parts[i].iov_len;
	return bytes;
}

static struct ln_frame *make_frame(const struct ln_ask *ask,
				   const struct iovec *parts, int count,
				   size_t len)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_REQUEST, HEAD_SIZE + len);
	ln_frame_encoder_u64(&writer, ask->request.number);
	ln_frame_encoder_u8(&writer, (uint8_t)ask->operation);
	for (int i = 0; i < count; i++)
		ln_frame_encoder_bytes(&writer, parts[i].iov_base,
				       parts[i].iov_len);
	return ln_frame_encoder_finish(&writer);
}

/* Sends it once. LN_EFULL: a thread that cannot park must try again. */
static int try_send(const struct ln_ask *ask, const struct iovec *parts,
		    int count)
{
	size_t len = total(parts, count);
	bool task = ln_task_current() != NULL;
	uint8_t head[HEAD_SIZE];
	struct ln_frame *frame;

	if (len > FRAME_ROOM) {
		memcpy(head, &ask->request.number, sizeof(uint64_t));
		head[sizeof(uint64_t)] = (uint8_t)ask->operation;
		return ln_queue_send_large(ask->peer, ask->session,
					   LN_KIND_REQUEST, head, sizeof(head),
					   parts, count, task, LN_NEVER);
	}
	frame = make_frame(ask, parts, count, len);
	if (frame == NULL)
		return LN_ENOMEM;
	return task ? ln_queue_send(ask->peer, ask->session, frame, LN_NEVER)
		    : ln_queue_try_send(ask->peer, ask->session, frame);
}

static int send(const struct ln_ask *ask, const struct iovec *parts, int count)
{
	const struct timespec nap = { .tv_nsec = NAP_NS };
	int error;

	while ((error = try_send(ask, parts, count)) == LN_EFULL)
		nanosleep(&nap, NULL);
	return error == LN_EDEAD ? LN_EIO : error;
}

static struct ln_ask *make_ask(struct ln_peer *peer, uint64_t session,
			       enum ln_operation operation)
{
	struct ln_ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return NULL;
	ask->peer = ln_peer_retain(peer);
	ask->session = session;
	ask->operation = operation;
	ask->request.dispose = dispose;
	ask->request.large = operation == LN_ASK_BYTES;
	return ask;
}

/* Sends a request that has a number, and waits. Frees it on failure. */
static int complete(struct ln_pending *pending, struct ln_ask *ask,
		    const struct iovec *parts, int count, struct ln_ask **out)
{
	int error = send(ask, parts, count);

	if (error < 0) {
		if (!ln_pending_leave(pending, &ask->request))
			return error;
	} else {
		error = ln_pending_await(pending, &ask->request);
		/* It is the table's now. */
		if (error == LN_EKILLED || error == LN_ENOMEM)
			return error;
	}
	if (error < 0) {
		dispose(&ask->request);
		return error;
	}
	*out = ask;
	return ask->error;
}

int ln_ask(struct ln_peer *peer, uint64_t session, enum ln_operation operation,
	   const struct iovec *parts, int count, struct ln_ask **out)
{
	struct ln_pending *pending = table_of(peer, &session);
	struct ln_ask *ask;
	int error;

	*out = NULL;
	if (pending == NULL)
		return LN_EIO;
	ask = make_ask(peer, session, operation);
	error = ask != NULL ? ln_pending_enter(pending, &ask->request)
			    : LN_ENOMEM;
	if (error < 0)
		ln_ask_free(ask);
	else
		error = complete(pending, ask, parts, count, out);
	ln_pending_release(pending);
	return error;
}

/* Asks whether the module is known; if it is, the answer is that it is added.
 * Otherwise *ask is NULL. */
static int ask_digest(struct ln_peer *peer, uint64_t session,
		      uint64_t environment, const uint8_t *digest,
		      struct ln_ask **ask)
{
	const struct iovec parts[] = {
		{ .iov_base = &environment, .iov_len = sizeof(environment) },
		{ .iov_base = (void *)(uintptr_t)digest,
		  .iov_len = LN_DIGEST_SIZE },
	};
	int error = ln_ask(peer, session, LN_ASK_MODULE, parts, 2, ask);

	if (error == 0 && !(*ask)->known) {
		ln_ask_free(*ask);
		*ask = NULL;
	}
	return error;
}

int ln_ask_module(struct ln_peer *peer, uint64_t session, uint64_t environment,
		  const uint8_t digest[LN_DIGEST_SIZE], const uint8_t *bytes,
		  size_t len, struct ln_ask **out)
{
	const struct iovec parts[] = {
		{ .iov_base = &environment, .iov_len = sizeof(environment) },
		{ .iov_base = (void *)(uintptr_t)bytes, .iov_len = len },
	};
	struct ln_pending *pending;
	struct ln_ask *ask;
	int error = ask_digest(peer, session, environment, digest, out);

	if (error < 0 || *out != NULL)
		return error;
	pending = table_of(peer, &session);
	if (pending == NULL)
		return LN_EIO;
	ask = make_ask(peer, session, LN_ASK_BYTES);
	error = ask != NULL ? ln_pending_enter(pending, &ask->request)
			    : LN_ENOMEM;
	if (error < 0) {
		ln_ask_free(ask);
	} else {
		error = ask_digest(peer, session, environment, digest, out);
		if (error < 0 || *out != NULL) {
			if (ln_pending_leave(pending, &ask->request))
				dispose(&ask->request);
		} else {
			error = complete(pending, ask, parts, 2, out);
		}
	}
	ln_pending_release(pending);
	return error;
}

void ln_ask_drop(struct ln_peer *peer, uint64_t session, enum ln_held what,
		 uint64_t id)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_KIND_DROP, 1 + sizeof(id));
	ln_frame_encoder_u8(&writer, (uint8_t)what);
	ln_frame_encoder_u64(&writer, id);
	ln_queue_post(peer, session, ln_frame_encoder_finish(&writer));
}

/* A process that was spawned or found. */
static int get_process(struct ln_session *session, struct ln_decoder *frame,
		       struct ln_ask *ask)
{
	int error = ln_reference_get(frame, session->peer, &ask->process);

	if (error < 0)
		return error;
	if (ask->process == NULL)
		return LN_EFORMAT;
	if (ask->operation == LN_ASK_SPAWN &&
	    session->id.version >= LN_NUMBERS_VERSION)
		ask->number = ln_decoder_u64(frame);
	return 0;
}

static int get_attributes(struct ln_decoder *frame, struct ln_ask *ask)
{
	size_t len;
	const uint8_t *text = ln_decoder_bytes(frame, &len);

	if (text == NULL || len > LN_ATTRIBUTES_MAX ||
	    memchr(text, 0, len) != NULL)
		return LN_EFORMAT;
	ask->text = strndup((const char *)text, len);
	return ask->text != NULL ? 0 : LN_ENOMEM;
}

static int get_control(struct ln_decoder *frame, struct ln_ask *ask)
{
	size_t len;

	ask->id = ln_decoder_u64(frame);
	len = frame->len;
	ask->bytes.max = LN_FRAME_MAX;
	ln_bytes_add(&ask->bytes, ln_decoder_raw(frame, len), len);
	return ask->bytes.error;
}

/* What an operation gives. */
static int get_result(struct ln_session *session, struct ln_decoder *frame,
		      struct ln_ask *ask)
{
	switch (ask->operation) {
	case LN_ASK_MODULE:
	case LN_ASK_NUMBERED_MODULE:
		ask->known = ln_decoder_u8(frame) != 0;
		if (!ask->known)
			return 0;
		__attribute__((fallthrough));
	case LN_ASK_ENVIRONMENT:
	case LN_ASK_BYTES:
	case LN_ASK_PROGRAM:
		ask->id = ln_decoder_u64(frame);
		return ask->id != 0 ? 0 : LN_EFORMAT;
	case LN_ASK_SPAWN:
	case LN_ASK_LOOKUP:
	case LN_ASK_PROCESS:
		return get_process(session, frame, ask);
	case LN_ASK_NUMBER:
		ask->number = ln_decoder_u64(frame);
		return ask->number != 0 ? 0 : LN_EFORMAT;
	case LN_ASK_ATTRIBUTES:
		return get_attributes(frame, ask);
	case LN_ASK_CONTROL:
		return get_control(frame, ask);
	case LN_ASK_LOAD:
		ask->number = ln_decoder_u64(frame);
		return 0;
	default:
		return 0;
	}
}

/* A failure of the other node's. */
static void get_error(struct ln_decoder *frame, struct ln_ask *ask,
		      uint8_t number)
{
	size_t len;
	const uint8_t *text = ln_decoder_bytes(frame, &len);

	/* LN_EKILLED would mean that the waiting process itself was killed, so
	 * the other node may not answer with it. */
	ask->error = number >= ERRORS_MAX || number == -LN_EKILLED
			     ? LN_EIO
			     : -(int)number;
	if (text != NULL && len > 0)
		ask->text = strndup((const char *)text, len);
	if (ask->text != NULL)
		ln_text_clean_lines(ask->text, LN_TEXT_ERROR_MAX);
}

static int receive_answer(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_request *request =
		ln_pending_find(session->pending, ln_decoder_u64(frame));
	uint8_t status = ln_decoder_u8(frame);
	struct ln_ask *ask;
	int error = 0;

	if (frame->failed || request == NULL)
		return ln_session_refuse(session,
					 "an answer without a request");
	ask = ln_container_of(request, struct ln_ask, request);
	if (status != 0)
		get_error(frame, ask, status);
	else
		error = get_result(session, frame, ask);
	if (error == LN_ENOMEM || error == LN_ELIMIT) {
		/* No memory for its resource; the session goes on. */
		ask->error = error;
		frame->len = 0;
		error = 0;
	}
	if (error < 0 || !ln_decoder_done(frame))
		return ln_session_refuse(session, "a malformed answer");
	ln_pending_answered(session->pending, request);
	return 0;
}

static int up(struct ln_session *session)
{
	int error = ln_pending_new(&session->pending);

	ln_watches_begin(session);
	if (error < 0)
		return error;
	error = ln_served_new(session->peer->node, &session->served);
	if (error < 0)
		ln_pending_release(session->pending);
	return error;
}

static void down(struct ln_session *session)
{
	ln_watches_end(session);
	ln_programs_end(session);
	ln_served_end(session->served);
	ln_pending_end(session->pending);
	ln_pending_release(session->pending);
}

/* In the order of their numbers. */
static const struct ln_kind kinds[] = {
	[0] = { .receive = ln_serve_receive,
		.begin = ln_serve_begin,
		.complete = ln_serve_complete,
		.lost = ln_serve_lost },
	[LN_KIND_ANSWER - LN_KIND_REQUEST] = { .receive = receive_answer },
	[LN_KIND_DROP - LN_KIND_REQUEST] = { .receive = ln_serve_drop },
	[LN_KIND_WATCH - LN_KIND_REQUEST] = { .receive = ln_watch_receive },
	[LN_KIND_ENDED - LN_KIND_REQUEST] = { .receive = ln_watch_ended },
};

const struct ln_part ln_part_requests = {
	.first = LN_KIND_REQUEST,
	.count = 5,
	.kinds = kinds,
	.up = up,
	.down = down,
};
