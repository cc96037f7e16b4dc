/*
 * DESIGN
 * One request and its response. The task of the connection moves both bodies by
 * turns, as far as each can go without waiting, so that neither waits for the
 * other: from the client through the parser into the request's pipe, and out of
 * the response's pipe through its framing to the client. Then it waits for all
 * of them at a time.
 *
 * A client that is gone, or that sends no more and has got no answer soon
 * after, takes the process with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "process/process.h"
#include "process/wasm.h"
#include "sched/task.h"
#include "serve/connection_impl.h"
#include "serve/exchange.h"
#include "serve/fields.h"
#include "serve/pipe.h"
#include "serve/server_impl.h"
#include "serve/tunnel.h"

/* How long a request may go on whose client sends no more: it may have closed
 * its half only, or be gone. */
#define HALF_CLOSED_NS (2 * LN_NS_PER_S)
/* Output beyond which no more is made. */
#define OUTPUT_FULL ((size_t)64 << 10)

static int64_t earlier(int64_t deadline, int64_t since, uint64_t timeout)
{
	if (timeout == 0 || since == 0 || deadline - since < (int64_t)timeout)
		return deadline;
	return since + (int64_t)timeout;
}

/* ---- Beginning ---- */

static char *copy(const char *text, size_t len)
{
	return text != NULL ? strndup(text, len) : NULL;
}

/* Whom the request is for: what its target names, or its field Host. */
static char *authority_of(const struct ln_fields *fields,
			  const struct ln_target *target)
{
	uint32_t at;

	if (target->authority_len > 0)
		return strndup(target->authority, target->authority_len);
	at = ln_fields_find(fields, "host", 4, 0);
	if (at == fields->count)
		return NULL;
	return strndup(ln_field_value(fields, at), fields->list[at].value_len);
}

static struct ln_exchange *make_exchange(struct ln_client *connection,
					 const struct ln_target *target)
{
	struct ln_http_request *request = &connection->request;
	struct ln_exchange *exchange =
		ln_exchange_new(connection->server, connection->self);

	if (exchange == NULL)
		return NULL;
	exchange->method = strdup(request->method);
	exchange->path = copy(target->path, target->path_len);
	exchange->authority = authority_of(request->fields, target);
	memcpy(exchange->peer, connection->peer, sizeof(exchange->peer));
	exchange->tls = connection->wire.tls != NULL;
	exchange->upgrades = request->upgrades;
	exchange->fields = ln_fields_retain(request->fields);
	exchange->request = ln_pipe_new(NULL, connection->self);
	if (exchange->method != NULL && exchange->request != NULL &&
	    (exchange->path != NULL || target->path == NULL))
		return exchange;
	ln_exchange_release(exchange);
	return NULL;
}

/* The process is made and does not run yet. */
static int note_process(void *argument, struct ln_process *process)
{
	struct ln_exchange *exchange = argument;

	exchange->process = ln_process_retain(process);
	ln_pipe_set_reader(exchange->request, process);
	if (exchange->reused != NULL)
		ln_reused_set_process(exchange->reused, process);
	return 0;
}

/* Has an idle process answer, or a new one. */
static int spawn(struct ln_server *server, struct ln_exchange *exchange)
{
	const struct ln_spawn how = {
		.module = server->module,
		.function = server->handler,
		.function_len = strlen(server->handler),
		.errand = &exchange->errand,
		.before = note_process,
		.argument = exchange,
	};
	struct ln_process *process;
	char *error = NULL;
	int result;

	if (ln_reuse_take(server, exchange))
		return 0;
	if (server->options.reuse > 1) {
		exchange->reused = ln_reused_new(server);
		if (exchange->reused == NULL)
			return LN_ENOMEM;
	}
	result = ln_wasm_spawn(&how, &process, &error);
	if (result < 0)
		ln_log(LN_LOG_WARN, "no process for a request: %s",
		       error != NULL ? error : ln_error_text(result));
	else
		ln_process_release(process);
	free(error);
	return result;
}

/* 0, or the status to be answered. */
static unsigned begin(struct ln_client *connection)
{
	const struct ln_serve_options *options = &connection->server->options;
	struct ln_http_request *request = &connection->request;
	struct ln_exchange *exchange;
	struct ln_target target;

	if (!ln_target_split(request->target, &target))
		return 400;
	exchange = make_exchange(connection, &target);
	if (exchange == NULL)
		return 503;
	if (spawn(connection->server, exchange) < 0) {
		ln_exchange_release(exchange);
		return 503;
	}
	exchange->deadline = earlier(LN_NEVER, connection->started,
				     options->request_timeout);
	connection->exchange = exchange;
	request->body = exchange->request;
	return 0;
}

/* ---- The request's body ---- */

/* It is complete, or never will be. */
static void end_request(struct ln_client *connection, enum ln_pipe_end end)
{
	struct ln_http_request *request = &connection->request;
	struct ln_fields *trailers = request->trailers;

	connection->received = true;
	request->trailers = NULL;
	ln_pipe_finish(connection->exchange->request, end,
		       end == LN_PIPE_ENDED ? trailers : NULL);
	if (end != LN_PIPE_ENDED)
		ln_fields_release(trailers);
}

/* Feeds the parser, as much as its pipe has room for. */
static bool feed(struct ln_client *connection)
{
	struct ln_pipe_state state =
		ln_pipe_look(connection->exchange->request);
	size_t len = ln_transport_waits(&connection->wire);
	enum ln_http_step step;
	size_t used;

	if (!state.closed && len > state.room)
		len = state.room;
	if (len == 0 && connection->request.has_body)
		return false;
	step = ln_http_request_feed(
		&connection->request,
		connection->wire.in + connection->wire.in_start, len, &used);
	connection->wire.in_start += used;
	if (step == LN_HTTP_DONE) {
		end_request(connection, LN_PIPE_ENDED);
	} else if (step == LN_HTTP_BAD) {
		connection->response.close = true;
		end_request(connection, LN_PIPE_BROKEN);
	}
	return used > 0 || connection->received;
}

/* The client waits to be told that its body is wanted: when the guest has begun
 * to answer, it is not asked for it any more. */
static void say_continue(struct ln_client *connection)
{
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct ln_http_request *request = &connection->request;

	if (!request->continues || connection->begun)
		return;
	request->continues = false;
	if (ln_transport_waits(&connection->wire) == 0)
		ln_bytes_add(&connection->wire.out, line, sizeof(line) - 1);
}

static bool move_request(struct ln_client *connection)
{
	bool moved;

	if (connection->received)
		/* Only to see that the client is still there. */
		return ln_transport_waits(&connection->wire) == 0 &&
		       ln_transport_read(&connection->wire);
	say_continue(connection);
	moved = feed(connection);
	if (!connection->received &&
	    ln_transport_waits(&connection->wire) == 0) {
		moved |= ln_transport_read(&connection->wire);
		if (connection->wire.eof || connection->wire.gone) {
			connection->response.close = true;
			connection->wire.gone = true;
			end_request(connection, LN_PIPE_BROKEN);
		}
	}
	return moved;
}

/* ---- The response ---- */

static void say(struct ln_client *connection, unsigned status, const char *text)
{
	connection->status = status;
	connection->begun = true;
	connection->refused = true;
	if (!connection->received)
		connection->response.close = true;
	ln_response_say(&connection->response, &connection->wire.out, status,
			text);
}

/* The length of a body that is complete already. */
static uint64_t known_length(struct ln_pipe *pipe)
{
	struct ln_pipe_state state = { 0 };

	if (pipe == NULL)
		return UINT64_MAX;
	state = ln_pipe_look(pipe);
	return state.end == LN_PIPE_ENDED && pipe->trailers == NULL
		       ? state.total
		       : UINT64_MAX;
}

static void begin_response(struct ln_client *connection)
{
	struct ln_exchange *exchange = connection->exchange;
	int error;

	/* Given, so they do not change any more. */
	connection->tunnels = exchange->inbound != NULL;
	if (connection->tunnels)
		error = ln_response_switch(&connection->response,
					   &connection->wire.out,
					   exchange->answer_fields);
	else
		error = ln_response_begin(
			&connection->response, &connection->wire.out,
			exchange->status, exchange->answer_fields,
			exchange->response != NULL,
			known_length(exchange->response));
	if (error < 0) {
		say(connection, 502, "the response is not one of HTTP");
		return;
	}
	connection->begun = true;
	connection->status = exchange->status;
	if (connection->response.complete && exchange->response != NULL &&
	    !connection->tunnels)
		ln_pipe_close(exchange->response);
}

/* Begins the response if there is an answer, or never will be. */
static bool answer(struct ln_client *connection)
{
	struct ln_http_request *request = &connection->request;

	switch (ln_exchange_look(connection->exchange)) {
	case LN_ANSWER_NONE:
		if (request->status == 0)
			return false;
		ln_exchange_kill(connection->exchange);
		say(connection, request->status, request->reason);
		return true;
	case LN_ANSWER_GIVEN:
		begin_response(connection);
		return true;
	case LN_ANSWER_FAILED:
		say(connection, 502, "the program has answered with an error");
		return true;
	default:
		say(connection, 500, "the program has failed");
		return true;
	}
}

static bool move_response(struct ln_client *connection)
{
	struct ln_response *response = &connection->response;
	int moved;

	if (!connection->begun && !answer(connection))
		return false;
	if (response->complete || connection->wire.out.len >= OUTPUT_FULL)
		return false;
	moved = ln_response_move(response, &connection->wire.out,
				 connection->exchange->response);
	if (moved < 0) {
		/* It cannot be completed: the client is to see that. */
		response->close = true;
		response->complete = true;
		connection->wire.gone =
			connection->wire.gone || connection->wire.out.len == 0;
		return true;
	}
	return moved > 0;
}

/* ---- Both ---- */

/* Whether the client is what is waited for. */
static bool waits_for_client(const struct ln_client *connection)
{
	if (!ln_transport_sent(&connection->wire))
		return true;
	return !connection->received &&
	       ln_pipe_look(connection->exchange->request).len == 0;
}

static int64_t deadline_of(const struct ln_client *connection)
{
	const struct ln_serve_options *options = &connection->server->options;
	int64_t deadline = LN_NEVER;

	if (connection->begun && connection->exchange->streams)
		deadline = earlier(deadline, connection->moved,
				   options->stream_timeout);
	else
		deadline = earlier(deadline, connection->started,
				   options->request_timeout);
	deadline = earlier(deadline, connection->left, HALF_CLOSED_NS);
	if (waits_for_client(connection))
		deadline = earlier(deadline, connection->moved,
				   options->body_timeout);
	return deadline;
}

/* The time is over for whatever it was; whether there is still something to
 * say. */
static bool give_up(struct ln_client *connection)
{
	const struct ln_serve_options *options = &connection->server->options;
	bool late = options->request_timeout > 0 &&
		    ln_time_now() - connection->started >=
			    (int64_t)options->request_timeout;

	connection->response.close = true;
	if (connection->begun || connection->left != 0)
		return false;
	ln_exchange_kill(connection->exchange);
	if (late)
		say(connection, 504, "the program has taken too long");
	else
		say(connection, 408, "the request has taken too long");
	return true;
}

/* One round; whether anything has moved. */
static bool move(struct ln_client *connection)
{
	bool moved = move_request(connection);

	moved |= move_response(connection);
	moved |= ln_transport_write(&connection->wire);
	if (connection->wire.eof && connection->left == 0)
		connection->left = ln_time_now();
	return moved;
}

static bool is_over(const struct ln_client *connection)
{
	return connection->wire.gone || connection->tunnels ||
	       (connection->response.complete &&
		ln_transport_sent(&connection->wire));
}

static void converse(struct ln_client *connection)
{
	struct ln_task *task = &connection->self->task;
	int error;

	while (!is_over(connection)) {
		if (move(connection)) {
			connection->moved = ln_time_now();
			if (ln_task_should_yield(task))
				ln_task_yield(task);
			continue;
		}
		if (is_over(connection))
			return;
		ln_tunnel_tell_drain(connection);
		error = ln_transport_wait(&connection->wire,
					  deadline_of(connection));
		if (error == LN_ETIMEDOUT && give_up(connection))
			continue;
		if (error < 0) {
			connection->wire.gone = true;
			return;
		}
	}
}

/* Lets go of the exchange, but for its process if that goes on: it is killed if
 * it is not needed any more. */
static void end(struct ln_client *connection)
{
	struct ln_exchange *exchange = connection->exchange;

	ln_pipe_finish(exchange->request, LN_PIPE_BROKEN, NULL);
	if (exchange->response != NULL)
		ln_pipe_close(exchange->response);
	if ((connection->wire.gone && !connection->tunnels) ||
	    connection->refused)
		ln_exchange_kill(exchange);
	ln_exchange_leave(exchange);
	connection->request.body = NULL;
	connection->exchange = NULL;
	connection->last = exchange;
}

bool ln_converse(struct ln_client *connection)
{
	unsigned status = begin(connection);

	if (status != 0) {
		connection->response.close = true;
		ln_converse_refuse(connection, status,
				   status == 503 ? "there is no room"
						 : "its target is no path");
		return false;
	}
	converse(connection);
	if (connection->tunnels)
		ln_tunnel(connection);
	end(connection);
	return !connection->wire.gone && !connection->response.close &&
	       connection->received;
}

void ln_converse_refuse(struct ln_client *connection, unsigned status,
			const char *reason)
{
	int64_t deadline = LN_NEVER;

	connection->response.close = true;
	connection->status = status;
	ln_response_say(&connection->response, &connection->wire.out, status,
			reason);
	deadline = earlier(deadline, ln_time_now(),
			   connection->server->options.body_timeout);
	while (!ln_transport_sent(&connection->wire) &&
	       !connection->wire.gone) {
		if (!ln_transport_write(&connection->wire) &&
		    ln_transport_wait(&connection->wire, deadline) < 0)
			return;
	}
}
