/*
 * Bytes to and from another program, over a socket, with TLS or without.
 * Nothing waits but ln_transport_wait: its task tries, looks at everything
 * again when it is woken, and waits when nothing has moved. By one task.
 */
#ifndef LN_SERVE_TRANSPORT_H
#define LN_SERVE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sched/poller.h"

struct ln_blocking_tenant;
struct ln_socket;
struct ln_task;
struct ln_tls_context;
struct ln_tls_stream;

/* Bytes that are read at a time. */
#define LN_TRANSPORT_INPUT ((size_t)16 << 10)

struct ln_transport {
	struct ln_task *task;
	struct ln_socket *socket;
	struct ln_tls_stream *tls; /* NULL: none; has the socket, too */
	struct ln_watch watches[2];
	bool readable; /* there may be something to read */
	bool eof;      /* the other side sends no more */
	bool gone;     /* it is not there any more */
	bool pending;  /* TLS holds what it was given */
	uint8_t *in;   /* NULL: nothing waits */
	size_t in_start, in_end;
	struct ln_bytes out;
	size_t out_start;
};

/* Begins one of the running task, which is all zero. The socket is taken over
 * in any case. `context` is NULL without TLS; `name` is the server that a
 * client expects, NULL for a server. False: memory is short. */
bool ln_transport_begin(struct ln_transport *wire, struct ln_socket *socket,
			struct ln_tls_context *context, const char *name);
void ln_transport_end(struct ln_transport *wire);

/* The handshake of TLS, for a tenant of the pool for files (NULL: none). 0;
 * LN_ETIMEDOUT, LN_EKILLED, LN_EPERM (not trusted), LN_EIO and the like. */
int ln_transport_shake(struct ln_transport *wire,
		       struct ln_blocking_tenant *tenant, int64_t deadline);

/* Reads into what is free of the buffer without waiting; whether something
 * came, or the end. */
bool ln_transport_read(struct ln_transport *wire);

/* Writes output without waiting; whether something went. */
bool ln_transport_write(struct ln_transport *wire);

/* Whether all output is with the kernel. */
static inline bool ln_transport_sent(const struct ln_transport *wire)
{
	return wire->out.len == 0 && !wire->pending;
}

/* Waits until something may have changed: the socket, or what the task is woken
 * for. 0, LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
int ln_transport_wait(struct ln_transport *wire, int64_t deadline);

/* Sends no more, and drops what comes for a little while, so that the last
 * words arrive. */
void ln_transport_linger(struct ln_transport *wire);

/* Frees buffers in which nothing waits. */
void ln_transport_relax(struct ln_transport *wire);

/* Bytes that have been read and wait. */
static inline size_t ln_transport_waits(const struct ln_transport *wire)
{
	return wire->in_end - wire->in_start;
}

#endif
