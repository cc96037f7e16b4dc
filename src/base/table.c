/*
 * DESIGN
 * Chains, in as many buckets as there are entries or up to four times as many.
 * A table that is full becomes `old`, and each addition moves a few of its
 * buckets; it is empty long before the new one is full.
 */
#include "base/table.h"

#include <stdlib.h>

#include "base/error.h"

#define LEAST_BITS 3
#define MOVED_AT_ONCE 4 /* buckets */

static uint32_t bucket_of(uint64_t key, uint32_t bits)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

static uint32_t size_of(struct ln_table_entry *const *buckets, uint32_t bits)
{
	return buckets != NULL ? UINT32_C(1) << bits : 0;
}

static void put(struct ln_table *table, struct ln_table_entry *entry)
{
	struct ln_table_entry **bucket =
		&table->buckets[bucket_of(entry->key, table->bits)];

	entry->next = *bucket;
	*bucket = entry;
}

static void move_some(struct ln_table *table, uint32_t most)
{
	uint32_t size = size_of(table->old, table->old_bits);

	while (most-- > 0 && table->moved < size) {
		struct ln_table_entry *entry = table->old[table->moved];

		table->old[table->moved++] = NULL;
		while (entry != NULL) {
			struct ln_table_entry *next = entry->next;

			put(table, entry);
			entry = next;
		}
	}
	if (table->old == NULL || table->moved < size)
		return;
	free(table->old);
	table->old = NULL;
}

static int grow(struct ln_table *table)
{
	uint32_t bits = table->buckets != NULL ? table->bits + 1 : LEAST_BITS;
	struct ln_table_entry **buckets;

	buckets = calloc((size_t)1 << bits, sizeof(struct ln_table_entry *));
	if (buckets == NULL)
		return LN_ENOMEM;
	/* Nothing is left there by now, see above. */
	move_some(table, UINT32_MAX);
	table->old = table->buckets;
	table->old_bits = table->bits;
	table->moved = 0;
	table->buckets = buckets;
	table->bits = bits;
	return 0;
}

int ln_table_add(struct ln_table *table, struct ln_table_entry *entry)
{
	if (table->count >= size_of(table->buckets, table->bits)) {
		int error = grow(table);

		/* Chains become longer; only without any it is impossible. */
		if (error < 0 && table->buckets == NULL)
			return error;
	}
	move_some(table, MOVED_AT_ONCE);
	put(table, entry);
	table->count++;
	return 0;
}

/* What points to the entry of a key; or NULL. */
static struct ln_table_entry **place_in(struct ln_table_entry **buckets,
					uint32_t bits, uint64_t key)
{
	struct ln_table_entry **at;

	if (buckets == NULL)
		return NULL;
	at = &buckets[bucket_of(key, bits)];
	while (*at != NULL && (*at)->key != key)
		at = &(*at)->next;
	return *at != NULL ? at : NULL;
}

static struct ln_table_entry **place(const struct ln_table *table, uint64_t key)
{
	struct ln_table_entry **at = place_in(table->buckets, table->bits, key);

	return at != NULL ? at : place_in(table->old, table->old_bits, key);
}

struct ln_table_entry *ln_table_find(const struct ln_table *table, uint64_t key)
{
	struct ln_table_entry **at = place(table, key);

	return at != NULL ? *at : NULL;
}

struct ln_table_entry *ln_table_remove(struct ln_table *table, uint64_t key)
{
	struct ln_table_entry **at = place(table, key);
	struct ln_table_entry *entry;

	if (at == NULL)
		return NULL;
	entry = *at;
	*at = entry->next;
	table->count--;
	return entry;
}

struct ln_table_entry *ln_table_take(struct ln_table *table, uint32_t *at)
{
	uint32_t size = size_of(table->buckets, table->bits);
	uint32_t all = size + size_of(table->old, table->old_bits);

	for (; *at < all; ++*at) {
		struct ln_table_entry **bucket =
			*at < size ? &table->buckets[*at]
				   : &table->old[*at - size];
		struct ln_table_entry *entry = *bucket;

		if (entry == NULL)
			continue;
		*bucket = entry->next;
		table->count--;
		return entry;
	}
	return NULL;
}

void ln_table_deinit(struct ln_table *table)
{
	free(table->buckets);
	free(table->old);
	*table = (struct ln_table){ 0 };
}
