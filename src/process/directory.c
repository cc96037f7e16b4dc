/*
 * DESIGN
 * Shards, each with a lock and a hash table of its own, so that workers that
 * spawn do not meet. The shard of an entry is chosen by its address; its id is
 * made of a number that the shard counts up and the number of the shard, so an
 * id leads to its shard.
 *
 * Tables are grown by linear hashing: `split` buckets of the first 2^bits have
 * been split in two, and each addition to a full table splits one more. So no
 * addition works on more than a bucket, and none can fail: without memory for
 * more buckets the lists become longer. Buckets lie in segments, each as large
 * as all before it together; a segment is allocated without the lock.
 *
 * A walk visits the hashes in the order of their reversed bits. A bucket is a
 * range of that order, and a split divides the range into halves. So a walk
 * that has finished a range goes on right behind it, whatever is split
 * meanwhile.
 *
 * Guests may know ids and decide which processes stay alive. To keep them from
 * filling one bucket, ids are hashed with a secret; eight consecutive ids go to
 * neighbouring buckets, which share a cache line.
 */
#include "process/directory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/random.h"

#define FIRST_BITS 4
#define FIRST (UINT32_C(1) << FIRST_BITS)
#define MAX_BITS 27
#define SEGMENTS (MAX_BITS - FIRST_BITS)
#define NEIGHBOUR_BITS 3
#define BUCKETS_A_STEP 64

/* Behind the last hash. */
#define END (UINT64_C(1) << 32)

struct shard {
	alignas(LN_CACHE_LINE) struct ln_lock lock;
	uint32_t bits;
	uint32_t split;
	bool lacks_segment; /* what is to be split next has nowhere to go */
	uint64_t count;
	uint64_t made; /* ids, ever */
	uint64_t gone; /* entries that were removed, ever */
	struct ln_tally tally;
	struct ln_directory_entry **segments[SEGMENTS];
	struct ln_directory_entry *first[FIRST];
};

struct ln_directory {
	struct shard shards[LN_DIRECTORY_SHARDS];
	uint64_t secret;
};

int ln_directory_new(struct ln_directory **out)
{
	struct ln_directory *directory =
		aligned_alloc(alignof(struct ln_directory), sizeof(*directory));

	if (directory == NULL)
		return LN_ENOMEM;
	memset(directory, 0, sizeof(*directory));
	ln_random_bytes(&directory->secret, sizeof(directory->secret));
	for (unsigned i = 0; i < LN_DIRECTORY_SHARDS; i++)
		directory->shards[i].bits = FIRST_BITS;
	*out = directory;
	return 0;
}

void ln_directory_free(struct ln_directory *directory)
{
	if (directory == NULL)
		return;
	for (unsigned i = 0; i < LN_DIRECTORY_SHARDS; i++) {
		ln_assert(directory->shards[i].count == 0);
		for (unsigned s = 0; s < SEGMENTS; s++)
			free(directory->shards[i].segments[s]);
	}
	free(directory);
}

/* ---- Ids and hashes ---- */

static unsigned shard_of(uint64_t id)
{
	return (unsigned)((id - 1) % LN_DIRECTORY_SHARDS);
}

static uint64_t make_id(uint64_t number, unsigned shard)
{
	return number * LN_DIRECTORY_SHARDS + shard + 1;
}

/* The finalizer of splitmix64: each bit of the id changes half of the hash. */
static uint32_t hash_of(const struct ln_directory *directory, uint64_t id)
{
	uint64_t number = (id - 1) / LN_DIRECTORY_SHARDS;
	uint64_t hash = (number >> NEIGHBOUR_BITS) ^ directory->secret;

	hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
	hash ^= hash >> 31;
	return (uint32_t)(hash << NEIGHBOUR_BITS) |
	       (uint32_t)(number & ((1 << NEIGHBOUR_BITS) - 1));
}

static uint32_t low_bits(uint32_t hash, uint32_t bits)
{
	return hash & ((UINT32_C(1) << bits) - 1);
}

static uint32_t reversed(uint32_t x)
{
	x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
	x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(x);
}

/* ---- Tables, under the lock of the shard ---- */

static struct ln_directory_entry **bucket_at(struct shard *shard,
					     uint32_t index)
{
	uint32_t above;

	ln_lock_assert(&shard->lock);
	if (index < FIRST)
		return &shard->first[index];
	above = 31 - (uint32_t)__builtin_clz(index); /* its highest bit */
	return &shard->segments[above - FIRST_BITS]
			       [index - (UINT32_C(1) << above)];
}

/* The index of the bucket of a hash, and how many bits of it that has. */
static uint32_t bucket_of(const struct shard *shard, uint32_t hash,
			  uint32_t *bits)
{
	uint32_t index = low_bits(hash, shard->bits);

	ln_lock_assert(&shard->lock);
	*bits = shard->bits + (index < shard->split);
	return low_bits(hash, *bits);
}

static struct ln_directory_entry *find(struct ln_directory *directory,
				       struct shard *shard, uint64_t id)
{
	uint32_t unused;
	struct ln_directory_entry *at = *bucket_at(
		shard, bucket_of(shard, hash_of(directory, id), &unused));

	while (at != NULL && ln_directory_id(at) != id)
		at = at->next;
	return at;
}

static void put(struct ln_directory_entry **bucket,
		struct ln_directory_entry *entry)
{
	ln_assert(*bucket == NULL || (*bucket)->at == bucket);
	entry->next = *bucket;
	entry->at = bucket;
	if (entry->next != NULL)
		entry->next->at = &entry->next;
	*bucket = entry;
}

static void take_out(struct ln_directory_entry *entry)
{
	ln_assert(*entry->at == entry);
	*entry->at = entry->next;
	if (entry->next != NULL)
		entry->next->at = entry->at;
}

/* Splits one bucket of a table that is full. True: the caller is to see to a
 * segment for what is to be split next. */
static bool split(struct ln_directory *directory, struct shard *shard)
{
	uint32_t bit = UINT32_C(1) << shard->bits;
	struct ln_directory_entry **high;
	struct ln_directory_entry *entry;
	struct ln_directory_entry *next;

	ln_lock_assert(&shard->lock);
	if (shard->count <= bit + shard->split || shard->lacks_segment)
		return false;
	if (shard->split == 0 &&
	    (shard->bits >= MAX_BITS ||
	     shard->segments[shard->bits - FIRST_BITS] == NULL)) {
		shard->lacks_segment = true;
		return true;
	}
	high = bucket_at(shard, bit + shard->split);
	for (entry = *bucket_at(shard, shard->split); entry != NULL;
	     entry = next) {
		next = entry->next;
		if ((hash_of(directory, ln_directory_id(entry)) & bit) != 0) {
			take_out(entry);
			put(high, entry);
		}
	}
	if (++shard->split == bit) {
		shard->split = 0;
		shard->bits++;
	}
	return false;
}

/* Allocates the segment that a shard lacks; without the lock. */
LN_NOINLINE static void add_segment(struct shard *shard, uint32_t bits)
{
	struct ln_directory_entry **segment;

	if (bits >= MAX_BITS)
		return;
	segment = calloc(UINT32_C(1) << bits,
			 sizeof(struct ln_directory_entry *));
	ln_lock_acquire(&shard->lock);
	/* Without memory it is tried again by whoever comes next. */
	if (shard->segments[bits - FIRST_BITS] == NULL) {
		shard->segments[bits - FIRST_BITS] = segment;
		segment = NULL;
	}
	shard->lacks_segment = false;
	ln_lock_release(&shard->lock);
	free(segment);
}

/* ---- What others call ---- */

void ln_directory_add(struct ln_directory *directory,
		      struct ln_directory_entry *entry)
{
	unsigned i = (unsigned)(((uintptr_t)entry >> 9) % LN_DIRECTORY_SHARDS);
	struct shard *shard = &directory->shards[i];
	uint32_t unused;
	uint32_t bits;
	uint64_t id;
	bool lacks_segment;

	ln_assert(ln_directory_id(entry) == 0);
	ln_lock_acquire(&shard->lock);
	id = make_id(shard->made++, i);
	atomic_store_explicit(&entry->id, id, memory_order_relaxed);
	put(bucket_at(shard, bucket_of(shard, hash_of(directory, id), &unused)),
	    entry);
	shard->count++;
	shard->tally.started++;
	lacks_segment = split(directory, shard);
	bits = shard->bits;
	ln_lock_release(&shard->lock);
	if (LN_UNLIKELY(lacks_segment))
		add_segment(shard, bits);
}

void ln_directory_remove(struct ln_directory *directory,
			 struct ln_directory_entry *entry, unsigned outcome,
			 uint64_t messages, uint64_t dropped)
{
	struct shard *shard =
		&directory->shards[shard_of(ln_directory_id(entry))];

	ln_assert(ln_directory_id(entry) != 0 && outcome < LN_OUTCOMES);
	ln_lock_acquire(&shard->lock);
	take_out(entry);
	ln_assert(shard->count > 0);
	shard->count--;
	/* Relaxed: who asks has had the lock since, see ln_directory_counted.
	 */
	atomic_store_explicit(&entry->gone, ++shard->gone,
			      memory_order_relaxed);
	shard->tally.ended[outcome]++;
	shard->tally.messages += messages;
	shard->tally.dropped += dropped;
	ln_lock_release(&shard->lock);
}

struct ln_directory_entry *ln_directory_find(
	struct ln_directory *directory, uint64_t id,
	bool (*take)(struct ln_directory_entry *entry, const void *argument),
	const void *argument)
{
	struct shard *shard = &directory->shards[shard_of(id)];
	struct ln_directory_entry *entry;

	if (id == 0)
		return NULL;
	ln_lock_acquire(&shard->lock);
	entry = find(directory, shard, id);
	if (entry != NULL && !take(entry, argument))
		entry = NULL;
	ln_lock_release(&shard->lock);
	return entry;
}

/* Finds what is in the next bucket of the walk, unless `found` has no room for
 * all of it: false. A bucket that is larger than `found`, which happens only
 * after memory was short for very long, is found in part: whoever must reach
 * all entries walks again. */
static bool step_bucket(struct shard *shard, struct ln_directory_walk *walk,
			bool (*take)(struct ln_directory_entry *entry,
				     const void *argument),
			const void *argument, struct ln_directory_entry **found,
			size_t *count)
{
	uint32_t bits;
	uint32_t index =
		bucket_of(shard, reversed((uint32_t)walk->position), &bits);
	struct ln_directory_entry *bucket = *bucket_at(shard, index);
	size_t in_it = 0;

	for (struct ln_directory_entry *at = bucket; at != NULL; at = at->next)
		in_it++;
	if (in_it > LN_DIRECTORY_STEP - *count && *count > 0)
		return false;
	for (; bucket != NULL && *count < LN_DIRECTORY_STEP;
	     bucket = bucket->next) {
		if (take(bucket, argument))
			found[(*count)++] = bucket;
	}
	ln_assert(*count <= LN_DIRECTORY_STEP);
	walk->position += UINT64_C(1) << (32 - bits);
	return true;
}

bool ln_directory_step(
	struct ln_directory *directory, struct ln_directory_walk *walk,
	bool (*take)(struct ln_directory_entry *entry, const void *argument),
	const void *argument,
	struct ln_directory_entry *found[LN_DIRECTORY_STEP], size_t *count)
{
	struct shard *shard;

	*count = 0;
	if (walk->shard == LN_DIRECTORY_SHARDS)
		return false;
	shard = &directory->shards[walk->shard];
	ln_lock_acquire(&shard->lock);
	for (int i = 0; i < BUCKETS_A_STEP && walk->position < END; i++) {
		if (!step_bucket(shard, walk, take, argument, found, count))
			break;
	}
	ln_lock_release(&shard->lock);
	if (walk->position == END) {
		walk->shard++;
		walk->position = 0;
	}
	return true;
}

void ln_directory_count(struct ln_directory *directory,
			struct ln_directory_count *count)
{
	*count = (struct ln_directory_count){ 0 };
	for (unsigned i = 0; i < LN_DIRECTORY_SHARDS; i++) {
		struct shard *shard = &directory->shards[i];
		struct ln_tally tally;

		ln_lock_acquire(&shard->lock);
		tally = shard->tally;
		count->gone[i] = shard->gone;
		ln_lock_release(&shard->lock);
		count->tally.started += tally.started;
		for (int o = 0; o < LN_OUTCOMES; o++)
			count->tally.ended[o] += tally.ended[o];
		count->tally.messages += tally.messages;
		count->tally.dropped += tally.dropped;
	}
}

bool ln_directory_counted(const struct ln_directory_count *count,
			  const struct ln_directory_entry *entry)
{
	uint64_t gone =
		atomic_load_explicit(&entry->gone, memory_order_relaxed);

	return gone != 0 &&
	       gone <= count->gone[shard_of(ln_directory_id(entry))];
}
