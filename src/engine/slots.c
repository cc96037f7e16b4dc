/*
 * DESIGN
 * Slots are cut off zones, reservations of many, which are in a table of the
 * program: the handler of SIGSEGV finds a slot by its address there, without a
 * lock. Zones are made when they are needed, and are smaller where addresses
 * are limited.
 *
 * A free slot that is mapped to a backing is ready for its module: it is in a
 * list of the backing. The others are blank: zero, and accessible up to some
 * size. Whoever needs a slot takes a ready one, a blank one, a new one, or the
 * one that has been ready for longest; last in, first out otherwise, for the
 * sake of the cache.
 *
 * Bounds. The tier has as many slots as take half of the mappings that the
 * program may have, at MAPPINGS_EACH for each, and half of its addresses where
 * these are limited; what slots have of mappings is counted, too. Beyond are
 * only those that are asked for as such. Pages of slots that wait for a life
 * are bounded by their weight (spares.c) or READY_MAX, and HELD_MAX in all.
 *
 * Threads: any. The lock is held for some instructions, or for system calls on
 * slots that nobody has.
 */
#include "engine/slots.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/log.h"
#include "base/pages.h"
#include "engine/slots_impl.h"
#include "engine/sweep.h"

#if LN_TSAN
#define ZONE_SLOTS 32u /* it leaves few addresses to programs */
#define ZONES 2
#elif LN_ASAN
#define ZONE_SLOTS 128u
#define ZONES 8
#else
#define ZONE_SLOTS 1024u
#define ZONES 24
#endif

#define PROGRAM_ZONES 128 /* of all engines together */

#define MAPPINGS_DEFAULT 65530u
#define MAPPINGS_EACH 7u

#define HELD_MAX ((uint64_t)128 << 20)
#define READY_MAX 512u /* free slots that are mapped to a backing */
#define BLANK_SIZE_MAX ((size_t)1 << 20) /* of what stays accessible */

struct zone {
	uint8_t *base;
	uint32_t count;
	uint32_t cut; /* slots that have been taken once */
	struct ln_slot *slots;
};

struct ln_slots {
	const struct ln_sweep *sweep;
	uint32_t max; /* of the tier */
	uint32_t mappings_max;
	_Atomic uint32_t taken;
	_Atomic uint32_t mappings;
	_Atomic uint64_t held; /* bytes */

	struct ln_lock lock; /* of all that follows, and of zones */
	struct zone zones[ZONES];
	unsigned zone_count;
	bool full; /* the kernel has refused a zone */
	uint32_t ready_count;
	struct ln_list ready; /* mapped to a backing, oldest first */
	struct ln_list blank; /* oldest first */
};

/* Where the zones of the program are; a base of 0: none is there. */
static struct {
	_Atomic uintptr_t base;
	_Atomic size_t len;
	struct ln_slot *_Atomic slots;
} program_zones[PROGRAM_ZONES];

/* ---- How many there may be ---- */

static uint64_t read_number(const char *path, uint64_t otherwise)
{
	FILE *file = fopen(path, "re");
	uint64_t number;

	if (file == NULL)
		return otherwise;
	if (fscanf(file, "%" SCNu64, &number) != 1)
		number = otherwise;
	/* It was only read. */
	(void)fclose(file);
	return number;
}

/* Bytes of addresses that the program may still take; UINT64_MAX: any. */
static uint64_t addresses_left(void)
{
	struct rlimit limit;
	uint64_t used;

	if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	used = read_number("/proc/self/statm", 0) *
	       (uint64_t)sysconf(_SC_PAGESIZE);
	return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

static uint32_t find_max(uint32_t mappings)
{
	uint64_t left = addresses_left();
	const uint64_t bound = (uint64_t)ZONE_SLOTS * ZONES;
	uint64_t max = mappings / MAPPINGS_EACH;
	uint64_t fit;

	if (max > bound)
		max = bound;
	if (left == UINT64_MAX)
		return (uint32_t)max;
	fit = left / 2 / LN_SLOT_STRIDE;
	if (fit >= max)
		return (uint32_t)max;
	ln_log(LN_LOG_WARN,
	       "address space is limited (ulimit -v): at most %" PRIu64
	       " processes run without checks of bounds, all others with them; "
	       "each needs about 4 GiB of addresses",
	       fit);
	return (uint32_t)fit;
}

/* ---- Zones ---- */

/* Enters a zone into the table of the program. */
static bool publish(const struct zone *zone)
{
	for (unsigned i = 0; i < PROGRAM_ZONES; i++) {
		size_t none = 0;

		/* The length is claimed first; the base, which is looked at
		 * first, comes last: release pairs with the acquire in
		 * ln_slots_at. */
		if (!atomic_compare_exchange_strong_explicit(
			    &program_zones[i].len, &none,
			    zone->count * LN_SLOT_STRIDE, memory_order_relaxed,
			    memory_order_relaxed))
			continue;
		atomic_store_explicit(&program_zones[i].slots, zone->slots,
				      memory_order_relaxed);
		atomic_store_explicit(&program_zones[i].base,
				      (uintptr_t)zone->base,
				      memory_order_release);
		return true;
	}
	return false;
}

/* Nobody uses its memory any more, so no fault is looked up there. */
static void unpublish(const struct zone *zone)
{
	for (unsigned i = 0; i < PROGRAM_ZONES; i++) {
		if (atomic_load_explicit(&program_zones[i].base,
					 memory_order_relaxed) !=
		    (uintptr_t)zone->base)
			continue;
		atomic_store_explicit(&program_zones[i].base, 0,
				      memory_order_relaxed);
		atomic_store_explicit(&program_zones[i].len, 0,
				      memory_order_release);
		return;
	}
}

struct ln_slot *ln_slots_at(uintptr_t address)
{
	for (unsigned i = 0; i < PROGRAM_ZONES; i++) {
		uintptr_t base = atomic_load_explicit(&program_zones[i].base,
						      memory_order_acquire);

		if (base == 0 || address < base ||
		    address - base >=
			    atomic_load_explicit(&program_zones[i].len,
						 memory_order_relaxed))
			continue;
		return &atomic_load_explicit(
			&program_zones[i].slots,
			memory_order_relaxed)[(address - base) /
					      LN_SLOT_STRIDE];
	}
	return NULL;
}

/* Reserves addresses for `count` slots. */
static bool reserve(struct zone *zone, uint32_t count)
{
	size_t len = count * LN_SLOT_STRIDE;
	void *base = mmap(NULL, len, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return false;
	/* One touched byte would make 2 MiB resident. */
	(void)madvise(base, len, MADV_NOHUGEPAGE);
	zone->base = base;
	zone->count = count;
	zone->cut = 0;
	return true;
}

/* Under the lock. */
static bool add_zone(struct ln_slots *slots, bool beyond)
{
	struct zone *zone = &slots->zones[slots->zone_count];
	uint32_t count = ZONE_SLOTS;

	ln_lock_assert(&slots->lock);
	if (slots->zone_count == ZONES || (slots->full && !beyond))
		return false;
	if (slots->max < count)
		count = slots->max > 0 ? slots->max : 1;
	while (count > 0 && !reserve(zone, count))
		count /= 4;
	slots->full = count == 0;
	if (count == 0)
		return false;
	zone->slots = calloc(count, sizeof(*zone->slots));
	if (zone->slots == NULL || !publish(zone)) {
		free(zone->slots);
		/* If that fails, only the addresses are lost. */
		(void)munmap(zone->base, count * LN_SLOT_STRIDE);
		return false;
	}
	slots->zone_count++;
	return true;
}

int ln_slots_new(const struct ln_sweep *sweep, struct ln_slots **out)
{
	struct ln_slots *slots = calloc(1, sizeof(*slots));

	if (slots == NULL)
		return LN_ENOMEM;
	slots->sweep = sweep;
	slots->mappings_max =
		(uint32_t)(read_number("/proc/sys/vm/max_map_count",
				       MAPPINGS_DEFAULT) /
			   2);
	slots->max = find_max(slots->mappings_max);
	ln_list_init(&slots->ready);
	ln_list_init(&slots->blank);
	/* Before slabs take what is left. */
	if (addresses_left() != UINT64_MAX && slots->max > 0) {
		ln_lock_acquire(&slots->lock);
		if (!add_zone(slots, false))
			slots->max = 0;
		ln_lock_release(&slots->lock);
	}
	*out = slots;
	return 0;
}

void ln_slots_free(struct ln_slots *slots)
{
	if (slots == NULL)
		return;
	ln_assert(ln_slots_taken(slots) == 0);
	for (unsigned i = 0; i < slots->zone_count; i++) {
		struct zone *zone = &slots->zones[i];

		unpublish(zone);
		/* If that fails, only the addresses are lost. */
		(void)ln_pages_unmap(zone->base, zone->count * LN_SLOT_STRIDE);
		free(zone->slots);
	}
	free(slots);
}

/* ---- Counts ---- */

uint32_t ln_slots_max(const struct ln_slots *slots)
{
	return slots->max;
}

void ln_slots_lower(struct ln_slots *slots, uint32_t max)
{
	ln_assert(ln_slots_taken(slots) == 0);
	if (max < slots->max)
		slots->max = max;
}

/* Relaxed, as all of these: just numbers. */
uint32_t ln_slots_taken(const struct ln_slots *slots)
{
	return atomic_load_explicit(&slots->taken, memory_order_relaxed);
}

void ln_slots_tell(const struct ln_slots *slots, struct ln_slots_tally *tally)
{
	*tally = (struct ln_slots_tally){
		.max = slots->max,
		.taken = ln_slots_taken(slots),
		.held = ln_slots_held(slots),
		.mappings = atomic_load_explicit(&slots->mappings,
						 memory_order_relaxed),
	};
}

const struct ln_sweep *ln_slots_sweep(const struct ln_slots *slots)
{
	return slots->sweep;
}

bool ln_slot_hold(struct ln_slot *slot, uint64_t bytes)
{
	struct ln_slots *slots = slot->owner;
	uint64_t before = atomic_fetch_add_explicit(&slots->held, bytes,
						    memory_order_relaxed);

	if (before + bytes > HELD_MAX) {
		atomic_fetch_sub_explicit(&slots->held, bytes,
					  memory_order_relaxed);
		return false;
	}
	slot->held += bytes;
	return true;
}

void ln_slot_unhold(struct ln_slot *slot)
{
	if (slot->held > 0)
		atomic_fetch_sub_explicit(&slot->owner->held, slot->held,
					  memory_order_relaxed);
	slot->held = 0;
}

uint64_t ln_slots_held(const struct ln_slots *slots)
{
	return atomic_load_explicit(&slots->held, memory_order_relaxed);
}

void ln_slots_count(struct ln_slots *slots, uint32_t before, uint32_t now)
{
	if (before != now)
		atomic_fetch_add_explicit(&slots->mappings, now - before,
					  memory_order_relaxed);
}

/* ---- Taking and giving ---- */

/* Counts one more, if there may be one. */
static bool count_taken(struct ln_slots *slots, bool beyond)
{
	uint32_t before = atomic_fetch_add_explicit(&slots->taken, 1,
						    memory_order_relaxed);

	if (beyond ||
	    (before < slots->max &&
	     atomic_load_explicit(&slots->mappings, memory_order_relaxed) <
		     slots->mappings_max))
		return true;
	atomic_fetch_sub_explicit(&slots->taken, 1, memory_order_relaxed);
	return false;
}

static struct ln_slot *slot_at(struct ln_list *link)
{
	return ln_container_of(link, struct ln_slot, link);
}

/* Under the lock, as all that follow. */
static void unlist(struct ln_slot *slot)
{
	ln_list_remove(&slot->link);
	if (slot->backing == NULL)
		return;
	ln_list_remove(&slot->other);
	slot->owner->ready_count--;
}

/* The newest one that is mapped to a backing. */
static struct ln_slot *find_ready(struct ln_backing *backing)
{
	if (backing == NULL || ln_list_empty(&backing->ready))
		return NULL;
	return ln_container_of(backing->ready.prev, struct ln_slot, other);
}

/* The newest blank one, of that size if it is among the newest few. */
static struct ln_slot *find_blank(const struct ln_slots *slots, size_t size)
{
	const struct ln_list *at = slots->blank.prev;

	if (ln_list_empty(&slots->blank))
		return NULL;
	for (unsigned i = 0; i < 8 && at != &slots->blank; i++) {
		struct ln_slot *slot = slot_at((struct ln_list *)at);

		if (slot->size == size)
			return slot;
		at = at->prev;
	}
	return slot_at(slots->blank.prev);
}

static struct ln_slot *cut(struct ln_slots *slots, bool beyond)
{
	struct zone *zone = slots->zone_count > 0
				    ? &slots->zones[slots->zone_count - 1]
				    : NULL;
	struct ln_slot *slot;

	if (zone == NULL || zone->cut == zone->count) {
		if (!add_zone(slots, beyond))
			return NULL;
		zone = &slots->zones[slots->zone_count - 1];
	}
	slot = &zone->slots[zone->cut];
	slot->owner = slots;
	slot->base = zone->base + zone->cut++ * LN_SLOT_STRIDE;
	ln_list_init(&slot->link);
	ln_list_init(&slot->other);
	return slot;
}

/* The one that has been ready for longest, of whatever backing, blank. */
static struct ln_slot *steal(struct ln_slots *slots)
{
	struct ln_slot *slot;

	if (ln_list_empty(&slots->ready))
		return NULL;
	slot = slot_at(slots->ready.next);
	unlist(slot);
	ln_slot_unhold(slot);
	return ln_slot_wipe(slot) ? slot : NULL;
}

static struct ln_slot *find(struct ln_slots *slots, struct ln_backing *backing,
			    size_t size, bool beyond)
{
	struct ln_slot *slot = find_ready(backing);

	if (slot == NULL)
		slot = find_blank(slots, size);
	if (slot != NULL) {
		unlist(slot);
		return slot;
	}
	slot = cut(slots, beyond);
	return slot != NULL ? slot : steal(slots);
}

struct ln_slot *ln_slot_take(struct ln_slots *slots, struct ln_backing *backing,
			     size_t size, bool beyond)
{
	struct ln_slot *slot;

	if (size > LN_SLOT_RESERVED || !count_taken(slots, beyond))
		return NULL;
	ln_lock_acquire(&slots->lock);
	slot = find(slots, backing, size, beyond);
	ln_lock_release(&slots->lock);
	if (slot == NULL) {
		atomic_fetch_sub_explicit(&slots->taken, 1,
					  memory_order_relaxed);
		return NULL;
	}
	if ((backing != NULL && slot->backing == backing) ||
	    ln_slot_prepare(slot, backing, size)) {
		if (ln_slot_begin(slot))
			return slot;
	}
	slot->clean = false;
	slot->lost = true;
	ln_slot_give(slot, NULL);
	return NULL;
}

/* Whether a clean slot stays ready for its module. */
static bool stays_ready(struct ln_slots *slots, struct ln_slot *slot)
{
	bool stays;

	if (slot->backing == NULL)
		return false;
	ln_lock_acquire(&slots->lock);
	stays = slots->ready_count < READY_MAX;
	if (stays) {
		slots->ready_count++;
		ln_list_append(&slots->ready, &slot->link);
		ln_list_append(&slot->backing->ready, &slot->other);
	}
	ln_lock_release(&slots->lock);
	return stays;
}

static void free_blank(struct ln_slots *slots, struct ln_slot *slot)
{
	ln_lock_acquire(&slots->lock);
	ln_list_append(&slots->blank, &slot->link);
	ln_lock_release(&slots->lock);
}

void ln_slot_give(struct ln_slot *slot, const struct ln_rest *rest)
{
	struct ln_slots *slots = slot->owner;

	if (!slot->clean && !slot->lost)
		(void)ln_slot_end(slot, slot->backing, rest);
	atomic_fetch_sub_explicit(&slots->taken, 1, memory_order_relaxed);
	if (!slot->lost && stays_ready(slots, slot))
		return;
	/* A small one that is blank stays accessible, and keeps its pages. */
	if (slot->lost || slot->backing != NULL ||
	    slot->size > BLANK_SIZE_MAX || !ln_slot_hold(slot, slot->size)) {
		ln_slot_unhold(slot);
		/* One that cannot be wiped is never used again. */
		if (!ln_slot_wipe(slot))
			return;
	}
	slot->lost = false;
	slot->clean = false;
	free_blank(slots, slot);
}

void ln_slots_forget(struct ln_slots *slots, struct ln_backing *backing)
{
	struct ln_slot *slot;

	if (backing == NULL)
		return;
	for (;;) {
		ln_lock_acquire(&slots->lock);
		slot = find_ready(backing);
		if (slot != NULL)
			unlist(slot);
		ln_lock_release(&slots->lock);
		if (slot == NULL)
			return;
		ln_slot_unhold(slot);
		slot->clean = false;
		if (ln_slot_wipe(slot))
			free_blank(slots, slot);
	}
}

bool ln_slot_fit(struct ln_slot *slot, size_t size)
{
	ln_assert(slot->backing == NULL);
	if (size <= LN_SLOT_RESERVED && ln_slot_prepare(slot, NULL, size))
		return true;
	slot->lost = true;
	return false;
}

uint8_t *ln_slot_base(const struct ln_slot *slot, size_t *size)
{
	*size = slot->size;
	return slot->base;
}
