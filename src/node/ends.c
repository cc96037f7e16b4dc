/*
 * A ring of ends, and a hash table of indices into it. It grows as it is
 * filled, up to its bound; then the oldest end makes room.
 */
#include "node/ends.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define LEAST_ROOM 64u

struct ln_past {
	uint8_t id[16];
	struct ln_end end;
};

void ln_ends_init(struct ln_ends *ends, uint32_t most)
{
	*ends = (struct ln_ends){ .most = most };
	ln_random_bytes(ends->key, sizeof(ends->key));
}

void ln_ends_deinit(struct ln_ends *ends)
{
	free(ends->ring);
	ln_table_deinit(&ends->table, NULL);
}

/* Twice the room, while all of it is in use. */
static void grow(struct ln_ends *ends)
{
	uint32_t room = ends->room == 0 ? LEAST_ROOM : ends->room * 2;
	struct ln_past *ring;

	if (room > ends->most)
		room = ends->most;
	if (ends->count < ends->room || room == ends->room || ends->next != 0)
		return;
	ring = realloc(ends->ring, room * sizeof(*ring));
	if (ring == NULL)
		return;
	ends->ring = ring;
	ends->room = room;
}

static struct ln_table_slot *find(const struct ln_ends *ends, const uint8_t *id)
{
	struct ln_table_slot *slot =
		ln_table_find(&ends->table, ln_table_hash(ends->key, id, 16));

	while (slot != NULL && memcmp(ends->ring[slot->number].id, id, 16) != 0)
		slot = ln_table_next(&ends->table, slot);
	return slot;
}

void ln_ends_add(struct ln_ends *ends, const uint8_t id[16],
		 const struct ln_end *end)
{
	struct ln_table_slot *slot;
	uint32_t index;
	bool full;

	if (find(ends, id) != NULL)
		return;
	grow(ends);
	if (ends->room == 0)
		return;
	slot = ln_table_add(&ends->table, ln_table_hash(ends->key, id, 16));
	if (slot == NULL)
		return;
	full = ends->count == ends->room;
	index = full ? ends->next : ends->count;
	slot->number = index;
	if (!full) {
		ends->count++;
	} else {
		ends->next = (index + 1) % ends->room;
		/* Finds the oldest one: the new one has another id. */
		ln_table_remove(&ends->table, find(ends, ends->ring[index].id));
	}
	memcpy(ends->ring[index].id, id, 16);
	ends->ring[index].end = *end;
}

struct ln_end ln_ends_find(const struct ln_ends *ends, const uint8_t id[16])
{
	const struct ln_table_slot *slot = find(ends, id);

	if (slot == NULL)
		return (struct ln_end){ .reason = LN_REASON_NO_PROCESS };
	return ends->ring[slot->number].end;
}
