/*
 * Responses as bytes of HTTP/1.1: the head, and the framing of a body whose
 * length may not be known.
 */
#ifndef LN_SERVE_RESPONSE_H
#define LN_SERVE_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_bytes;
struct ln_fields;
struct ln_pipe;

enum ln_framing {
	LN_FRAMING_NONE,    /* there is no body */
	LN_FRAMING_LENGTH,  /* `left` more bytes */
	LN_FRAMING_CHUNKED, /* chunks, then trailers */
	LN_FRAMING_CLOSE,   /* bytes up to the end of the connection */
};

/* What is asked, and what becomes of it. */
struct ln_response {
	bool http_1_0; /* of the request */
	bool head;     /* its method is HEAD */
	bool close;    /* the connection ends after it; may be set here */
	enum ln_framing framing;
	uint64_t left;
	uint64_t sent; /* bytes of the body */
	bool complete; /* all is in the output */
};

/* Writes the head, and chooses the framing. `pipe` may be NULL: no body.
 * `length` is that of the whole body if it is known, else UINT64_MAX.
 * LN_EFORMAT: status or fields cannot be sent so, and nothing was written. */
int ln_response_begin(struct ln_response *response, struct ln_bytes *out,
		      unsigned status, const struct ln_fields *fields,
		      bool has_body, uint64_t length);

/* Writes the head of 101 (Switching Protocols), behind which the connection is
 * no longer HTTP's. The fields say to which. Returns ln_bytes.error. */
int ln_response_switch(struct ln_response *response, struct ln_bytes *out,
		       const struct ln_fields *fields);

/* The same for a request, which is the only one of its connection; a length is
 * what its fields say. LN_EFORMAT. */
int ln_request_begin(struct ln_response *request, struct ln_bytes *out,
		     const char *method, const char *path,
		     const char *authority, const struct ln_fields *fields,
		     bool has_body);

/* Moves what waits in the pipe to the output, about 64 KiB at most; whether
 * that was anything. LN_EDEAD: the body will not be complete. LN_ENOMEM. */
int ln_response_move(struct ln_response *response, struct ln_bytes *out,
		     struct ln_pipe *pipe);

/* Writes a whole response of a line of text. */
void ln_response_say(struct ln_response *response, struct ln_bytes *out,
		     unsigned status, const char *text);

#endif
