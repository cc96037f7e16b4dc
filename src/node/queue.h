/* The queue of a session, for callers that need more than node/peer.h. */
#ifndef LN_NODE_QUEUE_H
#define LN_NODE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iovec;
struct ln_frame;
struct ln_peer;
struct ln_session;

/* The session of a peer if frames may be queued: it is up, and, unless `number`
 * is 0, it is that one. Under peer->lock. */
struct ln_session *ln_queue_of(struct ln_peer *peer, uint64_t number);

/* Queues a frame. Under peer->lock. */
void ln_queue_append(struct ln_session *session, struct ln_frame *frame);

/* As ln_peer_post, ln_peer_try_send, with a list of frames, and ln_peer_send,
 * for the session of that number only; 0: any. */
int ln_queue_post(struct ln_peer *peer, uint64_t number,
		  struct ln_frame *frame);
int ln_queue_try_send(struct ln_peer *peer, uint64_t number,
		      struct ln_frame *frames);
int ln_queue_send(struct ln_peer *peer, uint64_t number, struct ln_frame *frame,
		  int64_t deadline);

/* As ln_peer_send_large and ln_peer_answer, likewise. */
int ln_queue_send_large(struct ln_peer *peer, uint64_t number, uint8_t kind,
			const void *head, size_t head_len,
			const struct iovec *parts, int count, bool wait,
			int64_t deadline);
int ln_queue_answer(struct ln_peer *peer, uint64_t number,
		    struct ln_frame *frame);

/* Tells the channel to close. Under peer->lock. */
void ln_queue_close(struct ln_session *session, const char *reason);

/* Ends all waits, and frees the queued frames. The peer no longer has the
 * session. */
void ln_queue_end(struct ln_session *session);

/* Frees frames linked by `next`. */
void ln_frames_free(struct ln_frame *frames);

#endif
