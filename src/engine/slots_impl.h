/* What slots.c, which has all slots, and slot.c, which changes one, share. */
#ifndef LN_ENGINE_SLOTS_IMPL_H
#define LN_ENGINE_SLOTS_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/backing.h"
#include "engine/slots.h"

#define LN_SLOT_STRIDE (LN_SLOT_RESERVED + LN_SLOT_GUARD)

/* Spans that are writable in a slot; more are put together. */
#define LN_SLOT_SPANS 16

struct ln_slot {
	struct ln_slots *owner;
	uint8_t *base;
	struct ln_list link;  /* in a list of free slots, under the lock */
	struct ln_list other; /* in that of its backing, likewise */

	size_t minimum;    /* bytes at the start of a life */
	size_t size;       /* bytes that are accessible */
	bool clean;        /* nobody has had it since its end */
	bool lost;         /* the kernel has refused something */
	uint64_t held;     /* bytes that are counted in owner->held */
	uint32_t mappings; /* that are counted in owner->mappings */

	/* When it is mapped to a backing; NULL: it is anonymous memory. */
	struct ln_backing *backing;
	uint32_t version;  /* of the backing's set, as it is here */
	uint32_t narrowed; /* likewise */
	bool all;          /* all pages are writable */
	unsigned span_count;
	struct ln_span spans[LN_SLOT_SPANS]; /* of them, those that are */
};

/* ---- slots.c ---- */

const struct ln_sweep *ln_slots_sweep(const struct ln_slots *slots);

/* Counts more bytes that a slot holds; false: they are too many in all. */
bool ln_slot_hold(struct ln_slot *slot, uint64_t bytes);
void ln_slot_unhold(struct ln_slot *slot);

/* Counts what mappings a slot has. Also in handlers of signals. */
void ln_slots_count(struct ln_slots *slots, uint32_t before, uint32_t now);

/* The slot that an address lies in, taken or not; or NULL. Likewise. */
struct ln_slot *ln_slots_at(uintptr_t address);

/* ---- slot.c ---- */

/* Makes a free, blank slot accessible up to `size`, or maps the backing. False:
 * the kernel refuses. */
bool ln_slot_prepare(struct ln_slot *slot, struct ln_backing *backing,
		     size_t size);

/* Makes all of it inaccessible, without content. */
bool ln_slot_wipe(struct ln_slot *slot);

#endif
