/*
 * Streams of events over HTTP (server-sent events, `EventSource` in browsers):
 * a response that goes on, to which the process adds what comes to it.
 *
 *	LUNATIC_HTTP_HANDLER(request, response)
 *	{
 *		struct lunatic_reader mail;
 *		char text[100];
 *
 *		lunatic_events_begin(response, 2000);
 *		while (lunatic_events_wait(response, LUNATIC_FOREVER) ==
 *		       LUNATIC_EVENTS_MAIL) {
 *			if (lunatic_receive(&mail, 0) != LUNATIC_MESSAGE)
 *				continue;
 *			lunatic_read_str(&mail, text, sizeof(text));
 *			lunatic_events_send(response, &(struct lunatic_event){
 *							      .data = text });
 *		}
 *	}
 *
 * A process whose client is gone is killed; who must know monitors it.
 */
#ifndef LUNATIC_EVENTS_H
#define LUNATIC_EVENTS_H

#include <lunatic/http.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An event; what is NULL, or 0, is left out. */
struct lunatic_event {
	const char *name; /* of one line; "message" if it is left out */
	const char *id;   /* of one line: the client says the last one when it
			   * comes back, as field "last-event-id" */
	const char *data; /* UTF-8, of any number of lines */
	uint32_t retry;   /* milliseconds until it comes back */
};

/* What lunatic_events_wait returns. */
enum lunatic_events_waited {
	LUNATIC_EVENTS_MAIL = 1,   /* there is a message in the mailbox */
	LUNATIC_EVENTS_ENDING = 2, /* the server is about to end: return, and
				    * the client comes back later */
};

/* Answers with status 200 and the fields of such a stream, and those that have
 * been set. `retry`: milliseconds after which a client that has lost the
 * connection comes back; 0: what it likes. As lunatic_http_flush. */
int lunatic_events_begin(struct lunatic_http_response *response,
			 uint32_t retry);

/* Sends an event, at once. LUNATIC_EFORMAT: name or id has several lines; or as
 * lunatic_http_write. */
int lunatic_events_send(struct lunatic_http_response *response,
			const struct lunatic_event *event);

/* Sends a comment, which clients ignore. The same failures. */
int lunatic_events_comment(struct lunatic_http_response *response,
			   const char *text);

/* Waits for one of the above; LUNATIC_ETIMEDOUT, or a status of
 * lunatic_http_write. Sends an empty comment each 15 seconds meanwhile, so that
 * nobody on the way takes the connection for dead. */
int lunatic_events_wait(struct lunatic_http_response *response,
			int64_t timeout);

#ifdef __cplusplus
}
#endif

#endif
