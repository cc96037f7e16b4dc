/*
 * HTTP/1.1 requests (RFC 9112): reading their heads and skipping their bodies.
 * Knows no sockets and no files.
 *
 * It is strict where leniency would let two tenants see different requests in
 * the same bytes: lines end with CR LF, headers are not continued on the next
 * line, and the length of a body is given only once.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_MAX 8192
#define HTTP_PATH_MAX 1024
#define HTTP_QUERY_MAX 4096
#define HTTP_CREDENTIALS_MAX 256
#define HTTP_BODY_MAX (1024 * 1024)

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_OTHER,   /* another that is known */
	HTTP_UNKNOWN, /* one that nobody has heard of */
};

/* What is left of a body. */
struct http_body {
	uint32_t state; /* 0 when nothing is left */
	uint32_t left;  /* bytes of the body, or of the present chunk */
	uint32_t seen;  /* bytes of all chunks */
	uint32_t extra; /* bytes of trailers and of what else is not body */
};

struct http_request {
	enum http_method method;
	bool old;        /* HTTP/1.0 */
	bool keep_alive; /* the connection may be used again */
	bool expects;    /* the body comes only after a word from us */
	struct http_body body;
	char path[HTTP_PATH_MAX];   /* decoded, from the slash on, no query */
	char query[HTTP_QUERY_MAX]; /* behind the '?', as it came */
	char credentials[HTTP_CREDENTIALS_MAX]; /* of Authorization: Bearer */
};

/*
 * Reads the head of a request from the beginning of `data`. Returns the number
 * of bytes that it takes, 0 if more bytes are needed, or a negative HTTP
 * status, after which the connection cannot be used any more. A head that is
 * not complete within HTTP_HEAD_MAX bytes is -414 or -431.
 */
int http_request_read(struct http_request *request, const char *data,
		      size_t size);

/* Skips a body. Returns how many of `size` bytes belong to it and updates
 * `body`, or returns a negative status, like http_request_read. */
int http_body_skip(struct http_body *body, const char *data, size_t size);

#endif
