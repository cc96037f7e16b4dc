/*
 * Lines through a NATS server, in packets as src/nats has them: frames, each
 * behind its length, are a stream of bytes, which is cut into packets that are
 * numbered and for which there must be credit. The server loses packets,
 * repeats them, changes their order, ends, and is split in two. What must hold
 * holds nevertheless, because an end goes down at the first packet that is not
 * the next one.
 *
 * TLS is left out: nothing here changes bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "node/session.h"
#include "simulation/world.h"

#define PREFIX 4

/* A frame that no session sees: the heartbeat. */
#define PING 0x85

void broker_init(struct end *end)
{
	ln_nats_flow_init(&end->flow);
	end->out.max = SIZE_MAX;
	end->in.max = SIZE_MAX;
}

void broker_deinit(struct end *end)
{
	ln_bytes_deinit(&end->out);
	ln_bytes_deinit(&end->in);
}

bool broker_apart(unsigned a, unsigned b)
{
	return world.split_until > world.now && a % 2 != b % 2;
}

void broker_outage(void)
{
	note("the broker ends", 0, 0, 0);
	world.seen.outages++;
	for (uint32_t i = 0; i < world.line_count; i++) {
		for (int j = 0; j < 2; j++) {
			if (world.lines[i]->ends[j].state == UP)
				line_cut(&world.lines[i]->ends[j]);
		}
	}
}

static void require(bool good)
{
	if (!good)
		abort();
}

static void add_frame(struct end *end, const uint8_t *data, size_t len)
{
	uint32_t prefix = (uint32_t)len;

	ln_bytes_add(&end->out, &prefix, PREFIX);
	ln_bytes_add(&end->out, data, len);
	require(end->out.error == 0);
}

/* Appends a packet to what is under way. */
static void publish(struct end *end, enum ln_nats_kind kind,
		    const uint8_t *body, size_t len)
{
	struct ln_nats_packet packet = { .kind = kind,
					 .stream = end->line->number };
	struct ln_frame *frame = malloc(sizeof(*frame) + LN_NATS_HEADER + len);

	require(frame != NULL);
	packet.number = ln_nats_flow_send(&end->flow, kind, len);
	memcpy(packet.from, end->incarnation, LN_NATS_INCARNATION);
	frame->next = NULL;
	frame->len = LN_NATS_HEADER + len;
	ln_nats_packet_write(&packet, frame->data);
	memcpy(frame->data + LN_NATS_HEADER, body, len);
	*end->last = frame;
	end->last = &frame->next;
	end->bytes += frame->len;
	if (end->flow.sent - line_other(end)->flow.consumed >
	    LN_NATS_WINDOW_MAX)
		violated("node % has more than a window under way", end->host,
			 0, 0);
}

/* What is to be sent next. If the other end misses something, and nothing is to
 * be sent, that is a sign of life. */
static void refill(struct end *end)
{
	struct ln_frame *frames;

	if (end->out_at < end->out.len)
		return;
	end->out.len = end->out_at = 0;
	frames = line_take(end);
	if (frames == NULL && line_other(end)->missing) {
		const uint8_t ping = PING;

		add_frame(end, &ping, 1);
	}
	while (frames != NULL) {
		struct ln_frame *next = frames->next;

		add_frame(end, frames->data, frames->len);
		free(frames);
		frames = next;
	}
}

/* Makes a packet, if there is credit. */
static void fill(struct end *end)
{
	size_t room = ln_nats_flow_room(&end->flow);
	size_t len;

	refill(end);
	len = end->out.len - end->out_at;
	if (len == 0 || room == 0)
		return;
	if (len > room)
		len = room;
	if (chance(2) && len > 1)
		len = 1 + choose((unsigned)len);
	if (len > room)
		len = room;
	publish(end, LN_NATS_DATA, end->out.data + end->out_at, len);
	end->out_at += len;
}

/* Hands the session the whole frames that have come in. */
static void receive_frames(struct end *to)
{
	size_t at = 0;

	while (to->in.len - at >= PREFIX) {
		const char *reason = "";
		uint32_t len;

		memcpy(&len, to->in.data + at, PREFIX);
		if (to->in.len - at - PREFIX < len)
			break;
		at += PREFIX;
		if (to->in.data[at] != PING &&
		    ln_session_receive(to->session, to->in.data + at, len,
				       &reason) < 0)
			violated("node % refuses a frame of kind % on line %",
				 to->host, to->in.data[at], to->line->number);
		at += len;
	}
	if (at > 0)
		memmove(to->in.data, to->in.data + at, to->in.len - at);
	to->in.len -= at;
}

static void take_data(struct end *to, const struct ln_nats_packet *packet)
{
	size_t window = (size_t)LN_NATS_WINDOW_FIRST
			<< choose(4); /* as the number of streams decides */
	uint8_t credit[8];

	ln_bytes_add(&to->in, packet->body, packet->len);
	require(to->in.error == 0);
	if (ln_nats_flow_consume(&to->flow, packet->len, window)) {
		for (int i = 0; i < 8; i++)
			credit[i] = (uint8_t)(to->flow.granted >> (8 * i));
		publish(to, LN_NATS_CREDIT, credit, sizeof(credit));
	}
	receive_frames(to);
}

/* A packet arrives. */
static void deliver(struct end *to, const struct ln_frame *frame)
{
	struct ln_nats_packet packet;
	const char *why;

	if (to->state != UP)
		return;
	if (!ln_nats_packet_read(frame->data, frame->len, &packet))
		violated("a packet on line % cannot be read", to->line->number,
			 0, 0);
	why = ln_nats_flow_receive(&to->flow, &packet);
	if (why != NULL) {
		note("packet % on line % ends it at node %", packet.number,
		     to->line->number, to->host);
		world.seen.refused++;
		line_cut(to);
	} else if (to->missing && packet.number >= to->lost) {
		violated("node % takes packet % after % was lost", to->host,
			 packet.number, to->lost);
	} else if (packet.kind == LN_NATS_DATA) {
		take_data(to, &packet);
	}
}

static struct ln_frame *take_first(struct end *end)
{
	struct ln_frame *first = end->frames;

	end->frames = first->next;
	if (end->frames == NULL)
		end->last = &end->frames;
	end->bytes -= first->len;
	return first;
}

/* A packet never arrives. */
static void lose(struct end *to, const struct ln_frame *frame)
{
	struct ln_nats_packet packet;

	require(ln_nats_packet_read(frame->data, frame->len, &packet));
	if (to->state != UP)
		return;
	if (!to->missing || packet.number < to->lost)
		to->lost = packet.number;
	to->missing = true;
}

/* The second comes before the first. */
static void swap(struct end *end)
{
	struct ln_frame *first = end->frames;
	struct ln_frame *second = first->next;

	if (second == NULL)
		return;
	first->next = second->next;
	second->next = first;
	end->frames = second;
	if (end->last == &second->next)
		end->last = &first->next;
}

bool broker_hand_over(struct end *end, unsigned max)
{
	const struct odds *odds = &world.config->odds;
	struct end *to = line_other(end);
	bool moved = false;

	while (max-- > 0) {
		struct ln_frame *frame;

		if (end->state == UP && (end->frames == NULL || chance(2)))
			fill(end);
		/* What was lost had used up the credit, so not even a sign of
		 * life can be sent. */
		if (end->frames == NULL && to->missing && to->state == UP) {
			line_cut(to);
			return true;
		}
		if (end->frames == NULL || to->state == NOT_YET)
			break;
		moved = true;
		if (chance(odds->swap))
			swap(end);
		frame = take_first(end);
		trace(frame->len + ((uint64_t)end->line->number << 32));
		if (broker_apart(end->host, to->host) || chance(odds->drop)) {
			lose(to, frame);
		} else {
			deliver(to, frame);
			if (chance(odds->twice))
				deliver(to, frame);
		}
		free(frame);
	}
	return moved;
}
