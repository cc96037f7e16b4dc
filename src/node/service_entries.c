/*
 * The tables of names. A name is in a shard by its hash, which has a secret
 * key, since guests and other nodes choose names. Whoever changes a name holds
 * both services->lock and the shard's; so who holds the first may read all, and
 * a look-up needs the second only.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/versions.h"
#include "node/node.h"
#include "node/services_impl.h"
#include "process/process.h"

static struct ln_service_shard *shard_of(struct ln_services *services,
					 uint64_t hash)
{
	return &services->shards[hash & ((1u << LN_SERVICES_SHARD_BITS) - 1)];
}

static struct ln_service_name *find_name(const struct ln_service_shard *shard,
					 uint64_t hash,
					 enum ln_service_kind kind,
					 const char *text, size_t len)
{
	struct ln_table_slot *slot = ln_table_find(&shard->names, hash);

	for (; slot != NULL; slot = ln_table_next(&shard->names, slot)) {
		struct ln_service_name *name = slot->value;

		if (name->kind == kind && name->len == len &&
		    memcmp(name->text, text, len) == 0)
			return name;
	}
	return NULL;
}

static struct ln_service_name *add_name(struct ln_service_shard *shard,
					uint64_t hash,
					enum ln_service_kind kind,
					const char *text, size_t len)
{
	struct ln_service_name *name = calloc(1, sizeof(*name) + len);
	struct ln_table_slot *slot;

	ln_lock_assert(&shard->lock);
	if (name == NULL)
		return NULL;
	slot = ln_table_add(&shard->names, hash);
	if (slot == NULL) {
		free(name);
		return NULL;
	}
	slot->value = name;
	name->hash = hash;
	name->kind = kind;
	name->len = len;
	if (len > 0)
		memcpy(name->text, text, len);
	return name;
}

static void drop_name_if_empty(struct ln_service_shard *shard,
			       struct ln_service_name *name)
{
	struct ln_table_slot *slot;

	ln_lock_assert(&shard->lock);
	if (name->count > 0)
		return;
	slot = ln_table_find(&shard->names, name->hash);
	while (slot->value != name)
		slot = ln_table_next(&shard->names, slot);
	ln_table_remove(&shard->names, slot);
	free(name->entries);
	free(name);
}

bool ln_service_beats(const struct ln_service_entry *one,
		      const struct ln_service_entry *other)
{
	if (one->rank != other->rank)
		return one->rank < other->rank;
	return memcmp(one->source->incarnation, other->source->incarnation,
		      LN_ID_SIZE) < 0;
}

/* Whether an entry comes before another one of the same name. */
static bool comes_before(enum ln_service_kind kind,
			 const struct ln_service_entry *one,
			 const struct ln_service_entry *other)
{
	int order;

	if (kind == LN_SERVICE_NAMES) {
		order = ln_version_compare(&one->version, &other->version);
		return order != 0 ? order < 0 : ln_service_beats(one, other);
	}
	order = memcmp(one->source->incarnation, other->source->incarnation,
		       LN_ID_SIZE);
	if (order == 0)
		order = memcmp(one->process->id, other->process->id,
			       LN_ID_SIZE);
	return order < 0;
}

/* The index of the first entry that does not come before this one. */
static uint32_t position(const struct ln_service_name *name,
			 const struct ln_service_entry *entry)
{
	uint32_t low = 0;
	uint32_t high = name->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (comes_before(name->kind, name->entries[middle], entry))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct ln_version *version_at(const void *list, uint32_t index)
{
	struct ln_service_entry *const *entries = list;

	return &entries[index]->version;
}

static struct ln_versions versions_of(const struct ln_service_name *name)
{
	return (struct ln_versions){ .list = name->entries,
				     .count = name->count,
				     .at = version_at };
}

struct ln_service_entry *ln_service_find(struct ln_services *services,
					 const struct ln_service_key *key,
					 const struct ln_version *version,
					 const struct ln_service_source *source)
{
	uint64_t hash = ln_table_hash(services->key, key->name, key->name_len);
	const struct ln_service_name *name;
	struct ln_versions versions;

	ln_lock_assert(&services->lock);
	name = find_name(shard_of(services, hash), hash, LN_SERVICE_NAMES,
			 key->name, key->name_len);
	if (name == NULL)
		return NULL;
	versions = versions_of(name);
	for (uint32_t at = ln_versions_position(&versions, version);
	     ln_versions_has(&versions, at, version); at++) {
		if (source == NULL || name->entries[at]->source == source)
			return name->entries[at];
	}
	return NULL;
}

struct ln_service_entry *ln_service_find_member(
	struct ln_services *services, const struct ln_service_key *key,
	struct ln_service_source *source, struct ln_process *process)
{
	const struct ln_service_entry probe = { .source = source,
						.process = process };
	uint64_t hash = ln_table_hash(services->key, key->name, key->name_len);
	const struct ln_service_name *name;
	uint32_t at;

	ln_lock_assert(&services->lock);
	name = find_name(shard_of(services, hash), hash, LN_SERVICE_GROUPS,
			 key->name, key->name_len);
	if (name == NULL)
		return NULL;
	at = position(name, &probe);
	if (at < name->count && name->entries[at]->process == process)
		return name->entries[at];
	return NULL;
}

struct ln_service_name *ln_service_name_lock(struct ln_services *services,
					     enum ln_service_kind kind,
					     const char *text, size_t len,
					     struct ln_lock **lock)
{
	uint64_t hash = ln_table_hash(services->key, text, len);
	struct ln_service_shard *shard = shard_of(services, hash);

	*lock = &shard->lock;
	ln_lock_acquire(&shard->lock);
	return find_name(shard, hash, kind, text, len);
}

/* Mixes bytes into a digest (FNV-1a): the same on all nodes. */
static uint64_t mix(uint64_t digest, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		digest = (digest ^ at[i]) * UINT64_C(0x100000001b3);
	return digest;
}

static uint64_t digest_of(const struct ln_service_name *name,
			  const struct ln_service_entry *entry)
{
	const uint8_t head = (uint8_t)name->kind;
	uint64_t digest = mix(UINT64_C(0xcbf29ce484222325), &head, 1);

	digest = mix(digest, &entry->rank, sizeof(entry->rank));
	digest = mix(digest, entry->process->id, LN_ID_SIZE);
	digest = mix(digest, name->text, name->len);
	return mix(digest, entry->text, entry->version_len);
}

struct ln_service_entry *ln_service_entry_new(const struct ln_service_key *key,
					      struct ln_process *process)
{
	struct ln_service_entry *entry =
		calloc(1, sizeof(*entry) + key->version_len);
	struct ln_semver_error error;

	if (entry == NULL)
		return NULL;
	entry->process = process;
	entry->version_len = key->version_len;
	entry->bytes =
		LN_SERVICE_ENTRY_BYTES + key->name_len + key->version_len;
	ln_list_init(&entry->link);
	ln_list_init(&entry->owned);
	if (key->version_len == 0)
		return entry;
	memcpy(entry->text, key->version, key->version_len);
	if (ln_version_parse(entry->text, entry->version_len, &entry->version,
			     &error) < 0)
		ln_assert(false); /* it was checked */
	return entry;
}

/* Makes room for one more entry. */
static int make_room(struct ln_service_name *name)
{
	uint32_t capacity = name->capacity > 0 ? name->capacity * 2 : 1;
	struct ln_service_entry **entries;

	if (name->count < name->capacity)
		return 0;
	entries = realloc(name->entries, capacity * sizeof(*entries));
	if (entries == NULL)
		return LN_ENOMEM;
	name->entries = entries;
	name->capacity = capacity;
	return 0;
}

static int put(struct ln_services *services, struct ln_service_name *name,
	       struct ln_service_entry *entry)
{
	bool own = entry->source == &services->own;
	uint32_t at;
	int error;

	if (own && name->own >= LN_SERVICES_SAME_NAME_MAX)
		return LN_ELIMIT;
	error = make_room(name);
	if (error < 0)
		return error;
	at = position(name, entry);
	memmove(&name->entries[at + 1], &name->entries[at],
		(name->count - at) * sizeof(struct ln_service_entry *));
	name->entries[at] = entry;
	name->count++;
	name->own += own;
	entry->name = name;
	return 0;
}

int ln_service_insert(struct ln_services *services,
		      struct ln_service_source *source,
		      struct ln_service_entry *entry,
		      const struct ln_service_key *key)
{
	enum ln_service_kind kind =
		key->version_len > 0 ? LN_SERVICE_NAMES : LN_SERVICE_GROUPS;
	uint64_t hash = ln_table_hash(services->key, key->name, key->name_len);
	struct ln_service_shard *shard = shard_of(services, hash);
	struct ln_service_name *name;
	int error = LN_ENOMEM;

	ln_lock_assert(&services->lock);
	entry->source = source;
	ln_lock_acquire(&shard->lock);
	name = find_name(shard, hash, kind, key->name, key->name_len);
	if (name == NULL)
		name = add_name(shard, hash, kind, key->name, key->name_len);
	if (name != NULL) {
		error = put(services, name, entry);
		drop_name_if_empty(shard, name);
	}
	ln_lock_release(&shard->lock);
	if (error < 0)
		return error;
	entry->digest = digest_of(name, entry);
	entry->number = services->numbers++;
	ln_list_append(&source->entries, &entry->link);
	source->count++;
	source->bytes += entry->bytes;
	source->digest += entry->digest;
	return 0;
}

void ln_service_take_out(struct ln_services *services,
			 struct ln_service_entry *entry, struct ln_list *gone)
{
	struct ln_service_name *name = entry->name;
	struct ln_service_shard *shard = shard_of(services, name->hash);
	struct ln_service_source *source = entry->source;
	uint32_t at;

	ln_lock_assert(&services->lock);
	ln_lock_acquire(&shard->lock);
	at = position(name, entry);
	ln_assert(at < name->count && name->entries[at] == entry);
	name->count--;
	memmove(&name->entries[at], &name->entries[at + 1],
		(name->count - at) * sizeof(struct ln_service_entry *));
	name->own -= source == &services->own;
	entry->name = NULL;
	drop_name_if_empty(shard, name);
	ln_lock_release(&shard->lock);
	ln_assert(source->count > 0 && source->bytes >= entry->bytes);
	source->count--;
	source->bytes -= entry->bytes;
	source->digest -= entry->digest;
	ln_list_remove(&entry->link);
	ln_list_append(gone, &entry->link);
}

void ln_service_entries_free(struct ln_list *gone)
{
	ln_list_for_each_safe (at, after, gone) {
		struct ln_service_entry *entry =
			ln_container_of(at, struct ln_service_entry, link);

		ln_process_release(entry->process);
		free(entry);
	}
	ln_list_init(gone);
}

/* Of those that have the version at `at`, the one that keeps it. */
static struct ln_process *keeper(const struct ln_service_name *name,
				 const struct ln_versions *versions,
				 uint32_t at)
{
	const struct ln_version *version = &name->entries[at]->version;

	while (at > 0 && ln_versions_has(versions, at - 1, version))
		at--;
	return name->entries[at]->process;
}

static struct ln_process *highest(const struct ln_service_name *name,
				  const struct ln_requirement *requirement,
				  uint32_t *compared)
{
	const struct ln_versions versions = versions_of(name);
	uint32_t at;

	return ln_versions_highest(&versions, requirement, compared, &at)
		       ? keeper(name, &versions, at)
		       : NULL;
}

struct ln_process *ln_services_lookup(struct ln_local_node *node,
				      const char *text, size_t len,
				      const struct ln_requirement *requirement,
				      uint32_t *compared)
{
	struct ln_process *process = NULL;
	const struct ln_service_name *name;
	struct ln_lock *lock;

	*compared = 0;
	if (len > LN_SERVICES_NAME_MAX)
		return NULL;
	name = ln_service_name_lock(node->services, LN_SERVICE_NAMES, text, len,
				    &lock);
	if (name != NULL)
		process = highest(name, requirement, compared);
	if (process != NULL)
		ln_process_retain(process);
	ln_lock_release(lock);
	return process;
}
