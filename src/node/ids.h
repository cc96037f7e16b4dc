/*
 * Hash tables by 16-byte ids (of processes, incarnations), whose entries live
 * inside what they lead to. Not locked. Ids may come from others, so they are
 * hashed with a secret key.
 */
#ifndef LN_NODE_IDS_H
#define LN_NODE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define LN_ID_SIZE 16

struct ln_id_entry {
	struct ln_id_entry *next; /* in the bucket */
	uint8_t id[LN_ID_SIZE];
};

struct ln_ids {
	uint64_t key[2];
	struct ln_id_entry **buckets;
	uint32_t bits; /* log2 of their number, if there are any */
	uint32_t count;
};

/* An empty table; nothing to undo before the first entry. */
void ln_ids_init(struct ln_ids *ids);

/* Frees the table's own memory; it must be empty. */
void ln_ids_deinit(struct ln_ids *ids);

/* Adds an entry, whose id is set; there may be others with the same.
 * LN_ENOMEM. */
int ln_ids_add(struct ln_ids *ids, struct ln_id_entry *entry);

/* An entry with the id, or NULL; ln_ids_next finds the others. */
struct ln_id_entry *ln_ids_find(const struct ln_ids *ids, const uint8_t *id);
struct ln_id_entry *ln_ids_next(const struct ln_id_entry *entry);

/* Takes an entry out, if it is in. */
bool ln_ids_remove(struct ln_ids *ids, struct ln_id_entry *entry);

/* Walks all entries in no order: NULL to begin with, then the last one. The
 * table must not change meanwhile. NULL at the end. */
struct ln_id_entry *ln_ids_walk(const struct ln_ids *ids,
				const struct ln_id_entry *entry);

#endif
