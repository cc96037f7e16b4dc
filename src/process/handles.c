/* Ids on top of base/table.h, and who is charged for them. */
#include "process/handles.h"

#include "base/compiler.h"
#include "base/error.h"
#include "engine/charge.h"
#include "sched/task.h"

#define REST_AFTER 256 /* slots that are done with before others may run */

static void refund(const struct ln_handles *handles, uint64_t bytes)
{
	if (handles->charged != NULL && bytes > 0)
		ln_instance_refund(handles->charged, bytes);
}

/* Adds a slot to a large table, and charges for what it grows by. */
static int add_charged(struct ln_handles *handles, uint64_t key,
		       struct ln_table_slot **slot)
{
	uint64_t more = ln_table_growth(&handles->table);
	uint64_t bytes = ln_table_bytes(&handles->table) + more;

	if (more > 0 && handles->charged != NULL &&
	    !ln_instance_charge(handles->charged, more))
		return LN_EMEMORY;
	*slot = ln_table_add(&handles->table, key);
	refund(handles, bytes - ln_table_bytes(&handles->table));
	return 0;
}

int ln_handles_put(struct ln_handles *handles, uint32_t limit, void *value,
		   uint64_t id)
{
	struct ln_table_slot *slot;
	int error = 0;

	ln_assert(value != NULL);
	ln_assert(ln_handles_get(handles, id) == NULL);
	if (handles->table.live >= limit)
		return LN_ELIMIT;
	if (LN_LIKELY(ln_table_is_small(&handles->table)))
		slot = ln_table_add(&handles->table, id + 1);
	else
		error = add_charged(handles, id + 1, &slot);
	if (error < 0)
		return error;
	if (slot == NULL)
		return LN_ENOMEM;
	slot->value = value;
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

void *ln_handles_get(const struct ln_handles *handles, uint64_t id)
{
	struct ln_table_slot *slot = ln_table_find(&handles->table, id + 1);

	return slot != NULL ? slot->value : NULL;
}

void *ln_handles_remove(struct ln_handles *handles, uint64_t id)
{
	struct ln_table_slot *slot = ln_table_find(&handles->table, id + 1);
	void *value;

	if (slot == NULL)
		return NULL;
	value = slot->value;
	ln_table_remove(&handles->table, slot);
	return value;
}

void ln_handles_deinit(struct ln_handles *handles, void (*release)(void *))
{
	uint32_t slots;

	/* As most are. */
	if (handles->table.slots == NULL)
		return;
	slots = ln_table_slots(&handles->table);
	for (uint32_t i = 0; i < slots; i++) {
		struct ln_table_slot *slot = ln_table_at(&handles->table, i);

		if (slot != NULL)
			release(slot->value);
		if (i % REST_AFTER == REST_AFTER - 1)
			ln_task_rest();
	}
	refund(handles, ln_table_bytes(&handles->table));
	ln_table_deinit(&handles->table, ln_task_rest);
	*handles = (struct ln_handles){ .charged = handles->charged };
}

uint64_t ln_handles_charge_to(struct ln_handles *handles,
			      struct ln_instance *instance)
{
	handles->charged = instance;
	return handles->table.slots != NULL ? ln_table_bytes(&handles->table)
					    : 0;
}
