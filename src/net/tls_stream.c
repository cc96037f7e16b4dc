/*
 * DESIGN
 * net/tls.h has connections with one reader and one writer. Here is a mutex for
 * each, and one for the handshake, which is over before either may begin. All
 * are mutexes of tasks: whoever waits is parked, up to its own deadline.
 *
 * A call that ends early (a deadline, a kill) leaves the handshake for the next
 * one to go on with. Only the time since it began is bounded.
 *
 * Threads: tasks; references and timeouts any. Lock order: one of the mutexes,
 * then that of net/tls.c.
 */
#include "net/tls_stream.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "base/time.h"
#include "net/socket.h"
#include "net/tls_public.h"
#include "sched/mutex.h"
#include "sched/task.h"

struct ln_tls_stream {
	/* Immutable. */
	struct ln_tls *tls;
	size_t weight;
	struct ln_mutex shaking;
	struct ln_mutex reading;
	struct ln_mutex writing;

	/* Any thread. */
	_Atomic uint32_t references;
	_Atomic uint64_t timeouts[2]; /* by enum ln_tls_way */
	_Atomic bool ready;           /* the handshake is over */

	/* Under `shaking`. */
	int64_t patience; /* until when the handshake may take; 0: not begun */
	int failed;       /* how it has */
	bool late;        /* because it took too long */
};

static int new_connection(struct ln_tls_context *context,
			  struct ln_socket *socket, const char *name,
			  struct ln_tls **tls)
{
	int error =
		ln_tls_new(context, socket,
			   name != NULL ? LN_TLS_CLIENT : LN_TLS_SERVER, tls);

	if (error < 0 || name == NULL)
		return error;
	error = ln_tls_expect(*tls, name);
	if (error < 0)
		ln_tls_free(*tls);
	return error;
}

int ln_tls_stream_new(struct ln_tls_context *context, bool own,
		      struct ln_socket *socket, const char *name,
		      struct ln_tls_stream **out)
{
	struct ln_tls_stream *stream = calloc(1, sizeof(*stream));
	int error;

	if (stream == NULL) {
		ln_socket_release(socket);
		return LN_ENOMEM;
	}
	error = new_connection(context, socket, name, &stream->tls);
	if (error < 0) {
		free(stream);
		return error;
	}
	stream->weight = LN_TLS_STREAM_WEIGHT;
	if (own)
		stream->weight += ln_tls_context_weight(context);
	ln_mutex_init(&stream->shaking);
	ln_mutex_init(&stream->reading);
	ln_mutex_init(&stream->writing);
	atomic_init(&stream->references, 1);
	atomic_init(&stream->timeouts[LN_TLS_READING], UINT64_MAX);
	atomic_init(&stream->timeouts[LN_TLS_WRITING], UINT64_MAX);
	*out = stream;
	return 0;
}

struct ln_tls_stream *ln_tls_stream_retain(struct ln_tls_stream *stream)
{
	ln_refs_retain(&stream->references);
	return stream;
}

void ln_tls_stream_release(struct ln_tls_stream *stream)
{
	if (!ln_refs_release(&stream->references))
		return;
	ln_tls_free(stream->tls);
	free(stream);
}

size_t ln_tls_stream_weight(const struct ln_tls_stream *stream)
{
	return stream->weight;
}

/* Ends a call: what the connection says about its error. */
static int tell(int error, const char *said, char *reason)
{
	if (error < 0)
		snprintf(reason, LN_TLS_REASON_SIZE, "%s",
			 said[0] != '\0' ? said : ln_error_text(error));
	return error;
}

static bool passes(int error)
{
	return error == LN_ETIMEDOUT || error == LN_EKILLED ||
	       error == LN_ENOMEM;
}

/* Goes on with the handshake; under `shaking`. */
static int shake(struct ln_tls_stream *stream,
		 struct ln_blocking_tenant *tenant, int64_t deadline,
		 char *reason)
{
	int error = stream->failed;

	if (stream->patience == 0)
		stream->patience = ln_time_after_ms(LN_TLS_PATIENCE);
	if (error == 0) {
		ln_tls_use_pool(stream->tls, tenant);
		error = ln_tls_handshake(stream->tls,
					 deadline < stream->patience
						 ? deadline
						 : stream->patience);
	}
	if (error == 0) {
		/* Release pairs with the acquire in
		 * ln_tls_stream_is_ready. */
		atomic_store_explicit(&stream->ready, true,
				      memory_order_release);
		return 0;
	}
	if (error == LN_ETIMEDOUT && deadline > stream->patience) {
		stream->late = true;
		error = LN_EIO;
	}
	if (!passes(error))
		stream->failed = error;
	if (stream->late)
		return tell(error,
			    "the other side did not finish the handshake of "
			    "TLS in time",
			    reason);
	return tell(error, ln_tls_read_reason(stream->tls), reason);
}

bool ln_tls_stream_is_ready(const struct ln_tls_stream *stream)
{
	/* Acquire pairs with the release in shake. */
	return atomic_load_explicit(&stream->ready, memory_order_acquire);
}

int ln_tls_stream_shake(struct ln_tls_stream *stream,
			struct ln_blocking_tenant *tenant, int64_t deadline,
			char reason[LN_TLS_REASON_SIZE])
{
	int error;

	if (ln_tls_stream_is_ready(stream))
		return 0;
	error = ln_mutex_acquire(&stream->shaking, deadline);
	if (error < 0)
		return tell(error, "", reason);
	if (!atomic_load_explicit(&stream->ready, memory_order_relaxed))
		error = shake(stream, tenant, deadline, reason);
	ln_mutex_release(&stream->shaking);
	return error;
}

int ln_tls_stream_read(struct ln_tls_stream *stream, void *data, size_t len,
		       int64_t deadline, size_t *count,
		       char reason[LN_TLS_REASON_SIZE])
{
	int error = ln_mutex_acquire(&stream->reading, deadline);

	ln_assert(ln_tls_stream_is_ready(stream));
	if (error < 0)
		return tell(error, "", reason);
	error = ln_tls_read(stream->tls, data, len, deadline, count);
	tell(error, ln_tls_read_reason(stream->tls), reason);
	ln_mutex_release(&stream->reading);
	return error;
}

int ln_tls_stream_write(struct ln_tls_stream *stream, const void *data,
			size_t len, int64_t deadline, size_t *count,
			char reason[LN_TLS_REASON_SIZE])
{
	int error = ln_mutex_acquire(&stream->writing, deadline);

	ln_assert(ln_tls_stream_is_ready(stream));
	if (error < 0)
		return tell(error, "", reason);
	error = ln_tls_write_some(stream->tls, data, len, deadline, count);
	tell(error, ln_tls_write_reason(stream->tls), reason);
	ln_mutex_release(&stream->writing);
	return error;
}

int ln_tls_stream_flush(struct ln_tls_stream *stream, int64_t deadline,
			char reason[LN_TLS_REASON_SIZE])
{
	int error = ln_mutex_acquire(&stream->writing, deadline);

	ln_assert(ln_tls_stream_is_ready(stream));
	if (error < 0)
		return tell(error, "", reason);
	error = ln_tls_flush(stream->tls, deadline);
	tell(error, ln_tls_write_reason(stream->tls), reason);
	ln_mutex_release(&stream->writing);
	return error;
}

uint64_t ln_tls_stream_timeout(const struct ln_tls_stream *stream,
			       enum ln_tls_way way)
{
	/* Relaxed: it says nothing about anything else. */
	return atomic_load_explicit(&stream->timeouts[way],
				    memory_order_relaxed);
}

void ln_tls_stream_set_timeout(struct ln_tls_stream *stream,
			       enum ln_tls_way way, uint64_t timeout)
{
	atomic_store_explicit(&stream->timeouts[way], timeout,
			      memory_order_relaxed);
}

int ln_tls_listener_new(struct ln_socket *socket,
			struct ln_tls_context *context,
			struct ln_tls_listener **out)
{
	struct ln_tls_listener *listener = malloc(sizeof(*listener));

	if (listener == NULL) {
		ln_socket_release(socket);
		ln_tls_context_free(context);
		return LN_ENOMEM;
	}
	*listener = (struct ln_tls_listener){ socket, context };
	*out = listener;
	return 0;
}

static void free_context(void *context)
{
	ln_tls_context_free(context);
}

void ln_tls_listener_free(struct ln_tls_listener *listener)
{
	if (listener == NULL)
		return;
	ln_socket_release(listener->socket);
	ln_task_on_worker_stack(ln_task_current(), free_context,
				listener->context);
	free(listener);
}

size_t ln_tls_listener_weight(const struct ln_tls_listener *listener)
{
	return sizeof(*listener) + ln_tls_context_weight(listener->context);
}
