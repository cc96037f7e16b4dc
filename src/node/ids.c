/* Ids on top of base/table.h. */
#include "node/ids.h"

#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"

void ln_ids_init(struct ln_ids *ids)
{
	*ids = (struct ln_ids){ .key = { 0 } };
	ln_random_bytes(ids->key, sizeof(ids->key));
}

void ln_ids_deinit(struct ln_ids *ids)
{
	ln_assert(ids->table.live == 0);
	ln_table_deinit(&ids->table, NULL);
}

static uint64_t key_of(const struct ln_ids *ids, const uint8_t *id)
{
	return ln_table_hash(ids->key, id, LN_ID_SIZE);
}

int ln_ids_add(struct ln_ids *ids, struct ln_id_entry *entry)
{
	struct ln_table_slot *slot =
		ln_table_add(&ids->table, key_of(ids, entry->id));

	if (slot == NULL)
		return LN_ENOMEM;
	slot->value = entry;
	return 0;
}

/* The first entry with the id from a slot on. */
static struct ln_id_entry *search(const struct ln_ids *ids,
				  struct ln_table_slot *slot, const uint8_t *id)
{
	for (; slot != NULL; slot = ln_table_next(&ids->table, slot)) {
		struct ln_id_entry *entry = slot->value;

		if (memcmp(entry->id, id, LN_ID_SIZE) == 0)
			return entry;
	}
	return NULL;
}

static struct ln_table_slot *slot_of(const struct ln_ids *ids,
				     const struct ln_id_entry *entry)
{
	struct ln_table_slot *slot =
		ln_table_find(&ids->table, key_of(ids, entry->id));

	while (slot != NULL && slot->value != entry)
		slot = ln_table_next(&ids->table, slot);
	return slot;
}

struct ln_id_entry *ln_ids_find(const struct ln_ids *ids, const uint8_t *id)
{
	return search(ids, ln_table_find(&ids->table, key_of(ids, id)), id);
}

struct ln_id_entry *ln_ids_next(const struct ln_ids *ids,
				const struct ln_id_entry *entry)
{
	struct ln_table_slot *slot = slot_of(ids, entry);

	ln_assert(slot != NULL);
	return search(ids, ln_table_next(&ids->table, slot), entry->id);
}

bool ln_ids_remove(struct ln_ids *ids, struct ln_id_entry *entry)
{
	struct ln_table_slot *slot = slot_of(ids, entry);

	if (slot == NULL)
		return false;
	ln_table_remove(&ids->table, slot);
	return true;
}

static struct ln_table_slot *walk(const struct ln_ids *ids, uint32_t *at)
{
	struct ln_table_slot *slot = NULL;

	while (slot == NULL && *at < ln_table_slots(&ids->table))
		slot = ln_table_at(&ids->table, (*at)++);
	return slot;
}

struct ln_id_entry *ln_ids_walk(const struct ln_ids *ids, uint32_t *at)
{
	struct ln_table_slot *slot = walk(ids, at);

	return slot != NULL ? slot->value : NULL;
}

struct ln_id_entry *ln_ids_take(struct ln_ids *ids, uint32_t *at)
{
	struct ln_table_slot *slot = walk(ids, at);
	struct ln_id_entry *entry;

	if (slot == NULL && ids->table.live > 0) {
		*at = 0;
		slot = walk(ids, at);
	}
	if (slot == NULL)
		return NULL;
	entry = slot->value;
	ln_table_remove(&ids->table, slot);
	return entry;
}
