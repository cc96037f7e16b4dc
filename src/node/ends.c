/*
 * A ring of ends, and a hash table of indices into it. It grows as it is
 * filled, up to its bound; then the oldest end makes room.
 */
#include "node/ends.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/siphash.h"

#define LEAST_ROOM 64u

struct ln_past {
	uint8_t id[16];
	uint32_t next; /* in the bucket: index + 1; 0: the last */
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
	free(ends->buckets);
}

static uint32_t *bucket_of(const struct ln_ends *ends, const uint8_t *id)
{
	return &ends->buckets[ln_siphash(ends->key, id, 16) & (ends->room - 1)];
}

static void enter(struct ln_ends *ends, uint32_t index)
{
	uint32_t *bucket = bucket_of(ends, ends->ring[index].id);

	ends->ring[index].next = *bucket;
	*bucket = index + 1;
}

/* Twice the room, while all of it is in use. */
static void grow(struct ln_ends *ends)
{
	uint32_t room = ends->room == 0 ? LEAST_ROOM : ends->room * 2;
	struct ln_past *ring;
	uint32_t *buckets;

	if (room > ends->most)
		room = ends->most;
	if (ends->count < ends->room || room == ends->room || ends->next != 0)
		return;
	ring = realloc(ends->ring, room * sizeof(*ring));
	if (ring == NULL)
		return;
	ends->ring = ring;
	buckets = calloc(room, sizeof(*buckets));
	if (buckets == NULL)
		return;
	free(ends->buckets);
	ends->buckets = buckets;
	ends->room = room;
	for (uint32_t i = 0; i < ends->count; i++)
		enter(ends, i);
}

/* Takes the oldest one out of its bucket. */
static void leave(struct ln_ends *ends, uint32_t index)
{
	uint32_t *at = bucket_of(ends, ends->ring[index].id);

	while (*at != index + 1)
		at = &ends->ring[*at - 1].next;
	*at = ends->ring[index].next;
}

static struct ln_past *find(const struct ln_ends *ends, const uint8_t *id)
{
	uint32_t at;

	if (ends->count == 0)
		return NULL;
	for (at = *bucket_of(ends, id); at != 0; at = ends->ring[at - 1].next) {
		if (memcmp(ends->ring[at - 1].id, id, 16) == 0)
			return &ends->ring[at - 1];
	}
	return NULL;
}

void ln_ends_add(struct ln_ends *ends, const uint8_t id[16],
		 const struct ln_end *end)
{
	uint32_t index;

	if (find(ends, id) != NULL)
		return;
	grow(ends);
	if (ends->room == 0)
		return;
	if (ends->count < ends->room) {
		index = ends->count++;
	} else {
		index = ends->next;
		ends->next = (index + 1) % ends->room;
		leave(ends, index);
	}
	memcpy(ends->ring[index].id, id, 16);
	ends->ring[index].end = *end;
	enter(ends, index);
}

struct ln_end ln_ends_find(const struct ln_ends *ends, const uint8_t id[16])
{
	const struct ln_past *past = find(ends, id);

	if (past == NULL)
		return (struct ln_end){ .reason = LN_REASON_NO_PROCESS };
	return past->end;
}
