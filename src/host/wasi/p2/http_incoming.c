/*
 * wasi:http/types: requests that come in, their bodies and trailers.
 *
 * Threads: the one that runs the process.
 */
#include <errno.h>

#include "base/error.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/http_text.h"
#include "host/wasi/table.h"
#include "process/guest.h"
#include "serve/exchange.h"
#include "serve/fields.h"
#include "serve/outgoing.h"
#include "serve/pipe.h"

static int request_of(struct ln_p2_call *call, struct ln_exchange **exchange)
{
	struct ln_p2_http *http;
	int error = ln_p2_http_get(call, 0, LN_P2_INCOMING_REQUEST, &http);

	if (error == 0)
		*exchange = http->exchange;
	return error;
}

int ln_p2_incoming_method(struct ln_p2_call *call)
{
	struct ln_exchange *exchange;
	int error = request_of(call, &exchange);

	return error != 0 ? error
			  : ln_p2_method_answer(call, 1, exchange->method);
}

int ln_p2_incoming_path(struct ln_p2_call *call)
{
	struct ln_exchange *exchange;
	int error = request_of(call, &exchange);

	return error != 0 ? error : ln_p2_text_answer(call, 1, exchange->path);
}

int ln_p2_incoming_scheme(struct ln_p2_call *call)
{
	struct ln_exchange *exchange;
	int error = request_of(call, &exchange);

	return error != 0 ? error
			  : ln_p2_scheme_answer(
				    call, 1, exchange->tls ? "https" : "http");
}

int ln_p2_incoming_authority(struct ln_p2_call *call)
{
	struct ln_exchange *exchange;
	int error = request_of(call, &exchange);

	return error != 0 ? error
			  : ln_p2_text_answer(call, 1, exchange->authority);
}

int ln_p2_incoming_headers(struct ln_p2_call *call)
{
	struct ln_exchange *exchange;
	int error = request_of(call, &exchange);

	return error != 0 ? error : ln_p2_http_view(call, exchange->fields);
}

int ln_p2_http_consume(struct ln_p2_call *call, struct ln_p2_http *message,
		       struct ln_pipe *pipe)
{
	struct ln_p2_http *body = NULL;

	if (!message->taken) {
		body = ln_p2_http_body(call, LN_P2_INCOMING_BODY, pipe);
		if (body == NULL)
			return LN_ETRAP;
		if (message->fetch != NULL)
			body->fetch = ln_fetch_retain(message->fetch);
		message->taken = true;
	}
	return ln_p2_http_answer(call, 1, body);
}

int ln_p2_incoming_consume(struct ln_p2_call *call)
{
	struct ln_p2_http *request;
	int error = ln_p2_http_get(call, 0, LN_P2_INCOMING_REQUEST, &request);

	return error != 0 ? error
			  : ln_p2_http_consume(call, request,
					       request->exchange->request);
}

int ln_p2_body_stream(struct ln_p2_call *call)
{
	struct ln_p2_http *stream = NULL;
	struct ln_p2_http *body;
	int error = ln_p2_http_get(call, 0, LN_P2_INCOMING_BODY, &body);

	if (error != 0)
		return error;
	if (!body->taken) {
		stream = ln_p2_http_body(call, LN_P2_INPUT_STREAM, body->pipe);
		if (stream == NULL)
			return LN_ETRAP;
		body->taken = true;
	}
	return ln_p2_http_answer(call, 1, stream);
}

/* What has not been read is dropped when it comes, and trailers follow. */
int ln_p2_body_finish(struct ln_p2_call *call)
{
	struct ln_p2_http *trailers;
	struct ln_p2_http *body;
	int error = ln_p2_http_take(call, 0, LN_P2_INCOMING_BODY, &body);

	if (error != 0)
		return error;
	trailers = ln_p2_http_body(call, LN_P2_FUTURE_TRAILERS, body->pipe);
	/* Trailers are still to come. */
	if (body->fetch != NULL)
		ln_fetch_release(body->fetch);
	body->fetch = NULL;
	ln_p2_http_free(call->guest, body);
	return trailers != NULL ? ln_p2_http_return(call, trailers) : LN_ETRAP;
}

int ln_p2_trailers_subscribe(struct ln_p2_call *call)
{
	struct ln_p2_http *trailers;
	int error = ln_p2_http_get(call, 0, LN_P2_FUTURE_TRAILERS, &trailers);

	return error != 0 ? error
			  : ln_p2_http_subscribe(call, trailers, LN_READABLE);
}

/* The trailers, which were sent, as a resource. */
static int give_trailers(struct ln_p2_call *call, struct ln_fields *fields,
			 uint8_t *at)
{
	struct ln_p2_http *view;
	uint32_t handle = 0;
	int error;

	if (fields == NULL)
		return 0;
	view = ln_p2_http_view_new(call, fields);
	if (view == NULL)
		return LN_ETRAP;
	error = ln_p2_http_give(call, view, &handle);
	if (error == 0) {
		at[0] = 1;
		ln_wasi_store32(at + 4, handle);
	}
	return error;
}

int ln_p2_trailers_get(struct ln_p2_call *call)
{
	struct ln_p2_http *trailers;
	struct ln_pipe_state state;
	uint8_t *at;
	int error = ln_p2_http_get(call, 0, LN_P2_FUTURE_TRAILERS, &trailers);

	if (error == 0)
		error = ln_p2_result(call, 1, LN_P2_FUTURE_SIZE, 8, &at);
	if (error != 0)
		return error;
	state = ln_pipe_look(trailers->pipe);
	if (state.end == LN_PIPE_OPEN)
		return 0; /* none */
	at[0] = 1;
	at[LN_P2_FUTURE_TAKEN] = trailers->taken;
	if (trailers->taken)
		return 0;
	trailers->taken = true;
	if (state.end == LN_PIPE_BROKEN) {
		at[LN_P2_FUTURE_FAILED] = 1;
		at[LN_P2_FUTURE_VALUE] = LN_P2_HTTP_CONNECTION_TERMINATED;
		return 0;
	}
	/* It is at its end, so they do not change. */
	return give_trailers(call, trailers->pipe->trailers,
			     at + LN_P2_FUTURE_VALUE);
}

/* What a failed stream of a body says, which is that the other side has gone.
 */
int ln_p2_http_error_code(struct ln_p2_call *call)
{
	struct ln_p2_resource *resource;
	uint8_t *at;
	int error = ln_p2_get(call, LN_P2_ERROR, ln_p2_u32(call, 0), &resource);

	if (error == 0)
		error = ln_p2_result(call, 1, LN_P2_HTTP_RESULT_SIZE, 8, &at);
	if (error == 0 && resource->number == ECONNRESET) {
		at[0] = 1;
		at[LN_P2_HTTP_RESULT_VALUE] = LN_P2_HTTP_CONNECTION_TERMINATED;
	}
	return error;
}
