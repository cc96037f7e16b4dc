/*
 * DESIGN
 * The table of peers is weak: it holds no references. The last release removes
 * the peer under the node's lock. A look-up that finds it before that, without
 * references, ignores it and makes another one.
 */
#include "node/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "node/node.h"
#include "node/session.h"

/* Under the node's lock. */
static struct ln_peer *find(struct ln_local_node *node,
			    const uint8_t *incarnation)
{
	struct ln_id_entry *entry = ln_id_table_find(&node->peers, incarnation);

	ln_lock_assert(&node->lock);
	for (; entry != NULL; entry = ln_id_table_next(&node->peers, entry)) {
		struct ln_peer *peer =
			ln_container_of(entry, struct ln_peer, entry);

		if (ln_refs_try_retain(&peer->references))
			return peer;
	}
	return NULL;
}

static struct ln_peer *make(struct ln_local_node *node,
			    const uint8_t *incarnation)
{
	struct ln_peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL)
		return NULL;
	memcpy(peer->entry.id, incarnation, LN_ID_SIZE);
	peer->node = node;
	atomic_init(&peer->references, 1);
	ln_mutex_init(&peer->transfer);
	ln_id_table_init(&peer->proxies);
	return peer;
}

int ln_peer_get(struct ln_local_node *node, const uint8_t *incarnation,
		struct ln_peer **out)
{
	struct ln_peer *peer;
	struct ln_peer *fresh;
	int error = 0;

	ln_lock_acquire(&node->lock);
	peer = find(node, incarnation);
	ln_lock_release(&node->lock);
	*out = peer;
	if (peer != NULL)
		return 0;
	fresh = make(node, incarnation);
	if (fresh == NULL)
		return LN_ENOMEM;
	ln_lock_acquire(&node->lock);
	peer = find(node, incarnation);
	if (peer == NULL) {
		error = ln_id_table_count(&node->peers) >=
					node->options.max_peers
				? LN_ELIMIT
				: ln_id_table_add(&node->peers, &fresh->entry);
		if (error == 0) {
			ln_local_node_retain(node);
			peer = fresh;
			fresh = NULL;
		}
	}
	ln_lock_release(&node->lock);
	free(fresh);
	*out = peer;
	return error;
}

struct ln_peer *ln_peer_retain(struct ln_peer *peer)
{
	ln_refs_retain(&peer->references);
	return peer;
}

void ln_peer_release(struct ln_peer *peer)
{
	struct ln_local_node *node = peer->node;

	if (!ln_refs_release(&peer->references))
		return;
	ln_assert(peer->session == NULL); /* it would have a reference */
	ln_lock_acquire(&node->lock);
	ln_id_table_remove(&node->peers, &peer->entry);
	ln_lock_release(&node->lock);
	ln_id_table_deinit(&peer->proxies);
	free(peer);
	ln_local_node_release(node);
}

bool ln_peer_is_self(const struct ln_peer *peer)
{
	return memcmp(peer->entry.id, peer->node->id.incarnation, LN_ID_SIZE) ==
	       0;
}

bool ln_peer_connected(struct ln_peer *peer)
{
	return ln_peer_session(peer) != 0;
}

uint64_t ln_peer_session(struct ln_peer *peer)
{
	uint64_t number = 0;

	ln_lock_acquire(&peer->lock);
	if (peer->session != NULL && !peer->session->closing)
		number = peer->session->number;
	ln_lock_release(&peer->lock);
	return number;
}

uint32_t ln_peer_version(struct ln_peer *peer)
{
	uint32_t version = 0;

	ln_lock_acquire(&peer->lock);
	if (peer->session != NULL && !peer->session->closing)
		version = peer->session->id.version;
	ln_lock_release(&peer->lock);
	return version;
}
