/*
 * The parts of a hub among themselves: hub.c has the table of streams and what
 * is to be published, stream.c the ends of a stream.
 */
#ifndef LN_NATS_HUB_IMPL_H
#define LN_NATS_HUB_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/futex.h"
#include "base/list.h"
#include "mesh/mesh.h"
#include "nats/hub.h"
#include "net/wire.h"
#include "node/id_table.h"

struct ln_task;

/* Bytes to be published beyond which writers wait. */
#define OUT_MAX ((size_t)4 << 20)

/* Bytes that came in. */
struct ln_nats_piece {
	struct ln_nats_piece *next;
	size_t len;
	size_t at; /* what is used; the reader's */
	uint8_t data[];
};

struct ln_nats_stream {
	struct ln_wire wire;

	/* Immutable. */
	struct ln_nats_hub *hub;
	struct ln_id_entry entry; /* number, and half of the incarnation */
	uint8_t peer[LN_NATS_INCARNATION];
	uint64_t number;

	struct ln_nats_piece *taken; /* the reader's */

	/* Under the hub's lock. */
	struct ln_nats_flow flow;
	struct ln_nats_piece *in;
	struct ln_nats_piece **last;
	struct ln_task *reader; /* that waits; NULL: none */
	struct ln_task *writer;
	struct ln_list link; /* in hub->arrivals */
	int64_t probed;
	bool ended;      /* the other end has closed it */
	bool over;       /* nothing is sent or received any more */
	const char *why; /* then; NULL: this end has closed it */
};

struct ln_nats_hub {
	struct ln_mesh_carrier carrier;

	/* Immutable. */
	struct ln_nats_hub_options options;
	char cluster[LN_NATS_CLUSTER_MAX + 1];
	char address[LN_NATS_SUBJECT_SIZE];

	_Atomic uint32_t posts; /* a futex */

	/* Under `lock`. */
	struct ln_lock lock;
	struct ln_id_table streams;
	struct ln_list arrivals;
	uint32_t arrival_count;
	struct ln_task *acceptor; /* that waits; NULL: none */
	struct ln_nats_out *out;
	struct ln_nats_out **last;
	size_t out_bytes;
	uint32_t answers;          /* among `out` */
	bool full;                 /* a writer waits for room in `out` */
	bool sleeping;             /* who publishes */
	struct ln_task *publisher; /* NULL: a thread */
	bool woken;
	bool up;
	size_t body_max;
};

/* Wakes a task, if there is one. */
void ln_nats_wake(struct ln_task *task);

/* All that follow are called under the hub's lock, unless they say otherwise.
 */

/* Queues a packet, and wakes who publishes. */
void ln_nats_hub_post(struct ln_nats_hub *hub, struct ln_nats_out *out);

/* A packet of that many bytes behind the header; NULL: no memory. Without the
 * lock, too. */
struct ln_nats_out *ln_nats_out_new(size_t body);

/* A stream that is in no table yet; NULL: no memory. Without the lock, too. */
struct ln_nats_stream *ln_nats_stream_new(struct ln_nats_hub *hub,
					  const uint8_t *peer, uint64_t number);

/* The key of a stream in the table. Without the lock, too. */
void ln_nats_stream_name(uint8_t id[LN_ID_SIZE], uint64_t number,
			 const uint8_t *peer);

/* Ends the stream for both tasks. NULL: this end has closed it. */
void ln_nats_stream_end(struct ln_nats_stream *stream, const char *why);

/* Sends a packet without data. */
void ln_nats_stream_say(struct ln_nats_stream *stream, enum ln_nats_kind kind);

/* The bytes of a packet of data; NULL: no memory. Without the lock. */
struct ln_nats_piece *ln_nats_piece_new(const struct ln_nats_packet *packet);

/* A packet has come; takes the piece if it is set to NULL. */
void ln_nats_stream_serve(struct ln_nats_stream *stream,
			  const struct ln_nats_packet *packet,
			  struct ln_nats_piece **piece);

#endif
