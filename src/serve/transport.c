/*
 * DESIGN
 * Bytes to and from the client, with TLS or not. Nothing here waits but
 * ln_transport_wait: the task watches its socket from the beginning on, tries,
 * and looks at everything again when it is woken. A read is only tried when an
 * event has come since the last one that found nothing.
 */
#include "serve/transport.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "net/socket.h"
#include "net/tls_stream.h"
#include "sched/task.h"

/* How long, and how much, is read after the last word. */
#define LINGER_NS (1 * LN_NS_PER_S)
#define LINGER_BYTES ((size_t)1 << 20)
#define PAST 1 /* a deadline that is over */
#define OUTPUT_MAX ((size_t)1 << 20)

bool ln_transport_begin(struct ln_transport *wire, struct ln_socket *socket,
			struct ln_tls_context *context, const char *name)
{
	wire->task = ln_task_current();
	wire->out.max = OUTPUT_MAX;
	wire->readable = true;
	wire->socket = socket;
	if (context != NULL &&
	    ln_tls_stream_new(context, false, ln_socket_retain(socket), name,
			      &wire->tls) < 0) {
		ln_socket_release(socket);
		return false;
	}
	ln_pollable_watch(socket->pollable, LN_READABLE,
			  &wire->watches[LN_READABLE]);
	ln_pollable_watch(socket->pollable, LN_WRITABLE,
			  &wire->watches[LN_WRITABLE]);
	return true;
}

void ln_transport_end(struct ln_transport *wire)
{
	ln_pollable_unwatch(&wire->watches[LN_READABLE]);
	ln_pollable_unwatch(&wire->watches[LN_WRITABLE]);
	if (wire->tls != NULL)
		ln_tls_stream_release(wire->tls);
	ln_socket_release(wire->socket);
	ln_bytes_deinit(&wire->out);
	free(wire->in);
}

int ln_transport_shake(struct ln_transport *wire,
		       struct ln_blocking_tenant *tenant, int64_t deadline)
{
	char reason[LN_TLS_REASON_SIZE];

	if (wire->tls == NULL)
		return 0;
	return ln_tls_stream_shake(wire->tls, tenant, deadline, reason);
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

static ssize_t take(struct ln_transport *wire, void *data, size_t len)
{
	char reason[LN_TLS_REASON_SIZE];
	size_t count = 0;
	int error;

	if (wire->tls == NULL)
		return receive(wire->socket->fd, data, len);
	error = ln_tls_stream_read(wire->tls, data, len, PAST, &count, reason);
	return as_call(error, count);
}

static ssize_t put(struct ln_transport *wire, const void *data, size_t len)
{
	char reason[LN_TLS_REASON_SIZE];
	size_t count = 0;
	int error;

	if (wire->tls == NULL)
		return transmit(wire->socket->fd, data, len);
	error = ln_tls_stream_write(wire->tls, data, len, PAST, &count, reason);
	return as_call(error, count);
}

/* Room for what is read; false: there is none. */
static bool make_room(struct ln_transport *wire)
{
	if (wire->in == NULL) {
		wire->in = malloc(LN_TRANSPORT_INPUT);
		wire->in_start = 0;
		wire->in_end = 0;
	}
	if (wire->in == NULL) {
		wire->gone = true;
		return false;
	}
	if (wire->in_start == wire->in_end) {
		wire->in_start = 0;
		wire->in_end = 0;
	}
	return wire->in_end < LN_TRANSPORT_INPUT;
}

/* Whether an event says that a read may find something. */
static bool may_read(struct ln_transport *wire)
{
	struct ln_pollable *pollable = wire->socket->pollable;

	if (ln_pollable_take(pollable, LN_READABLE))
		wire->readable = true;
	return wire->readable && !wire->eof && !wire->gone;
}

static void take_note(struct ln_transport *wire, ssize_t count, size_t asked)
{
	bool hung_up = ln_pollable_hung_up(wire->socket->pollable);

	if (count == 0) {
		wire->eof = true;
	} else if (count > 0) {
		wire->in_end += (size_t)count;
		/* A short read has found all there was, with two exceptions. */
		if ((size_t)count < asked && wire->tls == NULL && !hung_up)
			wire->readable = false;
	} else if (count == -EAGAIN) {
		wire->readable = false;
	} else if (count != -EINTR) {
		wire->gone = true;
	}
}

bool ln_transport_read(struct ln_transport *wire)
{
	size_t asked;
	ssize_t count;

	if (!may_read(wire) || !make_room(wire))
		return wire->gone;
	asked = LN_TRANSPORT_INPUT - wire->in_end;
	count = take(wire, wire->in + wire->in_end, asked);
	take_note(wire, count, asked);
	return count != -EAGAIN;
}

/* Has TLS send what it holds, as far as that does not wait. */
static void flush(struct ln_transport *wire)
{
	char reason[LN_TLS_REASON_SIZE];
	int error = ln_tls_stream_flush(wire->tls, PAST, reason);

	wire->pending = error == LN_ETIMEDOUT;
	if (error < 0 && error != LN_ETIMEDOUT)
		wire->gone = true;
}

bool ln_transport_write(struct ln_transport *wire)
{
	struct ln_bytes *out = &wire->out;
	ssize_t count;

	if (wire->pending && !wire->gone)
		flush(wire);
	if (out->len == wire->out_start || wire->gone || wire->pending)
		return wire->gone;
	count = put(wire, out->data + wire->out_start,
		    out->len - wire->out_start);
	if (count == -EAGAIN || count == -EINTR)
		return count == -EINTR;
	if (count < 0) {
		wire->gone = true;
		return true;
	}
	wire->out_start += (size_t)count;
	if (wire->out_start == out->len) {
		out->len = 0;
		wire->out_start = 0;
	}
	if (wire->tls != NULL)
		flush(wire);
	return true;
}

int ln_transport_wait(struct ln_transport *wire, int64_t deadline)
{
	return ln_task_wait_for(wire->task, LN_WAIT_IO, deadline);
}

void ln_transport_relax(struct ln_transport *wire)
{
	if (ln_transport_waits(wire) == 0) {
		free(wire->in);
		wire->in = NULL;
		wire->in_start = 0;
		wire->in_end = 0;
	}
	if (wire->out.len == 0)
		ln_bytes_deinit(&wire->out);
}

void ln_transport_linger(struct ln_transport *wire)
{
	int64_t deadline = ln_time_now() + LINGER_NS;
	size_t dropped = 0;

	if (wire->gone || wire->eof)
		return;
	/* What fails is closed all the same. */
	(void)shutdown(wire->socket->fd, SHUT_WR);
	while (!wire->gone && !wire->eof && dropped < LINGER_BYTES) {
		wire->in_start = 0;
		wire->in_end = 0;
		if (!ln_transport_read(wire) &&
		    ln_transport_wait(wire, deadline) != 0)
			return;
		dropped += wire->in_end;
	}
}
