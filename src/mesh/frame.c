/* Reading and writing the frames of the mesh itself. */
#include "mesh/frame.h"

#include <string.h>

#include "net/address.h"
#include "node/id_table.h"
#include "node/node.h"

/* Follows the kind of a HELLO, so that nothing else is mistaken for one. */
static const uint8_t magic[8] = { 'l', 'u', 'n', 'a', 't', 'i', 'c', 0 };

#define NS_PER_MS 1000000

/* Their number and the bytes. */
static void put_text(struct ln_frame_encoder *writer, const char *text)
{
	size_t len = strlen(text);

	ln_frame_encoder_u32(writer, (uint32_t)len);
	ln_frame_encoder_bytes(writer, text, len);
}

/* Copies a text of less than `size` bytes that has no zero in it. */
static bool get_text(struct ln_decoder *frame, char *text, size_t size,
		     size_t *len)
{
	const uint8_t *bytes = ln_decoder_bytes(frame, len);

	if (bytes == NULL || *len >= size || memchr(bytes, 0, *len) != NULL)
		return false;
	memcpy(text, bytes, *len);
	text[*len] = '\0';
	return true;
}

static bool get_id(struct ln_decoder *frame, struct ln_node_id *id)
{
	const uint8_t *incarnation = ln_decoder_raw(frame, LN_ID_SIZE);
	size_t len;

	if (incarnation == NULL)
		return false;
	memcpy(id->incarnation, incarnation, LN_ID_SIZE);
	return get_text(frame, id->name, sizeof(id->name), &len) &&
	       ln_node_name_valid(id->name, len);
}

bool ln_mesh_address_valid(const char *address, size_t len)
{
	struct ln_endpoint endpoint;
	const char *reason;

	return len < LN_NODE_ADDRESS_SIZE &&
	       ln_endpoint_parse(address, len, &endpoint, &reason) == 0 &&
	       endpoint.address.port != 0;
}

bool ln_mesh_address_plausible(const char *address, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";

	if (len > 0 && len < LN_NODE_ADDRESS_SIZE &&
	    strspn(address, letters) == len)
		return true;
	return ln_mesh_address_valid(address, len);
}

static bool get_address(struct ln_decoder *frame,
			char address[LN_NODE_ADDRESS_SIZE])
{
	size_t len;

	return get_text(frame, address, LN_NODE_ADDRESS_SIZE, &len) &&
	       ln_mesh_address_plausible(address, len);
}

struct ln_frame *ln_mesh_write_plain(enum ln_mesh_kind kind)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, (uint8_t)kind, 0);
	return ln_frame_encoder_finish(&writer);
}

struct ln_frame *ln_mesh_write_hello(const struct ln_mesh_hello *hello)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_MESH_HELLO, 128);
	ln_frame_encoder_bytes(&writer, magic, sizeof(magic));
	ln_frame_encoder_u32(&writer, hello->greeting.version_min);
	ln_frame_encoder_u32(&writer, hello->greeting.version_max);
	ln_frame_encoder_u32(&writer,
			     (uint32_t)(hello->greeting.heartbeat / NS_PER_MS));
	ln_frame_encoder_id(&writer, hello->greeting.id.incarnation);
	put_text(&writer, hello->greeting.id.name);
	put_text(&writer, hello->address);
	return ln_frame_encoder_finish(&writer);
}

bool ln_mesh_read_hello(struct ln_decoder *frame, struct ln_mesh_hello *hello)
{
	struct ln_greeting *greeting = &hello->greeting;
	const uint8_t *start = ln_decoder_raw(frame, sizeof(magic));

	if (start == NULL || memcmp(start, magic, sizeof(magic)) != 0)
		return false;
	greeting->version_min = ln_decoder_u32(frame);
	greeting->version_max = ln_decoder_u32(frame);
	greeting->heartbeat = (int64_t)ln_decoder_u32(frame) * NS_PER_MS;
	return get_id(frame, &greeting->id) &&
	       get_address(frame, hello->address) &&
	       ln_greeting_valid(greeting);
}

struct ln_frame *ln_mesh_write_refusal(enum ln_refusal why, const char *reason)
{
	struct ln_frame_encoder writer;

	ln_frame_encoder_begin(&writer, LN_MESH_REFUSE, 64);
	ln_frame_encoder_u8(&writer, (uint8_t)why);
	put_text(&writer, reason);
	return ln_frame_encoder_finish(&writer);
}

bool ln_mesh_read_refusal(struct ln_decoder *frame,
			  struct ln_mesh_refused *refused)
{
	uint8_t why = ln_decoder_u8(frame);
	size_t len;

	if (why == LN_ADMITTED || why >= LN_REFUSAL_COUNT ||
	    !get_text(frame, refused->reason, sizeof(refused->reason), &len))
		return false;
	/* It is shown to people. */
	for (size_t i = 0; i < len; i++) {
		if (refused->reason[i] < ' ' || refused->reason[i] > '~')
			refused->reason[i] = '?';
	}
	refused->why = (enum ln_refusal)why;
	return ln_decoder_done(frame);
}

bool ln_mesh_put_member(struct ln_frame_encoder *writer,
			const struct ln_node_id *id, const char *address)
{
	size_t len = LN_ID_SIZE + 2 * sizeof(uint32_t) + strlen(id->name) +
		     strlen(address);

	if (len > ln_frame_encoder_room(writer))
		return false;
	ln_frame_encoder_id(writer, id->incarnation);
	put_text(writer, id->name);
	put_text(writer, address);
	return true;
}

bool ln_mesh_read_member(struct ln_decoder *frame,
			 struct ln_mesh_member *member)
{
	if (frame->failed || frame->len == 0)
		return false;
	if (get_id(frame, &member->id) && get_address(frame, member->address))
		return true;
	frame->failed = true;
	return false;
}
