/*
 * Requests, or responses, out of a stream of bytes: a state machine around
 * llhttp, which stops after each head and after each message. A request that it
 * refuses has the status that is to be answered; the connection is to be closed
 * then. One thread at a time.
 */
#ifndef LN_SERVE_REQUEST_H
#define LN_SERVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <llhttp.h>

#include "base/bytes.h"

struct ln_fields;
struct ln_pipe;

struct ln_http_request_limits {
	size_t head;     /* bytes of the request line and fields; trailers
			  * likewise, and what chunks say beside their bytes */
	uint32_t fields; /* in the head; in the trailers */
	uint64_t body;   /* bytes */
};

enum ln_http_step {
	LN_HTTP_MORE, /* all was taken, more is needed */
	LN_HTTP_HEAD, /* the head is complete, and can be looked at */
	LN_HTTP_DONE, /* so is the message */
	LN_HTTP_BAD,  /* `status` says what is to be answered */
};

struct ln_http_request {
	llhttp_t parser;
	const struct ln_http_request_limits *limits;

	/* Of the head; the first three are valid from LN_HTTP_HEAD on. */
	struct ln_fields *fields; /* names in small letters */
	const char *target;       /* as it was sent, terminated */
	const char *method;
	bool keep_alive; /* the connection may serve another one */
	bool http_1_0;
	bool has_body;  /* there are bytes of it, or may be */
	bool upgrades;  /* it asks for another protocol, and has no body */
	bool continues; /* the client waits for 100 (Continue) */
	bool response;  /* it reads these */
	bool headless;  /* those to a request of HEAD, which have no body */
	unsigned code;  /* the status of a response */

	/* Where the body goes, which is the user's to set at the head, and must
	 * have room for all bytes that are fed. NULL: nowhere. */
	struct ln_pipe *body;
	struct ln_fields *trailers; /* NULL: none */
	uint64_t body_bytes;

	/* Why it is bad. */
	unsigned status;
	const char *reason;

	/* While it is read. */
	struct ln_bytes line; /* the target */
	struct ln_bytes text; /* name and value of the field that is read */
	size_t name_len;
	size_t head_bytes;
	bool in_trailers;
	bool paused;
};

void ln_http_request_init(struct ln_http_request *request,
			  const struct ln_http_request_limits *limits);
/* The same for responses, which end with the connection if they say so. */
void ln_http_response_init(struct ln_http_request *request,
			   const struct ln_http_request_limits *limits,
			   bool headless);
void ln_http_request_deinit(struct ln_http_request *request);

/* Before the next request of the connection, after LN_HTTP_DONE. */
void ln_http_request_next(struct ln_http_request *request);

/* Reads bytes up to the next step, *used of them. */
enum ln_http_step ln_http_request_feed(struct ln_http_request *request,
				       const void *data, size_t len,
				       size_t *used);

/* The stream is at its end. LN_HTTP_DONE: that is the end of the message. */
enum ln_http_step ln_http_request_finish(struct ln_http_request *request);

/* Whether some of a request has come, and not yet its head. */
static inline bool
ln_http_request_has_begun(const struct ln_http_request *request)
{
	return request->head_bytes > 0;
}

/* Where a target points: the path with its query, and the authority that it
 * names, which has no bytes if that is for the field Host to say. False: it is
 * neither a path nor a URL of HTTP. */
struct ln_target {
	const char *path; /* NULL: none, for "*" */
	size_t path_len;
	const char *authority;
	size_t authority_len;
};
bool ln_target_split(const char *text, struct ln_target *target);

#endif
