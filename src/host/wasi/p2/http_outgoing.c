/*
 * wasi:http/types: responses that go out, their bodies, and where they are
 * given to the connection.
 *
 * Threads: the one that runs the process.
 */
#include "base/error.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/p2/http_text.h"
#include "host/wasi/table.h"
#include "process/guest.h"
#include "serve/exchange.h"
#include "serve/fields.h"
#include "serve/pipe.h"

#define OK 200

int ln_p2_http_message(struct ln_p2_call *call, uint32_t kind,
		       struct ln_p2_http **out)
{
	struct ln_p2_http *message;
	struct ln_p2_http *fields;
	int error = ln_p2_http_take(call, 0, LN_P2_FIELDS, &fields);

	if (error != 0)
		return error;
	message = ln_p2_http_new(call, kind);
	if (message != NULL) {
		message->fields = ln_fields_retain(fields->fields);
		error = ln_p2_http_charge(call, message,
					  ln_fields_weight(fields->fields));
	}
	ln_p2_http_free(call->guest, fields);
	if (message == NULL)
		return LN_ETRAP;
	if (error < 0)
		ln_p2_http_free(call->guest, message);
	*out = message;
	return error;
}

int ln_p2_outgoing_response_new(struct ln_p2_call *call)
{
	struct ln_p2_http *response;
	int error =
		ln_p2_http_message(call, LN_P2_OUTGOING_RESPONSE, &response);

	if (error != 0)
		return error;
	response->status = OK;
	return ln_p2_http_return(call, response);
}

int ln_p2_outgoing_status(struct ln_p2_call *call)
{
	struct ln_p2_http *response;
	int error = ln_p2_http_get(call, 0, LN_P2_OUTGOING_RESPONSE, &response);

	if (error == 0)
		call->values[0].i32 = response->status;
	return error;
}

int ln_p2_outgoing_set_status(struct ln_p2_call *call)
{
	uint32_t status = ln_p2_u32(call, 1) & 0xffff;
	struct ln_p2_http *response;
	int error = ln_p2_http_get(call, 0, LN_P2_OUTGOING_RESPONSE, &response);
	/* Those below 200 come before a response. */
	bool valid = status >= 200 && status <= 599;

	if (error != 0)
		return error;
	if (valid)
		response->status = (uint16_t)status;
	call->values[0].i32 = !valid;
	return 0;
}

int ln_p2_outgoing_response_headers(struct ln_p2_call *call)
{
	struct ln_p2_http *response;
	int error = ln_p2_http_get(call, 0, LN_P2_OUTGOING_RESPONSE, &response);

	return error != 0 ? error : ln_p2_http_view(call, response->fields);
}

int ln_p2_http_give_body(struct ln_p2_call *call, uint32_t kind)
{
	struct ln_p2_http *message;
	struct ln_p2_http *body = NULL;
	int error = ln_p2_http_get(call, 0, kind, &message);

	if (error != 0)
		return error;
	if (!message->taken) {
		message->pipe = ln_pipe_new(NULL, call->guest->process);
		if (message->pipe == NULL)
			return LN_ENOMEM;
		body = ln_p2_http_body(call, LN_P2_OUTGOING_BODY,
				       message->pipe);
		if (body == NULL)
			return LN_ETRAP;
		message->taken = true;
	}
	return ln_p2_http_answer(call, 1, body);
}

int ln_p2_outgoing_response_body(struct ln_p2_call *call)
{
	return ln_p2_http_give_body(call, LN_P2_OUTGOING_RESPONSE);
}

int ln_p2_outgoing_write(struct ln_p2_call *call)
{
	struct ln_p2_http *stream = NULL;
	struct ln_p2_http *body;
	int error = ln_p2_http_get(call, 0, LN_P2_OUTGOING_BODY, &body);

	if (error != 0)
		return error;
	if (!body->taken) {
		stream = ln_p2_http_body(call, LN_P2_OUTPUT_STREAM, body->pipe);
		if (stream == NULL)
			return LN_ETRAP;
		body->taken = true;
	}
	return ln_p2_http_answer(call, 1, stream);
}

/* The trailers that are given with the end, or none. */
static int take_trailers(struct ln_p2_call *call, struct ln_fields **fields)
{
	struct ln_p2_http *http;
	int error;

	*fields = NULL;
	if (ln_p2_u32(call, 1) == 0)
		return 0;
	error = ln_p2_http_take(call, 2, LN_P2_FIELDS, &http);
	if (error != 0)
		return error;
	*fields = ln_fields_retain(http->fields);
	ln_p2_http_free(call->guest, http);
	return 0;
}

int ln_p2_outgoing_finish(struct ln_p2_call *call)
{
	struct ln_fields *trailers;
	struct ln_p2_http *body;
	bool broken;
	uint8_t *at;
	int error = ln_p2_result(call, 3, LN_P2_HTTP_RESULT_SIZE, 8, &at);

	if (error == 0)
		error = ln_p2_http_take(call, 0, LN_P2_OUTGOING_BODY, &body);
	if (error != 0)
		return error;
	error = take_trailers(call, &trailers);
	if (error == 0) {
		ln_pipe_finish(body->pipe, LN_PIPE_ENDED, trailers);
		broken = ln_pipe_look(body->pipe).end == LN_PIPE_BROKEN;
		at[0] = broken;
		at[LN_P2_HTTP_RESULT_VALUE] =
			broken ? LN_P2_HTTP_CONNECTION_TERMINATED : 0;
	}
	ln_p2_http_free(call->guest, body);
	return error;
}

/* The response that is given, which is not needed any more. */
static int answer_with(struct ln_p2_call *call, struct ln_exchange *exchange)
{
	struct ln_p2_http *response;
	struct ln_pipe *pipe;
	int error =
		ln_p2_http_take(call, 2, LN_P2_OUTGOING_RESPONSE, &response);

	if (error != 0)
		return error;
	pipe = response->pipe;
	response->pipe = NULL;
	(void)ln_exchange_answer(exchange, response->status,
				 ln_fields_retain(response->fields), pipe);
	ln_p2_http_free(call->guest, response);
	return 0;
}

int ln_p2_outparam_set(struct ln_p2_call *call)
{
	struct ln_p2_http *outparam;
	int error =
		ln_p2_http_take(call, 0, LN_P2_RESPONSE_OUTPARAM, &outparam);

	if (error != 0)
		return error;
	if (ln_p2_u32(call, 1) == 0)
		error = answer_with(call, outparam->exchange);
	else
		(void)ln_exchange_fail(outparam->exchange);
	ln_p2_http_free(call->guest, outparam);
	return error;
}
