/*
 * Names and groups in the cluster: actors join and leave groups, which all
 * nodes that are connected must know alike; they take names and give them back,
 * and believe to have those that they were not told to have lost. When all is
 * quiet, each node knows the names of those that it is connected with, two of
 * them do not both give one name away, and what actors believe is so.
 */
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/semver.h"
#include "base/time.h"
#include "node/proxy.h"
#include "node/services_impl.h"
#include "node/session.h"
#include "process/message.h"
#include "process/resource.h"
#include "simulation/world.h"

#define NAME_LEN 2
#define VERSION_LEN 5

static void write_key(uint32_t number, char text[16],
		      struct ln_service_key *key)
{
	snprintf(text, 16, "n%u %u.0.0", number / 2 % 10, number % 2 + 1);
	*key = (struct ln_service_key){
		.name = text,
		.name_len = NAME_LEN,
		.version = text + NAME_LEN + 1,
		.version_len = VERSION_LEN,
	};
}

/* The entry that a node would find for the name; NULL: none. */
static struct ln_service_entry *found_at(struct ln_local_node *node,
					 uint32_t number,
					 const struct ln_service_source *source)
{
	struct ln_services *services = node->services;
	struct ln_service_entry *entry;
	struct ln_semver_error malformed;
	struct ln_service_key key;
	struct ln_version version;
	char text[16];

	write_key(number, text, &key);
	if (ln_version_parse(key.version, key.version_len, &version,
			     &malformed) < 0)
		violated("name % has no version", number, 0, 0);
	ln_lock_acquire(&services->lock);
	entry = ln_service_find(services, &key, &version, source);
	ln_lock_release(&services->lock);
	return entry;
}

/* What a look-up at a node finds, for its address alone; NULL: nothing. */
static const struct ln_process *look_up(struct ln_local_node *node,
					uint32_t number)
{
	struct ln_requirement requirement;
	struct ln_semver_error malformed;
	struct ln_service_key key;
	struct ln_process *found;
	uint32_t compared;
	char text[16];
	char query[8];

	write_key(number, text, &key);
	snprintf(query, sizeof(query), "=%.5s", key.version);
	if (ln_requirement_parse(query, 6, &requirement, &malformed) < 0)
		violated("name % has no requirement", number, 0, 0);
	found = ln_services_lookup(node, key.name, key.name_len, &requirement,
				   &compared);
	ln_requirement_deinit(&requirement);
	if (found != NULL)
		ln_process_release(found);
	return found;
}

static void give_back(struct actor *self, uint32_t number,
		      const struct ln_service_key *key)
{
	bool has =
		look_up(world.hosts[self->host].node, number) == self->process;
	int error;

	note("actor % gives name % back", self->number, number, 0);
	self->names &= ~(1u << number);
	if (!has) {
		/* It is about to be told that. */
		self->losses[number]++;
		return;
	}
	error = ln_services_unregister(world.hosts[self->host].node, key,
				       world.environment);
	if (error < 0)
		violated("actor % could not give name % back: error %",
			 self->number, number, (uint64_t)error);
}

/* The rank of what an actor has just taken. Each is higher than the one before:
 * the first is what may beat others. */
static void note_rank(struct actor *self, uint32_t number)
{
	struct ln_local_node *node = world.hosts[self->host].node;
	const struct ln_service_entry *entry =
		found_at(node, number, &node->services->own);

	if (entry == NULL || entry->process != self->process ||
	    (self->taken[number] > 0 &&
	     entry->rank <= self->ranks[number].last))
		violated("actor % took name %: wrong rank", self->number,
			 number, 0);
	self->ranks[number].last = entry->rank;
	if (self->taken[number]++ == 0)
		self->ranks[number].first = entry->rank;
}

static void take(struct actor *self, uint32_t number,
		 const struct ln_service_key *key)
{
	struct ln_local_node *node = world.hosts[self->host].node;
	const struct ln_service_entry *there = found_at(node, number, NULL);
	int error = ln_services_register(node, key, self->process,
					 NAME_TAG + number);

	note("actor % takes name %: %", self->number, number, (uint64_t)error);
	if (error == LN_EDEAD) /* it was killed */
		return;
	if (error != (there != NULL ? LN_EEXIST : 0))
		violated("actor % takes name %: error %", self->number, number,
			 (uint64_t)error);
	if (error == 0) {
		self->names |= 1u << number;
		note_rank(self, number);
	}
}

static void change_group(struct actor *self, struct ln_local_node *node)
{
	uint32_t number = choose(GROUPS);
	const char name = (char)('a' + number);
	bool member = (self->groups >> number & 1) != 0;
	int error = member ? ln_services_leave(node, &name, 1, self->process)
			   : ln_services_join(node, &name, 1, self->process);

	note("actor % changes group %: %", self->number, number,
	     (uint64_t)error);
	if (error == LN_EDEAD) /* it was killed */
		return;
	if (error < 0)
		violated("actor % could not change group %: error %",
			 self->number, number, (uint64_t)error);
	self->groups ^= 1u << number;
}

bool names_change(struct actor *self)
{
	uint32_t number = choose(NAMES);
	struct ln_service_key key;
	char text[16];

	if (ln_services_wait_for_room(world.hosts[self->host].node, LN_NEVER) <
	    0)
		return false;
	if (choose(3) == 0) {
		change_group(self, world.hosts[self->host].node);
		return true;
	}
	write_key(number, text, &key);
	if (self->names & 1u << number)
		give_back(self, number, &key);
	else
		take(self, number, &key);
	return true;
}

/* Whether the winner has, or had, what beats the name that an actor has lost.
 * What it had may still have been on its way: then the other may have lost what
 * it has taken since to this actor. */
static bool could_lose(const struct actor *self, uint32_t number,
		       const struct actor *to)
{
	uint64_t own = self->ranks[number].last;
	uint64_t their = to->ranks[number].first;

	if (to->taken[number] == 0)
		return false;
	if (their != own)
		return their < own;
	return memcmp(to->incarnation, self->incarnation, LN_ID_SIZE) < 0;
}

void names_lost(struct actor *self, struct ln_message *message)
{
	uint32_t number = (uint32_t)(message->tag - NAME_TAG);
	struct ln_process *winner = ln_message_take(
		message, ln_resource_class(LN_RESOURCE_PROCESS), 0);

	note("actor % has lost name %", self->number, number, 0);
	world.seen.losses++;
	if (number >= NAMES)
		violated("actor % has lost what is no name", self->number, 0,
			 0);
	if (winner == NULL)
		violated("actor % has lost name % to nobody", self->number,
			 number, 0);
	if (!could_lose(self, number, actor_by_id(winner->id)))
		violated("actor % has lost name %, which it should keep",
			 self->number, number, 0);
	ln_process_release(winner);
	if (self->losses[number] > 0)
		self->losses[number]--;
	else if (self->names & 1u << number)
		self->names &= ~(1u << number);
	else
		violated("actor % has lost name %, which it had not",
			 self->number, number, 0);
}

static bool is_member(struct ln_services *services,
		      struct ln_service_source *source, uint32_t group,
		      struct ln_process *process)
{
	const char name = (char)('a' + group);
	const struct ln_service_key key = { .name = &name, .name_len = 1 };
	struct ln_service_entry *entry;

	ln_lock_acquire(&services->lock);
	entry = ln_service_find_member(services, &key, source, process);
	ln_lock_release(&services->lock);
	return entry != NULL;
}

static void check_groups(struct actor *actor, struct ln_services *services)
{
	for (uint32_t i = 0; i < GROUPS; i++) {
		bool member =
			is_member(services, &services->own, i, actor->process);

		if (member !=
		    (actor_alive(actor) && (actor->groups >> i & 1) != 0))
			violated("actor % and group %: member is %",
				 actor->number, i, member);
	}
}

void names_check_actor(struct actor *actor)
{
	struct ln_local_node *node = world.hosts[actor->host].node;

	if (!actor_alive(actor)) {
		if (ln_id_table_find(&node->services->owners,
				     actor->process->id) != NULL)
			violated("actor % has ended, and has names",
				 actor->number, 0, 0);
		return;
	}
	check_groups(actor, node->services);
	for (uint32_t i = 0; i < NAMES; i++) {
		const struct ln_service_entry *entry =
			found_at(node, i, &node->services->own);
		bool has = entry != NULL && entry->process == actor->process;

		if (actor->losses[i] > 0)
			violated("actor % was not told that it lost name %",
				 actor->number, i, 0);
		if (has != ((actor->names >> i & 1) != 0))
			violated("actor % believes otherwise of name %",
				 actor->number, i, 0);
	}
}

/* Each member that one node has announced is known at the other one. */
static void check_members(const struct end *end, const struct end *other)
{
	struct ln_services *services = world.hosts[end->host].node->services;
	const struct ln_service_source *own =
		&world.hosts[other->host].node->services->own;

	ln_list_for_each (at, &own->entries) {
		const struct ln_service_entry *entry =
			ln_container_of(at, struct ln_service_entry, link);
		struct ln_proxy *proxy;

		if (entry->name->kind != LN_SERVICE_GROUPS)
			continue;
		proxy = ln_proxy_find(end->session->peer, entry->process->id);
		if (proxy == NULL ||
		    !is_member(services, &end->session->services->source,
			       (uint32_t)(entry->name->text[0] - 'a'),
			       &proxy->process))
			violated("node % misses a member of node %", end->host,
				 other->host, 0);
		ln_process_release(&proxy->process);
	}
}

/* What one end of a line knows of the other's node. */
static void check_copy(const struct end *end, const struct end *other)
{
	const struct ln_service_session *copy = end->session->services;
	const struct ln_service_source *own =
		&world.hosts[other->host].node->services->own;

	if (!copy->complete || !other->session->services->told)
		violated("node % was not told all names of %", end->host,
			 other->host, 0);
	if (copy->source.count != own->count ||
	    copy->source.digest != own->digest)
		violated("node % knows % names of %", end->host,
			 copy->source.count, other->host);
	check_members(end, other);
	for (uint32_t i = 0; i < NAMES; i++) {
		struct ln_local_node *node = world.hosts[end->host].node;
		const struct ln_service_entry *mine =
			found_at(node, i, &node->services->own);
		const struct ln_service_entry *theirs =
			found_at(node, i, &copy->source);
		const struct ln_service_entry *keeps = found_at(node, i, NULL);

		if (mine != NULL && theirs != NULL)
			violated("nodes % and % both gave name % away",
				 end->host, other->host, i);
		if (look_up(node, i) !=
			    (keeps != NULL ? keeps->process : NULL) ||
		    (theirs != NULL && ln_service_beats(theirs, keeps)))
			violated("node % finds another one for name %",
				 end->host, i, 0);
	}
}

void names_check_line(const struct line *line)
{
	for (int i = 0; i < 2; i++) {
		if (line->ends[0].state == UP && line->ends[1].state == UP)
			check_copy(&line->ends[i], &line->ends[1 - i]);
	}
}

void names_check_empty(const struct host *host)
{
	const struct ln_services *services = host->node->services;

	if (services->own.count != 0 || services->own.digest != 0 ||
	    ln_id_table_count(&services->owners) != 0)
		violated("node % has % names", host->index, services->own.count,
			 0);
	for (int i = 0; i < 1 << LN_SERVICES_SHARD_BITS; i++) {
		if (services->shards[i].names.live != 0)
			violated("node % knows names", host->index, 0, 0);
	}
}
