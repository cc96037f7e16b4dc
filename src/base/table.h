/*
 * Hash tables by a number, whose entries live inside what they lead to. Not
 * locked, and made for being under a lock: a table that grows moves a few
 * entries at each addition, so that no call takes long. Numbers are spread by a
 * multiplication: for those that the program gives out itself.
 */
#ifndef LN_BASE_TABLE_H
#define LN_BASE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct ln_table_entry {
	struct ln_table_entry *next; /* in the bucket */
	uint64_t key;
};

/* Zeros are an empty table. */
struct ln_table {
	struct ln_table_entry **buckets;
	struct ln_table_entry **old; /* of the table before; NULL: all moved */
	uint32_t bits;               /* log2 of the number of buckets */
	uint32_t old_bits;
	uint32_t moved; /* buckets of `old` that were emptied */
	uint32_t count; /* entries in both */
};

/* Adds an entry whose key is set and not in the table. LN_ENOMEM. */
int ln_table_add(struct ln_table *table, struct ln_table_entry *entry);

/* The entry of a key, or NULL. */
struct ln_table_entry *ln_table_find(const struct ln_table *table,
				     uint64_t key);

/* Takes the entry of a key out; NULL: there is none. */
struct ln_table_entry *ln_table_remove(struct ln_table *table, uint64_t key);

/* Takes some entry out, for who empties a table that nobody else uses; *at
 * begins as 0. NULL: it is empty. */
struct ln_table_entry *ln_table_take(struct ln_table *table, uint32_t *at);

/* Frees the table's own memory; it must be empty. */
void ln_table_deinit(struct ln_table *table);

#endif
