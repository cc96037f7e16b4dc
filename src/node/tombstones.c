/*
 * A ring of ends, and a hash table of indices into it. It grows as it is
 * filled, up to its bound; then the oldest end makes room.
 */
#include "node/tombstones.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define MIN_ROOM 64u

struct ln_tombstone {
	uint8_t id[16];
	struct ln_end end;
};

void ln_tombstones_init(struct ln_tombstones *tombstones, uint32_t max)
{
	*tombstones = (struct ln_tombstones){ .max = max };
	ln_random_bytes(tombstones->key, sizeof(tombstones->key));
}

void ln_tombstones_deinit(struct ln_tombstones *tombstones)
{
	free(tombstones->ring);
	ln_table_deinit(&tombstones->table, NULL);
}

/* Twice the room, while all of it is in use. */
static void grow(struct ln_tombstones *tombstones)
{
	uint32_t room = tombstones->room == 0 ? MIN_ROOM : tombstones->room * 2;
	struct ln_tombstone *ring;

	if (room > tombstones->max)
		room = tombstones->max;
	if (tombstones->count < tombstones->room || room == tombstones->room ||
	    tombstones->next != 0)
		return;
	ring = realloc(tombstones->ring, room * sizeof(*ring));
	if (ring == NULL)
		return;
	tombstones->ring = ring;
	tombstones->room = room;
}

static struct ln_table_slot *find(const struct ln_tombstones *tombstones,
				  const uint8_t *id)
{
	struct ln_table_slot *slot = ln_table_find(
		&tombstones->table, ln_table_hash(tombstones->key, id, 16));

	while (slot != NULL &&
	       memcmp(tombstones->ring[slot->number].id, id, 16) != 0)
		slot = ln_table_next(&tombstones->table, slot);
	return slot;
}

void ln_tombstones_add(struct ln_tombstones *tombstones, const uint8_t id[16],
		       const struct ln_end *end)
{
	struct ln_table_slot *slot;
	uint32_t index;
	bool full;

	if (find(tombstones, id) != NULL)
		return;
	grow(tombstones);
	if (tombstones->room == 0)
		return;
	slot = ln_table_add(&tombstones->table,
			    ln_table_hash(tombstones->key, id, 16));
	if (slot == NULL)
		return;
	full = tombstones->count == tombstones->room;
	index = full ? tombstones->next : tombstones->count;
	slot->number = index;
	if (!full) {
		tombstones->count++;
	} else {
		tombstones->next = (index + 1) % tombstones->room;
		/* Finds the oldest one: the new one has another id. */
		ln_table_remove(&tombstones->table,
				find(tombstones, tombstones->ring[index].id));
	}
	memcpy(tombstones->ring[index].id, id, 16);
	tombstones->ring[index].end = *end;
}

struct ln_end ln_tombstones_find(const struct ln_tombstones *tombstones,
				 const uint8_t id[16])
{
	const struct ln_table_slot *slot = find(tombstones, id);

	if (slot == NULL)
		return (struct ln_end){ .reason = LN_REASON_NO_PROCESS };
	return tombstones->ring[slot->number].end;
}
