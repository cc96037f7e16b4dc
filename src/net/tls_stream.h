/*
 * Streams and listeners of TLS as guests hold them. A stream has counted
 * references, and any number of tasks may read it and write it at the same
 * time: those who read take turns, and those who write, and both park for that.
 *
 * A stream begins without a handshake, which is done before the first transfer.
 * So whoever accepts connections waits for no peer. A handshake that fails, or
 * takes longer than LN_TLS_PATIENCE from its beginning on, ends the stream:
 * from then on every call fails for the same reason.
 *
 * Calls that transfer are for tasks only. Errors are those of net/tls.h, with
 * their text in `reason`.
 */
#ifndef LN_NET_TLS_STREAM_H
#define LN_NET_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tls.h"

struct ln_blocking_tenant;
struct ln_tls_stream;

/* Milliseconds of a handshake. */
#define LN_TLS_PATIENCE 30000

/* About the bytes of memory that a stream takes at most, without its context.
 */
#define LN_TLS_STREAM_WEIGHT ((size_t)128 << 10)

/* A stream over the socket, whose reference it owns from now on, even if the
 * call fails. `name` is whom a client expects (ln_tls_expect), NULL for a
 * server. `own`: nobody else has the context, which the stream weighs, too.
 * With one reference. LN_ENOMEM. */
int ln_tls_stream_new(struct ln_tls_context *context, bool own,
		      struct ln_socket *socket, const char *name,
		      struct ln_tls_stream **stream);

/* Any thread. The last release ends the stream and closes the socket. */
struct ln_tls_stream *ln_tls_stream_retain(struct ln_tls_stream *stream);
void ln_tls_stream_release(struct ln_tls_stream *stream);

/* Bytes; does not change. */
size_t ln_tls_stream_weight(const struct ln_tls_stream *stream);

/* Does the handshake, if that has not been done, for a tenant of the pool for
 * files (NULL: none). To be called before each call that transfers. */
int ln_tls_stream_shake(struct ln_tls_stream *stream,
			struct ln_blocking_tenant *tenant, int64_t deadline,
			char reason[LN_TLS_REASON_SIZE]);

/* Whether the handshake is over, and data can be transferred. */
bool ln_tls_stream_is_ready(const struct ln_tls_stream *stream);

/* Reads the available bytes, at most `len`, and waits while there are none;
 * *count is 0 at the end of the stream. */
int ln_tls_stream_read(struct ln_tls_stream *stream, void *data, size_t len,
		       int64_t deadline, size_t *count,
		       char reason[LN_TLS_REASON_SIZE]);

/* Writes a part of it, see ln_tls_write_some. */
int ln_tls_stream_write(struct ln_tls_stream *stream, const void *data,
			size_t len, int64_t deadline, size_t *count,
			char reason[LN_TLS_REASON_SIZE]);

/* Waits until all is with the kernel that was written. */
int ln_tls_stream_flush(struct ln_tls_stream *stream, int64_t deadline,
			char reason[LN_TLS_REASON_SIZE]);

/* How long calls may take whose users say nothing, in milliseconds; UINT64_MAX:
 * any time. The stream only keeps it, for all who have it. Any thread. */
enum ln_tls_way { LN_TLS_READING, LN_TLS_WRITING };
uint64_t ln_tls_stream_timeout(const struct ln_tls_stream *stream,
			       enum ln_tls_way way);
void ln_tls_stream_set_timeout(struct ln_tls_stream *stream,
			       enum ln_tls_way way, uint64_t timeout);

/* A listener, and what its streams have in common; both are owned. */
struct ln_tls_listener {
	struct ln_socket *socket;
	struct ln_tls_context *context;
};

/* Owns both from now on, even if the call fails. LN_ENOMEM. */
int ln_tls_listener_new(struct ln_socket *socket,
			struct ln_tls_context *context,
			struct ln_tls_listener **listener);

/* NULL is fine. Any thread. */
void ln_tls_listener_free(struct ln_tls_listener *listener);

/* Bytes; does not change. */
size_t ln_tls_listener_weight(const struct ln_tls_listener *listener);

#endif
