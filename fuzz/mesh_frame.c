/* Frames of the mesh: any bytes, of which the first is the kind. What is read
 * is what a node may say, and the same when it is written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/frame.h"
#include "node/node.h"
#include "node/queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

/* A frame that was written, behind its kind. */
static struct ln_decoder decoder(const struct ln_frame *frame, uint8_t kind)
{
	struct ln_decoder rest;

	require(frame != NULL && frame->len <= LN_FRAME_MAX);
	rest = (struct ln_decoder){ .data = frame->data, .len = frame->len };
	require(ln_decoder_u8(&rest) == kind);
	return rest;
}

static void check_node(const struct ln_node_id *id, const char *address)
{
	require(ln_node_name_valid(id->name, strlen(id->name)));
	require(ln_mesh_address_plausible(address, strlen(address)));
}

static bool same_id(const struct ln_node_id *a, const struct ln_node_id *b)
{
	return strcmp(a->name, b->name) == 0 &&
	       memcmp(a->incarnation, b->incarnation, LN_ID_SIZE) == 0;
}

static void try_hello(struct ln_decoder *frame)
{
	struct ln_mesh_hello hello;
	struct ln_mesh_hello again;
	struct ln_frame *written;
	struct ln_decoder rest;

	if (!ln_mesh_read_hello(frame, &hello))
		return;
	check_node(&hello.greeting.id, hello.address);
	require(hello.greeting.version_min <= hello.greeting.version_max);
	require(hello.greeting.heartbeat >= LN_HEARTBEAT_MIN &&
		hello.greeting.heartbeat <= LN_HEARTBEAT_MAX);
	written = ln_mesh_write_hello(&hello);
	rest = decoder(written, LN_MESH_HELLO);
	require(written->len <= LN_MESH_GREETING_MAX);
	require(ln_mesh_read_hello(&rest, &again) && ln_decoder_done(&rest));
	require(again.greeting.version_min == hello.greeting.version_min &&
		again.greeting.version_max == hello.greeting.version_max &&
		again.greeting.heartbeat == hello.greeting.heartbeat &&
		same_id(&again.greeting.id, &hello.greeting.id) &&
		strcmp(again.address, hello.address) == 0);
	ln_frames_free(written);
}

static void try_refusal(struct ln_decoder *frame)
{
	struct ln_mesh_refused refused;
	struct ln_mesh_refused again;
	struct ln_frame *written;
	struct ln_decoder rest;

	if (!ln_mesh_read_refusal(frame, &refused))
		return;
	for (const char *at = refused.reason; *at != '\0'; at++)
		require(*at >= ' ' && *at <= '~');
	written = ln_mesh_write_refusal(refused.why, refused.reason);
	rest = decoder(written, LN_MESH_REFUSE);
	require(ln_mesh_read_refusal(&rest, &again));
	require(again.why == refused.why &&
		strcmp(again.reason, refused.reason) == 0);
	ln_frames_free(written);
}

static void try_peers(struct ln_decoder *frame)
{
	const size_t len = frame->len;
	struct ln_frame_encoder writer;
	struct ln_mesh_member member;
	struct ln_mesh_member again;
	struct ln_frame *written;
	struct ln_decoder rest;
	size_t count = 0;

	ln_frame_encoder_begin(&writer, LN_MESH_PEERS, 0);
	while (ln_mesh_read_member(frame, &member)) {
		check_node(&member.id, member.address);
		/* What has come in one frame fits one. */
		require(ln_mesh_put_member(&writer, &member.id,
					   member.address));
		count++;
	}
	written = ln_frame_encoder_finish(&writer);
	rest = decoder(written, LN_MESH_PEERS);
	require(!ln_decoder_done(frame) || rest.len == len);
	for (; count > 0; count--)
		require(ln_mesh_read_member(&rest, &again));
	require(ln_decoder_done(&rest));
	ln_frames_free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ln_decoder frame = { .data = data, .len = size };

	if (size > LN_FRAME_MAX)
		return 0;
	switch (ln_decoder_u8(&frame)) {
	case LN_MESH_HELLO:
		try_hello(&frame);
		break;
	case LN_MESH_REFUSE:
		try_refusal(&frame);
		break;
	case LN_MESH_PEERS:
		try_peers(&frame);
		break;
	default:
		break;
	}
	return 0;
}
