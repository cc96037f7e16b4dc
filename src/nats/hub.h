/*
 * The streams of a node through a NATS server: those that it has begun and
 * those that others have, what came in for them, and the packets that are to be
 * published. It is a carrier for the mesh. Who talks to the server
 * (nats/broker.h) hands over what came in, from any thread, without waiting,
 * and takes what goes out.
 *
 * All is bounded: a stream holds what it has allowed the other end to send,
 * LN_NATS_STREAMS_MAX of them exist, and writers wait while more than some
 * megabytes wait to be published.
 */
#ifndef LN_NATS_HUB_H
#define LN_NATS_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nats/packet.h"

struct ln_mesh_carrier;
struct ln_nats_hub;
struct ln_task;

/* Nodes that are connected, and as many whose streams begin or end. */
#define LN_NATS_STREAMS_MAX 2048

/* A packet to be published; allocated with malloc, linked by `next`. */
struct ln_nats_out {
	struct ln_nats_out *next;
	bool everyone;                      /* to all nodes of the cluster */
	bool probe;                         /* tell if there is no such node */
	uint8_t to[LN_NATS_INCARNATION];    /* otherwise */
	uint8_t token[LN_NATS_INCARNATION]; /* names the stream in the answer */
	size_t len;
	uint8_t data[];
};

struct ln_nats_hub_options {
	uint8_t incarnation[LN_NATS_INCARNATION]; /* of this node */
	const char *cluster;

	/* A node says that it is there. Under no lock. */
	void (*heard)(void *argument,
		      const uint8_t incarnation[LN_NATS_INCARNATION]);
	void *argument;
};

/* The options are copied. LN_ENOMEM. */
int ln_nats_hub_new(const struct ln_nats_hub_options *options,
		    struct ln_nats_hub **hub);

/* No stream is in use, and no call under way. NULL is fine. */
void ln_nats_hub_free(struct ln_nats_hub *hub);

struct ln_mesh_carrier *ln_nats_hub_carrier(struct ln_nats_hub *hub);
const char *ln_nats_hub_cluster(const struct ln_nats_hub *hub);
const char *ln_nats_hub_address(const struct ln_nats_hub *hub);

/* Whether packets are published; until then no stream begins. */
bool ln_nats_hub_is_up(struct ln_nats_hub *hub);

/* Whoever talks to the server, from any thread; none of these waits. */

/* The server is connected; it takes packets of so many bytes, of which there
 * are more than LN_NATS_HEADER. Who publishes is a task, which is woken until
 * the hub is down; NULL: the thread that calls ln_nats_hub_take. */
void ln_nats_hub_up(struct ln_nats_hub *hub, size_t packet_max,
		    struct ln_task *publisher);

/* It is not any more: all streams end with the reason, a text that stays, and
 * what was to be published is dropped. */
void ln_nats_hub_down(struct ln_nats_hub *hub, const char *reason);

/* A packet has come in; the bytes belong to the caller. Whatever it is, no more
 * than one stream ends. */
void ln_nats_hub_receive(struct ln_nats_hub *hub, const uint8_t *data,
			 size_t len);

/* The server says that nobody takes the packets of that stream. */
void ln_nats_hub_unreachable(struct ln_nats_hub *hub,
			     const uint8_t token[LN_NATS_INCARNATION]);

/* Asks all nodes to say that they are there. */
void ln_nats_hub_announce(struct ln_nats_hub *hub);

/* Takes all that is to be published, oldest first, and waits for some until the
 * deadline. NULL: none, or ln_nats_hub_wake was called. One thread. */
struct ln_nats_out *ln_nats_hub_take(struct ln_nats_hub *hub, int64_t deadline);
void ln_nats_hub_wake(struct ln_nats_hub *hub);

/* The same without waiting, for a task: NULL, and it is woken when there is
 * some. */
struct ln_nats_out *ln_nats_hub_poll(struct ln_nats_hub *hub);

/* Frees a list of packets. */
void ln_nats_outs_free(struct ln_nats_out *out);

#endif
