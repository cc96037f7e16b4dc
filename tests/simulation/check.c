/*
 * What must hold when nothing is under way: every message that could arrive
 * has, every link is known to both nodes or to none, whoever had to be told of
 * an end was, nothing waits.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "node/peer.h"
#include "node/proxy.h"
#include "node/session.h"
#include "simulation/world.h"

/* Whether what was done on a line has reached the other end: it is up yet. */
static bool has_arrived(const struct actor *a, const struct actor *b,
			uint32_t line)
{
	return line != 0 && line == line_of(a, b);
}

static void check_messages(const struct actor *from,
			   const struct acquaintance *known)
{
	for (uint32_t i = 0; i < known->count; i++) {
		const struct attempt *attempt = &known->attempts[i];

		if (attempt->state == SENT && !attempt->received &&
		    attempt->before == attempt->after &&
		    has_arrived(from, known->who, attempt->before))
			violated("message % from actor % to % was lost", i,
				 from->number, known->who->number);
	}
}

/* The tag that who is linked to `process` is told, by the table of links. */
static int64_t tag_in(struct ln_process *process, struct ln_process *peer)
{
	const struct ln_links *links = &process->links;
	int64_t tag;

	for (uint32_t i = 0; i < ln_links_slots(links); i++) {
		if (ln_links_at(links, i, &tag) == peer)
			return tag;
	}
	return 0;
}

struct actor *actor_by_id(const uint8_t *id)
{
	for (uint32_t i = world.actor_count; i-- > 0;) {
		if (memcmp(world.actors[i]->process->id, id, LN_ID_SIZE) == 0)
			return world.actors[i];
	}
	violated("a process that is no actor", 0, 0, 0);
}

/* How `process` is known at a node; a reference for the caller, or NULL. */
static struct ln_proxy *proxy_at(unsigned host, const struct actor *actor)
{
	struct ln_proxy *proxy;
	struct ln_peer *peer;

	if (ln_peer_get(world.hosts[host].node, actor->incarnation, &peer) < 0)
		abort();
	proxy = ln_proxy_find(peer, actor->process->id);
	ln_peer_release(peer);
	return proxy;
}

/* A link between two nodes is in all four tables. */
static void check_remote_link(struct actor *self, struct ln_process *remote)
{
	struct actor *other = actor_by_id(remote->id);
	struct ln_proxy *proxy;
	bool there;

	if (!actor_alive(other))
		violated("actor % is linked to %, which has ended",
			 self->number, other->number, 0);
	if (line_of(self, other) == 0 || other->crashed)
		violated("actor % is linked to %, which is not connected",
			 self->number, other->number, 0);
	proxy = proxy_at(other->host, self);
	there = proxy != NULL && ln_links_has(&remote->links, self->process) &&
		ln_links_has(&other->process->links, &proxy->process) &&
		ln_links_has(&proxy->process.links, other->process);
	if (!there)
		violated("actor % is linked to %, but not the other way round",
			 self->number, other->number, 0);
	if (!world.config->both_sides &&
	    (tag_in(self->process, remote) !=
		     tag_in(&proxy->process, other->process) ||
	     tag_in(remote, self->process) !=
		     tag_in(other->process, &proxy->process)))
		violated("actors % and % have different tags", self->number,
			 other->number, 0);
	ln_process_release(&proxy->process);
}

static void check_table(struct actor *self)
{
	struct ln_links *links = &self->process->links;

	for (uint32_t i = 0; i < ln_links_slots(links); i++) {
		int64_t tag;
		struct ln_process *peer = ln_links_at(links, i, &tag);

		if (peer == NULL)
			continue;
		if (ln_proxy_of(peer) != NULL)
			check_remote_link(self, peer);
		else if (peer->dead ||
			 !ln_links_has(&peer->links, self->process))
			violated("actor % has half a link", self->number, 0, 0);
	}
}

static bool is_linked(const struct actor *self, const struct actor *other)
{
	const struct ln_links *links = &self->process->links;

	for (uint32_t i = 0; i < ln_links_slots(links); i++) {
		int64_t tag;
		const struct ln_process *peer = ln_links_at(links, i, &tag);

		if (peer != NULL &&
		    memcmp(peer->id, other->process->id, LN_ID_SIZE) == 0)
			return true;
	}
	return false;
}

/* Whoever has made a link, or is said to have one, was told if it had to be.
 * Only where just one of the two changes it. */
static void check_told(const struct actor *self, struct acquaintance *known)
{
	const struct actor *other = known->who;
	const struct tag *own;
	const struct tag *peer;

	if (known->tag == 0)
		return;
	own = &world.tags[known->tag - 1];
	peer = &world.tags[known->peer_tag - 1];
	if (actor_alive(self)) {
		if (has_failed(other))
			violated("actor % was not told that % has failed",
				 self->number, other->number, 0);
		/* Of a normal end it may have heard before that. */
		if (actor_alive(other) && !has_arrived(self, other, own->line))
			violated("actor % was not told that % is lost",
				 self->number, other->number, 0);
		if (actor_alive(other) && !is_linked(self, other))
			violated("actor % is no longer linked to %",
				 self->number, other->number, 0);
	} else if (has_failed(self) && actor_alive(other) &&
		   has_arrived(other, self, peer->line) && !peer->seen) {
		violated("actor % was not told that % has failed",
			 other->number, self->number, 0);
	}
}

static void check_actor(struct actor *actor)
{
	struct ln_process *process = actor->process;
	bool alive = actor_alive(actor);

	if (alive &&
	    (ln_mailbox_count(&process->mailbox) > 0 || actor->owed > 0))
		violated("actor % waits for nothing", actor->number, 0, 0);
	if (!alive && process->outcome == LN_OUTCOME_KILLED && !actor->killed &&
	    !actor->crashed && !actor->fragile)
		violated("actor % was killed by nobody", actor->number, 0, 0);
	if (alive)
		check_table(actor);
	for (uint32_t i = 0; i < actor->known_count; i++) {
		struct acquaintance *known = &actor->known[i];
		bool there = actor_alive(known->who);

		if (there && has_arrived(actor, known->who, known->kill_line))
			violated("actor % has killed %, which goes on",
				 actor->number, known->who->number, 0);
		if (there)
			check_messages(actor, known);
		if (!world.config->both_sides)
			check_told(actor, known);
	}
}

/* Nobody is in the table of a proxy that does not have it in its own. */
static void check_proxy(struct ln_process *remote)
{
	const struct ln_links *links = &remote->links;

	for (uint32_t i = 0; i < ln_links_slots(links); i++) {
		int64_t tag;
		const struct ln_process *process = ln_links_at(links, i, &tag);

		if (process != NULL &&
		    (process->dead || !ln_links_has(&process->links, remote)))
			violated("half a link is left at a node", 0, 0, 0);
	}
}

static void check_peers(const struct host *host)
{
	struct ln_id_entry *entry;
	uint32_t at = 0;

	while ((entry = ln_id_table_walk(&host->node->peers, &at)) != NULL) {
		struct ln_peer *peer =
			ln_container_of(entry, struct ln_peer, entry);
		uint32_t of = 0;

		while ((entry = ln_id_table_walk(&peer->proxies, &of)) != NULL)
			check_proxy(
				&ln_container_of(entry, struct ln_proxy, entry)
					 ->process);
	}
}

static void check_end(const struct end *end)
{
	const struct ln_session *session = end->session;

	if (end->state != UP)
		return;
	if (session->queued > 0 || !ln_list_empty(&session->waiters) ||
	    session->assembly.kind != NULL ||
	    ln_id_table_count(&session->unlinking) > 0)
		violated("something is left of line % at node %",
			 end->line->number, end->host, 0);
}

void check_all(void)
{
	uint32_t alive[MAX_NODES] = { 0 };

	for (uint32_t i = 0; i < world.actor_count; i++) {
		check_actor(world.actors[i]);
		names_check_actor(world.actors[i]);
		alive[world.actors[i]->host] += actor_alive(world.actors[i]);
	}
	for (uint32_t i = 0; i < world.line_count; i++) {
		check_end(&world.lines[i]->ends[0]);
		check_end(&world.lines[i]->ends[1]);
		names_check_line(world.lines[i]);
	}
	for (unsigned i = 0; i < world.config->nodes; i++) {
		check_peers(&world.hosts[i]);
		if (ln_id_table_count(&world.hosts[i].node->exports) > alive[i])
			violated("node % exports those that have ended", i, 0,
				 0);
	}
}

void check_host_empty(struct host *host)
{
	const struct ln_local_node *node = host->node;

	names_check_empty(host);
	if (node->proxies != 0 || ln_id_table_count(&node->peers) != 0)
		violated("node % holds % processes of % others", host->index,
			 node->proxies, ln_id_table_count(&node->peers));
	if (ln_id_table_count(&node->exports) != 0 ||
	    node->session_count != 0 || node->references != 1)
		violated("node % holds % exports, % references", host->index,
			 ln_id_table_count(&node->exports), node->references);
}
