/* What the files about a connection share. Only its task touches it, but for
 * its place in the list of the server. */
#ifndef LN_SERVE_CONNECTION_IMPL_H
#define LN_SERVE_CONNECTION_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"
#include "net/address.h"
#include "sched/poller.h"
#include "serve/request.h"
#include "serve/response.h"

struct ln_exchange;
struct ln_process;
struct ln_server;
struct ln_socket;
struct ln_tls_stream;

/* Bytes that are read at a time. */
#define LN_CONNECTION_INPUT ((size_t)16 << 10)

struct ln_client {
	struct ln_server *server; /* counted */
	struct ln_list link;      /* of server->open, under its lock */
	struct ln_process *self;
	char peer[LN_ADDRESS_TEXT];

	/* transport.c; a stream of TLS has the socket. */
	struct ln_socket *socket;
	struct ln_tls_stream *tls; /* NULL: none */
	struct ln_watch watches[2];
	bool readable; /* there may be something to read */
	bool eof;      /* the other side sends no more */
	bool gone;     /* it is not there any more */
	bool pending;  /* TLS holds what it was given */
	uint8_t *in;   /* NULL: nothing waits */
	size_t in_start, in_end;
	struct ln_bytes out;
	size_t out_start;

	/* The request that is being served. */
	struct ln_http_request request;
	struct ln_response response;
	struct ln_exchange *exchange; /* NULL: none */
	bool received;                /* it is complete */
	bool begun;                   /* the head of the response is out */
	unsigned status;
	int64_t started;
	int64_t moved; /* when anything was read or written last */
	int64_t left;  /* when the client was seen to send no more; 0: not */
};

/* Takes the socket over; false: memory is short. On its task, as all here. */
bool ln_transport_begin(struct ln_client *connection, struct ln_socket *socket);
void ln_transport_end(struct ln_client *connection);

/* The handshake of TLS; LN_ETIMEDOUT, LN_EKILLED, LN_EIO and the like. */
int ln_transport_shake(struct ln_client *connection, int64_t deadline);

/* Reads into the empty or partly empty buffer without waiting; whether
 * something came, or the end. */
bool ln_transport_read(struct ln_client *connection);

/* Writes output without waiting; whether something went. */
bool ln_transport_write(struct ln_client *connection);

/* Whether all output is with the kernel. */
static inline bool ln_transport_sent(const struct ln_client *connection)
{
	return connection->out.len == 0 && !connection->pending;
}

/* Waits until something may have changed: the socket, or what the task is woken
 * for. 0, LN_ETIMEDOUT, LN_EKILLED, LN_ENOMEM. */
int ln_transport_wait(struct ln_client *connection, int64_t deadline);

/* Sends no more, and drops what comes for a little while, so that the last
 * words arrive. */
void ln_transport_linger(struct ln_client *connection);

/* Frees the buffer if nothing waits in it. */
void ln_transport_relax(struct ln_client *connection);

static inline size_t ln_transport_waits(const struct ln_client *connection)
{
	return connection->in_end - connection->in_start;
}

/* ---- converse.c ---- */

/* Has a process answer the request whose head has been read, and moves both
 * bodies. False: the connection is to be closed. */
bool ln_converse(struct ln_client *connection);

/* Answers with a line of text, and waits until it is sent. */
void ln_converse_refuse(struct ln_client *connection, unsigned status,
			const char *reason);

#endif
