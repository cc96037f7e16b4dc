/*
 * A connection of a server of HTTP/1.1: requests come in, answers go out. Each
 * connection has a process of its own, so all of it is static. Pipelined
 * requests are answered together: one read, one write. A client that is gone,
 * or too slow, ends the process.
 *
 * The examples' server and that of --observe use it.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <lunatic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "request.h"

/* What a server asks of its connections. */
struct connection_rules {
	/* How long a request may take to come, an idle connection may be idle,
	 * and a part of an answer may take to go: milliseconds. */
	int64_t patience;
	/* The same for a whole answer that has an end; 0: no bound. */
	int64_t answer_time;
	/* Headers of every answer, each with CR LF before it, or "". */
	const char *headers;
};

/* The stream and the rules now belong to the connection. */
void connection_begin(struct lunatic_tcp stream,
		      const struct connection_rules *rules);

/* The next request, once it has come in completely; it stays until the next
 * call. NULL: there is none; the connection is to be ended. What is no request
 * has been answered. */
struct http_request *connection_next(void);

/* The beginning of an answer, and its headers. With a size it has so many bytes
 * of body; with CONNECTION_STREAM as many as come until the connection ends. */
#define CONNECTION_STREAM UINT64_MAX
void connection_answer(int status, const char *type, uint64_t size);
void connection_header(const char *name, const char *value);
void connection_end_head(void);

/* Adds to the body; nothing is added in the answer to HEAD. The file begins
 * where it is read next, and has `size` bytes. */
void connection_put(const void *data, size_t size);
void connection_put_text(const char *text);
void connection_put_file(int descriptor, uint64_t size);

/* Sends what has been added. */
void connection_flush(void);

/* A whole answer of one line, which is the status when `text` is NULL. */
void connection_answer_text(int status, const char *text);

/* Writes a date of RFC 9110, 5.6.7, to `text`, which has room for 30 bytes. */
void http_date(char *text, time_t time);

/* Waits for a little, so that the last answer is not lost, and ends. */
void connection_end(void);

#endif
