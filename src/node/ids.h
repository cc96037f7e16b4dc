/*
 * Hash tables by 16-byte ids (of processes, incarnations), whose entries live
 * inside what they lead to. Not locked. Ids may come from others, so they are
 * hashed with a secret key.
 */
#ifndef LN_NODE_IDS_H
#define LN_NODE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"

#define LN_ID_SIZE 16

struct ln_id_entry {
	uint8_t id[LN_ID_SIZE];
};

struct ln_ids {
	uint64_t key[2];
	struct ln_table table; /* struct ln_id_entry */
};

/* An empty table; nothing to undo before the first entry. */
void ln_ids_init(struct ln_ids *ids);

/* Frees the table's own memory; it must be empty. */
void ln_ids_deinit(struct ln_ids *ids);

static inline uint32_t ln_ids_count(const struct ln_ids *ids)
{
	return ids->table.live;
}

/* Adds an entry, whose id is set; there may be others with the same.
 * LN_ENOMEM. */
int ln_ids_add(struct ln_ids *ids, struct ln_id_entry *entry);

/* An entry with the id, or NULL; ln_ids_next finds the others. */
struct ln_id_entry *ln_ids_find(const struct ln_ids *ids, const uint8_t *id);
struct ln_id_entry *ln_ids_next(const struct ln_ids *ids,
				const struct ln_id_entry *entry);

/* Takes an entry out, if it is in. */
bool ln_ids_remove(struct ln_ids *ids, struct ln_id_entry *entry);

/* Walks all entries in no order; *at begins as 0. The table must not change
 * meanwhile. NULL at the end. */
struct ln_id_entry *ln_ids_walk(const struct ln_ids *ids, uint32_t *at);

/* Takes some entry out; NULL: there is none left. *at begins as 0. Constant
 * time, if nothing is added meanwhile, when all are taken. */
struct ln_id_entry *ln_ids_take(struct ln_ids *ids, uint32_t *at);

#endif
