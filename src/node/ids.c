/* Chained hash tables by id. */
#include "node/ids.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/siphash.h"

#define FIRST_BITS 4
#define MOST_BITS 24

void ln_ids_init(struct ln_ids *ids)
{
	*ids = (struct ln_ids){ .bits = 0 };
	ln_random_bytes(ids->key, sizeof(ids->key));
}

void ln_ids_deinit(struct ln_ids *ids)
{
	free(ids->buckets);
	ids->buckets = NULL;
}

static struct ln_id_entry **bucket_of(const struct ln_ids *ids,
				      const uint8_t *id)
{
	uint64_t hash = ln_siphash(ids->key, id, LN_ID_SIZE);

	return &ids->buckets[hash >> (64 - ids->bits)];
}

static void put(struct ln_ids *ids, struct ln_id_entry *entry)
{
	struct ln_id_entry **bucket = bucket_of(ids, entry->id);

	entry->next = *bucket;
	*bucket = entry;
}

/* More buckets when there are more entries than buckets. Without memory the
 * lists get longer; only the first buckets are needed. */
static int make_buckets(struct ln_ids *ids)
{
	struct ln_ids old = *ids;
	uint32_t bits = old.buckets != NULL ? old.bits + 1 : FIRST_BITS;

	if (old.buckets != NULL &&
	    (old.count < UINT32_C(1) << old.bits || old.bits == MOST_BITS))
		return 0;
	ids->buckets = calloc((size_t)1 << bits, sizeof(*ids->buckets));
	if (ids->buckets == NULL) {
		ids->buckets = old.buckets;
		return old.buckets != NULL ? 0 : LN_ENOMEM;
	}
	ids->bits = bits;
	for (uint32_t i = 0; old.buckets != NULL && i < UINT32_C(1) << old.bits;
	     i++) {
		while (old.buckets[i] != NULL) {
			struct ln_id_entry *entry = old.buckets[i];

			old.buckets[i] = entry->next;
			put(ids, entry);
		}
	}
	free(old.buckets);
	return 0;
}

int ln_ids_add(struct ln_ids *ids, struct ln_id_entry *entry)
{
	int error = make_buckets(ids);

	if (error < 0)
		return error;
	put(ids, entry);
	ids->count++;
	return 0;
}

static struct ln_id_entry *search(struct ln_id_entry *entry, const uint8_t *id)
{
	while (entry != NULL && memcmp(entry->id, id, LN_ID_SIZE) != 0)
		entry = entry->next;
	return entry;
}

struct ln_id_entry *ln_ids_find(const struct ln_ids *ids, const uint8_t *id)
{
	if (ids->buckets == NULL)
		return NULL;
	return search(*bucket_of(ids, id), id);
}

struct ln_id_entry *ln_ids_next(const struct ln_id_entry *entry)
{
	return search(entry->next, entry->id);
}

bool ln_ids_remove(struct ln_ids *ids, struct ln_id_entry *entry)
{
	struct ln_id_entry **at;

	if (ids->buckets == NULL)
		return false;
	at = bucket_of(ids, entry->id);
	while (*at != NULL && *at != entry)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = entry->next;
	ids->count--;
	return true;
}

struct ln_id_entry *ln_ids_walk(const struct ln_ids *ids,
				const struct ln_id_entry *entry)
{
	struct ln_id_entry **bucket = ids->buckets;

	if (bucket == NULL)
		return NULL;
	if (entry != NULL) {
		if (entry->next != NULL)
			return entry->next;
		bucket = bucket_of(ids, entry->id) + 1;
	}
	for (; bucket < ids->buckets + ((size_t)1 << ids->bits); bucket++) {
		if (*bucket != NULL)
			return *bucket;
	}
	return NULL;
}
