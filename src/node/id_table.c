/* Ids on top of base/table.h. */
#include "node/id_table.h"

#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"

void ln_id_table_init(struct ln_id_table *table)
{
	*table = (struct ln_id_table){ .key = { 0 } };
	ln_random_bytes(table->key, sizeof(table->key));
}

void ln_id_table_deinit(struct ln_id_table *table)
{
	ln_assert(table->table.live == 0);
	ln_table_deinit(&table->table, NULL);
}

static uint64_t key_of(const struct ln_id_table *table, const uint8_t *id)
{
	return ln_table_hash(table->key, id, LN_ID_SIZE);
}

int ln_id_table_add(struct ln_id_table *table, struct ln_id_entry *entry)
{
	struct ln_table_slot *slot =
		ln_table_add(&table->table, key_of(table, entry->id));

	if (slot == NULL)
		return LN_ENOMEM;
	slot->value = entry;
	return 0;
}

/* The first entry with the id from a slot on. */
static struct ln_id_entry *search(const struct ln_id_table *table,
				  struct ln_table_slot *slot, const uint8_t *id)
{
	for (; slot != NULL; slot = ln_table_next(&table->table, slot)) {
		struct ln_id_entry *entry = slot->value;

		if (memcmp(entry->id, id, LN_ID_SIZE) == 0)
			return entry;
	}
	return NULL;
}

static struct ln_table_slot *slot_of(const struct ln_id_table *table,
				     const struct ln_id_entry *entry)
{
	struct ln_table_slot *slot =
		ln_table_find(&table->table, key_of(table, entry->id));

	while (slot != NULL && slot->value != entry)
		slot = ln_table_next(&table->table, slot);
	return slot;
}

struct ln_id_entry *ln_id_table_find(const struct ln_id_table *table,
				     const uint8_t *id)
{
	return search(table, ln_table_find(&table->table, key_of(table, id)),
		      id);
}

struct ln_id_entry *ln_id_table_next(const struct ln_id_table *table,
				     const struct ln_id_entry *entry)
{
	struct ln_table_slot *slot = slot_of(table, entry);

	ln_assert(slot != NULL);
	return search(table, ln_table_next(&table->table, slot), entry->id);
}

bool ln_id_table_remove(struct ln_id_table *table, struct ln_id_entry *entry)
{
	struct ln_table_slot *slot = slot_of(table, entry);

	if (slot == NULL)
		return false;
	ln_table_remove(&table->table, slot);
	return true;
}

static struct ln_table_slot *walk(const struct ln_id_table *table, uint32_t *at)
{
	struct ln_table_slot *slot = NULL;

	while (slot == NULL && *at < ln_table_slots(&table->table))
		slot = ln_table_at(&table->table, (*at)++);
	return slot;
}

struct ln_id_entry *ln_id_table_walk(const struct ln_id_table *table,
				     uint32_t *at)
{
	struct ln_table_slot *slot = walk(table, at);

	return slot != NULL ? slot->value : NULL;
}

struct ln_id_entry *ln_id_table_take(struct ln_id_table *table, uint32_t *at)
{
	struct ln_table_slot *slot = walk(table, at);
	struct ln_id_entry *entry;

	if (slot == NULL && table->table.live > 0) {
		*at = 0;
		slot = walk(table, at);
	}
	if (slot == NULL)
		return NULL;
	entry = slot->value;
	ln_table_remove(&table->table, slot);
	return entry;
}
