/*
 * WebSockets (RFC 6455): a process that answers a request, and goes on to
 * exchange messages with the browser until one of them closes. It is a process
 * like any other, which waits for both, the browser and its mailbox:
 *
 *	LUNATIC_HTTP_HANDLER(request, response)
 *	{
 *		struct lunatic_websocket *socket =
 *			lunatic_websocket_accept(request, response, NULL);
 *		struct lunatic_websocket_message message;
 *		int event = 0;
 *
 *		while (socket != NULL && event != LUNATIC_WEBSOCKET_CLOSED) {
 *			event = lunatic_websocket_receive(socket, &message,
 *							  LUNATIC_FOREVER);
 *			if (event == LUNATIC_WEBSOCKET_TEXT)
 *				lunatic_websocket_send_text(socket,
 *							    message.data);
 *		}
 *	}
 *
 * The library answers pings, and asks a client that is silent for a sign of
 * life. examples/web.c is a chat room with a process for each tab.
 */
#ifndef LUNATIC_WEBSOCKET_H
#define LUNATIC_WEBSOCKET_H

#include <lunatic/http.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The WebSocket of this process. */
struct lunatic_websocket;

/* NULL means all zeros. */
struct lunatic_websocket_options {
	size_t max_message;   /* bytes of one that comes in; 0: 1 MiB */
	int64_t ping;         /* milliseconds of silence after which the client
			       * is asked, and after as many more taken for
			       * gone; 0: 30 seconds; LUNATIC_FOREVER: never */
	const char *protocol; /* the subprotocol that is spoken, if the client
			       * offers it; NULL: none */
	bool any_origin;      /* pages of other sites may connect, too */
};

/*
 * Answers a request for a WebSocket. NULL: it is none, or a page of another
 * site than the request is for has sent it (field "origin"); then it has been
 * answered, with 426, 400 or 403.
 */
struct lunatic_websocket *
lunatic_websocket_accept(struct lunatic_http_request *request,
			 struct lunatic_http_response *response,
			 const struct lunatic_websocket_options *options);

/* Whether the request asks for a WebSocket. */
bool lunatic_websocket_wanted(const struct lunatic_http_request *request);

/* The subprotocol that was agreed upon; NULL: none. */
const char *lunatic_websocket_protocol(const struct lunatic_websocket *socket);

/* What lunatic_websocket_receive returns when something came. */
enum lunatic_websocket_event {
	LUNATIC_WEBSOCKET_TEXT = 1,   /* a message, in UTF-8 */
	LUNATIC_WEBSOCKET_BINARY = 2, /* a message of bytes */
	LUNATIC_WEBSOCKET_MAIL = 3,   /* there is a message in the mailbox */
	LUNATIC_WEBSOCKET_CLOSED = 4, /* it is over */
};

/* Why a WebSocket is closed. Programs have 4000 to 4999 for their own. */
enum lunatic_websocket_code {
	LUNATIC_CLOSE_NORMAL = 1000,
	LUNATIC_CLOSE_GOING_AWAY = 1001, /* the server ends, or the tab */
	LUNATIC_CLOSE_PROTOCOL = 1002,
	LUNATIC_CLOSE_UNSUPPORTED = 1003,
	LUNATIC_CLOSE_NO_CODE = 1005,  /* the client gave none; never sent */
	LUNATIC_CLOSE_ABNORMAL = 1006, /* the connection is lost; never sent */
	LUNATIC_CLOSE_NOT_UTF8 = 1007,
	LUNATIC_CLOSE_POLICY = 1008,
	LUNATIC_CLOSE_TOO_BIG = 1009,
	LUNATIC_CLOSE_INTERNAL = 1011,
	LUNATIC_CLOSE_RESTART = 1012,
	LUNATIC_CLOSE_TRY_LATER = 1013,
};

/* What came: valid until the next call that receives. A zero byte follows. */
struct lunatic_websocket_message {
	const char *data; /* of the message; the reason for the end */
	size_t size;
	unsigned code; /* of the end */
};

/*
 * Waits for one of the events, or LUNATIC_ETIMEDOUT. A message that breaks the
 * protocol, is too large, or is a text and not UTF-8 ends it, and so does the
 * end of the server (1001): the client has been told. Where messages of both
 * kinds come all the time, they take turns.
 */
int lunatic_websocket_receive(struct lunatic_websocket *socket,
			      struct lunatic_websocket_message *message,
			      int64_t timeout);

/* Send a message; wait if the client does not read what waits for it.
 * LUNATIC_EDIED: it is closed, or the client is gone; LUNATIC_EFORMAT: the text
 * is not UTF-8. */
int lunatic_websocket_send_text(struct lunatic_websocket *socket,
				const char *text);
int lunatic_websocket_send(struct lunatic_websocket *socket,
			   enum lunatic_websocket_event kind, const void *data,
			   size_t size);

/* Ends it, with a code and a reason of up to 123 bytes of UTF-8, which may be
 * NULL, and waits some seconds for the client to agree. Returning from the
 * handler without this closes with 1000. LUNATIC_EMISUSE: the code is none that
 * is sent. */
int lunatic_websocket_close(struct lunatic_websocket *socket, unsigned code,
			    const char *reason);

#ifdef __cplusplus
}
#endif

#endif
