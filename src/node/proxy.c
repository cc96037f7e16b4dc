/*
 * DESIGN
 * The table of a peer's proxies is weak, like that of peers: the last release
 * removes the proxy under proxies_lock, and a look-up that finds it without
 * references makes another one. Nothing refers to the old one then, so the two
 * are never confused.
 */
#include "node/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/refs.h"
#include "node/messages.h"
#include "node/node.h"
#include "node/peer.h"
#include "node/remote_links.h"
#include "node/remote_monitors.h"
#include "node/watch.h"
#include "process/monitors.h"
#include "process/remote.h"

static int wait_for_room(struct ln_process *remote, int64_t deadline)
{
	return ln_peer_wait_for_room(ln_proxy_of(remote)->peer, deadline);
}

static void count_less(struct ln_local_node *node)
{
	uint32_t before = atomic_fetch_sub_explicit(&node->proxies, 1,
						    memory_order_relaxed);

	ln_assert(before > 0);
	(void)before;
}

/* Frees an empty proxy and counts one less. */
static void dispose(struct ln_proxy *proxy)
{
	struct ln_peer *peer = proxy->peer;

	ln_links_deinit(&proxy->process.links, NULL);
	free(proxy);
	count_less(peer->node);
	ln_peer_release(peer);
}

static void free_proxy(struct ln_process *remote)
{
	struct ln_proxy *proxy = ln_proxy_of(remote);
	struct ln_peer *peer = proxy->peer;

	ln_assert(atomic_load_explicit(&remote->references,
				       memory_order_relaxed) == 0);
	ln_lock_acquire(&peer->proxies_lock);
	ln_id_table_remove(&peer->proxies, &proxy->entry);
	ln_lock_release(&peer->proxies_lock);
	dispose(proxy);
}

static const struct ln_remote_class class = {
	.send = ln_messages_send,
	.wait_for_room = wait_for_room,
	.kill = ln_remote_links_kill,
	.link = ln_remote_links_link,
	.unlink = ln_remote_links_unlink,
	.monitor = ln_remote_monitors_watch,
	.demonitor = ln_remote_monitors_unwatch,
	.link_ended = ln_remote_links_ended,
	.registered = ln_watch_registered,
	.free = free_proxy,
};

struct ln_proxy *ln_proxy_of(struct ln_process *process)
{
	if (process->remote != &class)
		return NULL;
	return ln_container_of(process, struct ln_proxy, process);
}

static struct ln_proxy *proxy_at(struct ln_id_entry *entry)
{
	return ln_container_of(entry, struct ln_proxy, entry);
}

/* Under proxies_lock. */
static struct ln_proxy *find(struct ln_peer *peer, const uint8_t *id)
{
	struct ln_id_entry *entry = ln_id_table_find(&peer->proxies, id);

	ln_lock_assert(&peer->proxies_lock);
	while (entry != NULL &&
	       !ln_refs_try_retain(&proxy_at(entry)->process.references))
		entry = ln_id_table_next(&peer->proxies, entry);
	return entry != NULL ? proxy_at(entry) : NULL;
}

struct ln_proxy *ln_proxy_find(struct ln_peer *peer, const uint8_t id[16])
{
	struct ln_proxy *proxy;

	ln_lock_acquire(&peer->proxies_lock);
	proxy = find(peer, id);
	ln_lock_release(&peer->proxies_lock);
	return proxy;
}

/* A proxy that is in no table yet. */
static int make(struct ln_peer *peer, const uint8_t *id, struct ln_proxy **out)
{
	struct ln_local_node *node = peer->node;
	struct ln_proxy *proxy;

	if (atomic_fetch_add_explicit(&node->proxies, 1,
				      memory_order_relaxed) >=
	    node->options.max_proxies) {
		count_less(node);
		return LN_ELIMIT;
	}
	proxy = calloc(1, sizeof(*proxy));
	if (proxy == NULL) {
		count_less(node);
		return LN_ENOMEM;
	}
	ln_remote_init(&proxy->process, &class, id);
	memcpy(proxy->entry.id, id, LN_ID_SIZE);
	proxy->peer = ln_peer_retain(peer);
	*out = proxy;
	return 0;
}

int ln_proxy_get(struct ln_peer *peer, const uint8_t id[16],
		 struct ln_proxy **out)
{
	struct ln_proxy *proxy = ln_proxy_find(peer, id);
	struct ln_proxy *fresh;
	int error;

	*out = proxy;
	if (proxy != NULL)
		return 0;
	error = make(peer, id, &fresh);
	if (error < 0)
		return error;
	ln_lock_acquire(&peer->proxies_lock);
	proxy = find(peer, id);
	if (proxy == NULL) {
		error = ln_id_table_add(&peer->proxies, &fresh->entry);
		if (error == 0) {
			proxy = fresh;
			fresh = NULL;
		}
	}
	ln_lock_release(&peer->proxies_lock);
	if (fresh != NULL)
		dispose(fresh);
	*out = proxy;
	return error;
}

struct ln_proxy *ln_proxy_all(struct ln_peer *peer)
{
	struct ln_proxy *list = NULL;
	struct ln_id_entry *entry;
	uint32_t at = 0;

	ln_lock_acquire(&peer->proxies_lock);
	while ((entry = ln_id_table_walk(&peer->proxies, &at)) != NULL) {
		struct ln_proxy *proxy = proxy_at(entry);

		if (!ln_refs_try_retain(&proxy->process.references))
			continue;
		proxy->next = list;
		list = proxy;
	}
	ln_lock_release(&peer->proxies_lock);
	return list;
}
