/*
 * DESIGN
 * A request on its way: name, connection, TLS, head, then both bodies by turns,
 * as converse.c moves them. Each request has a connection of its own, which
 * ends with it.
 *
 * Threads: the task that sends; the guest's, through the lock and the pipes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "net/address.h"
#include "net/resolver.h"
#include "net/socket.h"
#include "net/tcp.h"
#include "process/environment.h"
#include "process/life.h"
#include "process/process.h"
#include "process/process_refs.h"
#include "process/runtime.h"
#include "sched/task.h"
#include "serve/fields.h"
#include "serve/outgoing.h"
#include "serve/pipe.h"
#include "serve/request.h"
#include "serve/response.h"
#include "serve/transport.h"

#define OUTPUT_FULL ((size_t)64 << 10)

static const struct ln_http_request_limits limits = {
	.head = 64 << 10,
	.fields = 500,
	.body = UINT64_MAX >> 1,
};

struct fetching {
	struct ln_fetch *fetch;
	struct ln_transport wire;
	struct ln_http_request answer;
	struct ln_response sending;
	bool begun; /* the head of the response has been told */
	bool received;
	int64_t moved;
};

struct ln_fetch *ln_fetch_new(struct ln_process *guest)
{
	struct ln_fetch *fetch = calloc(1, sizeof(*fetch));

	if (fetch == NULL)
		return NULL;
	atomic_init(&fetch->references, 1);
	fetch->guest = ln_process_retain(guest);
	return fetch;
}

struct ln_fetch *ln_fetch_retain(struct ln_fetch *fetch)
{
	ln_refs_retain(&fetch->references);
	return fetch;
}

void ln_fetch_release(struct ln_fetch *fetch)
{
	if (!ln_refs_release(&fetch->references))
		return;
	ln_process_release(fetch->guest);
	if (fetch->process != NULL)
		ln_process_release(fetch->process);
	ln_fields_release(fetch->fields);
	ln_fields_release(fetch->answer);
	ln_pipe_release(fetch->request);
	ln_pipe_release(fetch->response);
	free(fetch->method);
	free(fetch->authority);
	free(fetch->path);
	free(fetch);
}

enum ln_fetch_state ln_fetch_look(struct ln_fetch *fetch)
{
	enum ln_fetch_state state;

	ln_lock_acquire(&fetch->lock);
	state = fetch->state;
	ln_lock_release(&fetch->lock);
	return state;
}

void ln_fetch_cancel(struct ln_fetch *fetch)
{
	if (fetch->process != NULL)
		ln_process_kill(fetch->process);
}

/* Tells the guest, once. */
static void tell(struct ln_fetch *fetch, enum ln_fetch_state state,
		 enum ln_fetch_error error, unsigned status,
		 struct ln_fields *answer)
{
	ln_lock_acquire(&fetch->lock);
	if (fetch->state == LN_FETCH_PENDING) {
		fetch->error = error;
		fetch->status = status;
		fetch->answer = answer;
		fetch->state = state;
		answer = NULL;
	}
	ln_lock_release(&fetch->lock);
	ln_fields_release(answer);
	ln_task_wake(&fetch->guest->task);
}

static void fail(struct ln_fetch *fetch, enum ln_fetch_error error)
{
	tell(fetch, LN_FETCH_FAILED, error, 0, NULL);
}

/* ---- The connection ---- */

static int64_t after(uint64_t timeout)
{
	return timeout > INT64_MAX / 2 ? LN_NEVER
				       : ln_time_now() + (int64_t)timeout;
}

static LN_NOINLINE int resolve(struct ln_fetch *fetch, int64_t deadline,
			       struct ln_addresses **addresses)
{
	struct ln_environment *environment = fetch->guest->environment;
	const char *reason;
	char name[272];
	int len =
		snprintf(name, sizeof(name),
			 strchr(fetch->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
			 fetch->host, fetch->port);

	return ln_resolver_resolve(environment->runtime->resolver,
				   environment->names, name, (size_t)len,
				   deadline, addresses, &reason);
}

/* 0, or what is to be told. */
static enum ln_fetch_error connect_to(struct ln_fetch *fetch, int64_t deadline,
				      struct ln_socket **socket)
{
	struct ln_environment *environment = fetch->guest->environment;
	struct ln_addresses *addresses;
	int number = 0;
	int error = resolve(fetch, deadline, &addresses);

	if (error < 0)
		return error == LN_ETIMEDOUT ? LN_FETCH_CONNECT_TIMEOUT
					     : LN_FETCH_DNS_ERROR;
	error = LN_EIO;
	for (uint32_t i = 0; i < addresses->count && error == LN_EIO; i++)
		error = ln_tcp_connect(&addresses->list[i],
				       environment->descriptors, deadline,
				       socket, &number);
	free(addresses);
	if (error == 0)
		return LN_FETCH_FINE;
	return error == LN_ETIMEDOUT ? LN_FETCH_CONNECT_TIMEOUT
				     : LN_FETCH_REFUSED;
}

static enum ln_fetch_error open_wire(struct fetching *fetching)
{
	struct ln_fetch *fetch = fetching->fetch;
	struct ln_runtime *runtime = fetch->guest->environment->runtime;
	int64_t deadline = after(fetch->connect_timeout);
	struct ln_socket *socket;
	enum ln_fetch_error failed = connect_to(fetch, deadline, &socket);
	int error;

	if (failed != LN_FETCH_FINE)
		return failed;
	if (!ln_transport_begin(&fetching->wire, socket,
				fetch->tls ? runtime->outgoing->tls : NULL,
				fetch->host))
		return LN_FETCH_INTERNAL;
	error = ln_transport_shake(&fetching->wire,
				   fetch->guest->environment->files, deadline);
	if (error == LN_EPERM)
		return LN_FETCH_TLS_CERTIFICATE;
	if (error == LN_ETIMEDOUT)
		return LN_FETCH_CONNECT_TIMEOUT;
	return error < 0 ? LN_FETCH_TLS_PROTOCOL : LN_FETCH_FINE;
}

/* ---- What is sent ---- */

static bool send_head(struct fetching *fetching)
{
	const struct ln_fetch *fetch = fetching->fetch;

	return ln_request_begin(&fetching->sending, &fetching->wire.out,
				fetch->method, fetch->path, fetch->authority,
				fetch->fields, fetch->request != NULL) == 0;
}

/* Whether anything has moved; a body that breaks off ends the connection. */
static bool move_request(struct fetching *fetching)
{
	struct ln_response *sending = &fetching->sending;
	int moved;

	if (sending->complete || fetching->wire.out.len >= OUTPUT_FULL)
		return false;
	moved = ln_response_move(sending, &fetching->wire.out,
				 fetching->fetch->request);
	if (moved < 0)
		fetching->wire.gone = true;
	return moved != 0;
}

/* ---- What comes ---- */

static void take_head(struct fetching *fetching)
{
	struct ln_http_request *answer = &fetching->answer;

	/* The response proper follows. */
	if (answer->code < 200)
		return;
	fetching->begun = true;
	answer->body = fetching->fetch->response;
	tell(fetching->fetch, LN_FETCH_ANSWERED, LN_FETCH_FINE, answer->code,
	     ln_fields_retain(answer->fields));
}

static void take_end(struct fetching *fetching)
{
	struct ln_http_request *answer = &fetching->answer;
	struct ln_fields *trailers = answer->trailers;

	if (!fetching->begun) {
		ln_http_request_next(answer);
		return;
	}
	answer->trailers = NULL;
	fetching->received = true;
	ln_pipe_finish(fetching->fetch->response, LN_PIPE_ENDED, trailers);
}

static void take_step(struct fetching *fetching, enum ln_http_step step)
{
	if (step == LN_HTTP_HEAD) {
		take_head(fetching);
	} else if (step == LN_HTTP_DONE) {
		take_end(fetching);
	} else if (step == LN_HTTP_BAD) {
		fail(fetching->fetch, LN_FETCH_PROTOCOL);
		fetching->wire.gone = true;
	}
}

static bool feed(struct fetching *fetching)
{
	struct ln_transport *wire = &fetching->wire;
	struct ln_pipe_state state = ln_pipe_look(fetching->fetch->response);
	size_t len = ln_transport_waits(wire);
	bool within = fetching->answer.method != NULL;
	enum ln_http_step step;
	size_t used;

	if (!state.closed && len > state.room)
		len = state.room;
	if (len == 0 && !within)
		return false;
	step = ln_http_request_feed(&fetching->answer,
				    wire->in + wire->in_start, len, &used);
	wire->in_start += used;
	take_step(fetching, step);
	return used > 0 || step != LN_HTTP_MORE;
}

static bool move_response(struct fetching *fetching)
{
	struct ln_transport *wire = &fetching->wire;
	bool moved = feed(fetching);

	if (fetching->received || wire->gone || ln_transport_waits(wire) > 0)
		return moved;
	if (wire->eof) {
		take_step(fetching, ln_http_request_finish(&fetching->answer));
		return true;
	}
	return ln_transport_read(wire) || moved;
}

/* ---- All of it ---- */

static enum ln_fetch_error too_late(const struct fetching *fetching)
{
	if (!ln_transport_sent(&fetching->wire))
		return LN_FETCH_WRITE_TIMEOUT;
	return fetching->begun ? LN_FETCH_READ_TIMEOUT
			       : LN_FETCH_RESPONSE_TIMEOUT;
}

static bool is_over(const struct fetching *fetching)
{
	return fetching->received || fetching->wire.gone;
}

static void move_all(struct fetching *fetching)
{
	struct ln_fetch *fetch = fetching->fetch;
	uint64_t timeout;
	bool moved;
	int error;

	while (!is_over(fetching)) {
		moved = move_request(fetching);
		moved |= ln_transport_write(&fetching->wire);
		moved |= move_response(fetching);
		if (is_over(fetching))
			return;
		if (moved) {
			ln_task_rest();
			continue;
		}
		timeout = fetching->begun ? fetch->between_timeout
					  : fetch->first_timeout;
		error = ln_transport_wait(&fetching->wire, after(timeout));
		if (error == 0)
			continue;
		fail(fetch, error == LN_ETIMEDOUT ? too_late(fetching)
						  : LN_FETCH_INTERNAL);
		return;
	}
}

static void run(struct fetching *fetching)
{
	struct ln_fetch *fetch = fetching->fetch;
	enum ln_fetch_error error = open_wire(fetching);

	if (error != LN_FETCH_FINE) {
		fail(fetch, error);
	} else {
		ln_http_response_init(&fetching->answer, &limits,
				      strcmp(fetch->method, "HEAD") == 0);
		if (send_head(fetching))
			move_all(fetching);
		ln_http_request_deinit(&fetching->answer);
	}
	fail(fetch, LN_FETCH_TERMINATED);
	if (fetching->wire.socket != NULL)
		ln_transport_end(&fetching->wire);
}

static enum ln_outcome body(struct ln_process *process)
{
	struct fetching *fetching = calloc(1, sizeof(*fetching));

	if (fetching == NULL)
		return LN_OUTCOME_NORMAL;
	fetching->fetch = process->argument;
	run(fetching);
	free(fetching);
	return LN_OUTCOME_NORMAL;
}

/* Its end, whatever way that was. */
static void over(void *argument)
{
	struct ln_fetch *fetch = argument;

	fail(fetch, LN_FETCH_INTERNAL);
	ln_pipe_finish(fetch->response, LN_PIPE_BROKEN, NULL);
	if (fetch->request != NULL)
		ln_pipe_close(fetch->request);
	ln_fetch_release(fetch);
}

int ln_fetch_start(struct ln_fetch *fetch)
{
	struct ln_process *process;
	int error = ln_process_new(fetch->guest->environment, body, fetch,
				   &process);

	if (error < 0)
		return error;
	fetch->response = ln_pipe_new(fetch->guest, process);
	if (fetch->response == NULL) {
		ln_process_discard(process);
		return LN_ENOMEM;
	}
	if (fetch->request != NULL)
		ln_pipe_set_reader(fetch->request, process);
	fetch->process = process;
	process->free_argument = over;
	ln_fetch_retain(fetch);
	return ln_process_start(process);
}
