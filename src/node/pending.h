/*
 * The requests of one session that are not answered yet. The caller waits for
 * its answer and, before that, for a number, so that the other node never has
 * more than LN_PENDING_MAX requests. Only one request longer than a frame may
 * be unanswered at a time. An answer frees the number, even if nobody waits for
 * it any more: the receiver of the answer then disposes of the request of the
 * killed process.
 *
 * A task parks, and a thread that runs none blocks. References are counted: the
 * session has one, and so does everybody who asks.
 */
#ifndef LN_NODE_PENDING_H
#define LN_NODE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LN_PENDING_MAX 256u

struct ln_pending;
struct ln_pending_waiter;

/* To be embedded by what is asked for. */
struct ln_request {
	uint64_t number; /* of the request and its answer */
	bool large;      /* longer than a frame */

	/* Under the lock of the table. */
	bool over;      /* answered, or lost */
	bool lost;      /* there will be no answer */
	bool found;     /* the receiving task fills in the answer */
	bool abandoned; /* nobody waits: it is the table's */
	struct ln_pending_waiter *waiter;

	/* Frees it when it was abandoned, with the answer, unless that was
	 * lost. Must not park. Under no lock. */
	void (*dispose)(struct ln_request *request);
};

/* With one reference. LN_ENOMEM. */
int ln_pending_new(struct ln_pending **pending);
struct ln_pending *ln_pending_retain(struct ln_pending *pending);
void ln_pending_release(struct ln_pending *pending);

/* Waits for a number; `large` and `dispose` are set. LN_EIO: the session is
 * over. LN_EKILLED, LN_ENOMEM. */
int ln_pending_enter(struct ln_pending *pending, struct ln_request *request);

/* Takes back a request that entered and was not sent as a whole. False: it is
 * being answered all the same, and the table owns it now. */
bool ln_pending_leave(struct ln_pending *pending, struct ln_request *request);

/* Waits for the answer to a sent request. 0: the caller owns the request again.
 * LN_EIO: it was lost; the same. LN_EKILLED, LN_ENOMEM: the table owns it now.
 */
int ln_pending_await(struct ln_pending *pending, struct ln_request *request);

/* The request with that number, or NULL. For the receiving task, which may then
 * fill in the answer and call ln_pending_answered. */
struct ln_request *ln_pending_find(struct ln_pending *pending, uint64_t number);
void ln_pending_answered(struct ln_pending *pending,
			 struct ln_request *request);

/* The session is over: all requests are lost, and no new ones enter. By the
 * receiving task. */
void ln_pending_end(struct ln_pending *pending);

#endif
