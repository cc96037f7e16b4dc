/* The ends of a stream; hub.c says how they are locked and freed. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "nats/hub_impl.h"
#include "sched/task.h"

/* What all streams together may be allowed in advance, but for what each may
 * send first: with that it is less than the 64 MiB that a server holds for a
 * client. */
#define BUDGET ((size_t)16 << 20)

/* The server is asked at most this often whether the other node is there. */
#define PROBE_PAUSE (250 * LN_NS_PER_MS)

static void free_pieces(struct ln_nats_piece *piece)
{
	while (piece != NULL) {
		struct ln_nats_piece *next = piece->next;

		free(piece);
		piece = next;
	}
}

/* Ends the stream for both tasks; under the lock. */
void ln_nats_stream_end(struct ln_nats_stream *stream, const char *why)
{
	ln_lock_assert(&stream->hub->lock);
	if (stream->over)
		return;
	stream->over = true;
	stream->why = why;
	ln_nats_wake(stream->reader);
	ln_nats_wake(stream->writer);
}

/* Fills in the packet of a stream, which gets its number, and queues it; under
 * the lock. */
static void post_in(struct ln_nats_stream *stream, enum ln_nats_kind kind,
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
	ln_nats_hub_post(hub, out);
}

/* A packet of a stream that has no data; under the lock. */
void ln_nats_stream_say(struct ln_nats_stream *stream, enum ln_nats_kind kind)
{
	size_t body = kind == LN_NATS_CREDIT ? sizeof(uint64_t) : 0;
	struct ln_nats_out *out = ln_nats_out_new(body);
	uint64_t granted = stream->flow.granted;

	if (out == NULL) {
		ln_nats_stream_end(stream, ln_error_text(LN_ENOMEM));
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

static struct ln_nats_stream *of_wire(struct ln_wire *wire)
{
	return ln_container_of(wire, struct ln_nats_stream, wire);
}

/* The pieces are used up: the other end may send more. */
static void consume(struct ln_nats_stream *stream, size_t len)
{
	struct ln_nats_hub *hub = stream->hub;

	ln_lock_acquire(&hub->lock);
	if (ln_nats_flow_consume(&stream->flow, len, window(hub)) &&
	    !stream->over && !stream->ended)
		ln_nats_stream_say(stream, LN_NATS_CREDIT);
	ln_lock_release(&hub->lock);
}

/* Copies what the reader has taken. */
static size_t copy_out(struct ln_nats_stream *stream, uint8_t *data, size_t len)
{
	size_t done = 0;

	while (stream->taken != NULL && done < len) {
		struct ln_nats_piece *piece = stream->taken;
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
static bool look(struct ln_nats_stream *stream, bool *over, const char **why)
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
static void forget_task(struct ln_nats_stream *stream, struct ln_task **place)
{
	ln_lock_acquire(&stream->hub->lock);
	*place = NULL;
	ln_lock_release(&stream->hub->lock);
}

static int read_stream(struct ln_wire *wire, void *data, size_t len,
		       int64_t deadline, size_t *count, const char **reason)
{
	struct ln_nats_stream *stream = of_wire(wire);
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
static int writable(struct ln_nats_stream *stream, size_t *room,
		    const char **reason)
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
static bool post_data(struct ln_nats_stream *stream, struct ln_nats_out *out)
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
	struct ln_nats_stream *stream = of_wire(wire);
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
		out = ln_nats_out_new(room);
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
static void say_close(struct ln_nats_stream *stream)
{
	if (!stream->over && !stream->ended && stream->hub->up)
		ln_nats_stream_say(stream, LN_NATS_CLOSE);
}

static void shutdown_stream(struct ln_wire *wire)
{
	struct ln_nats_stream *stream = of_wire(wire);

	ln_lock_acquire(&stream->hub->lock);
	say_close(stream);
	ln_nats_stream_end(stream, NULL);
	ln_lock_release(&stream->hub->lock);
}

static void release_stream(struct ln_wire *wire)
{
	struct ln_nats_stream *stream = of_wire(wire);
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
void ln_nats_stream_name(uint8_t id[LN_ID_SIZE], uint64_t number,
			 const uint8_t *peer)
{
	for (int i = 0; i < 8; i++)
		id[i] = (uint8_t)(number >> (8 * i));
	memcpy(id + 8, peer, 8);
}

struct ln_nats_stream *ln_nats_stream_new(struct ln_nats_hub *hub,
					  const uint8_t *peer, uint64_t number)
{
	struct ln_nats_stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return NULL;
	stream->wire.class = &stream_class;
	stream->hub = hub;
	memcpy(stream->peer, peer, LN_NATS_INCARNATION);
	stream->number = number;
	ln_nats_stream_name(stream->entry.id, number, peer);
	ln_nats_flow_init(&stream->flow);
	stream->last = &stream->in;
	stream->probed = INT64_MIN / 2;
	ln_list_init(&stream->link);
	return stream;
}

/* A packet of a stream that there is; under the lock. */
void ln_nats_stream_serve(struct ln_nats_stream *stream,
			  const struct ln_nats_packet *packet,
			  struct ln_nats_piece **piece)
{
	const char *why;

	if (stream->over)
		return;
	why = stream->ended ? "a packet after the last"
			    : ln_nats_flow_receive(&stream->flow, packet);
	if (why != NULL) {
		say_close(stream);
		ln_nats_stream_end(stream, why);
	} else if (packet->kind == LN_NATS_DATA) {
		*stream->last = *piece;
		stream->last = &(*piece)->next;
		*piece = NULL;
		ln_nats_wake(stream->reader);
	} else if (packet->kind == LN_NATS_CREDIT) {
		ln_nats_wake(stream->writer);
	} else if (packet->kind == LN_NATS_CLOSE) {
		stream->ended = true;
		ln_nats_wake(stream->reader);
		ln_nats_wake(stream->writer);
	}
}

/* The bytes of a packet, copied before the lock is taken. */
struct ln_nats_piece *ln_nats_piece_new(const struct ln_nats_packet *packet)
{
	struct ln_nats_piece *piece = malloc(sizeof(*piece) + packet->len);

	if (piece == NULL)
		return NULL;
	*piece = (struct ln_nats_piece){ .len = packet->len };
	memcpy(piece->data, packet->body, packet->len);
	return piece;
}
