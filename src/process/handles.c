/*
 * DESIGN
 * Open addressing with linear probing and Fibonacci hashing. A removed entry
 * keeps its key, so that probes go on behind it; it is used again by a later
 * entry or vanishes when the table is rebuilt. At least a quarter of the slots
 * were never used since then, so a probe ends.
 */
#include "process/handles.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/charge.h"
#include "sched/bulk.h"
#include "sched/task.h"

#define LEAST_BITS 2
#define REST_AFTER 256 /* slots that are done with before others may run */
#define FREE_BITS 6    /* of a table that is charged to nobody, at most */

static uint32_t slot_count(const struct ln_handles *handles)
{
	return handles->slots != NULL ? UINT32_C(1) << handles->bits : 0;
}

static uint32_t first_slot(uint64_t key, uint32_t bits)
{
	return (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - bits));
}

/* Puts an entry into the first slot that is not in use. */
static void put(struct ln_handle_slot *slots, uint32_t bits, uint64_t key,
		void *value)
{
	uint32_t mask = (UINT32_C(1) << bits) - 1;
	uint32_t at = first_slot(key, bits);

	while (slots[at].value != NULL)
		at = (at + 1) & mask;
	slots[at] = (struct ln_handle_slot){ .key = key, .value = value };
}

/* What a table of so many slots is charged at. */
static uint64_t price(const struct ln_handles *handles, uint32_t count)
{
	if (handles->charged == NULL || count <= 1u << FREE_BITS)
		return 0;
	return (uint64_t)count * sizeof(struct ln_handle_slot);
}

static void refund(const struct ln_handles *handles, uint32_t count)
{
	uint64_t bytes = price(handles, count);

	if (bytes > 0)
		ln_instance_refund(handles->charged, bytes);
}

/* A copy of the table with 1 << bits slots. */
static int copy(const struct ln_handles *handles, uint32_t bits,
		struct ln_handles *made)
{
	uint32_t count = slot_count(handles);
	uint64_t bytes = price(handles, UINT32_C(1) << bits);

	if (bytes > 0 && !ln_instance_charge(handles->charged, bytes))
		return LN_EMEMORY;
	*made = *handles;
	made->slots = ln_bulk_zeroed(sizeof(*made->slots) << bits);
	if (made->slots == NULL) {
		refund(handles, UINT32_C(1) << bits);
		return LN_ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct ln_handle_slot *slot = &handles->slots[i];

		if (slot->value != NULL)
			put(made->slots, bits, slot->key, slot->value);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest_if_free();
	}
	made->bits = bits;
	made->used = made->live;
	return 0;
}

int ln_handles_enlarge(const struct ln_handles *handles,
		       struct ln_handles *made)
{
	uint32_t count = slot_count(handles);

	made->slots = NULL;
	if (count == 0)
		return copy(handles, LEAST_BITS, made);
	if (handles->used < count / 4 * 3)
		return 0;
	return copy(handles,
		    handles->live >= count / 2 ? handles->bits + 1
					       : handles->bits,
		    made);
}

void ln_handles_discard(struct ln_handles *handles)
{
	uint32_t count = slot_count(handles);

	ln_bulk_free(handles->slots, count * sizeof(*handles->slots));
	refund(handles, count);
	handles->slots = NULL;
}

static int make_room(struct ln_handles *handles)
{
	struct ln_handles made;
	int error = ln_handles_enlarge(handles, &made);

	if (error < 0 || made.slots == NULL)
		return error;
	ln_handles_discard(handles);
	*handles = made;
	return 0;
}

int ln_handles_put(struct ln_handles *handles, uint32_t limit, void *value,
		   uint64_t id)
{
	int error;

	if (handles->live >= limit)
		return LN_ELIMIT;
	error = make_room(handles);
	if (error < 0)
		return error;
	put(handles->slots, handles->bits, id + 1, value);
	/* One too many when a removed entry's slot was used again: then the
	 * next rebuild comes earlier. */
	handles->used++;
	handles->live++;
	return 0;
}

int ln_handles_add(struct ln_handles *handles, uint32_t limit, void *value,
		   uint64_t *id)
{
	int error = ln_handles_put(handles, limit, value, handles->next_id);

	if (error == 0)
		*id = handles->next_id++;
	return error;
}

static struct ln_handle_slot *find(const struct ln_handles *handles,
				   uint64_t id)
{
	uint64_t key = id + 1;
	uint32_t mask = slot_count(handles) - 1;
	uint32_t at;

	if (handles->slots == NULL || key == 0)
		return NULL;
	for (at = first_slot(key, handles->bits); handles->slots[at].key != 0;
	     at = (at + 1) & mask) {
		if (handles->slots[at].key == key)
			return handles->slots[at].value != NULL
				       ? &handles->slots[at]
				       : NULL;
	}
	return NULL;
}

void *ln_handles_get(const struct ln_handles *handles, uint64_t id)
{
	struct ln_handle_slot *slot = find(handles, id);

	return slot != NULL ? slot->value : NULL;
}

void *ln_handles_remove(struct ln_handles *handles, uint64_t id)
{
	struct ln_handle_slot *slot = find(handles, id);
	void *value;

	if (slot == NULL)
		return NULL;
	value = slot->value;
	slot->value = NULL;
	handles->live--;
	return value;
}

void ln_handles_deinit(struct ln_handles *handles, void (*release)(void *))
{
	uint32_t count = slot_count(handles);

	for (uint32_t i = 0; i < count; i++) {
		if (handles->slots[i].value != NULL)
			release(handles->slots[i].value);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
	}
	ln_bulk_free(handles->slots, count * sizeof(*handles->slots));
	refund(handles, count);
	*handles = (struct ln_handles){ .charged = handles->charged };
}
