/*
 * What resources of wasi:http are: requests, responses, their fields and
 * bodies. The streams of a body, and pollables for them, are such as well. A
 * process pays for the memory that they take. Only the thread that runs it
 * touches them.
 */
#ifndef LN_HOST_WASI_P2_HTTP_H
#define LN_HOST_WASI_P2_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/poller.h"

struct ln_exchange;
struct ln_fetch;
struct ln_fields;
struct ln_guest;
struct ln_p2_call;
struct ln_p2_outgoing;
struct ln_pipe;

struct ln_p2_http {
	uint32_t kind;  /* LN_P2_* */
	bool immutable; /* fields that are not to be changed */
	bool taken;     /* what can be had of it once: its body, its stream */
	bool writes;    /* a pollable waits for room, not for data */
	uint16_t status;
	struct ln_fields *fields;     /* counted, or NULL, as what follows */
	struct ln_exchange *exchange; /* that is answered */
	struct ln_pipe *pipe;
	struct ln_fetch *fetch;
	struct ln_p2_outgoing *outgoing; /* owned; of an outgoing request */
	uint64_t timeouts[3];            /* ns; UINT64_MAX: none is set */
	uint64_t kept;                   /* bytes that the process is charged */
};

/* ---- For all functions of wasi:http ---- */

/* One of a kind, all zero, for which the process is charged. NULL: a trap is to
 * follow, which is recorded. */
struct ln_p2_http *ln_p2_http_new(struct ln_p2_call *call, uint32_t kind);

/* Charges for what it holds now. LN_ETRAP: too much. */
int ln_p2_http_charge(struct ln_p2_call *call, struct ln_p2_http *http,
		      uint64_t bytes);

/* Gives the guest a handle that owns it, in place of the caller; it is freed
 * when that fails. As ln_p2_give. */
int ln_p2_http_give(struct ln_p2_call *call, struct ln_p2_http *http,
		    uint32_t *handle);

/* The same; the handle is the flat result of the function. */
int ln_p2_http_return(struct ln_p2_call *call, struct ln_p2_http *http);

/* The one that an argument borrows. As ln_p2_get. */
int ln_p2_http_get(struct ln_p2_call *call, unsigned index, uint32_t kind,
		   struct ln_p2_http **http);

/* The one that an argument gives, which is the caller's from now on. */
int ln_p2_http_take(struct ln_p2_call *call, unsigned index, uint32_t kind,
		    struct ln_p2_http **http);

/* Ends it. `guest` is NULL when its process ends. */
void ln_p2_http_free(struct ln_guest *guest, struct ln_p2_http *http);

/* A view of fields that cannot be changed, as the flat result. */
int ln_p2_http_view(struct ln_p2_call *call, struct ln_fields *fields);

/* What that returns, for the caller to give. NULL: trapped. */
struct ln_p2_http *ln_p2_http_view_new(struct ln_p2_call *call,
				       struct ln_fields *fields);

/* A message that takes over the fields that are the first argument. LN_ETRAP,
 * LN_P2_RAISED. */
int ln_p2_http_message(struct ln_p2_call *call, uint32_t kind,
		       struct ln_p2_http **message);

/* Gives the body of an outgoing message, and of one that came in, once: the
 * function's result. */
int ln_p2_http_give_body(struct ln_p2_call *call, uint32_t kind);
int ln_p2_http_consume(struct ln_p2_call *call, struct ln_p2_http *message,
		       struct ln_pipe *pipe);

/* Frees what an outgoing request says. */
void ln_p2_outgoing_free(struct ln_p2_outgoing *outgoing);

/* Writes a result<own<T>,_>, at the address in that value: the handle of
 * `http`, which is taken over; NULL: the error. */
int ln_p2_http_answer(struct ln_p2_call *call, unsigned index,
		      struct ln_p2_http *http);

/* A new body over a pipe: one that comes in, or that goes out, for whose memory
 * the process is charged. As ln_p2_http_new. */
struct ln_p2_http *ln_p2_http_body(struct ln_p2_call *call, uint32_t kind,
				   struct ln_pipe *pipe);

/* ---- For streams and pollables ---- */

/* Moves bytes of a body; parks until there is at least one, or the end, with 0
 * bytes; a write likewise. LN_EIO: *number is the errno; LN_EKILLED,
 * LN_ENOMEM. */
int ln_p2_http_read(struct ln_p2_http *stream, uint8_t *to, size_t len,
		    bool nonblocking, size_t *done, int *number);
int ln_p2_http_write(struct ln_p2_http *stream, const uint8_t *from, size_t len,
		     size_t *done, int *number);

/* Bytes that can be written now; a negative errno. */
int ln_p2_http_room(const struct ln_p2_http *stream);

/* A pollable for a stream, or for trailers. As ln_p2_return. */
int ln_p2_http_subscribe(struct ln_p2_call *call, const struct ln_p2_http *http,
			 enum ln_direction direction);

bool ln_p2_http_is_ready(const struct ln_p2_http *pollable);

/* ln_component_handler.begin */
const char *ln_p2_http_begin(uint32_t values[2]);

#endif
