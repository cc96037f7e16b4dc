/*
 * Job: count what is allocated, by the stack of functions that did it.
 *
 * Places are not copied at each new peak. `round` counts the peaks; a place
 * with an older round has not changed since the last peak, so its `live` is its
 * share of that peak. Before a place changes for the first time after a peak,
 * `live` is saved in `at_peak`.
 *
 * Threads: that of the process; the reports also in the blocking pool, while
 * the process waits.
 * Guarantees: BLOCKS, PLACES and FUNCTIONS bound what is kept. Further blocks
 * are counted as lost; further places share place 0.
 */
#include "heap/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/random.h"
#include "heap/profile_impl.h"

#define BLOCKS ((uint32_t)1 << 20)

int ln_heap_profile_new(struct ln_heap_profile **out)
{
	struct ln_heap_profile *profile = calloc(1, sizeof(*profile));

	if (profile == NULL)
		return LN_ENOMEM;
	/* A guest chooses numbers and addresses. */
	ln_random_bytes(profile->key, sizeof(profile->key));
	profile->blocks.keyed = true;
	profile->functions.keyed = true;
	profile->places = calloc(LN_HEAP_PLACES + 1, sizeof(*profile->places));
	if (profile->places == NULL) {
		free(profile);
		return LN_ENOMEM;
	}
	*out = profile;
	return 0;
}

void ln_heap_profile_free(struct ln_heap_profile *profile)
{
	uint32_t slots;

	if (profile == NULL)
		return;
	for (uint32_t i = 1; i <= profile->place_count; i++)
		free(profile->places[i].frames);
	slots = ln_table_slots(&profile->functions);
	for (uint32_t i = 0; i < slots; i++) {
		struct ln_table_slot *slot =
			ln_table_at(&profile->functions, i);

		if (slot != NULL)
			free(slot->value);
	}
	free(profile->places);
	ln_table_deinit(&profile->blocks, NULL);
	ln_table_deinit(&profile->by_frames, NULL);
	ln_table_deinit(&profile->functions, NULL);
	free(profile);
}

/* ---- Functions ---- */

static struct ln_table_slot *
find_function(const struct ln_heap_profile *profile, uint32_t function)
{
	return ln_table_find(&profile->functions, (uint64_t)function + 1);
}

bool ln_heap_profile_knows(const struct ln_heap_profile *profile,
			   uint32_t function)
{
	/* When the table is full, new ones go without a name. */
	return profile->functions.live >= LN_HEAP_FUNCTIONS ||
	       find_function(profile, function) != NULL;
}

void ln_heap_profile_name(struct ln_heap_profile *profile, uint32_t function,
			  char *name)
{
	struct ln_table_slot *slot = NULL;

	if (name == NULL)
		return;
	if (!ln_heap_profile_knows(profile, function))
		slot = ln_table_add(&profile->functions,
				    (uint64_t)function + 1);
	if (slot != NULL)
		slot->value = name;
	else
		free(name);
}

const char *ln_heap_function_name(const struct ln_heap_profile *profile,
				  uint32_t function)
{
	const struct ln_table_slot *slot = find_function(profile, function);

	return slot != NULL ? slot->value : "unknown";
}

/* ---- Places ---- */

static uint32_t add_place(struct ln_heap_profile *profile, uint64_t key,
			  const uint32_t *frames, size_t depth)
{
	struct ln_table_slot *slot;
	uint32_t *copy;
	uint32_t at;

	if (profile->place_count >= LN_HEAP_PLACES)
		return 0;
	copy = malloc((depth + 1) * sizeof(*frames));
	slot = copy != NULL ? ln_table_add(&profile->by_frames, key) : NULL;
	if (slot == NULL) {
		free(copy);
		return 0;
	}
	at = ++profile->place_count;
	slot->number = at;
	if (depth > 0)
		memcpy(copy, frames, depth * sizeof(*frames));
	profile->places[at].frames = copy;
	profile->places[at].depth = (uint32_t)depth;
	return at;
}

/* Place 0 is for those that are too many to be kept. */
static uint32_t find_place(struct ln_heap_profile *profile,
			   const uint32_t *frames, size_t depth)
{
	size_t size = depth * sizeof(*frames);
	uint64_t key = ln_table_hash(profile->key, frames, size);
	struct ln_table_slot *slot = ln_table_find(&profile->by_frames, key);

	for (; slot != NULL; slot = ln_table_next(&profile->by_frames, slot)) {
		uint32_t at = (uint32_t)slot->number;
		const struct ln_heap_place *place = &profile->places[at];

		if (place->depth == depth &&
		    (depth == 0 || memcmp(place->frames, frames, size) == 0))
			return at;
	}
	return add_place(profile, key, frames, depth);
}

/* To be called before a place's `live` changes. */
static struct ln_heap_place *touch(struct ln_heap_profile *profile, uint32_t at)
{
	struct ln_heap_place *place = &profile->places[at];

	ln_assert(at <= profile->place_count);
	if (place->round != profile->round) {
		place->at_peak = place->live;
		place->round = profile->round;
	}
	return place;
}

/* ---- Blocks ---- */

/* A block's number: its size, and above that its place. */
static uint32_t size_of(const struct ln_table_slot *block)
{
	return (uint32_t)block->number;
}

static uint32_t place_of(const struct ln_table_slot *block)
{
	return (uint32_t)(block->number >> 32);
}

static void forget(struct ln_heap_profile *profile, struct ln_table_slot *block)
{
	struct ln_heap_place *place = touch(profile, place_of(block));

	ln_assert(place->live_blocks > 0 && place->live >= size_of(block));
	ln_assert(profile->live >= place->live);
	place->live -= size_of(block);
	place->live_blocks--;
	profile->live -= size_of(block);
	ln_table_remove(&profile->blocks, block);
}

void ln_heap_profile_freed(struct ln_heap_profile *profile, uint32_t address)
{
	struct ln_table_slot *block = ln_table_find(&profile->blocks, address);

	if (block != NULL)
		forget(profile, block);
}

/* Takes back the report of a nested allocator call. */
static void undo(struct ln_heap_profile *profile, struct ln_table_slot *block)
{
	struct ln_heap_place *place = &profile->places[place_of(block)];

	ln_assert(place->total_blocks > 0 && place->total >= size_of(block));
	ln_assert(profile->total >= place->total);
	place->total -= size_of(block);
	place->total_blocks--;
	profile->total -= size_of(block);
	profile->total_blocks--;
	forget(profile, block);
}

void ln_heap_profile_allocated(struct ln_heap_profile *profile,
			       uint32_t address, uint32_t size,
			       const uint32_t *frames, size_t depth)
{
	struct ln_heap_place *place;
	struct ln_table_slot *block;
	uint32_t at;

	if (address == 0)
		return;
	block = ln_table_find(&profile->blocks, address);
	if (block != NULL)
		undo(profile, block);
	block = NULL;
	if (profile->blocks.live < BLOCKS)
		block = ln_table_add(&profile->blocks, address);
	if (block == NULL) {
		profile->lost++;
		return;
	}
	at = find_place(profile, frames, depth);
	block->number = (uint64_t)at << 32 | size;
	place = touch(profile, at);
	place->live += size;
	place->live_blocks++;
	place->total += size;
	place->total_blocks++;
	profile->live += size;
	profile->total += size;
	profile->total_blocks++;
	if (profile->live > profile->peak) {
		profile->peak = profile->live;
		profile->round++;
	}
}
