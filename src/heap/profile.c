/*
 * Job: count what is allocated, by the stack of functions that did it.
 *
 * A place's share of the peak is not copied at each new peak: `round` counts
 * the peaks, and a place whose round is an older one has not changed since the
 * last peak, so what it has now is what it had then. Before a place changes for
 * the first time after a peak, that is noted.
 *
 * Threads: that of the process; the reports also in the blocking pool, while
 * the process waits.
 * Guarantees: BLOCKS, PLACES and FUNCTIONS bound what is kept. Blocks beyond
 * are counted as lost, places beyond as one.
 */
#include "heap/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "heap/profile_impl.h"

#define BLOCKS ((size_t)1 << 20)
#define FIRST_BLOCKS ((size_t)1 << 10)

int ln_heap_profile_new(struct ln_heap_profile **out)
{
	struct ln_heap_profile *profile = calloc(1, sizeof(*profile));

	if (profile == NULL)
		return LN_ENOMEM;
	ln_random_bytes(&profile->seed, sizeof(profile->seed));
	profile->seed |= 1;
	profile->blocks = calloc(FIRST_BLOCKS, sizeof(*profile->blocks));
	profile->block_mask = FIRST_BLOCKS - 1;
	profile->places = calloc(LN_HEAP_PLACES, sizeof(*profile->places));
	profile->functions =
		calloc(LN_HEAP_FUNCTIONS, sizeof(*profile->functions));
	if (profile->blocks == NULL || profile->places == NULL ||
	    profile->functions == NULL) {
		ln_heap_profile_free(profile);
		return LN_ENOMEM;
	}
	*out = profile;
	return 0;
}

void ln_heap_profile_free(struct ln_heap_profile *profile)
{
	if (profile == NULL)
		return;
	for (size_t i = 0; profile->places != NULL && i < LN_HEAP_PLACES; i++)
		free(profile->places[i].frames);
	for (size_t i = 0; profile->functions != NULL && i < LN_HEAP_FUNCTIONS;
	     i++)
		free(profile->functions[i].name);
	free(profile->blocks);
	free(profile->places);
	free(profile->functions);
	free(profile);
}

/* ---- Functions ---- */

/* A guest chooses numbers and addresses, so they are spread by a secret. */
static uint64_t spread(const struct ln_heap_profile *profile, uint64_t value)
{
	value = (value ^ (value >> 32)) * profile->seed;
	return value ^ (value >> 32);
}

/* The slot of a function, or the empty one where it would be. */
static struct ln_heap_function *
function_slot(const struct ln_heap_profile *profile, uint32_t function)
{
	size_t at = spread(profile, function) % LN_HEAP_FUNCTIONS;

	while (profile->functions[at].name != NULL &&
	       profile->functions[at].function != function)
		at = (at + 1) % LN_HEAP_FUNCTIONS;
	return &profile->functions[at];
}

bool ln_heap_profile_knows(const struct ln_heap_profile *profile,
			   uint32_t function)
{
	/* When the table is full, new ones go without a name. */
	return profile->function_count >= LN_HEAP_FUNCTIONS / 2 ||
	       function_slot(profile, function)->name != NULL;
}

void ln_heap_profile_name(struct ln_heap_profile *profile, uint32_t function,
			  char *name)
{
	struct ln_heap_function *slot;

	if (name == NULL)
		return;
	slot = function_slot(profile, function);
	if (slot->name != NULL ||
	    profile->function_count >= LN_HEAP_FUNCTIONS / 2) {
		free(name);
		return;
	}
	slot->function = function;
	slot->name = name;
	profile->function_count++;
}

const char *ln_heap_function_name(const struct ln_heap_profile *profile,
				  uint32_t function)
{
	const char *name = function_slot(profile, function)->name;

	return name != NULL ? name : "unknown";
}

/* ---- Places ---- */

/* Place 0 is for those that are too many to be kept. */
static uint32_t find_place(struct ln_heap_profile *profile,
			   const uint32_t *frames, size_t depth)
{
	uint64_t hash = depth;
	uint32_t at;

	for (size_t i = 0; i < depth; i++)
		hash = spread(profile, hash + frames[i]);
	hash |= 1;
	at = 1 + (uint32_t)(hash >> 8) % (LN_HEAP_PLACES - 1);
	for (;;) {
		struct ln_heap_place *place = &profile->places[at];

		if (place->hash == 0) {
			if (profile->place_count >= LN_HEAP_PLACES / 2)
				return 0;
			place->frames = malloc((depth + 1) * sizeof(*frames));
			if (place->frames == NULL)
				return 0;
			if (depth > 0)
				memcpy(place->frames, frames,
				       depth * sizeof(*frames));
			place->depth = (uint32_t)depth;
			place->hash = hash;
			profile->place_count++;
			return at;
		}
		if (place->hash == hash && place->depth == depth &&
		    (depth == 0 || memcmp(place->frames, frames,
					  depth * sizeof(*frames)) == 0))
			return at;
		at = at + 1 < LN_HEAP_PLACES ? at + 1 : 1;
	}
}

/* To be called before a place's `live` changes. */
static struct ln_heap_place *touch(struct ln_heap_profile *profile, uint32_t at)
{
	struct ln_heap_place *place = &profile->places[at];

	if (place->round != profile->round) {
		place->at_peak = place->live;
		place->round = profile->round;
	}
	return place;
}

/* ---- Blocks ---- */

static size_t home(const struct ln_heap_profile *profile, uint32_t address)
{
	return spread(profile, address) & profile->block_mask;
}

/* The slot of a block, or the empty one where it would be. An empty one has the
 * address 0, where no block is. */
static size_t block_slot(const struct ln_heap_profile *profile,
			 uint32_t address)
{
	size_t at = home(profile, address);

	while (profile->blocks[at].address != 0 &&
	       profile->blocks[at].address != address)
		at = (at + 1) & profile->block_mask;
	return at;
}

/* Doubles the table; false when it must not grow or memory is short. */
static bool grow(struct ln_heap_profile *profile)
{
	struct ln_heap_block *old = profile->blocks;
	size_t count = profile->block_mask + 1;

	if (count >= 2 * BLOCKS)
		return false;
	profile->blocks = calloc(2 * count, sizeof(*profile->blocks));
	if (profile->blocks == NULL) {
		profile->blocks = old;
		return false;
	}
	profile->block_mask = 2 * count - 1;
	for (size_t i = 0; i < count; i++) {
		if (old[i].address != 0)
			profile->blocks[block_slot(profile, old[i].address)] =
				old[i];
	}
	free(old);
	return true;
}

/* Empties a slot and moves up those behind it that would not be found. */
static void remove_block(struct ln_heap_profile *profile, size_t hole)
{
	size_t mask = profile->block_mask;
	size_t at = hole;

	for (;;) {
		at = (at + 1) & mask;
		if (profile->blocks[at].address == 0)
			break;
		if (((at - home(profile, profile->blocks[at].address)) & mask) <
		    ((at - hole) & mask))
			continue;
		profile->blocks[hole] = profile->blocks[at];
		hole = at;
	}
	profile->blocks[hole].address = 0;
	profile->block_count--;
}

static void forget(struct ln_heap_profile *profile, size_t slot)
{
	struct ln_heap_block block = profile->blocks[slot];
	struct ln_heap_place *place = touch(profile, block.place);

	place->live -= block.size;
	place->live_blocks--;
	profile->live -= block.size;
	remove_block(profile, slot);
}

void ln_heap_profile_freed(struct ln_heap_profile *profile, uint32_t address)
{
	size_t slot;

	if (address == 0)
		return;
	slot = block_slot(profile, address);
	if (profile->blocks[slot].address != 0)
		forget(profile, slot);
}

/* Takes back what an allocator within an allocator told. */
static void undo(struct ln_heap_profile *profile, size_t slot)
{
	struct ln_heap_block block = profile->blocks[slot];
	struct ln_heap_place *place = &profile->places[block.place];

	place->total -= block.size;
	place->total_blocks--;
	profile->total -= block.size;
	profile->total_blocks--;
	forget(profile, slot);
}

void ln_heap_profile_allocated(struct ln_heap_profile *profile,
			       uint32_t address, uint32_t size,
			       const uint32_t *frames, size_t depth)
{
	struct ln_heap_place *place;
	size_t slot;
	uint32_t at;

	if (address == 0)
		return;
	slot = block_slot(profile, address);
	if (profile->blocks[slot].address != 0)
		undo(profile, slot);
	if (2 * profile->block_count > profile->block_mask && !grow(profile)) {
		profile->lost++;
		return;
	}
	at = find_place(profile, frames, depth);
	slot = block_slot(profile, address);
	profile->blocks[slot] = (struct ln_heap_block){ address, size, at };
	profile->block_count++;
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
