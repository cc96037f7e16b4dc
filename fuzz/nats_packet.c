/* What a NATS server may send: pieces, each behind its length in a byte. A
 * piece is a packet as it is, or, if its first byte is above 0x7f, one of a
 * stream that this node has begun: kind, number from the next one on, body.
 * Whatever comes, no more than a window is kept, and no more than one stream
 * ends. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh.h"
#include "nats/hub.h"
#include "nats/hub_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t peer[LN_NATS_INCARNATION] = "the other node.";

static void require(bool good)
{
	if (!good)
		abort();
}

static void hear(void *argument, const uint8_t *incarnation)
{
	(void)argument;
	(void)incarnation;
}

/* What is published is well-formed, and there is not too much of it. */
static uint64_t publish_all(struct ln_nats_hub *hub)
{
	struct ln_nats_out *out = ln_nats_hub_take(hub, 0);
	uint64_t stream = 0;
	int count = 0;

	while (out != NULL) {
		struct ln_nats_out *next = out->next;
		struct ln_nats_packet packet;

		require(ln_nats_packet_read(out->data, out->len, &packet));
		if (packet.kind == LN_NATS_OPEN)
			stream = packet.stream;
		free(out);
		out = next;
		count++;
	}
	require(count <= 1024 + LN_NATS_STREAMS_MAX);
	return stream;
}

/* A packet that says what it is, read and written again. */
static void check_packet(const uint8_t *data, size_t len)
{
	struct ln_nats_packet packet;
	uint8_t again[LN_NATS_HEADER];

	if (!ln_nats_packet_read(data, len, &packet))
		return;
	ln_nats_packet_write(&packet, again);
	require(memcmp(again, data, LN_NATS_HEADER) == 0);
}

/* A packet of the stream. */
static void send_in(struct ln_nats_hub *hub, struct ln_nats_stream *stream,
		    const uint8_t *data, size_t len)
{
	struct ln_nats_packet packet = { .kind = data[0] & 7,
					 .stream = stream->number,
					 .number = stream->flow.next_in };
	uint8_t bytes[LN_NATS_HEADER + 256];

	memcpy(packet.from, peer, sizeof(peer));
	if (len > 1)
		packet.number += (uint64_t)(int64_t)(int8_t)data[1];
	ln_nats_packet_write(&packet, bytes);
	len = len > 2 ? len - 2 : 0;
	if (len > 0)
		memcpy(bytes + LN_NATS_HEADER, data + 2, len);
	ln_nats_hub_receive(hub, bytes, LN_NATS_HEADER + len);
}

static void check_stream(const struct ln_nats_stream *stream)
{
	size_t held = 0;

	for (const struct ln_nats_piece *at = stream->in; at != NULL;
	     at = at->next)
		held += at->len + LN_NATS_PACKET_COST;
	require(held <= LN_NATS_WINDOW_FIRST);
	require(stream->flow.sent <= stream->flow.allowed);
	require(stream->flow.received <= stream->flow.granted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_nats_hub_options options = { .cluster = "fuzz",
					       .heard = hear };
	char address[LN_NATS_SUBJECT_SIZE];
	char reason[LN_TLS_REASON_SIZE];
	struct ln_mesh_carrier *carrier;
	struct ln_nats_stream *stream;
	struct ln_nats_hub *hub;
	struct ln_wire *wire;

	memset(options.incarnation, 1, sizeof(options.incarnation));
	require(ln_nats_hub_new(&options, &hub) == 0);
	ln_nats_hub_up(hub, 1024, NULL);
	carrier = ln_nats_hub_carrier(hub);
	ln_nats_address("fuzz", peer, address);
	require(carrier->class->dial(carrier, address, &wire, reason) == 0);
	stream = ln_container_of(wire, struct ln_nats_stream, wire);
	require(publish_all(hub) == stream->number);
	while (size > 0) {
		size_t len = data[0];

		data++;
		size--;
		if (len > size)
			len = size;
		if (len > 0 && data[0] >= 0x80) {
			send_in(hub, stream, data, len);
		} else {
			check_packet(data, len);
			ln_nats_hub_receive(hub, data, len);
		}
		check_stream(stream);
		data += len;
		size -= len;
	}
	publish_all(hub);
	wire->class->shutdown(wire);
	wire->class->release(wire);
	ln_nats_hub_free(hub);
	return 0;
}
