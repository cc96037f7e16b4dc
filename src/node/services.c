/*
 * DESIGN
 * What processes of this node have, and how they lose it. An owner is made for
 * a process with its first entry and lives until the process ends; it is in the
 * process's list of watches. A process that ends is marked dead first, so that
 * it gets no more entries than those that ended() then takes out, before its
 * links are told.
 *
 * An entry counts for the environment of its process and all above, for this
 * node, and, on other nodes, for this node as their peer. A node announces no
 * more than its peers accept, so that no guest can have it disconnected.
 */
#include "node/services.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "engine/account.h"
#include "node/export.h"
#include "node/node.h"
#include "node/services_impl.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/process.h"
#include "process/resource.h"
#include "sched/task.h"

int ln_services_new(struct ln_local_node *node, struct ln_services **out)
{
	struct ln_services *services =
		aligned_alloc(LN_CACHE_LINE, sizeof(*services));

	if (services == NULL)
		return LN_ENOMEM;
	memset(services, 0, sizeof(*services));
	services->node = node;
	ln_random_bytes(services->key, sizeof(services->key));
	ln_list_init(&services->own.entries);
	memcpy(services->own.incarnation, node->id.incarnation, LN_ID_SIZE);
	ln_id_table_init(&services->owners);
	ln_list_init(&services->sessions);
	ln_list_init(&services->watchers);
	*out = services;
	return 0;
}

void ln_services_free(struct ln_services *services)
{
	if (services == NULL)
		return;
	ln_assert(services->own.count == 0 && services->watcher_count == 0);
	ln_assert(ln_list_empty(&services->sessions));
	ln_id_table_deinit(&services->owners);
	for (unsigned i = 0; i < 1u << LN_SERVICES_SHARD_BITS; i++)
		ln_table_deinit(&services->shards[i].names, NULL);
	free(services);
}

/* Takes an entry off the counts of an environment and those above, up to, but
 * not including, `end`. */
static void count_down(struct ln_environment *environment,
		       const struct ln_environment *end, size_t bytes)
{
	/* Relaxed, here and below: just numbers. */
	for (; environment != end; environment = environment->parent) {
		atomic_fetch_sub_explicit(&environment->announced, 1,
					  memory_order_relaxed);
		atomic_fetch_sub_explicit(&environment->announced_bytes, bytes,
					  memory_order_relaxed);
	}
}

static int count_up(struct ln_environment *environment, size_t bytes)
{
	struct ln_environment *at = environment;

	ln_assert(environment != NULL);
	for (; at != NULL; at = at->parent) {
		uint64_t entries = atomic_fetch_add_explicit(
			&at->announced, 1, memory_order_relaxed);
		uint64_t used = atomic_fetch_add_explicit(
			&at->announced_bytes, bytes, memory_order_relaxed);

		if (entries >= at->limits.max_registrations ||
		    used + bytes > at->limits.max_registry_bytes) {
			count_down(environment, at->parent, bytes);
			return LN_ELIMIT;
		}
	}
	if (ln_account_charge(environment->charged, bytes))
		return 0;
	count_down(environment, NULL, bytes);
	return LN_EMEMORY;
}

static void refund(struct ln_environment *environment, size_t bytes)
{
	ln_account_refund(environment->charged, NULL, bytes);
	count_down(environment, NULL, bytes);
}

/* Frees the owner of a process that has ended. */
static void owner_free(struct ln_service_owner *owner)
{
	ln_process_release(owner->process);
	free(owner);
}

/* Takes some of the entries out, and at last the owner: then true. */
static bool end_some(struct ln_service_owner *owner, struct ln_list *gone)
{
	struct ln_services *services = owner->services;
	bool last;

	ln_lock_acquire(&services->lock);
	for (unsigned i = 0; i < LN_SERVICES_PIECE; i++) {
		struct ln_list *first = owner->entries.next;

		if (ln_list_empty(&owner->entries))
			break;
		ln_service_withdraw(
			services,
			ln_container_of(first, struct ln_service_entry, owned),
			gone);
	}
	last = ln_list_empty(&owner->entries);
	if (last) {
		ln_id_table_remove(&services->owners, &owner->entry);
		if (owner->watches) {
			ln_list_remove(&owner->watcher);
			services->watcher_count--;
		}
	}
	ln_lock_release(&services->lock);
	return last;
}

/* The process has ended. */
static void ended(struct ln_end_watch *watch, struct ln_process *process)
{
	struct ln_service_owner *owner =
		ln_container_of(watch, struct ln_service_owner, watch);
	struct ln_list gone;
	bool last;

	(void)process;
	do {
		ln_list_init(&gone);
		last = end_some(owner, &gone);
		ln_service_entries_free(&gone);
		ln_task_rest_if_free();
	} while (!last);
	owner_free(owner);
}

/* Enters the watch into the process's list; false: it has ended. */
static bool enter(struct ln_service_owner *owner)
{
	struct ln_process *process = owner->process;
	bool dead;

	ln_process_lock(process);
	dead = process->dead;
	if (!dead) {
		owner->watch.next = process->watches;
		process->watches = &owner->watch;
	}
	ln_process_unlock(process);
	return !dead;
}

static struct ln_service_owner *make_owner(struct ln_services *services,
					   struct ln_process *process)
{
	struct ln_service_owner *owner = calloc(1, sizeof(*owner));

	if (owner == NULL)
		return NULL;
	owner->watch.ended = ended;
	owner->watch.owner = services;
	owner->services = services;
	owner->process = ln_process_retain(process);
	ln_list_init(&owner->entries);
	ln_list_init(&owner->watcher);
	memcpy(owner->entry.id, process->id, LN_ID_SIZE);
	return owner;
}

int ln_service_owner_get(struct ln_services *services,
			 struct ln_process *process,
			 struct ln_service_owner **out)
{
	struct ln_id_entry *entry =
		ln_id_table_find(&services->owners, process->id);
	struct ln_service_owner *owner;
	int error;

	ln_lock_assert(&services->lock);
	if (entry != NULL) {
		*out = ln_container_of(entry, struct ln_service_owner, entry);
		return 0;
	}
	owner = make_owner(services, process);
	if (owner == NULL)
		return LN_ENOMEM;
	error = ln_id_table_add(&services->owners, &owner->entry);
	if (error == 0 && !enter(owner)) {
		ln_id_table_remove(&services->owners, &owner->entry);
		error = LN_EDEAD;
	}
	if (error < 0) {
		/* The caller has a reference, too: nothing is freed here but
		 * the owner. */
		owner_free(owner);
		return error;
	}
	*out = owner;
	return 0;
}

void ln_service_withdraw(struct ln_services *services,
			 struct ln_service_entry *entry, struct ln_list *gone)
{
	ln_assert(entry->source == &services->own);
	ln_service_take_back(services, entry);
	ln_list_remove(&entry->owned);
	ln_service_take_out(services, entry, gone);
	refund(entry->process->environment, entry->bytes);
}

/* Puts a new entry of this node in, which is counted for its environment.
 * Under services->lock. */
static int add(struct ln_services *services, struct ln_service_entry *entry,
	       const struct ln_service_key *key)
{
	struct ln_service_owner *owner;
	int error;

	if (services->own.count >= LN_SERVICES_ENTRIES_MAX ||
	    services->own.bytes + entry->bytes > LN_SERVICES_BYTES_MAX)
		return LN_ELIMIT;
	error = ln_service_owner_get(services, entry->process, &owner);
	if (error == 0)
		error = ln_service_insert(services, &services->own, entry, key);
	if (error < 0)
		return error;
	ln_list_append(&owner->entries, &entry->owned);
	ln_service_announce(services, entry);
	return 0;
}

/* Whether the process of the entry may have its name; gives it a rank. */
static int claims_name(struct ln_services *services,
		       const struct ln_service_key *key,
		       struct ln_service_entry *entry)
{
	struct ln_service_entry *there =
		ln_service_find(services, key, &entry->version, NULL);

	if (there == NULL) {
		if (services->clock + 1 < LN_SERVICE_RANK_END)
			services->clock++;
		entry->rank = services->clock;
		return 0;
	}
	if (there->process != entry->process)
		return LN_EEXIST;
	there->tag = entry->tag;
	return 1;
}

/* Puts the entry in if it may be: 0, and it is kept. */
static int try_entry(struct ln_services *services,
		     const struct ln_service_key *key,
		     struct ln_service_entry *entry,
		     int (*claims)(struct ln_services *services,
				   const struct ln_service_key *key,
				   struct ln_service_entry *entry))
{
	struct ln_environment *environment = entry->process->environment;
	int result;

	ln_lock_acquire(&services->lock);
	result = claims(services, key, entry);
	if (result == 0)
		result = count_up(environment, entry->bytes);
	if (result == 0) {
		result = add(services, entry, key);
		if (result < 0)
			refund(environment, entry->bytes);
	}
	ln_lock_release(&services->lock);
	return result;
}

int ln_service_give(struct ln_services *services,
		    const struct ln_service_key *key,
		    struct ln_process *process, int64_t tag,
		    int (*claims)(struct ln_services *services,
				  const struct ln_service_key *key,
				  struct ln_service_entry *entry))
{
	struct ln_service_entry *entry;
	int result;

	if (ln_process_is_remote(process) ||
	    key->name_len > LN_SERVICES_NAME_MAX)
		return LN_EINVAL;
	result = ln_export(services->node, process);
	if (result < 0)
		return result;
	entry = ln_service_entry_new(key, process);
	if (entry == NULL)
		return LN_ENOMEM;
	ln_process_retain(process);
	entry->tag = tag;
	result = try_entry(services, key, entry, claims);
	if (result == 0)
		return 0;
	ln_process_release(process);
	free(entry);
	return result > 0 ? 0 : result;
}

int ln_services_register(struct ln_local_node *node,
			 const struct ln_service_key *key,
			 struct ln_process *process, int64_t tag)
{
	return ln_service_give(node->services, key, process, tag, claims_name);
}

int ln_services_unregister(struct ln_local_node *node,
			   const struct ln_service_key *key,
			   const struct ln_environment *environment)
{
	struct ln_services *services = node->services;
	struct ln_service_entry *entry;
	struct ln_semver_error malformed;
	struct ln_version version;
	struct ln_list gone;
	int error = LN_ENOENT;

	if (ln_version_parse(key->version, key->version_len, &version,
			     &malformed) < 0)
		return LN_ENOENT;
	ln_list_init(&gone);
	ln_lock_acquire(&services->lock);
	entry = ln_service_find(services, key, &version, &services->own);
	if (entry != NULL &&
	    (environment == NULL ||
	     ln_environment_answers_for(environment,
					entry->process->environment))) {
		ln_service_withdraw(services, entry, &gone);
		error = 0;
	}
	ln_lock_release(&services->lock);
	ln_service_entries_free(&gone);
	return error;
}

/* Adds a text as a value of MessagePack. */
static int write_text(struct ln_message *message, const char *text, size_t len)
{
	const uint8_t head[3] = { 0xda, (uint8_t)(len >> 8), (uint8_t)len };
	int error = ln_message_write(message, head, sizeof(head), UINT64_MAX);

	ln_assert(len <= UINT16_MAX);
	if (error < 0)
		return error;
	return ln_message_write(message, text, len, UINT64_MAX);
}

struct ln_message *ln_service_event(enum ln_service_event event,
				    uint64_t number, const char *name,
				    int64_t tag)
{
	uint8_t head[11] = { 0x93, (uint8_t)event, 0xcf };
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, tag, 0);

	if (message == NULL)
		return NULL;
	number = __builtin_bswap64(number);
	memcpy(&head[3], &number, sizeof(number));
	if (ln_message_write(message, head, sizeof(head), UINT64_MAX) == 0 &&
	    write_text(message, name, strlen(name)) == 0)
		return message;
	ln_message_free(message);
	return NULL;
}

/* The message that tells of a lost name; its last value is the index of the
 * winner. */
static struct ln_message *lost_message(const struct ln_service_entry *entry,
				       const struct ln_service_key *key,
				       struct ln_process *winner)
{
	static const uint8_t head[2] = { 0x94, LN_SERVICE_NAME_LOST };
	static const uint8_t first = 0;
	struct ln_message *message =
		ln_message_new(LN_MESSAGE_DATA, entry->tag, 0);
	uint64_t index;

	if (message == NULL)
		return NULL;
	ln_process_retain(winner);
	if (ln_message_push(message, ln_resource_class(LN_RESOURCE_PROCESS),
			    winner, &index) < 0) {
		ln_process_release(winner);
	} else if (ln_message_write(message, head, sizeof(head), UINT64_MAX) ==
			   0 &&
		   write_text(message, key->name, key->name_len) == 0 &&
		   write_text(message, entry->text, entry->version_len) == 0 &&
		   ln_message_write(message, &first, 1, UINT64_MAX) == 0) {
		return message;
	}
	ln_message_free(message);
	return NULL;
}

void ln_service_tell_lost(const struct ln_service_entry *entry,
			  const struct ln_service_key *key,
			  struct ln_process *winner)
{
	struct ln_message *message = lost_message(entry, key, winner);

	/* One that cannot take it finds out by looking its name up. */
	if (message != NULL)
		(void)ln_process_send(entry->process, message);
}
