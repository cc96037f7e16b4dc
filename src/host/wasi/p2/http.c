/*
 * Resources of wasi:http in general: how they are made, found, charged for and
 * freed; the streams of bodies, and what a process begins with that is to
 * answer a request.
 *
 * Threads: the one that runs the process.
 */
#include "host/wasi/p2/http.h"

#include <errno.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "host/pipes.h"
#include "host/trampoline.h"
#include "host/wasi/p2/p2.h"
#include "host/wasi/table.h"
#include "process/guest.h"
#include "process/process.h"
#include "serve/exchange.h"
#include "serve/fields.h"
#include "serve/outgoing.h"
#include "serve/pipe.h"

/* The guest pays for `weight` bytes that it holds, too. */
static struct ln_p2_http *make(struct ln_guest *guest, uint32_t kind,
			       uint64_t weight)
{
	struct ln_p2_http *http = calloc(1, sizeof(*http));

	if (http == NULL)
		return NULL;
	weight += sizeof(*http);
	if (!ln_guest_keep(guest, weight)) {
		free(http);
		return NULL;
	}
	http->kind = kind;
	http->kept = weight;
	return http;
}

struct ln_p2_http *ln_p2_http_new(struct ln_p2_call *call, uint32_t kind)
{
	struct ln_p2_http *http = make(call->guest, kind, 0);

	if (http == NULL)
		(void)ln_guest_trap(call->guest, "out of memory");
	return http;
}

int ln_p2_http_charge(struct ln_p2_call *call, struct ln_p2_http *http,
		      uint64_t bytes)
{
	bytes += sizeof(*http);
	if (bytes <= http->kept)
		return 0;
	if (!ln_guest_keep(call->guest, bytes - http->kept))
		return ln_guest_trap(call->guest, "out of memory");
	http->kept = bytes;
	return 0;
}

/* What its end means to others. */
static void tell_others(const struct ln_p2_http *http)
{
	switch (http->kind) {
	case LN_P2_OUTGOING_BODY:
		/* Nothing happens when it has been finished. */
		ln_pipe_finish(http->pipe, LN_PIPE_BROKEN, NULL);
		break;
	case LN_P2_INCOMING_BODY:
		ln_pipe_close(http->pipe);
		if (http->fetch != NULL)
			ln_fetch_cancel(http->fetch);
		break;
	case LN_P2_INCOMING_REQUEST:
		if (!http->taken)
			ln_pipe_close(http->exchange->request);
		break;
	case LN_P2_FUTURE_RESPONSE:
	case LN_P2_INCOMING_RESPONSE:
		/* Else its body has it, or the response of the future. */
		if (!http->taken)
			ln_fetch_cancel(http->fetch);
		break;
	default:
		break;
	}
}

void ln_p2_http_free(struct ln_guest *guest, struct ln_p2_http *http)
{
	tell_others(http);
	if (guest != NULL)
		ln_guest_forget(guest, http->kept);
	ln_fields_release(http->fields);
	ln_pipe_release(http->pipe);
	if (http->exchange != NULL)
		ln_exchange_release(http->exchange);
	if (http->fetch != NULL)
		ln_fetch_release(http->fetch);
	if (http->outgoing != NULL)
		ln_p2_outgoing_free(http->outgoing);
	free(http);
}

int ln_p2_http_give(struct ln_p2_call *call, struct ln_p2_http *http,
		    uint32_t *handle)
{
	const struct ln_p2_resource resource = {
		.kind = http->kind,
		.fd = UINT32_MAX,
		.http = http,
	};

	return ln_p2_give(call, &resource, handle);
}

int ln_p2_http_return(struct ln_p2_call *call, struct ln_p2_http *http)
{
	uint32_t handle = 0;
	int error = ln_p2_http_give(call, http, &handle);

	if (error == 0)
		call->values[0].i32 = (int32_t)handle;
	return error;
}

int ln_p2_http_get(struct ln_p2_call *call, unsigned index, uint32_t kind,
		   struct ln_p2_http **http)
{
	struct ln_p2_resource *resource;
	int error = ln_p2_get(call, kind, ln_p2_u32(call, index), &resource);

	if (error == 0)
		*http = resource->http;
	return error;
}

int ln_p2_http_take(struct ln_p2_call *call, unsigned index, uint32_t kind,
		    struct ln_p2_http **http)
{
	uint32_t handles = call->ops->handles(call->instance, call->type, kind);
	uint32_t number;

	if (!call->ops->handle_take(call->instance, handles,
				    ln_p2_u32(call, index), &number))
		return LN_P2_RAISED;
	*http = ln_p2_take(call->guest, number);
	return 0;
}

struct ln_p2_http *ln_p2_http_view_new(struct ln_p2_call *call,
				       struct ln_fields *fields)
{
	struct ln_p2_http *view = ln_p2_http_new(call, LN_P2_FIELDS);

	if (view == NULL)
		return NULL;
	view->fields = ln_fields_retain(fields);
	view->immutable = true;
	if (ln_p2_http_charge(call, view, ln_fields_weight(fields)) == 0)
		return view;
	ln_p2_http_free(call->guest, view);
	return NULL;
}

int ln_p2_http_view(struct ln_p2_call *call, struct ln_fields *fields)
{
	struct ln_p2_http *view = ln_p2_http_view_new(call, fields);

	return view != NULL ? ln_p2_http_return(call, view) : LN_ETRAP;
}

int ln_p2_http_answer(struct ln_p2_call *call, unsigned index,
		      struct ln_p2_http *http)
{
	uint32_t handle = 0;
	uint8_t *at;
	int error = ln_p2_result(call, index, 8, 4, &at);

	if (error < 0) {
		if (http != NULL)
			ln_p2_http_free(call->guest, http);
		return error;
	}
	at[0] = http == NULL;
	if (http == NULL)
		return 0;
	error = ln_p2_http_give(call, http, &handle);
	if (error == 0)
		ln_wasi_store32(at + 4, handle);
	return error;
}

struct ln_p2_http *ln_p2_http_body(struct ln_p2_call *call, uint32_t kind,
				   struct ln_pipe *pipe)
{
	struct ln_p2_http *body = ln_p2_http_new(call, kind);

	if (body == NULL)
		return NULL;
	body->pipe = ln_pipe_retain(pipe);
	if (kind == LN_P2_OUTGOING_BODY &&
	    ln_p2_http_charge(call, body, LN_PIPE_ROOM) < 0) {
		ln_p2_http_free(call->guest, body);
		return NULL;
	}
	return body;
}

/* ---- Streams ---- */

int ln_p2_http_read(struct ln_p2_http *stream, uint8_t *to, size_t len,
		    bool nonblocking, size_t *done, int *number)
{
	return ln_host_pipe_read(stream->pipe, to, len, LN_NEVER, nonblocking,
				 done, number);
}

int ln_p2_http_write(struct ln_p2_http *stream, const uint8_t *from, size_t len,
		     size_t *done, int *number)
{
	return ln_host_pipe_write(stream->pipe, from, len, LN_NEVER, done,
				  number);
}

int ln_p2_http_room(const struct ln_p2_http *stream)
{
	struct ln_pipe_state state = ln_pipe_look(stream->pipe);

	if (state.closed || state.end != LN_PIPE_OPEN)
		return -EPIPE;
	return (int)state.room;
}

int ln_p2_http_subscribe(struct ln_p2_call *call, const struct ln_p2_http *http,
			 enum ln_direction direction)
{
	struct ln_p2_http *pollable = ln_p2_http_new(call, LN_P2_POLLABLE);

	if (pollable == NULL)
		return LN_ETRAP;
	if (http->kind == LN_P2_FUTURE_RESPONSE)
		pollable->fetch = ln_fetch_retain(http->fetch);
	else
		pollable->pipe = ln_pipe_retain(http->pipe);
	pollable->writes = direction == LN_WRITABLE;
	pollable->taken = http->kind == LN_P2_FUTURE_TRAILERS;
	return ln_p2_http_return(call, pollable);
}

bool ln_p2_http_is_ready(const struct ln_p2_http *pollable)
{
	struct ln_pipe_state state;

	if (pollable->fetch != NULL)
		return ln_fetch_look(pollable->fetch) != LN_FETCH_PENDING;
	state = ln_pipe_look(pollable->pipe);
	if (state.end != LN_PIPE_OPEN)
		return true;
	if (pollable->writes)
		return state.closed || state.room > 0;
	/* That for trailers waits for the end. */
	return !pollable->taken && state.len > 0;
}

/* ---- The beginning ---- */

/* A process that answers several requests may hold each of them for as long as
 * it lives. */
static bool add(struct ln_guest *guest, uint32_t kind,
		struct ln_exchange *exchange, uint32_t *number)
{
	struct ln_p2_http *http =
		make(guest, kind, ln_exchange_weight(exchange));
	const struct ln_p2_resource resource = {
		.kind = kind,
		.fd = UINT32_MAX,
		.http = http,
	};

	if (http == NULL)
		return false;
	http->exchange = ln_exchange_retain(exchange);
	if (ln_p2_add(guest, &resource, number) == 0)
		return true;
	ln_p2_http_free(guest, http);
	return false;
}

const char *ln_p2_http_begin(uint32_t values[2])
{
	struct ln_guest *guest = ln_host_guest();
	struct ln_exchange *exchange;

	if (guest->errand == NULL)
		return "there is no request to handle: the process was not "
		       "started by `lunatic serve`";
	exchange = ln_exchange_of(guest->errand);
	if (!add(guest, LN_P2_INCOMING_REQUEST, exchange, &values[0]) ||
	    !add(guest, LN_P2_RESPONSE_OUTPARAM, exchange, &values[1]))
		return "the process holds too much to take a request";
	return NULL;
}
