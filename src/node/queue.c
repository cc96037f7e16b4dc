/*
 * DESIGN
 * Frames to send are in a list under peer->lock. A sender that finds more than
 * the high mark there, or other waiters, appends itself and its frame to the
 * waiters and parks. When frames are taken and less than the low mark is left,
 * the frames of the waiters are queued in their order, up to the high mark. So
 * nobody overtakes. Beyond the mark there are only one frame per waiting task,
 * and control frames, whose senders have waited before.
 *
 * A waiter lives on the stack of its task. It is decided and woken under the
 * lock, and its task takes the lock before it returns, so both are alive when
 * they are touched. Killed, it leaves the list, unless it is decided.
 *
 * The channel is woken by the first frame after ln_session_take has found
 * none, under the lock: so it is alive.
 */
#include "node/queue.h"

#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/session.h"
#include "sched/task.h"

/* What a frame costs beside its bytes. */
#define FRAME_COST (sizeof(struct ln_frame) + 16)

void ln_frames_free(struct ln_frame *frames)
{
	while (frames != NULL) {
		struct ln_frame *next = frames->next;

		free(frames);
		frames = next;
	}
}

struct ln_session *ln_queue_of(struct ln_peer *peer, uint64_t number)
{
	struct ln_session *session = peer->session;

	ln_lock_assert(&peer->lock);
	if (session == NULL || session->closing ||
	    (number != 0 && session->number != number))
		return NULL;
	return session;
}

static void append(struct ln_session *session, struct ln_frame *frame)
{
	ln_lock_assert(&session->peer->lock);
	ln_assert(frame->len > 0 && frame->len <= LN_FRAME_MAX);
	ln_assert(*session->last == NULL);
	frame->next = NULL;
	*session->last = frame;
	session->last = &frame->next;
	session->queued += frame->len + FRAME_COST;
}

void ln_queue_append(struct ln_session *session, struct ln_frame *frame)
{
	append(session, frame);
	if (!session->idle)
		return;
	session->idle = false;
	session->channel->class->wake(session->channel);
}

void ln_queue_close(struct ln_session *session, const char *reason)
{
	if (session->closing)
		return;
	session->closing = true;
	session->channel->class->close(session->channel, reason);
}

void ln_peer_close(struct ln_peer *peer, const char *reason)
{
	ln_lock_acquire(&peer->lock);
	if (peer->session != NULL)
		ln_queue_close(peer->session, reason);
	ln_lock_release(&peer->lock);
}

int ln_queue_post(struct ln_peer *peer, uint64_t number, struct ln_frame *frame)
{
	struct ln_session *session;

	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, number);
	if (session != NULL && frame != NULL)
		ln_queue_append(session, frame);
	else if (session != NULL)
		ln_queue_close(session, "out of memory");
	ln_lock_release(&peer->lock);
	if (session == NULL)
		free(frame);
	else if (frame == NULL)
		return LN_ENOMEM;
	return session != NULL ? 0 : LN_EDEAD;
}

int ln_peer_post(struct ln_peer *peer, struct ln_frame *frame)
{
	return ln_queue_post(peer, 0, frame);
}

int ln_peer_answer(struct ln_peer *peer, struct ln_frame *frame)
{
	return ln_queue_answer(peer, 0, frame);
}

int ln_queue_answer(struct ln_peer *peer, uint64_t number,
		    struct ln_frame *frame)
{
	ln_lock_acquire(&peer->lock);
	if (peer->session != NULL &&
	    peer->session->queued >= peer->node->options.max_answer_bytes)
		ln_queue_close(
			peer->session,
			"it does not accept the answers to its requests");
	ln_lock_release(&peer->lock);
	return ln_queue_post(peer, number, frame);
}

static bool has_room(const struct ln_session *session)
{
	return session->queued < session->peer->node->options.high_mark &&
	       ln_list_empty(&session->waiters);
}

int ln_queue_try_send(struct ln_peer *peer, uint64_t number,
		      struct ln_frame *frames)
{
	struct ln_session *session;
	int error = LN_EDEAD;

	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, number);
	if (session != NULL && !has_room(session)) {
		error = LN_EFULL;
	} else if (session != NULL) {
		error = 0;
		while (frames != NULL) {
			struct ln_frame *next = frames->next;

			ln_queue_append(session, frames);
			frames = next;
		}
	}
	ln_lock_release(&peer->lock);
	ln_frames_free(frames);
	return error;
}

int ln_peer_try_send(struct ln_peer *peer, struct ln_frame *frame)
{
	return frame != NULL ? ln_queue_try_send(peer, 0, frame) : LN_ENOMEM;
}

/* Waits for room, and until the frame, if any, is queued; otherwise the caller
 * still owns it. Called with the lock, which it releases. */
static int wait_in_queue(struct ln_peer *peer, struct ln_frame *frame,
			 int64_t deadline)
{
	struct ln_waiter waiter = { .task = ln_task_current(), .frame = frame };
	int error = 0;

	ln_lock_assert(&peer->lock);
	ln_assert(waiter.task != NULL && peer->session != NULL);
	ln_list_append(&peer->session->waiters, &waiter.link);
	while (!waiter.decided && error == 0) {
		ln_lock_release(&peer->lock);
		error = ln_task_wait(waiter.task, deadline);
		ln_lock_acquire(&peer->lock);
	}
	if (!waiter.decided)
		ln_list_remove(&waiter.link);
	ln_lock_release(&peer->lock);
	return waiter.decided ? waiter.result : error;
}

int ln_queue_send(struct ln_peer *peer, uint64_t number, struct ln_frame *frame,
		  int64_t deadline)
{
	struct ln_session *session;
	int error = 0;

	if (frame == NULL)
		return LN_ENOMEM;
	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, number);
	if (LN_LIKELY(session != NULL && has_room(session))) {
		ln_queue_append(session, frame);
		ln_lock_release(&peer->lock);
		return 0;
	}
	if (session != NULL) {
		error = wait_in_queue(peer, frame, deadline);
	} else {
		ln_lock_release(&peer->lock);
		error = LN_EDEAD;
	}
	if (error < 0)
		free(frame);
	return error;
}

int ln_peer_send(struct ln_peer *peer, struct ln_frame *frame, int64_t deadline)
{
	return ln_queue_send(peer, 0, frame, deadline);
}

int ln_peer_wait_for_room(struct ln_peer *peer, int64_t deadline)
{
	struct ln_session *session;
	int error = 0;

	ln_lock_acquire(&peer->lock);
	session = ln_queue_of(peer, 0);
	if (session == NULL || has_room(session)) {
		ln_lock_release(&peer->lock);
	} else if (ln_task_current() == NULL) {
		ln_lock_release(&peer->lock);
		error = LN_EFULL;
	} else {
		error = wait_in_queue(peer, NULL, deadline);
	}
	return error == LN_EDEAD ? 0 : error;
}

/* Ends the wait of the first; its task goes on once the lock is free. */
static struct ln_waiter *decide_first(struct ln_session *session, int result)
{
	struct ln_waiter *waiter =
		ln_container_of(session->waiters.next, struct ln_waiter, link);

	ln_lock_assert(&session->peer->lock);
	ln_assert(!waiter->decided);
	ln_list_remove(&waiter->link);
	waiter->decided = true;
	waiter->result = result;
	ln_task_wake(waiter->task);
	return waiter;
}

/* Lets waiters go on as far as there is room. */
static void admit(struct ln_session *session)
{
	const struct ln_local_node_options *options =
		&session->peer->node->options;

	ln_lock_assert(&session->peer->lock);
	if (session->queued > options->low_mark || session->closing)
		return;
	while (!ln_list_empty(&session->waiters) &&
	       session->queued < options->high_mark) {
		struct ln_waiter *waiter = decide_first(session, 0);

		if (waiter->frame != NULL)
			append(session, waiter->frame);
	}
}

struct ln_frame *ln_session_take(struct ln_session *session, size_t max)
{
	struct ln_peer *peer = session->peer;
	struct ln_frame *frames;
	struct ln_frame **end = &frames;
	size_t bytes = 0;

	ln_lock_acquire(&peer->lock);
	frames = session->first;
	while (*end != NULL && (bytes == 0 || (*end)->len <= max - bytes)) {
		ln_assert((*end)->len > 0 && (*end)->len <= LN_FRAME_MAX);
		ln_assert(session->queued >= (*end)->len + FRAME_COST);
		bytes += (*end)->len;
		session->queued -= (*end)->len + FRAME_COST;
		end = &(*end)->next;
		if (bytes >= max)
			break;
	}
	session->first = *end;
	*end = NULL;
	if (session->first == NULL)
		session->last = &session->first;
	ln_assert((session->first == NULL) == (session->queued == 0));
	if (frames != NULL)
		admit(session);
	else
		session->idle = true;
	ln_lock_release(&peer->lock);
	return frames;
}

void ln_queue_end(struct ln_session *session)
{
	struct ln_peer *peer = session->peer;

	ln_lock_acquire(&peer->lock);
	/* So nobody queues anything any more. */
	ln_assert(peer->session != session);
	while (!ln_list_empty(&session->waiters))
		decide_first(session, LN_EDEAD);
	ln_lock_release(&peer->lock);
	ln_frames_free(session->first);
	session->first = NULL;
	session->last = &session->first;
}
