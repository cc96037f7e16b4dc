/*
 * DESIGN
 * A hash table of names in shards, each under its own lock, which is held for a
 * probe and a comparison or two: short enough that readers need no lock of
 * another kind, whose count of readers would be written by each of them too.
 * Names are hashed with a secret key, since guests choose them.
 *
 * A name has its entries in the order of their versions, so that a requirement
 * is looked for in the part of them that its numbers allow, from the highest
 * down; mostly the first one is it.
 *
 * An entry is in two places: at its name, under the shard's lock, and in the
 * list of its process, under that process's lock. It is added to both while
 * both locks are held, unless the process is dead. A process that ends takes
 * its entries out of its own list one by one, keeping each alive by a
 * reference, and then out of the name, if nobody else has meanwhile. An entry
 * keeps its registry alive, so there is a shard to lock even when the
 * environment went at the same time.
 *
 * Lock order: a shard's lock, then a mailbox's. Processes are released, which
 * may free an environment and its registry, under no lock.
 */
#include "process/registry.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/random.h"
#include "base/refs.h"
#include "base/table.h"
#include "base/versions.h"
#include "engine/account.h"
#include "process/process.h"
#include "process/remote.h"
#include "sched/task.h"

#define SHARD_BITS 4
/* What an entry is charged at beside its name and version: this struct, and its
 * share of the name's. */
#define BESIDE 256

#define REST_AFTER 256 /* entries that are removed before others may run */

struct name {
	uint64_t hash;
	struct ln_registration **entries; /* in the order of versions */
	uint32_t count;
	uint32_t capacity;
	size_t len;
	char text[];
};

struct ln_registration {
	/* Immutable. */
	struct ln_registry *registry; /* counted */
	struct ln_process *process;   /* counted, by what holds it in `name` */
	struct ln_version version;    /* in `text` */
	uint64_t hash;                /* of the name */
	size_t bytes;                 /* that it counts for */

	/* Under the shard's lock. */
	struct name *name; /* NULL: not in the registry any more */

	/* Under the process's lock. */
	struct ln_registration *next;
	struct ln_registration **link; /* what points to it; NULL: nothing */

	_Atomic uint32_t references;
	char text[];
};

struct shard {
	alignas(LN_CACHE_LINE) struct ln_lock lock;
	struct ln_table names; /* struct name, by hash */
};

struct ln_registry {
	/* Immutable. */
	uint64_t key[2];
	uint64_t max_entries;
	uint64_t max_bytes;
	struct ln_account *account; /* charged for entries; good until the
				     * registry is closed */

	/* Any thread. */
	_Atomic uint32_t references;
	_Atomic uint64_t entries;
	_Atomic uint64_t bytes;

	struct shard shards[1 << SHARD_BITS];
};

int ln_registry_new(uint64_t max_entries, uint64_t max_bytes,
		    struct ln_account *account, struct ln_registry **out)
{
	struct ln_registry *registry =
		aligned_alloc(LN_CACHE_LINE, sizeof(*registry));

	if (registry == NULL)
		return LN_ENOMEM;
	memset(registry, 0, sizeof(*registry));
	ln_random_bytes(registry->key, sizeof(registry->key));
	registry->max_entries = max_entries;
	registry->max_bytes = max_bytes;
	registry->account = account;
	atomic_init(&registry->references, 1);
	*out = registry;
	return 0;
}

static void release(struct ln_registry *registry)
{
	if (!ln_refs_release(&registry->references))
		return;
	/* Relaxed: the counts of entries were changed before they let go. */
	ln_assert(atomic_load_explicit(&registry->entries,
				       memory_order_relaxed) == 0);
	ln_assert(atomic_load_explicit(&registry->bytes,
				       memory_order_relaxed) == 0);
	free(registry);
}

static void entry_release(struct ln_registration *entry)
{
	if (!ln_refs_release(&entry->references))
		return;
	release(entry->registry);
	free(entry);
}

static struct shard *shard_of(struct ln_registry *registry, uint64_t hash)
{
	return &registry->shards[hash & ((1u << SHARD_BITS) - 1)];
}

static struct name *find_name(const struct shard *shard, uint64_t hash,
			      const char *text, size_t len)
{
	struct ln_table_slot *slot = ln_table_find(&shard->names, hash);

	ln_lock_assert(&shard->lock);
	for (; slot != NULL; slot = ln_table_next(&shard->names, slot)) {
		struct name *name = slot->value;

		if (name->len == len && memcmp(name->text, text, len) == 0)
			return name;
	}
	return NULL;
}

static struct name *add_name(struct shard *shard, uint64_t hash,
			     const char *text, size_t len)
{
	struct name *name = calloc(1, sizeof(*name) + len);
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
	name->len = len;
	if (len > 0)
		memcpy(name->text, text, len);
	return name;
}

/* Drops a name without entries. */
static void drop_name_if_empty(struct shard *shard, struct name *name)
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

static const struct ln_version *version_at(const void *list, uint32_t index)
{
	struct ln_registration *const *entries = list;

	return &entries[index]->version;
}

static struct ln_versions versions_of(const struct name *name)
{
	return (struct ln_versions){ .list = name->entries,
				     .count = name->count,
				     .at = version_at };
}

/* The index of the first entry that is not below the version. */
static uint32_t position(const struct name *name,
			 const struct ln_version *version)
{
	const struct ln_versions versions = versions_of(name);

	return ln_versions_position(&versions, version);
}

static bool is_at(const struct name *name, uint32_t at,
		  const struct ln_version *version)
{
	const struct ln_versions versions = versions_of(name);

	return ln_versions_has(&versions, at, version);
}

/* The process of an entry without a version, or else of the highest one. */
static struct ln_process *unversioned(const struct name *name)
{
	static const struct ln_version none = { 0 };
	uint32_t at = position(name, &none);

	if (!is_at(name, at, &none))
		at = name->count - 1;
	return name->entries[at]->process;
}

/* Makes room for one more entry. */
static int make_room(struct name *name)
{
	uint32_t capacity = name->capacity > 0 ? name->capacity * 2 : 1;
	struct ln_registration **entries;

	if (name->count < name->capacity)
		return 0;
	if (name->count >= LN_REGISTRY_VERSIONS_MAX)
		return LN_ELIMIT;
	entries = realloc(name->entries, capacity * sizeof(*entries));
	if (entries == NULL)
		return LN_ENOMEM;
	name->entries = entries;
	name->capacity = capacity;
	return 0;
}

static void count_down(_Atomic uint64_t *count, uint64_t less)
{
	uint64_t before =
		atomic_fetch_sub_explicit(count, less, memory_order_relaxed);

	ln_assert(before >= less);
	(void)before;
}

/* Adds to a count unless it would exceed `max`. */
static bool count_up(_Atomic uint64_t *count, uint64_t more, uint64_t max)
{
	uint64_t now =
		atomic_fetch_add_explicit(count, more, memory_order_relaxed);

	if (now <= max && more <= max - now)
		return true;
	count_down(count, more);
	return false;
}

static int count_entry(struct ln_registry *registry, size_t bytes)
{
	int error = LN_ELIMIT;

	if (!count_up(&registry->entries, 1, registry->max_entries))
		return error;
	if (count_up(&registry->bytes, bytes, registry->max_bytes)) {
		if (ln_account_charge(registry->account, bytes + BESIDE))
			return 0;
		error = LN_EMEMORY;
		count_down(&registry->bytes, bytes);
	}
	count_down(&registry->entries, 1);
	return error;
}

/* Takes the entry out of its process's list. */
static void unlink_from_process(struct ln_registration *entry)
{
	ln_process_lock(entry->process);
	if (entry->link != NULL) {
		ln_assert(*entry->link == entry);
		*entry->link = entry->next;
		if (entry->next != NULL)
			entry->next->link = entry->link;
		entry->link = NULL;
	}
	ln_process_unlock(entry->process);
}

/* Puts the entry into its process's list. LN_EDEAD. */
static int link_to_process(struct ln_registration *entry)
{
	struct ln_process *process = entry->process;
	int error = LN_EDEAD;

	ln_process_lock(process);
	if (!process->dead) {
		error = 0;
		ln_assert(entry->link == NULL);
		entry->next = process->registrations;
		entry->link = &process->registrations;
		if (entry->next != NULL)
			entry->next->link = &entry->next;
		process->registrations = entry;
	}
	ln_process_unlock(process);
	return error;
}

/* The entry is out of its name: the counts and its place in the process's list
 * follow. The caller drops it later with drop(). */
static void detach(struct ln_registration *entry)
{
	struct ln_registry *registry = entry->registry;

	ln_lock_assert(&shard_of(registry, entry->hash)->lock);
	ln_assert(entry->name != NULL);
	entry->name = NULL;
	count_down(&registry->entries, 1);
	count_down(&registry->bytes, entry->bytes);
	ln_account_refund(registry->account, NULL, entry->bytes + BESIDE);
	unlink_from_process(entry);
}

static void take_out(struct shard *shard, struct name *name, uint32_t at)
{
	struct ln_registration *entry = name->entries[at];

	ln_lock_assert(&shard->lock);
	ln_assert(at < name->count && entry->name == name);
	name->count--;
	memmove(&name->entries[at], &name->entries[at + 1],
		(name->count - at) * sizeof(struct ln_registration *));
	detach(entry);
	drop_name_if_empty(shard, name);
}

/* Gives back what the registry held of an entry that is out of it. NULL is
 * fine. */
static void drop(struct ln_registration *entry)
{
	if (entry == NULL)
		return;
	ln_process_release(entry->process);
	entry_release(entry);
}

/* An entry that is nowhere yet, with a copy of the version. */
static struct ln_registration *new_entry(struct ln_registry *registry,
					 uint64_t hash, size_t name_len,
					 const struct ln_version *version,
					 struct ln_process *process)
{
	size_t len = version->pre.len + version->build.len;
	struct ln_registration *entry = calloc(1, sizeof(*entry) + len);

	if (entry == NULL)
		return NULL;
	ln_refs_retain(&registry->references);
	entry->registry = registry;
	entry->process = ln_process_retain(process);
	entry->hash = hash;
	entry->bytes = name_len + sizeof(entry->version) + len;
	entry->version = *version;
	entry->version.pre.text = entry->text;
	entry->version.build.text = entry->text + version->pre.len;
	if (version->pre.len > 0)
		memcpy(entry->text, version->pre.text, version->pre.len);
	if (version->build.len > 0)
		memcpy(entry->text + version->pre.len, version->build.text,
		       version->build.len);
	atomic_init(&entry->references, 1);
	return entry;
}

/* Puts a new entry at its place; *old: the one that was there. */
static int put(struct shard *shard, struct name *name,
	       struct ln_registration *entry, struct ln_registration **old)
{
	uint32_t at = position(name, &entry->version);
	int error;

	ln_lock_assert(&shard->lock);
	if (is_at(name, at, &entry->version)) {
		ln_assert(name->entries != NULL);
		*old = name->entries[at];
		/* The same name and version: the same bytes. */
		count_up(&entry->registry->entries, 1, UINT64_MAX);
		count_up(&entry->registry->bytes, entry->bytes, UINT64_MAX);
		ln_account_add(entry->registry->account, entry->bytes + BESIDE);
		detach(*old);
	} else {
		error = make_room(name);
		if (error == 0)
			error = count_entry(entry->registry, entry->bytes);
		if (error < 0)
			return error;
		memmove(&name->entries[at + 1], &name->entries[at],
			(name->count - at) * sizeof(struct ln_registration *));
		name->count++;
	}
	name->entries[at] = entry;
	entry->name = name;
	error = link_to_process(entry);
	if (error < 0)
		take_out(shard, name, at);
	return error;
}

/* Registers; with `there`, only if the name has no entry yet. */
static int enter(struct ln_registry *registry, const char *text, size_t len,
		 const struct ln_version *version, struct ln_process *process,
		 struct ln_process **there)
{
	struct ln_registration *old = NULL;
	struct ln_registration *entry;
	struct shard *shard;
	struct name *name;
	uint64_t hash;
	int error = LN_ENOMEM;

	if (len > LN_REGISTRY_NAME_MAX)
		return LN_EINVAL;
	hash = ln_table_hash(registry->key, text, len);
	shard = shard_of(registry, hash);
	entry = new_entry(registry, hash, len, version, process);
	if (entry == NULL)
		return LN_ENOMEM;
	ln_lock_acquire(&shard->lock);
	name = find_name(shard, hash, text, len);
	if (name != NULL && there != NULL) {
		*there = ln_process_retain(unversioned(name));
		ln_lock_release(&shard->lock);
		drop(entry);
		return 0;
	}
	if (name == NULL)
		name = add_name(shard, hash, text, len);
	if (name != NULL) {
		error = put(shard, name, entry, &old);
		if (error < 0 && error != LN_EDEAD)
			drop_name_if_empty(shard, name);
	}
	ln_lock_release(&shard->lock);
	drop(old);
	if (error < 0)
		drop(entry);
	else if (ln_process_is_remote(process))
		process->remote->registered(process);
	return error;
}

int ln_registry_register(struct ln_registry *registry, const char *name,
			 size_t len, const struct ln_version *version,
			 struct ln_process *process)
{
	return enter(registry, name, len, version, process, NULL);
}

int ln_registry_register_new(struct ln_registry *registry, const char *name,
			     size_t len, const struct ln_version *version,
			     struct ln_process *process,
			     struct ln_process **there)
{
	*there = NULL;
	return enter(registry, name, len, version, process, there);
}

int ln_registry_unregister(struct ln_registry *registry, const char *text,
			   size_t len, const struct ln_version *version)
{
	struct ln_registration *entry = NULL;
	struct shard *shard;
	struct name *name;
	uint64_t hash;
	uint32_t at;

	if (len > LN_REGISTRY_NAME_MAX)
		return LN_ENOENT;
	hash = ln_table_hash(registry->key, text, len);
	shard = shard_of(registry, hash);
	ln_lock_acquire(&shard->lock);
	name = find_name(shard, hash, text, len);
	if (name != NULL) {
		at = position(name, version);
		if (is_at(name, at, version)) {
			entry = name->entries[at];
			take_out(shard, name, at);
		}
	}
	ln_lock_release(&shard->lock);
	drop(entry);
	return entry != NULL ? 0 : LN_ENOENT;
}

static struct ln_process *highest(const struct name *name,
				  const struct ln_requirement *requirement,
				  uint32_t *compared)
{
	const struct ln_versions versions = versions_of(name);
	uint32_t at;

	return ln_versions_highest(&versions, requirement, compared, &at)
		       ? name->entries[at]->process
		       : NULL;
}

/* With no requirement, as ln_registry_unversioned. */
static struct ln_process *look_up(struct ln_registry *registry,
				  const char *text, size_t len,
				  const struct ln_requirement *requirement,
				  uint32_t *compared)
{
	struct ln_process *process = NULL;
	struct shard *shard;
	struct name *name;
	uint64_t hash;

	if (len > LN_REGISTRY_NAME_MAX)
		return NULL;
	hash = ln_table_hash(registry->key, text, len);
	shard = shard_of(registry, hash);
	ln_lock_acquire(&shard->lock);
	name = find_name(shard, hash, text, len);
	if (name != NULL && requirement != NULL)
		process = highest(name, requirement, compared);
	else if (name != NULL)
		process = unversioned(name);
	if (process != NULL)
		ln_process_retain(process);
	ln_lock_release(&shard->lock);
	return process;
}

struct ln_process *ln_registry_lookup(struct ln_registry *registry,
				      const char *name, size_t len,
				      const struct ln_requirement *requirement,
				      uint32_t *compared)
{
	*compared = 0;
	return look_up(registry, name, len, requirement, compared);
}

struct ln_process *ln_registry_unversioned(struct ln_registry *registry,
					   const char *name, size_t len)
{
	return look_up(registry, name, len, NULL, NULL);
}

/* Takes the entry out of the registry, unless somebody has done so. */
static void remove_entry(struct ln_registration *entry)
{
	struct shard *shard = shard_of(entry->registry, entry->hash);
	struct name *name;

	ln_lock_acquire(&shard->lock);
	name = entry->name;
	if (name != NULL)
		take_out(shard, name, position(name, &entry->version));
	ln_lock_release(&shard->lock);
	if (name != NULL)
		drop(entry);
}

void ln_registry_forget(struct ln_process *process)
{
	uint64_t removed = 0;

	for (;;) {
		struct ln_registration *entry;

		ln_process_lock(process);
		entry = process->registrations;
		if (entry != NULL) {
			process->registrations = entry->next;
			if (entry->next != NULL)
				entry->next->link = &process->registrations;
			entry->link = NULL;
			/* It is in the list, so the registry's reference is
			 * there yet. */
			ln_refs_retain(&entry->references);
		}
		ln_process_unlock(process);
		if (entry == NULL)
			return;
		remove_entry(entry);
		entry_release(entry);
		if (++removed % REST_AFTER == 0)
			ln_task_rest();
	}
}

/* The first entries of a process, each with a reference for the caller. */
static size_t some_entries(struct ln_process *process,
			   struct ln_registration **entries, size_t max)
{
	size_t count = 0;

	ln_process_lock(process);
	for (struct ln_registration *at = process->registrations;
	     at != NULL && count < max; at = at->next) {
		ln_refs_retain(&at->references);
		entries[count++] = at;
	}
	ln_process_unlock(process);
	return count;
}

/* Copies the beginning of the name and drops the reference; false: the entry
 * is in no registry any more. *len is its whole length. */
static bool take_name(struct ln_registration *entry, char *name, size_t size,
		      size_t *len)
{
	struct shard *shard = shard_of(entry->registry, entry->hash);
	bool found = false;

	ln_lock_acquire(&shard->lock);
	if (entry->name != NULL) {
		*len = entry->name->len;
		memcpy(name, entry->name->text, *len < size ? *len : size);
		found = true;
	}
	ln_lock_release(&shard->lock);
	entry_release(entry);
	return found;
}

bool ln_registry_name(struct ln_process *process, char *name, size_t size,
		      size_t *len)
{
	struct ln_registration *entry;

	if (some_entries(process, &entry, 1) == 0 ||
	    !take_name(entry, name, size, len))
		return false;
	if (*len > size)
		*len = size;
	return true;
}

size_t ln_registry_names(struct ln_process *process,
			 struct ln_registered *names, size_t max)
{
	struct ln_registration *entries[LN_REGISTERED_MAX];
	size_t count =
		some_entries(process, entries,
			     max < LN_REGISTERED_MAX ? max : LN_REGISTERED_MAX);
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		struct ln_registered *at = &names[found];

		at->major = entries[i]->version.major;
		at->minor = entries[i]->version.minor;
		at->patch = entries[i]->version.patch;
		if (take_name(entries[i], at->name, sizeof(at->name), &at->len))
			found++;
	}
	return found;
}

/* Takes one entry out of the shard; NULL: there are no more. */
static struct ln_registration *take_any(struct shard *shard, uint32_t *at)
{
	struct ln_registration *entry = NULL;
	struct ln_table_slot *slot = NULL;
	struct name *name;

	ln_lock_acquire(&shard->lock);
	while (slot == NULL && *at < ln_table_slots(&shard->names))
		slot = ln_table_at(&shard->names, (*at)++);
	if (slot != NULL) {
		name = slot->value;
		entry = name->entries[name->count - 1];
		/* The next one looks here again. */
		(*at)--;
		take_out(shard, name, name->count - 1);
	}
	ln_lock_release(&shard->lock);
	return entry;
}

void ln_registry_close(struct ln_registry *registry)
{
	if (registry == NULL)
		return;
	for (unsigned i = 0; i < 1u << SHARD_BITS; i++) {
		struct shard *shard = &registry->shards[i];
		struct ln_registration *entry;
		uint32_t at = 0;

		while ((entry = take_any(shard, &at)) != NULL)
			drop(entry);
		ln_table_deinit(&shard->names, ln_task_rest_if_free);
	}
	release(registry);
}
