/*
 * One client of the control protocol, apart from what carries it: lines go in,
 * lines come out. All in one thread.
 */
#ifndef LN_CONTROL_SESSION_H
#define LN_CONTROL_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"

struct ln_control;
struct ln_control_method;

/* Of the protocol; docs/control.md. */
#define LN_CONTROL_VERSION 1

#define LN_CONTROL_LINE_MAX ((size_t)64 << 10)  /* bytes of a request */
#define LN_CONTROL_REQUESTS_MAX 16              /* of a session at a time */
#define LN_CONTROL_OUT_HIGH ((size_t)256 << 10) /* bytes: no steps above */
#define LN_CONTROL_OUT_MAX ((size_t)4 << 20)    /* bytes; more ends it */

struct ln_control_request {
	struct ln_list link;
	struct ln_control_session *session;
	const struct ln_control_method *method;
	int64_t id;   /* that the client gave it */
	json_t *args; /* an object, owned */
	void *state;  /* owned */
	int64_t wait; /* when the next step is due; 0: at once */
	bool over;    /* result or error is out */
};

struct ln_control_session {
	struct ln_control *control;
	struct ln_bytes out;     /* lines for the client */
	size_t sent;             /* bytes of them that are gone */
	struct ln_list requests; /* under way, in their order */
	unsigned count;
};

/* Begins with the greeting in `out`. */
void ln_control_session_init(struct ln_control_session *session,
			     struct ln_control *control);

/* Forgets the greeting, for those who are not greeted. */
void ln_control_session_skip(struct ln_control_session *session);

/* Ends all requests, and frees what the session has. */
void ln_control_session_deinit(struct ln_control_session *session);

/* Takes a line, without its end. A request is begun; what is none is answered
 * with an error. */
void ln_control_session_line(struct ln_control_session *session,
			     const char *line, size_t len);

/* Answers a line that was too long. */
void ln_control_session_too_long(struct ln_control_session *session);

/* Has requests that are due do a step, each one at most, for some time; `now`
 * is the time. */
void ln_control_session_work(struct ln_control_session *session, int64_t now);

/* When that is to be called again: `now` is at once. */
int64_t ln_control_session_due(const struct ln_control_session *session,
			       int64_t now);

/* Has all requests that wait do a step. */
void ln_control_session_wake(struct ln_control_session *session);

/* Adds an item that is a JSON text of one line already. */
void ln_control_session_put_text(struct ln_control_request *request,
				 const char *text, size_t len);

/* What is to be sent. */
const uint8_t *
ln_control_session_pending(const struct ln_control_session *session,
			   size_t *len);

/* The client has got the first `len` bytes of that. */
void ln_control_session_sent(struct ln_control_session *session, size_t len);

/* Whether it must be given up: memory is short, or an answer was too long. */
static inline bool
ln_control_session_failed(const struct ln_control_session *session)
{
	return session->out.error != 0;
}

#endif
