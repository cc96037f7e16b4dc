/*
 * WebSockets: the handshake, and what goes on behind it. A process has one, so
 * it is static. Frames are in frames.c.
 *
 * It ends in one of these ways, each of which leaves `over` true: the client
 * closes, which is answered with the same code; this side closes, and waits for
 * the client's answer for a while; the client is gone, or breaks the protocol.
 */
#include <lunatic/abi.h>
#include <lunatic/status.h>
#include <lunatic/websocket.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "frames.h"
#include "http.h"
#include "internal.h"

#define MAX_MESSAGE ((size_t)1 << 20)
#define PING_MS 30000
#define CLOSE_MS 3000  /* that a client has to agree to the end */
#define ROOM 4096      /* bytes that are read at a time */
#define SHORT 1024     /* of a message that is written in one piece */
#define REASON_MAX 123 /* bytes, beside the code */
#define FIELD_MAX 256  /* of those that are looked at */
#define ORIGIN_MAX 512

struct lunatic_websocket {
	struct lunatic_frames frames;
	struct lunatic_http_response *response;
	const char *protocol;
	int64_t ping;  /* LUNATIC_FOREVER: never */
	int64_t heard; /* when anything came last */
	bool asked;    /* a ping is under way */
	bool had_data; /* the last event was a message of the client */
	bool closing;  /* a frame that closes was sent */
	bool over;     /* nothing comes any more */
	bool gone;     /* nothing can be sent any more */
	unsigned code; /* once it is over */
	char reason[LUNATIC_FRAME_CONTROL_MAX + 1];
	size_t at; /* in `room`, of what has been read */
	size_t end;
	unsigned char room[ROOM];
};

static struct lunatic_websocket the_socket;

/* ---- The handshake ---- */

/* Whether a list, separated by commas, has a token, in whatever case of
 * letters. */
static bool has_token(const char *list, const char *token, bool any_case)
{
	size_t size = strlen(token);

	for (;;) {
		size_t len;

		list += strspn(list, " \t,");
		if (*list == '\0')
			return false;
		len = strcspn(list, " \t,");
		if (len == size && (any_case ? strncasecmp(list, token, len)
					     : strncmp(list, token, len)) == 0)
			return true;
		list += len;
	}
}

/* The same for all fields of a name. */
static bool field_has_token(const char *name, const char *token, bool any_case)
{
	char value[FIELD_MAX];
	uint32_t from = 0;

	for (;;) {
		int32_t at = lunatic_exchange_find_field(0, name, strlen(name),
							 from);
		int32_t size;

		if (at < 0)
			return false;
		size = lunatic_exchange_field_value(0, (uint32_t)at, value,
						    sizeof(value) - 1);
		if (size >= 0 && (size_t)size < sizeof(value)) {
			value[size] = '\0';
			if (has_token(value, token, any_case))
				return true;
		}
		from = (uint32_t)at + 1;
	}
}

bool lunatic_websocket_wanted(const struct lunatic_http_request *request)
{
	return strcmp(request->method, "GET") == 0 &&
	       field_has_token("connection", "upgrade", true) &&
	       field_has_token("upgrade", "websocket", true);
}

/* Whether a page of the same site has sent it, or no page at all. */
static bool is_same_origin(const struct lunatic_http_request *request)
{
	char origin[ORIGIN_MAX];
	int status =
		lunatic_http_field(request, "origin", origin, sizeof(origin));
	const char *host;

	if (status == LUNATIC_ENOTFOUND)
		return true;
	host = strstr(origin, "://");
	return status == 0 && host != NULL &&
	       strcasecmp(host + 3, request->authority) == 0;
}

static struct lunatic_websocket *refuse(struct lunatic_http_response *response,
					unsigned status, const char *text)
{
	if (status == 426) {
		(void)lunatic_http_set(response, "sec-websocket-version", "13");
	}
	(void)lunatic_http_answer(response, status, "text/plain", text);
	return NULL;
}

/* Why a request for a WebSocket is refused; NULL: it is not. */
static const char *fault_of(const struct lunatic_http_request *request,
			    bool any_origin, char key[FIELD_MAX],
			    unsigned *status)
{
	char version[8];

	*status = 426;
	if (!lunatic_websocket_wanted(request))
		return "this is for WebSockets\n";
	if (lunatic_http_field(request, "sec-websocket-version", version,
			       sizeof(version)) != 0 ||
	    strcmp(version, "13") != 0)
		return "the version of WebSockets must be 13\n";
	*status = 400;
	if (lunatic_http_field(request, "sec-websocket-key", key, FIELD_MAX) !=
		    0 ||
	    !lunatic_websocket_key_is_valid(key))
		return "there is no valid key\n";
	*status = 403;
	if (!any_origin && !is_same_origin(request))
		return "pages of other sites may not connect\n";
	return NULL;
}

/* Answers with 101, and the fields that have been set. */
static int upgrade(struct lunatic_http_response *response, const char *key,
		   const char *protocol)
{
	static const char name[] = "websocket";
	uint64_t error = 0;
	uint32_t result;
	char digest[29];
	int status;

	lunatic_websocket_digest(key, strlen(key), digest);
	status = lunatic_http_set(response, "sec-websocket-accept", digest);
	if (status == 0 && protocol != NULL)
		status = lunatic_http_set(response, "sec-websocket-protocol",
					  protocol);
	if (status != 0)
		return status;
	result = lunatic_exchange_upgrade(name, sizeof(name) - 1,
					  response->fields,
					  response->fields_size, &error);
	return lunatic_host_status(result, error);
}

struct lunatic_websocket *
lunatic_websocket_accept(struct lunatic_http_request *request,
			 struct lunatic_http_response *response,
			 const struct lunatic_websocket_options *options)
{
	static const struct lunatic_websocket_options usual;
	struct lunatic_websocket *socket = &the_socket;
	char key[FIELD_MAX];
	const char *fault;
	unsigned status;

	memset(socket, 0, offsetof(struct lunatic_websocket, room));
	if (options == NULL)
		options = &usual;
	fault = fault_of(request, options->any_origin, key, &status);
	if (fault != NULL)
		return refuse(response, status, fault);
	if (options->protocol != NULL &&
	    field_has_token("sec-websocket-protocol", options->protocol, false))
		socket->protocol = options->protocol;
	if (upgrade(response, key, socket->protocol) != 0)
		return refuse(response, 400, "it cannot be a WebSocket\n");
	response->answered = true;
	response->websocket = socket;
	socket->response = response;
	socket->frames.max =
		options->max_message > 0 ? options->max_message : MAX_MESSAGE;
	socket->ping = options->ping == 0 ? PING_MS : options->ping;
	socket->heard = lunatic_http_clock();
	return socket;
}

const char *lunatic_websocket_protocol(const struct lunatic_websocket *socket)
{
	return socket->protocol;
}

/* ---- Sending ---- */

/* Nothing comes and nothing goes any more. */
static void lose(struct lunatic_websocket *socket)
{
	if (!socket->over)
		socket->code = LUNATIC_CLOSE_ABNORMAL;
	socket->over = true;
	socket->gone = true;
}

static int put(struct lunatic_websocket *socket, enum lunatic_opcode opcode,
	       const void *data, size_t size)
{
	uint8_t frame[LUNATIC_FRAME_HEAD_MAX + SHORT];
	size_t head = lunatic_frame_head(frame, opcode, size);
	int status;

	if (socket->gone)
		return LUNATIC_EDIED;
	if (size <= SHORT) {
		memcpy(frame + head, data, size);
		status = lunatic_http_put(frame, head + size);
	} else {
		status = lunatic_http_put(frame, head);
		if (status == 0)
			status = lunatic_http_put(data, size);
	}
	if (status == 0)
		return 0;
	lose(socket);
	return LUNATIC_EDIED;
}

int lunatic_websocket_send(struct lunatic_websocket *socket,
			   enum lunatic_websocket_event kind, const void *data,
			   size_t size)
{
	struct lunatic_utf8 utf8 = { 0 };

	if (socket->closing || socket->over)
		return LUNATIC_EDIED;
	if (kind == LUNATIC_WEBSOCKET_BINARY)
		return put(socket, LUNATIC_FRAME_BINARY, data, size);
	if (kind != LUNATIC_WEBSOCKET_TEXT)
		return LUNATIC_EMISUSE;
	if (!lunatic_utf8_feed(&utf8, data, size) || utf8.left > 0)
		return LUNATIC_EFORMAT;
	return put(socket, LUNATIC_FRAME_TEXT, data, size);
}

int lunatic_websocket_send_text(struct lunatic_websocket *socket,
				const char *text)
{
	return lunatic_websocket_send(socket, LUNATIC_WEBSOCKET_TEXT, text,
				      strlen(text));
}

/* Sends a frame that closes, once. */
static void put_close(struct lunatic_websocket *socket, unsigned code,
		      const char *reason)
{
	uint8_t content[LUNATIC_FRAME_CONTROL_MAX];
	size_t size = 0;

	if (socket->closing)
		return;
	socket->closing = true;
	if (code != LUNATIC_CLOSE_NO_CODE) {
		content[0] = (uint8_t)(code >> 8);
		content[1] = (uint8_t)code;
		size = 2 + strlen(reason);
		memcpy(content + 2, reason, size - 2);
	}
	(void)put(socket, LUNATIC_FRAME_CLOSE, content, size);
}

/* ---- Receiving ---- */

/* Reads what is there, after the host has said so. */
static void fill(struct lunatic_websocket *socket)
{
	uint64_t count = 0;

	socket->at = 0;
	socket->end = 0;
	if (lunatic_http_fetch(socket->room, sizeof(socket->room), &count) !=
		    0 ||
	    count == 0) {
		lose(socket);
		return;
	}
	socket->end = (size_t)count;
	socket->heard = lunatic_http_clock();
	socket->asked = false;
}

static void end(struct lunatic_websocket *socket, unsigned code,
		const char *reason, size_t size)
{
	socket->over = true;
	socket->code = code;
	memcpy(socket->reason, reason, size);
	socket->reason[size] = '\0';
}

/* The client closes, or breaks the protocol. */
static void meet_end(struct lunatic_websocket *socket,
		     enum lunatic_frames_event event)
{
	const struct lunatic_frames *frames = &socket->frames;
	size_t size =
		frames->control_size > 2 ? (size_t)frames->control_size - 2 : 0;

	/* Nothing has to be said after an answer. */
	if (event == LUNATIC_FRAMES_BAD)
		size = 0;
	put_close(socket, frames->code, "");
	end(socket, frames->code, (const char *)frames->control + 2, size);
}

/* Reads the frames that are there, up to a message; 0: there is none. */
static int next_event(struct lunatic_websocket *socket)
{
	while (!socket->over && socket->at < socket->end) {
		size_t used;
		enum lunatic_frames_event event = lunatic_frames_feed(
			&socket->frames, socket->room + socket->at,
			socket->end - socket->at, &used);

		socket->at += used;
		switch (event) {
		case LUNATIC_FRAMES_TEXT:
			return LUNATIC_WEBSOCKET_TEXT;
		case LUNATIC_FRAMES_BINARY:
			return LUNATIC_WEBSOCKET_BINARY;
		case LUNATIC_FRAMES_PING:
			if (!socket->closing)
				(void)put(socket, LUNATIC_FRAME_PONG,
					  socket->frames.control,
					  socket->frames.control_size);
			break;
		case LUNATIC_FRAMES_CLOSE:
		case LUNATIC_FRAMES_BAD:
			meet_end(socket, event);
			break;
		default:
			break;
		}
	}
	return 0;
}

/* Nothing has come: asks the client for a sign of life, or gives it up. */
static void look_for_life(struct lunatic_websocket *socket, int64_t now)
{
	if (socket->ping < 0 || now - socket->heard < socket->ping)
		return;
	if (socket->asked) {
		if (now - socket->heard >= 2 * socket->ping)
			lose(socket);
		return;
	}
	socket->asked = true;
	(void)put(socket, LUNATIC_FRAME_PING, NULL, 0);
}

static int64_t next_look(const struct lunatic_websocket *socket)
{
	if (socket->ping < 0)
		return INT64_MAX;
	return socket->heard + socket->ping * (socket->asked ? 2 : 1);
}

/* Waits for something, and reads it. LUNATIC_WEBSOCKET_MAIL, or 0. */
static int wait(struct lunatic_websocket *socket, uint32_t events,
		int64_t deadline)
{
	uint32_t found =
		lunatic_http_await(events, deadline, next_look(socket));

	/* Both come by turns. */
	if ((found & LUNATIC_HTTP_MAIL) != 0 &&
	    ((found & LUNATIC_HTTP_READABLE) == 0 || socket->had_data))
		return LUNATIC_WEBSOCKET_MAIL;
	if ((found & LUNATIC_HTTP_READABLE) != 0)
		fill(socket);
	if ((found & LUNATIC_HTTP_DRAIN) != 0 && !socket->over) {
		lunatic_websocket_close(socket, LUNATIC_CLOSE_GOING_AWAY, "");
		end(socket, LUNATIC_CLOSE_GOING_AWAY, "", 0);
	}
	look_for_life(socket, lunatic_http_clock());
	return 0;
}

static int give(struct lunatic_websocket *socket,
		struct lunatic_websocket_message *message, int event)
{
	message->code = 0;
	message->data = "";
	message->size = 0;
	socket->had_data = event == LUNATIC_WEBSOCKET_TEXT ||
			   event == LUNATIC_WEBSOCKET_BINARY;
	if (socket->had_data) {
		message->data = (const char *)socket->frames.data;
		message->size = socket->frames.size;
	} else if (event == LUNATIC_WEBSOCKET_CLOSED) {
		message->data = socket->reason;
		message->size = strlen(socket->reason);
		message->code = socket->code;
	}
	return event;
}

int lunatic_websocket_receive(struct lunatic_websocket *socket,
			      struct lunatic_websocket_message *message,
			      int64_t timeout)
{
	int64_t deadline = lunatic_http_deadline(timeout);
	int event;

	/* After a message of the client one of the mailbox has its turn. */
	if (socket->had_data && !socket->over &&
	    lunatic_exchange_wait(LUNATIC_HTTP_MAIL | LUNATIC_HTTP_NOW, 0) != 0)
		return give(socket, message, LUNATIC_WEBSOCKET_MAIL);
	for (;;) {
		event = next_event(socket);
		if (event != 0)
			return give(socket, message, event);
		if (socket->over)
			return give(socket, message, LUNATIC_WEBSOCKET_CLOSED);
		event = wait(socket,
			     LUNATIC_HTTP_READABLE | LUNATIC_HTTP_MAIL |
				     LUNATIC_HTTP_DRAIN,
			     deadline);
		if (event != 0)
			return give(socket, message, event);
		if (!socket->over && socket->at == socket->end &&
		    lunatic_http_clock() >= deadline)
			return LUNATIC_ETIMEDOUT;
	}
}

/* ---- Closing ---- */

int lunatic_websocket_close(struct lunatic_websocket *socket, unsigned code,
			    const char *reason)
{
	int64_t deadline = lunatic_http_deadline(CLOSE_MS);

	if (reason == NULL)
		reason = "";
	if (!lunatic_close_is_valid(code) || strlen(reason) > REASON_MAX)
		return LUNATIC_EMISUSE;
	if (socket->over)
		return 0;
	put_close(socket, code, reason);
	/* What the client sends meanwhile is dropped. */
	while (!socket->over && lunatic_http_clock() < deadline) {
		if (next_event(socket) != 0 || socket->over)
			continue;
		if (lunatic_http_await(LUNATIC_HTTP_READABLE, deadline,
				       INT64_MAX) != 0)
			fill(socket);
	}
	if (!socket->over)
		end(socket, code, "", 0);
	return 0;
}

void lunatic_websocket_end(struct lunatic_websocket *socket)
{
	uint64_t error = 0;

	(void)lunatic_websocket_close(socket, LUNATIC_CLOSE_NORMAL, NULL);
	/* A failure means that the client is gone. */
	if (lunatic_exchange_finish(NULL, 0, &error) != 0)
		lunatic_error_drop(error);
	lunatic_frames_deinit(&socket->frames);
}
