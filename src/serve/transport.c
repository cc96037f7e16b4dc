/*
 * DESIGN
 * Bytes to and from the client, with TLS or not. Nothing here waits but
 * ln_transport_wait: the task watches its socket from the beginning on, tries,
 * and looks at everything again when it is woken. A read is only tried when an
 * event has come since the last one that found nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "net/socket.h"
#include "net/tls_stream.h"
#include "process/environment.h"
#include "process/process.h"
#include "sched/task.h"
#include "serve/connection_impl.h"
#include "serve/server_impl.h"

/* How long, and how much, is read after the last word. */
#define LINGER_NS (1 * LN_NS_PER_S)
#define LINGER_BYTES ((size_t)1 << 20)
#define PAST 1 /* a deadline that is over */
#define OUTPUT_MAX ((size_t)1 << 20)

bool ln_transport_begin(struct ln_client *connection, struct ln_socket *socket)
{
	struct ln_tls_context *context = connection->server->options.tls;

	connection->out.max = OUTPUT_MAX;
	connection->readable = true;
	connection->socket = socket;
	if (context != NULL &&
	    ln_tls_stream_new(context, false, ln_socket_retain(socket), NULL,
			      &connection->tls) < 0) {
		ln_socket_release(socket);
		return false;
	}
	ln_pollable_watch(socket->pollable, LN_READABLE,
			  &connection->watches[LN_READABLE]);
	ln_pollable_watch(socket->pollable, LN_WRITABLE,
			  &connection->watches[LN_WRITABLE]);
	return true;
}

void ln_transport_end(struct ln_client *connection)
{
	ln_pollable_unwatch(&connection->watches[LN_READABLE]);
	ln_pollable_unwatch(&connection->watches[LN_WRITABLE]);
	if (connection->tls != NULL)
		ln_tls_stream_release(connection->tls);
	ln_socket_release(connection->socket);
	ln_bytes_deinit(&connection->out);
	free(connection->in);
}

int ln_transport_shake(struct ln_client *connection, int64_t deadline)
{
	char reason[LN_TLS_REASON_SIZE];

	if (connection->tls == NULL)
		return 0;
	return ln_tls_stream_shake(connection->tls,
				   connection->server->environment->files,
				   deadline, reason);
}

static LN_NOINLINE ssize_t receive(int fd, void *data, size_t len)
{
	ssize_t result = recv(fd, data, len, MSG_DONTWAIT);

	return result < 0 ? -errno : result;
}

static LN_NOINLINE ssize_t transmit(int fd, const void *data, size_t len)
{
	ssize_t result = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return result < 0 ? -errno : result;
}

/* What a call of TLS that did not wait is as a system call. */
static ssize_t as_call(int error, size_t count)
{
	if (error == 0)
		return (ssize_t)count;
	return error == LN_ETIMEDOUT ? -EAGAIN : -EIO;
}

static ssize_t take(struct ln_client *connection, void *data, size_t len)
{
	char reason[LN_TLS_REASON_SIZE];
	size_t count = 0;
	int error;

	if (connection->tls == NULL)
		return receive(connection->socket->fd, data, len);
	error = ln_tls_stream_read(connection->tls, data, len, PAST, &count,
				   reason);
	return as_call(error, count);
}

static ssize_t put(struct ln_client *connection, const void *data, size_t len)
{
	char reason[LN_TLS_REASON_SIZE];
	size_t count = 0;
	int error;

	if (connection->tls == NULL)
		return transmit(connection->socket->fd, data, len);
	error = ln_tls_stream_write(connection->tls, data, len, PAST, &count,
				    reason);
	return as_call(error, count);
}

/* Room for what is read; false: there is none. */
static bool make_room(struct ln_client *connection)
{
	if (connection->in == NULL) {
		connection->in = malloc(LN_CONNECTION_INPUT);
		connection->in_start = 0;
		connection->in_end = 0;
	}
	if (connection->in == NULL) {
		connection->gone = true;
		return false;
	}
	if (connection->in_start == connection->in_end) {
		connection->in_start = 0;
		connection->in_end = 0;
	}
	return connection->in_end < LN_CONNECTION_INPUT;
}

/* Whether an event says that a read may find something. */
static bool may_read(struct ln_client *connection)
{
	struct ln_pollable *pollable = connection->socket->pollable;

	if (ln_pollable_take(pollable, LN_READABLE))
		connection->readable = true;
	return connection->readable && !connection->eof && !connection->gone;
}

static void take_note(struct ln_client *connection, ssize_t count, size_t asked)
{
	bool hung_up = ln_pollable_hung_up(connection->socket->pollable);

	if (count == 0) {
		connection->eof = true;
	} else if (count > 0) {
		connection->in_end += (size_t)count;
		/* A short read has found all there was, with two exceptions. */
		if ((size_t)count < asked && connection->tls == NULL &&
		    !hung_up)
			connection->readable = false;
	} else if (count == -EAGAIN) {
		connection->readable = false;
	} else if (count != -EINTR) {
		connection->gone = true;
	}
}

bool ln_transport_read(struct ln_client *connection)
{
	size_t asked;
	ssize_t count;

	if (!may_read(connection) || !make_room(connection))
		return connection->gone;
	asked = LN_CONNECTION_INPUT - connection->in_end;
	count = take(connection, connection->in + connection->in_end, asked);
	take_note(connection, count, asked);
	return count != -EAGAIN;
}

/* Has TLS send what it holds, as far as that does not wait. */
static void flush(struct ln_client *connection)
{
	char reason[LN_TLS_REASON_SIZE];
	int error = ln_tls_stream_flush(connection->tls, PAST, reason);

	connection->pending = error == LN_ETIMEDOUT;
	if (error < 0 && error != LN_ETIMEDOUT)
		connection->gone = true;
}

bool ln_transport_write(struct ln_client *connection)
{
	struct ln_bytes *out = &connection->out;
	ssize_t count;

	if (connection->pending && !connection->gone)
		flush(connection);
	if (out->len == connection->out_start || connection->gone ||
	    connection->pending)
		return connection->gone;
	count = put(connection, out->data + connection->out_start,
		    out->len - connection->out_start);
	if (count == -EAGAIN || count == -EINTR)
		return count == -EINTR;
	if (count < 0) {
		connection->gone = true;
		return true;
	}
	connection->out_start += (size_t)count;
	if (connection->out_start == out->len) {
		out->len = 0;
		connection->out_start = 0;
	}
	if (connection->tls != NULL)
		flush(connection);
	return true;
}

int ln_transport_wait(struct ln_client *connection, int64_t deadline)
{
	struct ln_task *task = &connection->self->task;
	int error;

	ln_task_set_waiting(task, LN_WAIT_IO);
	error = ln_task_wait(task, deadline);
	ln_task_set_waiting(task, LN_WAIT_OTHER);
	return error;
}

void ln_transport_relax(struct ln_client *connection)
{
	if (ln_transport_waits(connection) == 0) {
		free(connection->in);
		connection->in = NULL;
		connection->in_start = 0;
		connection->in_end = 0;
	}
	if (connection->out.len == 0)
		ln_bytes_deinit(&connection->out);
}

void ln_transport_linger(struct ln_client *connection)
{
	int64_t deadline = ln_time_now() + LINGER_NS;
	size_t dropped = 0;

	if (connection->gone || connection->eof)
		return;
	/* What fails is closed all the same. */
	(void)shutdown(connection->socket->fd, SHUT_WR);
	while (!connection->gone && !connection->eof &&
	       dropped < LINGER_BYTES) {
		connection->in_start = 0;
		connection->in_end = 0;
		if (!ln_transport_read(connection) &&
		    ln_transport_wait(connection, deadline) != 0)
			return;
		dropped += connection->in_end;
	}
}
