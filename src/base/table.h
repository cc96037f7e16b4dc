/*
 * Hash tables from numbers to values: open addressing, 16 bytes a slot. Not
 * locked, and made for use under a lock: a table that grows moves a few slots
 * at each addition, and large ones are mappings, so no call takes long.
 *
 * A key is any number from 1 to UINT64_MAX - 1. A table may have several
 * entries with one key. Numbers that the program gives out are spread by a
 * multiplication. What strangers choose must be hashed with a secret: either
 * the table is keyed, or the keys come from ln_table_hash.
 */
#ifndef LN_BASE_TABLE_H
#define LN_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* What a key is multiplied by, to spread it. */
#define LN_TABLE_SPREAD UINT64_C(0x9e3779b97f4a7c15)

struct ln_table_slot {
	uint64_t key;
	union {
		void *value;
		uint64_t number;
	};
};

/* Zeros are an empty table; `keyed` may be set before the first entry. */
struct ln_table {
	struct ln_table_slot *slots; /* behind a head, see table.c */
	uint8_t bits;                /* log2 of the number of slots */
	bool keyed;                  /* keys are hashed with a secret */
	uint32_t live;               /* entries, the only field for others */
	uint32_t used;               /* slots, live or removed */
};

/* The key for a text, or for an id that a stranger chose: its hash. Two texts
 * may have the same key, so compare after finding an entry. */
uint64_t ln_table_hash(const uint64_t secret[2], const void *bytes, size_t len);

/* Adds an entry, for the caller to set its value. NULL: memory is short. Moves
 * slots: pointers to others are void afterwards. */
struct ln_table_slot *ln_table_add(struct ln_table *table, uint64_t key);

/* ln_table_find, when the entry is not in its first slot. */
struct ln_table_slot *ln_table_search(const struct ln_table *table,
				      uint64_t key);

/* An entry with the key, or NULL; any number is fine as a key here. `next`
 * finds the others, one after the other. */
static inline struct ln_table_slot *ln_table_find(const struct ln_table *table,
						  uint64_t key)
{
	struct ln_table_slot *slot;

	if (LN_UNLIKELY(table->slots == NULL))
		return NULL;
	slot = &table->slots[(key * LN_TABLE_SPREAD) >> (64 - table->bits)];
	if (LN_LIKELY(slot->key == key && key - 1 < UINT64_MAX - 1 &&
		      !table->keyed))
		return slot;
	return ln_table_search(table, key);
}

struct ln_table_slot *ln_table_next(const struct ln_table *table,
				    const struct ln_table_slot *slot);

/* Takes an entry out. Nothing moves. */
void ln_table_remove(struct ln_table *table, struct ln_table_slot *slot);

/* All slots, for going through them: ln_table_at for 0 to ln_table_slots - 1 is
 * an entry, or NULL. Entries may be removed meanwhile, not added. */
uint32_t ln_table_slots(const struct ln_table *table);
struct ln_table_slot *ln_table_at(const struct ln_table *table, uint32_t index);

/* For those who charge somebody for large tables: the bytes that the next
 * addition allocates, mostly 0, and those that the table has. Tables of up to
 * LN_TABLE_SMALL slots count as nothing. Only additions change it. */
#define LN_TABLE_SMALL_BITS 6
#define LN_TABLE_SMALL (1 << LN_TABLE_SMALL_BITS)
uint64_t ln_table_growth(const struct ln_table *table);
uint64_t ln_table_bytes(const struct ln_table *table);

/* Whether ln_table_growth and ln_table_bytes are both 0. */
static inline bool ln_table_is_small(const struct ln_table *table)
{
	return table->bits < LN_TABLE_SMALL_BITS;
}

/* Frees the memory, and forgets all entries. A large table is given back in
 * pieces, between which `rest` is called; NULL: at once. */
void ln_table_deinit(struct ln_table *table, void (*rest)(void));

#endif
