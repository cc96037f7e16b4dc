/*
 * DESIGN
 * Linear probing. A removed entry leaves a tombstone, so that probes go on
 * behind it. An addition reuses the tombstone. When the next slot was never
 * used, a tombstone becomes such a slot itself. At least a quarter of the slots
 * were never used, so a probe ends.
 *
 * A table of which three quarters are used becomes `old`, beside a new one that
 * has twice as many slots, or as many when few entries live. Each addition
 * moves what is in MOVED slots of the old one. The new table has at least a
 * quarter of its slots left for additions meanwhile, so all entries have moved
 * long before it is full. Slots below `moved` in the old table are never looked
 * at again, so their pages are given back early. The fields about the old table
 * are in a head before the slots, since most tables never grow.
 */
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"
#include "base/pages.h"
#include "base/random.h"
#include "base/siphash.h"

#define NEVER_USED UINT64_C(0)
#define TOMBSTONE UINT64_MAX

#define BITS_FIRST 2
#define BITS_MAX 31
#define MOVED 16
#define MAPPED_MIN ((size_t)1 << 20) /* bytes of a table */
#define DROPPED ((size_t)64 << 10)   /* bytes that go back at once */
#define SPAN ((size_t)4 << 20)       /* the same, at the end */

struct head {
	uint64_t secret[2];
	struct ln_table_slot *old; /* of the table before; NULL: all moved */
	uint32_t moved;            /* slots of `old` that are done with */
	uint32_t old_bits;
};

static_assert(sizeof(struct head) % sizeof(struct ln_table_slot) == 0,
	      "slots are aligned behind it");

static struct head *head_of(const struct ln_table_slot *slots)
{
	return (struct head *)(uintptr_t)slots - 1;
}

static bool is_key(uint64_t key)
{
	return key != NEVER_USED && key != TOMBSTONE;
}

static uint32_t count_of(const struct ln_table_slot *slots, unsigned bits)
{
	return slots != NULL ? UINT32_C(1) << bits : 0;
}

static uint32_t new_count(const struct ln_table *table)
{
	return count_of(table->slots, table->bits);
}

static uint32_t old_count(const struct ln_table *table)
{
	const struct head *head;

	if (table->slots == NULL)
		return 0;
	head = head_of(table->slots);
	return count_of(head->old, head->old_bits);
}

static size_t size_of(unsigned bits)
{
	return sizeof(struct head) + (sizeof(struct ln_table_slot) << bits);
}

/* ---- Memory ---- */

static struct ln_table_slot *slots_new(unsigned bits)
{
	size_t size = size_of(bits);
	struct head *head;

	if (size < MAPPED_MIN) {
		head = calloc(1, size);
		return head != NULL ? (void *)(head + 1) : NULL;
	}
	/* Zero without anybody's work. */
	head = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return head != MAP_FAILED ? (void *)(head + 1) : NULL;
}

static void slots_free(struct ln_table_slot *slots, unsigned bits)
{
	if (slots == NULL)
		return;
	if (size_of(bits) < MAPPED_MIN)
		free(head_of(slots));
	else if (ln_pages_unmap(head_of(slots), size_of(bits)) < 0)
		return; /* the pages are gone, the addresses are lost */
}

/* Gives the pages of a mapping back, a span at a time. */
static void slots_drop(struct ln_table_slot *slots, unsigned bits,
		       void (*rest)(void))
{
	size_t size = size_of(bits);

	if (slots == NULL || size < MAPPED_MIN)
		return;
	for (size_t at = 0; at < size; at += SPAN) {
		/* Where it fails, unmapping does it all. */
		(void)ln_pages_drop((char *)head_of(slots) + at,
				    size - at < SPAN ? size - at : SPAN);
		rest();
	}
}

/* ---- Entries ---- */

static uint32_t home(const struct ln_table *table, unsigned bits, uint64_t key)
{
	uint64_t hash = key * LN_TABLE_SPREAD;

	if (LN_UNLIKELY(table->keyed))
		hash = ln_siphash(head_of(table->slots)->secret, &key,
				  sizeof(key));
	return (uint32_t)(hash >> (64 - bits));
}

uint64_t ln_table_hash(const uint64_t secret[2], const void *bytes, size_t len)
{
	return (ln_siphash(secret, bytes, len) >> 1) + 1;
}

/* Looks for a key in the slots from `from` on, behind the slot `after`, or all
 * of them. */
static inline struct ln_table_slot *probe(struct ln_table_slot *slots,
					  uint32_t count, uint32_t from,
					  uint32_t start, uint64_t key,
					  const struct ln_table_slot *after)
{
	uint32_t at;

	/* What is below `from` is gone. */
	if (start < from)
		start = from;
	at = start;
	if (after != NULL) {
		at = (uint32_t)(after - slots) + 1;
		if (at == count)
			at = from;
		if (at == start)
			return NULL;
	}
	do {
		if (slots[at].key == key)
			return &slots[at];
		if (slots[at].key == NEVER_USED)
			return NULL;
		if (LN_UNLIKELY(++at == count))
			at = from;
	} while (at != start);
	return NULL;
}

static struct ln_table_slot *probe_old(const struct ln_table *table,
				       uint64_t key,
				       const struct ln_table_slot *after)
{
	const struct head *head = head_of(table->slots);

	if (head->old == NULL)
		return NULL;
	return probe(head->old, UINT32_C(1) << head->old_bits, head->moved,
		     home(table, head->old_bits, key), key, after);
}

struct ln_table_slot *ln_table_search(const struct ln_table *table,
				      uint64_t key)
{
	struct ln_table_slot *slot;

	if (table->slots == NULL || !is_key(key))
		return NULL;
	slot = probe(table->slots, UINT32_C(1) << table->bits, 0,
		     home(table, table->bits, key), key, NULL);
	return LN_LIKELY(slot != NULL) ? slot : probe_old(table, key, NULL);
}

/* Whether it is one of the new table's. */
static bool is_new(const struct ln_table *table,
		   const struct ln_table_slot *slot)
{
	return slot >= table->slots && slot < table->slots + new_count(table);
}

struct ln_table_slot *ln_table_next(const struct ln_table *table,
				    const struct ln_table_slot *slot)
{
	uint64_t key = slot->key;
	struct ln_table_slot *next;

	ln_assert(is_key(key));
	if (!is_new(table, slot))
		return probe_old(table, key, slot);
	next = probe(table->slots, UINT32_C(1) << table->bits, 0,
		     home(table, table->bits, key), key, slot);
	return next != NULL ? next : probe_old(table, key, NULL);
}

static struct ln_table_slot *put(struct ln_table *table, uint64_t key)
{
	uint32_t mask = new_count(table) - 1;
	uint32_t at = home(table, table->bits, key);

	while (is_key(table->slots[at].key))
		at = (at + 1) & mask;
	if (table->slots[at].key == NEVER_USED)
		table->used++;
	table->slots[at].key = key;
	return &table->slots[at];
}

/* ---- Growing ---- */

/* Moves what is in some slots of the old table. */
static void move_some(struct ln_table *table)
{
	struct head *head = head_of(table->slots);
	uint32_t old = old_count(table);
	bool mapped = size_of(head->old_bits) >= MAPPED_MIN;
	char *start = (char *)head_of(head->old);

	for (int i = 0; i < MOVED && head->moved < old; i++) {
		const struct ln_table_slot *slot = &head->old[head->moved++];
		size_t done = (size_t)((char *)(uintptr_t)(slot + 1) - start);

		if (is_key(slot->key))
			put(table, slot->key)->number = slot->number;
		if (mapped && done % DROPPED == 0)
			/* Where it fails, unmapping does it. */
			(void)ln_pages_drop(start + done - DROPPED, DROPPED);
	}
	if (head->moved < old)
		return;
	slots_free(head->old, head->old_bits);
	head->old = NULL;
	head->moved = 0;
}

static unsigned bits_of_next(const struct ln_table *table)
{
	if (table->slots == NULL)
		return BITS_FIRST;
	return table->live >= new_count(table) / 2 ? table->bits + 1u
						   : table->bits;
}

static bool is_full(const struct ln_table *table)
{
	return table->used >= new_count(table) / 4 * 3;
}

static uint64_t charge_of(uint64_t slots)
{
	return slots > LN_TABLE_SMALL ? slots * sizeof(struct ln_table_slot)
				      : 0;
}

uint64_t ln_table_growth(const struct ln_table *table)
{
	return is_full(table) ? charge_of(UINT64_C(1) << bits_of_next(table))
			      : 0;
}

uint64_t ln_table_bytes(const struct ln_table *table)
{
	return charge_of(new_count(table)) + charge_of(old_count(table));
}

static bool grow(struct ln_table *table)
{
	unsigned bits = bits_of_next(table);
	struct ln_table_slot *slots = bits <= BITS_MAX ? slots_new(bits) : NULL;
	struct head *head;

	if (slots == NULL)
		return false;
	head = head_of(slots);
	if (table->slots != NULL) {
		ln_assert(head_of(table->slots)->old == NULL);
		head->old = table->slots;
		head->old_bits = table->bits;
		memcpy(head->secret, head_of(table->slots)->secret,
		       sizeof(head->secret));
	} else if (table->keyed) {
		ln_random_bytes(head->secret, sizeof(head->secret));
	}
	table->slots = slots;
	table->bits = (uint8_t)bits;
	table->used = 0;
	return true;
}

struct ln_table_slot *ln_table_add(struct ln_table *table, uint64_t key)
{
	struct ln_table_slot *slot;

	ln_assert(is_key(key));
	if (is_full(table) && !grow(table))
		return NULL;
	if (head_of(table->slots)->old != NULL)
		move_some(table);
	slot = put(table, key);
	table->live++;
	ln_assert(table->used < new_count(table));
	return slot;
}

void ln_table_remove(struct ln_table *table, struct ln_table_slot *slot)
{
	uint32_t mask = new_count(table) - 1;
	uint32_t at;

	ln_assert(is_key(slot->key) && table->live > 0);
	slot->key = TOMBSTONE;
	table->live--;
	if (!is_new(table, slot))
		return;
	ln_assert(table->used > 0);
	/* No probe needs the tombstone when the next slot was never used. */
	at = (uint32_t)(slot - table->slots);
	if (table->slots[(at + 1) & mask].key != NEVER_USED)
		return;
	for (int i = 0; i < MOVED && table->slots[at].key == TOMBSTONE; i++) {
		table->slots[at].key = NEVER_USED;
		table->used--;
		at = (at - 1) & mask;
	}
}

/* ---- All of it ---- */

uint32_t ln_table_slots(const struct ln_table *table)
{
	return new_count(table) + old_count(table);
}

struct ln_table_slot *ln_table_at(const struct ln_table *table, uint32_t index)
{
	uint32_t old = old_count(table);
	const struct head *head;
	struct ln_table_slot *slot;

	if (table->slots == NULL)
		return NULL;
	head = head_of(table->slots);
	if (index < head->moved)
		return NULL;
	slot = index < old ? &head->old[index] : &table->slots[index - old];
	return is_key(slot->key) ? slot : NULL;
}

void ln_table_deinit(struct ln_table *table, void (*rest)(void))
{
	struct head head = { .old = NULL };

	if (table->slots != NULL)
		head = *head_of(table->slots);
	if (rest != NULL) {
		slots_drop(head.old, head.old_bits, rest);
		slots_drop(table->slots, table->bits, rest);
	}
	slots_free(head.old, head.old_bits);
	slots_free(table->slots, table->bits);
	*table = (struct ln_table){ .keyed = table->keyed };
}
