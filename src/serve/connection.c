/*
 * A connection: requests one after the other, each with its head, its exchange
 * and its line in the log. Requests that a client sends ahead wait in the
 * buffer, and the kernel, until it is their turn.
 *
 * Threads: the task of the connection; ln_serve_wake.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "net/socket.h"
#include "process/environment.h"
#include "process/life.h"
#include "process/process.h"
#include "sched/task.h"
#include "serve/access_log.h"
#include "serve/connection_impl.h"
#include "serve/exchange.h"
#include "serve/server_impl.h"

enum came { HEAD, REFUSED, CLOSED };

static bool draining(const struct ln_client *connection)
{
	return atomic_load_explicit(&connection->server->draining,
				    memory_order_relaxed);
}

static int64_t after(int64_t from, uint64_t timeout)
{
	return timeout > 0 ? from + (int64_t)timeout : LN_NEVER;
}

/* The server has an eye on a process that goes on behind its response. */
static void put_aside(struct ln_client *connection)
{
	struct ln_server *server = connection->server;
	struct ln_exchange *exchange = connection->last;
	bool kept = false;

	connection->last = NULL;
	if (exchange == NULL)
		return;
	if (!ln_exchange_is_over(exchange)) {
		ln_lock_acquire(&server->lock);
		kept = !server->stopped;
		if (kept)
			ln_list_append(&server->behind, &exchange->link);
		ln_lock_release(&server->lock);
	}
	if (!kept)
		ln_exchange_release(exchange);
}

static int wait_for_head(struct ln_client *connection, int64_t idle,
			 int64_t *begun)
{
	const struct ln_serve_options *options = &connection->server->options;

	if (!ln_http_request_has_begun(&connection->request)) {
		ln_transport_relax(&connection->wire);
		if (draining(connection))
			return LN_ESTOPPED;
		put_aside(connection);
		return ln_transport_wait(&connection->wire, idle);
	}
	if (*begun == 0)
		*begun = ln_time_now();
	return ln_transport_wait(&connection->wire,
				 after(*begun, options->head_timeout));
}

/* Reads a head. REFUSED: request->status says why. */
static enum came read_head(struct ln_client *connection)
{
	struct ln_http_request *request = &connection->request;
	int64_t idle =
		after(ln_time_now(), connection->server->options.idle_timeout);
	int64_t begun = 0;
	size_t used;
	int error;

	for (;;) {
		if (ln_transport_waits(&connection->wire) > 0) {
			enum ln_http_step step = ln_http_request_feed(
				request,
				connection->wire.in + connection->wire.in_start,
				ln_transport_waits(&connection->wire), &used);

			connection->wire.in_start += used;
			if (step != LN_HTTP_MORE)
				return step == LN_HTTP_BAD ? REFUSED : HEAD;
		}
		if (connection->wire.eof || connection->wire.gone)
			return CLOSED;
		if (ln_transport_read(&connection->wire))
			continue;
		error = wait_for_head(connection, idle, &begun);
		if (error == LN_ETIMEDOUT && begun != 0) {
			request->status = 408;
			request->reason = "the head has taken too long";
			return REFUSED;
		}
		if (error < 0)
			return CLOSED;
	}
}

static void log_request(struct ln_client *connection)
{
	const struct ln_http_request *request = &connection->request;
	const struct ln_access access = {
		.peer = connection->peer,
		.method = request->method,
		.target = request->method != NULL ? request->target : NULL,
		.status = connection->status,
		.bytes = connection->response.sent,
		.duration = ln_time_now() - connection->started,
	};

	if (connection->server->log != NULL)
		ln_access_log_add(connection->server->log, &access);
}

/* Whether one more request may be answered now. Some too many do no harm. */
static bool has_room(const struct ln_server *server)
{
	return atomic_load_explicit(&server->requests, memory_order_relaxed) <
	       server->options.max_requests;
}

static void begin_request(struct ln_client *connection)
{
	const struct ln_http_request *request = &connection->request;

	connection->started = ln_time_now();
	connection->moved = connection->started;
	connection->left = 0;
	connection->received = false;
	connection->begun = false;
	connection->refused = false;
	connection->tunnels = false;
	connection->told = false;
	connection->status = 0;
	connection->response = (struct ln_response){
		.http_1_0 = request->http_1_0,
		.head = request->method != NULL &&
			strcmp(request->method, "HEAD") == 0,
		.close = !request->keep_alive || draining(connection),
	};
}

/* Serves a request whose head is there; false: no other one follows. */
static bool serve_one(struct ln_client *connection)
{
	struct ln_server *server = connection->server;
	bool goes_on;

	begin_request(connection);
	put_aside(connection);
	if (!has_room(server)) {
		ln_converse_refuse(connection, 503,
				   "too many requests are being answered");
		log_request(connection);
		return false;
	}
	goes_on = ln_converse(connection);
	log_request(connection);
	ln_http_request_next(&connection->request);
	return goes_on;
}

static void serve(struct ln_client *connection)
{
	enum came came;

	do {
		came = read_head(connection);
	} while (came == HEAD && serve_one(connection));
	if (came == REFUSED) {
		begin_request(connection);
		ln_converse_refuse(connection, connection->request.status,
				   connection->request.reason);
		log_request(connection);
	}
	ln_transport_linger(&connection->wire);
}

static void enter(struct ln_client *connection)
{
	struct ln_server *server = connection->server;

	ln_lock_acquire(&server->lock);
	ln_list_append(&server->open, &connection->link);
	ln_lock_release(&server->lock);
}

static void leave(struct ln_client *connection)
{
	struct ln_server *server = connection->server;

	ln_lock_acquire(&server->lock);
	ln_list_remove(&connection->link);
	ln_lock_release(&server->lock);
}

static enum ln_outcome body(struct ln_process *process)
{
	struct ln_client *connection = process->argument;
	struct ln_socket *socket = connection->accepted;

	connection->self = process;
	connection->accepted = NULL;
	if (!ln_transport_begin(&connection->wire, socket,
				connection->server->options.tls, NULL))
		return LN_OUTCOME_NORMAL;
	ln_http_request_init(&connection->request,
			     &connection->server->options.limits);
	enter(connection);
	if (ln_transport_shake(
		    &connection->wire, connection->server->environment->files,
		    after(ln_time_now(),
			  connection->server->options.head_timeout)) == 0)
		serve(connection);
	leave(connection);
	put_aside(connection);
	ln_http_request_deinit(&connection->request);
	ln_transport_end(&connection->wire);
	return LN_OUTCOME_NORMAL;
}

/* Also of one that never ran. */
static void free_connection(void *argument)
{
	struct ln_client *connection = argument;
	struct ln_server *server = connection->server;

	if (connection->accepted != NULL)
		ln_socket_release(connection->accepted);
	atomic_fetch_sub_explicit(&server->connections, 1,
				  memory_order_relaxed);
	ln_server_release(server);
	free(connection);
}

void ln_serve_connection(struct ln_server *server, struct ln_socket *socket,
			 const struct ln_address *peer)
{
	struct ln_client *connection = calloc(1, sizeof(*connection));
	struct ln_process *process;
	int error;

	if (connection == NULL) {
		ln_socket_release(socket);
		return;
	}
	connection->server = ln_server_retain(server);
	connection->accepted = socket;
	ln_address_format(peer, connection->peer);
	atomic_fetch_add_explicit(&server->connections, 1,
				  memory_order_relaxed);
	error = ln_process_new(server->environment, body, connection, &process);
	if (error < 0) {
		ln_log(LN_LOG_WARN, "no process for a connection: %s",
		       ln_error_text(error));
		free_connection(connection);
		return;
	}
	process->free_argument = free_connection;
	/* After a failure it has ended. */
	(void)ln_process_start(process);
	ln_process_release(process);
}

void ln_serve_wake(struct ln_server *server)
{
	ln_lock_acquire(&server->lock);
	ln_list_for_each (at, &server->open) {
		struct ln_client *connection =
			ln_container_of(at, struct ln_client, link);

		ln_task_wake(&connection->self->task);
	}
	ln_lock_release(&server->lock);
}
