/*
 * A reference is a byte that tells which node the process belongs to, and its
 * id:
 *   0  none; nothing follows
 *   1  the writing node: 16 bytes of id
 *   2  the reading node: 16 bytes of id
 *   3  another node: 16 bytes of its incarnation, 16 bytes of id
 */
#include "node/reference.h"

#include <string.h>

#include "base/error.h"
#include "node/export.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/proxy.h"

enum owner { NOBODY, WRITER, READER, THIRD };

/* The kind of reference that this node writes to `to`. */
static enum owner owner_of(struct ln_peer *to, struct ln_process *process)
{
	struct ln_proxy *proxy;

	if (process == NULL)
		return NOBODY;
	proxy = ln_proxy_of(process);
	/* A process of this node that had ended when its reference came back
	 * is a proxy, too. */
	if (proxy == NULL || memcmp(proxy->peer->entry.id,
				    to->node->id.incarnation, LN_ID_SIZE) == 0)
		return WRITER;
	if (memcmp(proxy->peer->entry.id, to->entry.id, LN_ID_SIZE) == 0)
		return READER;
	return THIRD;
}

static size_t size_of(enum owner owner)
{
	switch (owner) {
	case NOBODY:
		return 1;
	case THIRD:
		return 1 + 2 * LN_ID_SIZE;
	default:
		return 1 + LN_ID_SIZE;
	}
}

size_t ln_reference_size(struct ln_peer *to, struct ln_process *process)
{
	return size_of(owner_of(to, process));
}

int ln_reference_encode(struct ln_peer *to, struct ln_process *process,
			uint8_t bytes[LN_REFERENCE_MAX])
{
	enum owner owner = owner_of(to, process);
	uint8_t *at = bytes;
	int error;

	if (owner == WRITER && ln_proxy_of(process) == NULL) {
		error = ln_export(to->node, process);
		if (error < 0)
			return error;
	}
	*at++ = (uint8_t)owner;
	if (owner == THIRD) {
		memcpy(at, ln_proxy_of(process)->peer->entry.id, LN_ID_SIZE);
		at += LN_ID_SIZE;
	}
	if (owner != NOBODY)
		memcpy(at, process->id, LN_ID_SIZE);
	return (int)size_of(owner);
}

void ln_reference_put(struct ln_frame_encoder *writer, struct ln_peer *to,
		      struct ln_process *process)
{
	uint8_t bytes[LN_REFERENCE_MAX];
	int len = ln_reference_encode(to, process, bytes);

	if (len > 0)
		ln_frame_encoder_bytes(writer, bytes, (size_t)len);
	else
		ln_frame_encoder_fail(writer);
}

/* The process of another node, or one of this node that has ended. */
static int find_remote(struct ln_peer *peer, const uint8_t *id,
		       struct ln_process **process)
{
	struct ln_proxy *proxy;
	int error = ln_proxy_get(peer, id, &proxy);

	if (error == 0)
		*process = &proxy->process;
	return error;
}

static int find_by_incarnation(struct ln_local_node *node,
			       const uint8_t *incarnation, const uint8_t *id,
			       struct ln_process **process)
{
	struct ln_peer *peer;
	int error;

	if (memcmp(incarnation, node->id.incarnation, LN_ID_SIZE) == 0) {
		struct ln_end end;

		*process = ln_export_find(node, id, &end);
		if (*process != NULL)
			return 0;
	}
	error = ln_peer_get(node, incarnation, &peer);
	if (error < 0)
		return error;
	error = find_remote(peer, id, process);
	ln_peer_release(peer);
	return error;
}

int ln_reference_get(struct ln_decoder *frame, struct ln_peer *from,
		     struct ln_process **process)
{
	const uint8_t *incarnation = NULL;
	enum owner owner = ln_decoder_u8(frame);
	const uint8_t *id;

	*process = NULL;
	if (owner > THIRD || frame->failed)
		return LN_EFORMAT;
	if (owner == NOBODY)
		return 0;
	if (owner == THIRD)
		incarnation = ln_decoder_raw(frame, LN_ID_SIZE);
	id = ln_decoder_raw(frame, LN_ID_SIZE);
	if (id == NULL)
		return LN_EFORMAT;
	if (owner == WRITER)
		return find_remote(from, id, process);
	if (owner == READER)
		incarnation = from->node->id.incarnation;
	return find_by_incarnation(from->node, incarnation, id, process);
}
