/*
 * DESIGN
 * A stream has one owner: the hub, until it is accepted, then TLS (net/wire.h).
 * The owner frees it, and takes it out of the table first. Threads that bring
 * something for a stream find it in the table, under the lock, and are done
 * with it when they release that. So a stream that has ended stays in the table
 * until its owner is done.
 *
 * The reader takes all that has come in at once and copies it without the lock.
 * It is charged when it is used up: then the other end is allowed to send more.
 * What it is allowed in advance depends on how many streams there are, so that
 * all of them together never exceed what a NATS server holds for a slow client.
 *
 * Lock order: whatever locks callers of `shutdown` hold, then the hub's, then
 * the scheduler's. Tasks wait in ln_task_wait and are named in the stream while
 * they do, so they are alive when they are woken under the lock.
 *
 * Who publishes is a task, which parks, or a thread, which sleeps on the futex
 * `posts`; `sleeping` says so.
 */
#include "nats/hub.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "nats/hub_impl.h"
#include "sched/task.h"

/* Streams that others have begun and nobody has accepted yet. */
#define ARRIVALS_MAX 64

/* Answers to nodes that ask who is there, which wait to be published. */
#define ANSWERS_MAX 1024

/* The largest body of a packet of data. */
#define BODY_MAX 32768

void ln_nats_wake(struct ln_task *task)
{
	if (task != NULL)
		ln_task_wake(task);
}

struct ln_nats_out *ln_nats_out_new(size_t body)
{
	struct ln_nats_out *out = malloc(sizeof(*out) + LN_NATS_HEADER + body);

	if (out == NULL)
		return NULL;
	*out = (struct ln_nats_out){ .len = LN_NATS_HEADER + body };
	return out;
}

/* Queues a packet, and wakes who publishes; under the lock. */
void ln_nats_hub_post(struct ln_nats_hub *hub, struct ln_nats_out *out)
{
	ln_lock_assert(&hub->lock);
	ln_assert(hub->up && out->next == NULL);
	*hub->last = out;
	hub->last = &out->next;
	hub->out_bytes += out->len;
	if (!hub->sleeping)
		return;
	hub->sleeping = false;
	if (hub->publisher != NULL) {
		ln_task_wake(hub->publisher);
		return;
	}
	atomic_fetch_add(&hub->posts, 1);
	ln_futex_wake(&hub->posts, 1);
}

/* Enters a stream; under the lock. LN_EIO: not now; LN_ELIMIT, LN_ENOMEM. */
static int enter(struct ln_nats_hub *hub, struct ln_nats_stream *stream)
{
	ln_lock_assert(&hub->lock);
	if (!hub->up ||
	    ln_id_table_find(&hub->streams, stream->entry.id) != NULL)
		return LN_EIO;
	if (ln_id_table_count(&hub->streams) >= LN_NATS_STREAMS_MAX)
		return LN_ELIMIT;
	return ln_id_table_add(&hub->streams, &stream->entry);
}

static struct ln_nats_hub *of_carrier(struct ln_mesh_carrier *carrier)
{
	return ln_container_of(carrier, struct ln_nats_hub, carrier);
}

static bool takes(const struct ln_mesh_carrier *carrier, const char *address)
{
	const struct ln_nats_hub *hub =
		ln_container_of(carrier, struct ln_nats_hub, carrier);
	uint8_t incarnation[LN_NATS_INCARNATION];

	return ln_nats_address_read(hub->cluster, address, incarnation);
}

static int dial(struct ln_mesh_carrier *carrier, const char *address,
		struct ln_wire **wire, char reason[LN_TLS_REASON_SIZE])
{
	struct ln_nats_hub *hub = of_carrier(carrier);
	uint8_t peer[LN_NATS_INCARNATION];
	struct ln_nats_stream *stream = NULL;
	uint64_t number;
	int error = LN_ENOMEM;

	do
		ln_random_bytes(&number, sizeof(number));
	while (number == 0);
	/* The mesh has asked whether the carrier takes it. */
	if (ln_nats_address_read(hub->cluster, address, peer))
		stream = ln_nats_stream_new(hub, peer, number);
	if (stream != NULL) {
		ln_lock_acquire(&hub->lock);
		error = enter(hub, stream);
		if (error == 0)
			ln_nats_stream_say(stream, LN_NATS_OPEN);
		ln_lock_release(&hub->lock);
	}
	if (error == 0) {
		*wire = &stream->wire;
		return 0;
	}
	free(stream);
	memcpy(reason, "", 1);
	strncat(reason,
		error == LN_EIO ? "the NATS server is not connected"
				: ln_error_text(error),
		LN_TLS_REASON_SIZE - 1);
	return error;
}

/* Takes the first arrival. False: there is none, and the task is to wait. */
static bool take_arrival(struct ln_nats_hub *hub,
			 struct ln_nats_stream **stream)
{
	bool any;

	ln_lock_acquire(&hub->lock);
	any = !ln_list_empty(&hub->arrivals);
	if (any) {
		*stream = ln_container_of(hub->arrivals.next,
					  struct ln_nats_stream, link);
		ln_list_remove(&(*stream)->link);
		hub->arrival_count--;
	}
	hub->acceptor = any ? NULL : ln_task_current();
	ln_lock_release(&hub->lock);
	return any;
}

static int accept_stream(struct ln_mesh_carrier *carrier, struct ln_wire **wire,
			 char from[LN_NODE_ADDRESS_SIZE])
{
	struct ln_nats_hub *hub = of_carrier(carrier);
	struct ln_nats_stream *stream = NULL;
	int error = 0;

	while (error == 0 && !take_arrival(hub, &stream)) {
		error = ln_task_wait(ln_task_current(), LN_NEVER);
		ln_lock_acquire(&hub->lock);
		hub->acceptor = NULL;
		ln_lock_release(&hub->lock);
	}
	if (error < 0)
		return error;
	ln_nats_address(hub->cluster, stream->peer, from);
	*wire = &stream->wire;
	return 0;
}

static const struct ln_mesh_carrier_class carrier_class = {
	.takes = takes,
	.dial = dial,
	.accept = accept_stream,
};

_Static_assert(LN_NATS_SUBJECT_SIZE <= LN_NODE_ADDRESS_SIZE,
	       "an address fits where the mesh wants it");

int ln_nats_hub_new(const struct ln_nats_hub_options *options,
		    struct ln_nats_hub **out)
{
	struct ln_nats_hub *hub = calloc(1, sizeof(*hub));

	ln_assert(ln_nats_cluster_valid(options->cluster));
	if (hub == NULL)
		return LN_ENOMEM;
	hub->carrier.class = &carrier_class;
	hub->options = *options;
	strncat(hub->cluster, options->cluster, LN_NATS_CLUSTER_MAX);
	hub->options.cluster = hub->cluster;
	ln_nats_address(hub->cluster, options->incarnation, hub->address);
	ln_id_table_init(&hub->streams);
	ln_list_init(&hub->arrivals);
	hub->last = &hub->out;
	*out = hub;
	return 0;
}

void ln_nats_outs_free(struct ln_nats_out *out)
{
	while (out != NULL) {
		struct ln_nats_out *next = out->next;

		free(out);
		out = next;
	}
}

void ln_nats_hub_free(struct ln_nats_hub *hub)
{
	if (hub == NULL)
		return;
	while (!ln_list_empty(&hub->arrivals)) {
		struct ln_nats_stream *stream = ln_container_of(
			hub->arrivals.next, struct ln_nats_stream, link);

		ln_list_remove(&stream->link);
		stream->wire.class->release(&stream->wire);
	}
	ln_id_table_deinit(&hub->streams);
	ln_nats_outs_free(hub->out);
	free(hub);
}

struct ln_mesh_carrier *ln_nats_hub_carrier(struct ln_nats_hub *hub)
{
	return &hub->carrier;
}

const char *ln_nats_hub_cluster(const struct ln_nats_hub *hub)
{
	return hub->cluster;
}

const char *ln_nats_hub_address(const struct ln_nats_hub *hub)
{
	return hub->address;
}

bool ln_nats_hub_is_up(struct ln_nats_hub *hub)
{
	bool up;

	ln_lock_acquire(&hub->lock);
	up = hub->up;
	ln_lock_release(&hub->lock);
	return up;
}

void ln_nats_hub_up(struct ln_nats_hub *hub, size_t packet_max,
		    struct ln_task *publisher)
{
	size_t body = packet_max - LN_NATS_HEADER;

	ln_assert(packet_max > LN_NATS_HEADER);
	ln_lock_acquire(&hub->lock);
	hub->up = true;
	hub->publisher = publisher;
	hub->sleeping = publisher != NULL;
	hub->body_max = body < BODY_MAX ? body : BODY_MAX;
	ln_lock_release(&hub->lock);
}

/* Takes what is to be published; under the lock. */
static struct ln_nats_out *take_out(struct ln_nats_hub *hub)
{
	struct ln_nats_out *out = hub->out;

	hub->out = NULL;
	hub->last = &hub->out;
	hub->out_bytes = 0;
	hub->answers = 0;
	return out;
}

void ln_nats_hub_down(struct ln_nats_hub *hub, const char *reason)
{
	struct ln_nats_out *out;
	struct ln_id_entry *entry;
	uint32_t at = 0;

	ln_lock_acquire(&hub->lock);
	hub->up = false;
	hub->publisher = NULL;
	hub->sleeping = false;
	while ((entry = ln_id_table_walk(&hub->streams, &at)) != NULL)
		ln_nats_stream_end(
			ln_container_of(entry, struct ln_nats_stream, entry),
			reason);
	out = take_out(hub);
	ln_lock_release(&hub->lock);
	ln_nats_outs_free(out);
}

/* Another node begins a stream; under the lock. What cannot be is not answered:
 * its greeting ends in time. */
static void arrive(struct ln_nats_hub *hub, const struct ln_nats_packet *packet)
{
	struct ln_nats_stream *stream;

	if (hub->arrival_count >= ARRIVALS_MAX)
		return;
	stream = ln_nats_stream_new(hub, packet->from, packet->stream);
	if (stream == NULL)
		return;
	if (enter(hub, stream) < 0) {
		free(stream);
		return;
	}
	(void)ln_nats_flow_receive(&stream->flow, packet);
	/* The side that dials has used the number of its OPEN. */
	ln_list_append(&hub->arrivals, &stream->link);
	hub->arrival_count++;
	ln_nats_wake(hub->acceptor);
}

/* A packet of some stream. */
static void receive_in(struct ln_nats_hub *hub,
		       const struct ln_nats_packet *packet)
{
	struct ln_nats_piece *piece = NULL;
	struct ln_id_entry *entry;
	uint8_t id[LN_ID_SIZE];

	ln_nats_stream_name(id, packet->stream, packet->from);
	if (packet->kind == LN_NATS_DATA)
		piece = ln_nats_piece_new(packet);
	ln_lock_acquire(&hub->lock);
	entry = ln_id_table_find(&hub->streams, id);
	if (entry == NULL) {
		if (packet->kind == LN_NATS_OPEN)
			arrive(hub, packet);
	} else {
		struct ln_nats_stream *stream =
			ln_container_of(entry, struct ln_nats_stream, entry);

		/* Only half of it is in the key. */
		if (memcmp(stream->peer, packet->from, LN_NATS_INCARNATION) !=
		    0)
			entry = NULL;
		else if (packet->kind == LN_NATS_DATA && piece == NULL)
			ln_nats_stream_end(stream, ln_error_text(LN_ENOMEM));
		else
			ln_nats_stream_serve(stream, packet, &piece);
	}
	ln_lock_release(&hub->lock);
	free(piece);
}

/* Queues a packet that belongs to no stream. */
static void post_plain(struct ln_nats_hub *hub, enum ln_nats_kind kind,
		       const uint8_t *to)
{
	struct ln_nats_packet packet = { .kind = kind };
	struct ln_nats_out *out = ln_nats_out_new(0);

	if (out == NULL)
		return;
	memcpy(packet.from, hub->options.incarnation, LN_NATS_INCARNATION);
	ln_nats_packet_write(&packet, out->data);
	out->everyone = to == NULL;
	if (to != NULL)
		memcpy(out->to, to, LN_NATS_INCARNATION);
	ln_lock_acquire(&hub->lock);
	if (hub->up && hub->answers < ANSWERS_MAX) {
		hub->answers++;
		ln_nats_hub_post(hub, out);
		out = NULL;
	}
	ln_lock_release(&hub->lock);
	free(out);
}

void ln_nats_hub_receive(struct ln_nats_hub *hub, const uint8_t *data,
			 size_t len)
{
	struct ln_nats_packet packet;

	if (!ln_nats_packet_read(data, len, &packet) ||
	    memcmp(packet.from, hub->options.incarnation,
		   LN_NATS_INCARNATION) == 0)
		return;
	if (packet.stream != 0) {
		receive_in(hub, &packet);
		return;
	}
	if (packet.kind == LN_NATS_HELLO)
		post_plain(hub, LN_NATS_HERE, packet.from);
	hub->options.heard(hub->options.argument, packet.from);
}

void ln_nats_hub_unreachable(struct ln_nats_hub *hub,
			     const uint8_t token[LN_NATS_INCARNATION])
{
	struct ln_id_entry *entry;

	ln_lock_acquire(&hub->lock);
	entry = ln_id_table_find(&hub->streams, token);
	if (entry != NULL)
		ln_nats_stream_end(
			ln_container_of(entry, struct ln_nats_stream, entry),
			"the NATS server has no such node any more");
	ln_lock_release(&hub->lock);
}

void ln_nats_hub_announce(struct ln_nats_hub *hub)
{
	post_plain(hub, LN_NATS_HELLO, NULL);
}

/* Wakes the writers that wait for room; under the lock. */
static void let_write(struct ln_nats_hub *hub)
{
	struct ln_id_entry *entry;
	uint32_t at = 0;

	if (!hub->full)
		return;
	hub->full = false;
	while ((entry = ln_id_table_walk(&hub->streams, &at)) != NULL)
		ln_nats_wake(
			ln_container_of(entry, struct ln_nats_stream, entry)
				->writer);
}

struct ln_nats_out *ln_nats_hub_take(struct ln_nats_hub *hub, int64_t deadline)
{
	struct ln_nats_out *out = NULL;
	bool woken = false;

	while (out == NULL && !woken) {
		uint32_t posts = atomic_load(&hub->posts);
		int64_t now = ln_time_now();

		ln_lock_acquire(&hub->lock);
		out = take_out(hub);
		woken = hub->woken || now >= deadline;
		hub->woken = false;
		hub->sleeping = out == NULL && !woken;
		let_write(hub);
		ln_lock_release(&hub->lock);
		if (out == NULL && !woken)
			ln_futex_wait(&hub->posts, posts, deadline - now);
	}
	return out;
}

struct ln_nats_out *ln_nats_hub_poll(struct ln_nats_hub *hub)
{
	struct ln_nats_out *out;

	ln_lock_acquire(&hub->lock);
	out = take_out(hub);
	hub->sleeping = out == NULL;
	let_write(hub);
	ln_lock_release(&hub->lock);
	return out;
}

void ln_nats_hub_wake(struct ln_nats_hub *hub)
{
	ln_lock_acquire(&hub->lock);
	hub->woken = true;
	hub->sleeping = false;
	ln_lock_release(&hub->lock);
	atomic_fetch_add(&hub->posts, 1);
	ln_futex_wake(&hub->posts, 1);
}
