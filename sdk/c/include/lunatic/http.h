/*
 * Answering requests over HTTP: `lunatic serve app.wasm` starts a process for
 * each request, which runs the handler and ends.
 *
 *	#include <lunatic.h>
 *
 *	LUNATIC_HTTP_HANDLER(request, response)
 *	{
 *		char name[64];
 *
 *		if (lunatic_http_query(request, "name", name, 64) != 0)
 *			strcpy(name, "you");
 *		lunatic_http_set(response, "content-type", "text/plain");
 *		lunatic_http_printf(response, "hello, %s\n", name);
 *	}
 *
 * It needs no main(). The process may use everything else of the library: it
 * can send messages to others, and receive them. WebSockets are in
 * lunatic/websocket.h, streams of events in lunatic/events.h. docs/serve.md has
 * the rest: options, limits, what is answered when a handler fails.
 */
#ifndef LUNATIC_HTTP_H
#define LUNATIC_HTTP_H

#include <lunatic/process.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The request. Texts are never NULL, and stay until the process ends. */
struct lunatic_http_request {
	const char *method;    /* "GET" */
	const char *path;      /* as it was sent, without the query; "*" */
	const char *query;     /* behind the question mark, as it was sent */
	const char *authority; /* for whom it is, "example.com:80"; or "" */
	const char *peer;      /* address and port of the client */
	bool secure;           /* it came over TLS */
};

#define LUNATIC_HTTP_ROOM 4096

struct lunatic_websocket;

/* The response; the members are private to the library. */
struct lunatic_http_response {
	unsigned status;
	bool answered; /* status and fields are sent */
	bool complete;
	bool bodiless; /* of HEAD: what is written is dropped */
	int failed;    /* the first failure */
	struct lunatic_websocket *websocket; /* what it has become; or NULL */
	char *fields;
	size_t fields_size;
	size_t fields_room;
	size_t body_size;
	unsigned char body[LUNATIC_HTTP_ROOM];
};

/* Begins the definition of the handler, which gets a request and a response.
 * When it returns, what it has written is the response; without any it is an
 * empty one with status 200. A handler that traps, or exits, before anything is
 * sent is answered with 500. */
#define LUNATIC_HTTP_HANDLER(request, response)                               \
	static void lunatic_http_handler_(struct lunatic_http_request *,      \
					  struct lunatic_http_response *);    \
	LUNATIC_EXPORT(lunatic_http_handler)                                  \
	void lunatic_http_handler(void);                                      \
	void lunatic_http_handler(void)                                       \
	{                                                                     \
		lunatic_http_serve(lunatic_http_handler_);                    \
	}                                                                     \
	static void lunatic_http_handler_(                                    \
		__attribute__((unused)) struct lunatic_http_request *request, \
		__attribute__((                                               \
			unused)) struct lunatic_http_response *response)

/* Begins the definition of what runs once, in a process of its own, before the
 * server listens: to start processes that go on, and to register them. If it
 * fails, so does `lunatic serve`. */
#define LUNATIC_HTTP_START                                 \
	static void lunatic_http_start_(void);             \
	LUNATIC_EXPORT(lunatic_http_start)                 \
	void lunatic_http_start(void);                     \
	void lunatic_http_start(void)                      \
	{                                                  \
		lunatic_http_prepare(lunatic_http_start_); \
	}                                                  \
	static void lunatic_http_start_(void)

/* What they do. The first fails the process if that was not started for a
 * request. */
void lunatic_http_serve(void (*handler)(struct lunatic_http_request *,
					struct lunatic_http_response *));
void lunatic_http_prepare(void (*start)(void));

/* ---- The request ---- */

/*
 * Copies the value of the first field of that name, in whatever case, and a
 * terminating zero. LUNATIC_ENOTFOUND; LUNATIC_ETOOLONG if it does not fit.
 * After a failure `value` is "".
 */
int lunatic_http_field(const struct lunatic_http_request *request,
		       const char *name, char *value, size_t size);

/* How many fields there are, and those of an index: names are in small letters.
 * The same failures. `name` or `value` may be NULL. */
size_t lunatic_http_fields(const struct lunatic_http_request *request);
int lunatic_http_field_at(const struct lunatic_http_request *request,
			  size_t index, char *name, size_t name_size,
			  char *value, size_t value_size);

/* A trailer, which comes with the end of the body. The same failures. */
int lunatic_http_trailer(const struct lunatic_http_request *request,
			 const char *name, char *value, size_t size);

/* A value of the query, or of a form that was sent as
 * application/x-www-form-urlencoded, decoded. LUNATIC_EFORMAT: it has a zero
 * byte, or is not encoded so; and the same failures. */
int lunatic_http_query(const struct lunatic_http_request *request,
		       const char *name, char *value, size_t size);
int lunatic_http_form(const char *form, const char *name, char *value,
		      size_t size);

/* Reads the bytes of the body that are there, up to `size`, and stores how
 * many: 0 is the end, unless `size` is 0. LUNATIC_EHOST: the client is gone;
 * LUNATIC_ETIMEDOUT. */
int lunatic_http_read(struct lunatic_http_request *request, void *data,
		      size_t size, size_t *got, int64_t timeout);

/* Reads the rest of the body into memory from malloc, which the caller frees,
 * with a zero behind it. NULL after a failure, whose status is stored:
 * LUNATIC_ETOOLONG for more than `max` bytes, LUNATIC_ENOMEM, LUNATIC_EHOST. */
void *lunatic_http_read_all(struct lunatic_http_request *request, size_t max,
			    size_t *size, int *status);

/* ---- The response ---- */

/* Sets the status, which is 200 otherwise. LUNATIC_EMISUSE: it has been sent,
 * or is not from 200 to 599. */
int lunatic_http_status(struct lunatic_http_response *response,
			unsigned status);

/* Adds a field. LUNATIC_EMISUSE: the fields have been sent; LUNATIC_EFORMAT: it
 * has a control character; LUNATIC_ENOMEM. Fields about the connection, such as
 * "connection", make the response fail. */
int lunatic_http_set(struct lunatic_http_response *response, const char *name,
		     const char *value);

/*
 * Write the body. Up to 4 KiB wait in the process, so that a short response is
 * sent with its length; all else is sent in chunks, and a process that writes
 * faster than its client reads waits. LUNATIC_EHOST: the client is gone, or the
 * response is none of HTTP; LUNATIC_EMISUSE: it is complete. A failure stays:
 * it is enough to look at the last one.
 */
int lunatic_http_write(struct lunatic_http_response *response, const void *data,
		       size_t size);
int lunatic_http_print(struct lunatic_http_response *response,
		       const char *text);
__attribute__((format(printf, 2, 3))) int
lunatic_http_printf(struct lunatic_http_response *response, const char *format,
		    ...);

/* Sends what has been written, and status and fields before it. */
int lunatic_http_flush(struct lunatic_http_response *response);

/* Completes the response, before the handler returns. */
int lunatic_http_finish(struct lunatic_http_response *response);

/* A whole response: status, field "content-type", and a text. */
int lunatic_http_answer(struct lunatic_http_response *response, unsigned status,
			const char *type, const char *text);

#ifdef __cplusplus
}
#endif

#endif
