/*
 * DESIGN
 * A message is one frame or, if it is too long for that, a head and a
 * fragmented body:
 *
 *   head  16 bytes: id of the receiver, or its number (node/numbers.h)
 *         i64: tag
 *         u64: bytes of data
 *         u32: number of resources
 *         u64: where the next read begins
 *   body  the data, then the resources: references (node/reference.c)
 *
 * The resources come last, so that the memory of a fragmented body becomes that
 * of the message without a copy. A message for a process that has ended is
 * dropped, and so is one for which memory is short, as if the mailbox were
 * full.
 */
#include "node/messages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/compiler.h"
#include "base/error.h"
#include "node/export.h"
#include "node/frame_encoder.h"
#include "node/node.h"
#include "node/numbers.h"
#include "node/parts.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/reference.h"
#include "node/session.h"
#include "process/message.h"
#include "process/process.h"
#include "process/resource.h"

#define HEAD_SIZE 44
#define RESOURCES_MAX 65536u

_Static_assert(HEAD_SIZE <= LN_HEAD_MAX, "a head that cannot be sent");

/* A resource that can cross; NULL: none is there any more. Of all that crosses
 * nodes only processes have references. */
static struct ln_process *process_at(const struct ln_message *message,
				     uint32_t index)
{
	const struct ln_resource *resource = &message->resources[index];

	ln_assert(resource->class == NULL ||
		  resource->class == ln_resource_class(LN_RESOURCE_PROCESS));
	return resource->class != NULL ? resource->value : NULL;
}

/* The bytes that the resources take. LN_EINVAL: not all can cross. */
static int measure(struct ln_peer *to, const struct ln_message *message,
		   size_t *bytes)
{
	*bytes = 0;
	if (message->kind != LN_MESSAGE_DATA ||
	    ln_message_bound_class(message) != NULL)
		return LN_EINVAL;
	for (uint32_t i = 0; i < message->resource_count; i++)
		*bytes += ln_reference_size(to, process_at(message, i));
	return 0;
}

/* Whom a message is for. */
struct receiver {
	struct ln_peer *peer;
	const uint8_t *id; /* or a number: node/numbers.h */
};

static void put_head(struct ln_frame_encoder *writer, const uint8_t *id,
		     const struct ln_message *message)
{
	ln_frame_encoder_id(writer, id);
	ln_frame_encoder_u64(writer, (uint64_t)message->tag);
	ln_frame_encoder_u64(writer, message->size);
	ln_frame_encoder_u32(writer, message->resource_count);
	ln_frame_encoder_u64(writer, message->read_at);
}

static int send_small(const struct receiver *to, struct ln_message *message,
		      size_t body, bool wait, int64_t deadline)
{
	struct ln_frame_encoder writer;
	struct ln_frame *frame;

	ln_frame_encoder_begin(&writer, LN_KIND_MESSAGE, HEAD_SIZE + body);
	put_head(&writer, to->id, message);
	ln_frame_encoder_bytes(&writer, message->data, message->size);
	for (uint32_t i = 0; i < message->resource_count; i++)
		ln_reference_put(&writer, to->peer, process_at(message, i));
	frame = ln_frame_encoder_finish(&writer);
	ln_message_free(message);
	return wait ? ln_peer_send(to->peer, frame, deadline)
		    : ln_peer_try_send(to->peer, frame);
}

static int send_fragments(const struct receiver *to, struct ln_message *message,
			  struct iovec *resources, bool wait, int64_t deadline)
{
	const struct iovec parts[] = {
		{ .iov_base = message->data, .iov_len = message->size },
		*resources,
	};
	uint8_t head[HEAD_SIZE];
	uint64_t size = message->size;
	uint64_t read_at = message->read_at;

	memcpy(head, to->id, LN_ID_SIZE);
	memcpy(head + 16, &message->tag, sizeof(message->tag));
	memcpy(head + 24, &size, sizeof(size));
	memcpy(head + 32, &message->resource_count,
	       sizeof(message->resource_count));
	memcpy(head + 36, &read_at, sizeof(read_at));
	return ln_peer_send_large(to->peer, LN_KIND_MESSAGE, head, sizeof(head),
				  parts, 2, wait, deadline);
}

static int send_large(const struct receiver *to, struct ln_message *message,
		      size_t resource_bytes, bool wait, int64_t deadline)
{
	struct iovec resources = { .iov_len = 0 };
	uint8_t *bytes = malloc(resource_bytes + LN_REFERENCE_MAX);
	int error = bytes != NULL ? 0 : LN_ENOMEM;

	for (uint32_t i = 0; error >= 0 && i < message->resource_count; i++) {
		error = ln_reference_encode(to->peer, process_at(message, i),
					    bytes + resources.iov_len);
		if (error > 0)
			resources.iov_len += (size_t)error;
	}
	resources.iov_base = bytes;
	if (error >= 0)
		error = send_fragments(to, message, &resources, wait, deadline);
	free(bytes);
	ln_message_free(message);
	return error;
}

static int send(const struct receiver *to, struct ln_message *message,
		bool wait, int64_t deadline)
{
	size_t resources;
	int error = measure(to->peer, message, &resources);

	if (error < 0)
		return error;
	if (!ln_peer_connected(to->peer)) {
		ln_message_free(message);
		return LN_EDEAD;
	}
	if (LN_LIKELY(message->size < LN_FRAME_MAX - HEAD_SIZE &&
		      resources < LN_FRAME_MAX - HEAD_SIZE - message->size))
		return send_small(to, message, message->size + resources, wait,
				  deadline);
	return send_large(to, message, resources, wait, deadline);
}

int ln_messages_send(struct ln_process *remote, struct ln_message *message,
		     bool wait, int64_t deadline)
{
	const struct receiver to = { ln_proxy_of(remote)->peer, remote->id };

	return send(&to, message, wait, deadline);
}

int ln_messages_send_numbered(struct ln_peer *peer, uint64_t number,
			      struct ln_message *message, int64_t deadline)
{
	uint8_t id[LN_ID_SIZE];
	const struct receiver to = { peer, id };

	ln_number_to_id(number, id);
	return send(&to, message, true, deadline);
}

/* Whom the other node means: by an id that it was given, or by a number. */
static struct ln_process *find_receiver(struct ln_session *session,
					const uint8_t *id)
{
	struct ln_local_node *node = session->peer->node;
	uint64_t number = ln_number_of_id(id);
	struct ln_end end;

	return number != 0 ? ln_local_node_process(node, number)
			   : ln_export_find(node, id, &end);
}

/* What the head says. */
struct head {
	const uint8_t *to;
	int64_t tag;
	uint64_t size;
	uint32_t resources;
	uint64_t read_at;
};

static int get_head(struct ln_session *session, struct ln_decoder *frame,
		    struct head *head)
{
	head->to = ln_decoder_raw(frame, LN_ID_SIZE);
	head->tag = (int64_t)ln_decoder_u64(frame);
	head->size = ln_decoder_u64(frame);
	head->resources = ln_decoder_u32(frame);
	head->read_at = ln_decoder_u64(frame);
	if (frame->failed)
		return ln_session_refuse(session, "a message without a head");
	if (head->resources > RESOURCES_MAX)
		return ln_session_refuse(session,
					 "a message of too many resources");
	return 0;
}

/* Reads the resources into the message; LN_ENOMEM, LN_ELIMIT: not all could be
 * kept. */
static int get_resources(struct ln_session *session, struct ln_decoder *frame,
			 uint32_t count, struct ln_message *message)
{
	for (uint32_t i = 0; i < count; i++) {
		struct ln_process *process;
		uint64_t index;
		int error = ln_reference_get(frame, session->peer, &process);

		if (error == LN_EFORMAT)
			return ln_session_refuse(session,
						 "a malformed reference");
		if (error < 0)
			return error;
		error = ln_message_push(
			message,
			process != NULL ? ln_resource_class(LN_RESOURCE_PROCESS)
					: NULL,
			process, &index);
		if (error < 0) {
			if (process != NULL)
				ln_process_release(process);
			return error;
		}
	}
	return 0;
}

/* Finishes a received message whose data is complete: delivers it, or drops it.
 * The rest of the frame has its resources. */
static int deliver(struct ln_session *session, struct ln_decoder *frame,
		   const struct head *head, struct ln_message *message)
{
	struct ln_process *process;
	int error = get_resources(session, frame, head->resources, message);

	message->read_at = head->read_at;
	if (error == 0 && !ln_decoder_done(frame))
		error = ln_session_refuse(session, "a message of wrong length");
	process = error == 0 ? find_receiver(session, head->to) : NULL;
	if (process != NULL) {
		ln_process_send(process, message);
		ln_process_release(process);
	} else {
		ln_message_free(message);
	}
	if (error == LN_EFORMAT)
		return error;
	/* Dropped; the rest was not checked. */
	frame->len = 0;
	return 0;
}

static int receive(struct ln_session *session, struct ln_decoder *frame)
{
	struct ln_message *message;
	const uint8_t *data;
	struct head head;
	int error = get_head(session, frame, &head);

	if (error < 0)
		return error;
	data = ln_decoder_raw(frame, head.size);
	if (data == NULL)
		return ln_session_refuse(session,
					 "a message with less data than it "
					 "says");
	message = ln_message_new(LN_MESSAGE_DATA, head.tag, head.size);
	if (message == NULL ||
	    ln_message_write(message, data, head.size, head.size) < 0) {
		ln_message_free(message);
		frame->len = 0;
		return 0;
	}
	return deliver(session, frame, &head, message);
}

static int begin(struct ln_session *session, struct ln_decoder *frame,
		 uint64_t len, bool *keep)
{
	struct ln_local_node *node = session->peer->node;
	struct ln_process *process;
	struct head head;
	int error = get_head(session, frame, &head);

	if (error < 0)
		return error;
	if (head.size > len || head.resources > len - head.size ||
	    len - head.size > (uint64_t)head.resources * LN_REFERENCE_MAX)
		return ln_session_refuse(session, "a message of wrong length");
	process = find_receiver(session, head.to);
	*keep = process != NULL && head.size <= node->options.max_message;
	if (process != NULL)
		ln_process_release(process);
	return 0;
}

static int complete(struct ln_session *session, struct ln_decoder *frame,
		    struct ln_bytes *body)
{
	struct ln_message *message;
	struct ln_decoder rest;
	struct head head;
	int error = get_head(session, frame, &head);

	if (error < 0)
		return error;
	message = ln_message_new(LN_MESSAGE_DATA, head.tag, 0);
	if (message == NULL)
		return 0;
	rest.data = body->data + head.size;
	rest.len = body->len - head.size;
	rest.failed = false;
	/* It takes the bytes over. */
	message->data = body->data;
	message->size = head.size;
	message->capacity = body->room;
	body->data = NULL;
	return deliver(session, &rest, &head, message);
}

static const struct ln_kind kinds[] = {
	{ .receive = receive, .begin = begin, .complete = complete },
};

const struct ln_part ln_part_messages = {
	.first = LN_KIND_MESSAGE,
	.count = 1,
	.kinds = kinds,
};
