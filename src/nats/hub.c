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
 * The thread that publishes sleeps on the futex `posts`; `sleeping` says so.
 */
#include "nats/hub.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/random.h"
#include "base/time.h"
#include "mesh/mesh.h"
#include "net/wire.h"
#include "node/id_table.h"
#include "sched/task.h"

/* Bytes to be published beyond which writers wait. */
#define OUT_MAX ((size_t)4 << 20)

/* Streams that others have begun and nobody has accepted yet. */
#define ARRIVALS_MAX 64

/* Answers to nodes that ask who is there, which wait to be published. */
#define ANSWERS_MAX 1024

/* What all streams together may be allowed in advance, but for what each may
 * send first: with that it is less than the 64 MiB that a server holds for a
 * client. */
#define BUDGET ((size_t)16 << 20)

/* The largest body of a packet of data. */
#define BODY_MAX 32768

/* The server is asked at most this often whether the other node is there. */
#define PROBE_PAUSE (250 * LN_NS_PER_MS)

/* Bytes that came in. */
struct piece {
	struct piece *next;
	size_t len;
	size_t at; /* what is used; the reader's */
	uint8_t data[];
};

struct stream {
	struct ln_wire wire;

	/* Immutable. */
	struct ln_nats_hub *hub;
	struct ln_id_entry entry; /* number, and half of the incarnation */
	uint8_t peer[LN_NATS_INCARNATION];
	uint64_t number;

	struct piece *taken; /* the reader's */

	/* Under the hub's lock. */
	struct ln_nats_flow flow;
	struct piece *in;
	struct piece **last;
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
	uint32_t answers; /* among `out` */
	bool full;        /* a writer waits for room in `out` */
	bool sleeping;    /* who publishes */
	bool woken;
	bool up;
	size_t body_max;
};

static void wake(struct ln_task *task)
{
	if (task != NULL)
		ln_task_wake(task);
}

static void free_pieces(struct piece *piece)
{
	while (piece != NULL) {
		struct piece *next = piece->next;

		free(piece);
		piece = next;
	}
}

/* Ends the stream for both tasks; under the lock. */
static void end(struct stream *stream, const char *why)
{
	ln_lock_assert(&stream->hub->lock);
	if (stream->over)
		return;
	stream->over = true;
	stream->why = why;
	wake(stream->reader);
	wake(stream->writer);
}

static struct ln_nats_out *make_out(size_t body)
{
	struct ln_nats_out *out = malloc(sizeof(*out) + LN_NATS_HEADER + body);

	if (out == NULL)
		return NULL;
	*out = (struct ln_nats_out){ .len = LN_NATS_HEADER + body };
	return out;
}

/* Queues a packet, and wakes who publishes; under the lock. */
static void post(struct ln_nats_hub *hub, struct ln_nats_out *out)
{
	ln_lock_assert(&hub->lock);
	ln_assert(hub->up && out->next == NULL);
	*hub->last = out;
	hub->last = &out->next;
	hub->out_bytes += out->len;
	if (!hub->sleeping)
		return;
	hub->sleeping = false;
	atomic_fetch_add(&hub->posts, 1);
	ln_futex_wake(&hub->posts, 1);
}

/* Fills in the packet of a stream, which gets its number, and queues it; under
 * the lock. */
static void post_in(struct stream *stream, enum ln_nats_kind kind,
		    struct ln_nats_out *out)
{
	struct ln_nats_hub *hub = stream->hub;
	struct ln_nats_packet packet = { .kind = kind,
					 .stream = stream->number };
	int64_t now = ln_time_now();

	ln_lock_assert(&hub->lock);
	packet.number = ln_nats_flow_send(&stream->flow, kind,
					  out->len - LN_NATS_HEADER);
	memcpy(packet.from, hub->options.incarnation, LN_NATS_INCARNATION);
	ln_nats_packet_write(&packet, out->data);
	memcpy(out->to, stream->peer, LN_NATS_INCARNATION);
	memcpy(out->token, stream->entry.id, LN_NATS_INCARNATION);
	if (kind == LN_NATS_OPEN ||
	    (kind == LN_NATS_DATA && now - stream->probed >= PROBE_PAUSE)) {
		out->probe = true;
		stream->probed = now;
	}
	post(hub, out);
}

/* A packet of a stream that has no data; under the lock. */
static void say(struct stream *stream, enum ln_nats_kind kind)
{
	size_t body = kind == LN_NATS_CREDIT ? sizeof(uint64_t) : 0;
	struct ln_nats_out *out = make_out(body);
	uint64_t granted = stream->flow.granted;

	if (out == NULL) {
		end(stream, ln_error_text(LN_ENOMEM));
		return;
	}
	for (size_t i = 0; i < body; i++)
		out->data[LN_NATS_HEADER + i] = (uint8_t)(granted >> (8 * i));
	post_in(stream, kind, out);
}

/* How many bytes the other end of each stream may be ahead; under the lock. */
static size_t window(const struct ln_nats_hub *hub)
{
	uint32_t count = ln_id_table_count(&hub->streams);
	size_t share = count > 0 ? BUDGET / count : LN_NATS_WINDOW_MAX;

	if (share < LN_NATS_WINDOW_FIRST)
		return LN_NATS_WINDOW_FIRST;
	return share < LN_NATS_WINDOW_MAX ? share : LN_NATS_WINDOW_MAX;
}

static struct stream *of_wire(struct ln_wire *wire)
{
	return ln_container_of(wire, struct stream, wire);
}

/* The pieces are used up: the other end may send more. */
static void consume(struct stream *stream, size_t len)
{
	struct ln_nats_hub *hub = stream->hub;

	ln_lock_acquire(&hub->lock);
	if (ln_nats_flow_consume(&stream->flow, len, window(hub)) &&
	    !stream->over && !stream->ended)
		say(stream, LN_NATS_CREDIT);
	ln_lock_release(&hub->lock);
}

/* Copies what the reader has taken. */
static size_t copy_out(struct stream *stream, uint8_t *data, size_t len)
{
	size_t done = 0;

	while (stream->taken != NULL && done < len) {
		struct piece *piece = stream->taken;
		size_t n = piece->len - piece->at;

		if (n > len - done)
			n = len - done;
		memcpy(data + done, piece->data + piece->at, n);
		done += n;
		piece->at += n;
		if (piece->at < piece->len)
			break;
		consume(stream, piece->len);
		stream->taken = piece->next;
		free(piece);
	}
	return done;
}

/* Takes what has come in. False: there is nothing, and the task is to wait. */
static bool look(struct stream *stream, bool *over, const char **why)
{
	struct ln_nats_hub *hub = stream->hub;
	bool waits;

	ln_lock_acquire(&hub->lock);
	if (stream->taken == NULL) {
		stream->taken = stream->in;
		stream->in = NULL;
		stream->last = &stream->in;
	}
	*over = stream->over;
	*why = stream->why;
	waits = !stream->over && stream->taken == NULL && !stream->ended;
	stream->reader = waits ? ln_task_current() : NULL;
	ln_lock_release(&hub->lock);
	return !waits;
}

/* A task has waited. */
static void forget_task(struct stream *stream, struct ln_task **place)
{
	ln_lock_acquire(&stream->hub->lock);
	*place = NULL;
	ln_lock_release(&stream->hub->lock);
}

static int read_stream(struct ln_wire *wire, void *data, size_t len,
		       int64_t deadline, size_t *count, const char **reason)
{
	struct stream *stream = of_wire(wire);
	bool over = false;
	int error;

	*count = 0;
	while (!look(stream, &over, reason)) {
		error = ln_task_wait(ln_task_current(), deadline);
		forget_task(stream, &stream->reader);
		if (error < 0)
			return error;
	}
	if (over)
		return *reason != NULL ? LN_EIO : 0;
	*count = copy_out(stream, data, len);
	return 0;
}

/* Bytes that may be written now; 0: none, and the task is to wait. LN_EIO. */
static int writable(struct stream *stream, size_t *room, const char **reason)
{
	struct ln_nats_hub *hub = stream->hub;
	int error = 0;

	*room = 0;
	ln_lock_acquire(&hub->lock);
	if (stream->over || stream->ended) {
		error = LN_EIO;
		*reason = stream->why != NULL ? stream->why
					      : "the connection was closed";
	} else if (hub->out_bytes >= OUT_MAX) {
		hub->full = true;
	} else {
		*room = ln_nats_flow_room(&stream->flow);
		if (*room > hub->body_max)
			*room = hub->body_max;
	}
	stream->writer = error == 0 && *room == 0 ? ln_task_current() : NULL;
	ln_lock_release(&hub->lock);
	return error;
}

/* Queues data for which there is room; false: the stream has ended. */
static bool post_data(struct stream *stream, struct ln_nats_out *out)
{
	bool good;

	ln_lock_acquire(&stream->hub->lock);
	good = !stream->over;
	if (good)
		post_in(stream, LN_NATS_DATA, out);
	ln_lock_release(&stream->hub->lock);
	if (!good)
		free(out);
	return good;
}

static int write_stream(struct ln_wire *wire, const void *data, size_t len,
			int64_t deadline, size_t *count, const char **reason)
{
	struct stream *stream = of_wire(wire);
	struct ln_nats_out *out;
	size_t room;
	int error;

	*count = 0;
	for (;;) {
		error = writable(stream, &room, reason);
		if (error < 0)
			return error;
		if (room == 0) {
			error = ln_task_wait(ln_task_current(), deadline);
			forget_task(stream, &stream->writer);
			if (error < 0)
				return error;
			continue;
		}
		if (room > len)
			room = len;
		out = make_out(room);
		if (out == NULL)
			return LN_ENOMEM;
		memcpy(out->data + LN_NATS_HEADER, data, room);
		/* Otherwise the next look says why. */
		if (!post_data(stream, out))
			continue;
		*count = room;
		return 0;
	}
}

/* Tells the other end, unless it knows; under the lock. */
static void say_close(struct stream *stream)
{
	if (!stream->over && !stream->ended && stream->hub->up)
		say(stream, LN_NATS_CLOSE);
}

static void shutdown_stream(struct ln_wire *wire)
{
	struct stream *stream = of_wire(wire);

	ln_lock_acquire(&stream->hub->lock);
	say_close(stream);
	end(stream, NULL);
	ln_lock_release(&stream->hub->lock);
}

static void release_stream(struct ln_wire *wire)
{
	struct stream *stream = of_wire(wire);
	struct ln_nats_hub *hub = stream->hub;

	ln_lock_acquire(&hub->lock);
	say_close(stream);
	ln_assert(stream->reader == NULL && stream->writer == NULL);
	ln_id_table_remove(&hub->streams, &stream->entry);
	ln_lock_release(&hub->lock);
	free_pieces(stream->in);
	free_pieces(stream->taken);
	free(stream);
}

static const struct ln_wire_class stream_class = {
	.read = read_stream,
	.write = write_stream,
	.shutdown = shutdown_stream,
	.release = release_stream,
};

/* The key of a stream in the table. */
static void name_stream(uint8_t id[LN_ID_SIZE], uint64_t number,
			const uint8_t *peer)
{
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(number >> (8 * i));
	memcpy(id + 8, peer, 8);
}

static struct stream *make_stream(struct ln_nats_hub *hub, const uint8_t *peer,
				  uint64_t number)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	stream->wire.class = &stream_class;
	stream->hub = hub;
	memcpy(stream->peer, peer, LN_NATS_INCARNATION);
	stream->number = number;
	name_stream(stream->entry.id, number, peer);
	ln_nats_flow_init(&stream->flow);
	stream->last = &stream->in;
	stream->probed = INT64_MIN / 2;
	ln_list_init(&stream->link);
	return stream;
}

/* Enters a stream; under the lock. LN_EIO: not now; LN_ELIMIT, LN_ENOMEM. */
static int enter(struct ln_nats_hub *hub, struct stream *stream)
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
	struct stream *stream = NULL;
	uint64_t number;
	int error = LN_ENOMEM;

	do
		ln_random_bytes(&number, sizeof(number));
	while (number == 0);
	/* The mesh has asked whether the carrier takes it. */
	if (ln_nats_address_read(hub->cluster, address, peer))
		stream = make_stream(hub, peer, number);
	if (stream != NULL) {
		ln_lock_acquire(&hub->lock);
		error = enter(hub, stream);
		if (error == 0)
			say(stream, LN_NATS_OPEN);
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
static bool take_arrival(struct ln_nats_hub *hub, struct stream **stream)
{
	bool any;

	ln_lock_acquire(&hub->lock);
	any = !ln_list_empty(&hub->arrivals);
	if (any) {
		*stream = ln_container_of(hub->arrivals.next, struct stream,
					  link);
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
	struct stream *stream = NULL;
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

static void free_out(struct ln_nats_out *out)
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
		struct stream *stream = ln_container_of(hub->arrivals.next,
							struct stream, link);

		ln_list_remove(&stream->link);
		release_stream(&stream->wire);
	}
	ln_id_table_deinit(&hub->streams);
	free_out(hub->out);
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

void ln_nats_hub_up(struct ln_nats_hub *hub, size_t packet_max)
{
	size_t body = packet_max - LN_NATS_HEADER;

	ln_assert(packet_max > LN_NATS_HEADER);
	ln_lock_acquire(&hub->lock);
	hub->up = true;
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
	while ((entry = ln_id_table_walk(&hub->streams, &at)) != NULL)
		end(ln_container_of(entry, struct stream, entry), reason);
	out = take_out(hub);
	ln_lock_release(&hub->lock);
	free_out(out);
}

/* Another node begins a stream; under the lock. What cannot be is not answered:
 * its greeting ends in time. */
static void arrive(struct ln_nats_hub *hub, const struct ln_nats_packet *packet)
{
	struct stream *stream;

	if (hub->arrival_count >= ARRIVALS_MAX)
		return;
	stream = make_stream(hub, packet->from, packet->stream);
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
	wake(hub->acceptor);
}

/* A packet of a stream that there is; under the lock. */
static void serve(struct stream *stream, const struct ln_nats_packet *packet,
		  struct piece **piece)
{
	const char *why;

	if (stream->over)
		return;
	why = stream->ended ? "a packet after the last"
			    : ln_nats_flow_receive(&stream->flow, packet);
	if (why != NULL) {
		say_close(stream);
		end(stream, why);
	} else if (packet->kind == LN_NATS_DATA) {
		*stream->last = *piece;
		stream->last = &(*piece)->next;
		*piece = NULL;
		wake(stream->reader);
	} else if (packet->kind == LN_NATS_CREDIT) {
		wake(stream->writer);
	} else if (packet->kind == LN_NATS_CLOSE) {
		stream->ended = true;
		wake(stream->reader);
		wake(stream->writer);
	}
}

/* The bytes of a packet, copied before the lock is taken. */
static struct piece *copy_in(const struct ln_nats_packet *packet)
{
	struct piece *piece = malloc(sizeof(*piece) + packet->len);

	if (piece == NULL)
		return NULL;
	*piece = (struct piece){ .len = packet->len };
	memcpy(piece->data, packet->body, packet->len);
	return piece;
}

/* A packet of some stream. */
static void receive_in(struct ln_nats_hub *hub,
		       const struct ln_nats_packet *packet)
{
	struct piece *piece = NULL;
	struct ln_id_entry *entry;
	uint8_t id[LN_ID_SIZE];

	name_stream(id, packet->stream, packet->from);
	if (packet->kind == LN_NATS_DATA)
		piece = copy_in(packet);
	ln_lock_acquire(&hub->lock);
	entry = ln_id_table_find(&hub->streams, id);
	if (entry == NULL) {
		if (packet->kind == LN_NATS_OPEN)
			arrive(hub, packet);
	} else {
		struct stream *stream =
			ln_container_of(entry, struct stream, entry);

		/* Only half of it is in the key. */
		if (memcmp(stream->peer, packet->from, LN_NATS_INCARNATION) !=
		    0)
			entry = NULL;
		else if (packet->kind == LN_NATS_DATA && piece == NULL)
			end(stream, ln_error_text(LN_ENOMEM));
		else
			serve(stream, packet, &piece);
	}
	ln_lock_release(&hub->lock);
	free(piece);
}

/* Queues a packet that belongs to no stream. */
static void post_plain(struct ln_nats_hub *hub, enum ln_nats_kind kind,
		       const uint8_t *to)
{
	struct ln_nats_packet packet = { .kind = kind };
	struct ln_nats_out *out = make_out(0);

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
		post(hub, out);
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
		end(ln_container_of(entry, struct stream, entry),
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
		wake(ln_container_of(entry, struct stream, entry)->writer);
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

void ln_nats_hub_wake(struct ln_nats_hub *hub)
{
	ln_lock_acquire(&hub->lock);
	hub->woken = true;
	hub->sleeping = false;
	ln_lock_release(&hub->lock);
	atomic_fetch_add(&hub->posts, 1);
	ln_futex_wake(&hub->posts, 1);
}
