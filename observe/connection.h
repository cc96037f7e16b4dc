/*
 * A connection of the server of --observe: requests come in, answers go out.
 * Each connection has a process of its own, so all of it is static. A client
 * that is gone, or too slow, ends the process.
 */
#ifndef OBSERVE_CONNECTION_H
#define OBSERVE_CONNECTION_H

#include <lunatic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../examples/http/request.h"

/* How long a request may take to come, an idle connection may be idle, and a
 * part of an answer may take to go: milliseconds. */
#define CONNECTION_PATIENCE 10000
/* The same for a whole answer that has an end. */
#define CONNECTION_ANSWER_TIME 60000

/* The stream now belongs to the connection. */
void connection_begin(struct lunatic_tcp stream);

/* The next request, once it has come in completely; it stays until the next
 * call. NULL: there is none; the connection is to be ended. What is no request
 * has been answered. */
struct http_request *connection_next(void);

/* The beginning of an answer, and its headers; `status` is such as "200 OK".
 * With a size it has so many bytes of body; with CONNECTION_STREAM as many as
 * come until the connection ends. */
#define CONNECTION_STREAM UINT64_MAX
void connection_answer(const char *status, const char *type, uint64_t size);
void connection_header(const char *name, const char *value);
void connection_end_head(void);

/* Adds to the body; nothing is added in the answer to HEAD. */
void connection_put(const void *data, size_t size);
void connection_put_text(const char *text);

/* Sends what has been added. */
void connection_flush(void);

/* A whole answer of one line, which is the status when `text` is NULL. */
void connection_answer_text(const char *status, const char *text);

/* Waits for a little, so that the last answer is not lost, and ends. */
void connection_end(void);

#endif
