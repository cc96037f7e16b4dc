/*
 * Hash tables by 16-byte ids (of processes, incarnations), whose entries live
 * inside what they lead to. Not locked. Ids may come from others, so they are
 * hashed with a secret key.
 */
#ifndef LN_NODE_ID_TABLE_H
#define LN_NODE_ID_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"

#define LN_ID_SIZE 16

struct ln_id_entry {
	uint8_t id[LN_ID_SIZE];
};

struct ln_id_table {
	uint64_t key[2];
	struct ln_table table; /* struct ln_id_entry */
};

/* An empty table; nothing to undo before the first entry. */
void ln_id_table_init(struct ln_id_table *table);

/* Frees the table's own memory; it must be empty. */
void ln_id_table_deinit(struct ln_id_table *table);

static inline uint32_t ln_id_table_count(const struct ln_id_table *table)
{
	return table->table.live;
}

/* Adds an entry, whose id is set; there may be others with the same.
 * LN_ENOMEM. */
int ln_id_table_add(struct ln_id_table *table, struct ln_id_entry *entry);

/* An entry with the id, or NULL; ln_id_table_next finds the others. */
struct ln_id_entry *ln_id_table_find(const struct ln_id_table *table,
				     const uint8_t *id);
struct ln_id_entry *ln_id_table_next(const struct ln_id_table *table,
				     const struct ln_id_entry *entry);

/* Takes an entry out, if it is in. */
bool ln_id_table_remove(struct ln_id_table *table, struct ln_id_entry *entry);

/* Walks all entries in no order; *at begins as 0. The table must not change
 * meanwhile. NULL at the end. */
struct ln_id_entry *ln_id_table_walk(const struct ln_id_table *table,
				     uint32_t *at);

/* Takes some entry out; NULL: there is none left. *at begins as 0. Constant
 * time, if nothing is added meanwhile, when all are taken. */
struct ln_id_entry *ln_id_table_take(struct ln_id_table *table, uint32_t *at);

#endif
