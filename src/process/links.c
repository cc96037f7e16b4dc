/*
 * DESIGN
 * A hash table by address, so that a supervisor of many thousand processes
 * unlinks one in constant time. It is used under a lock that others wait for,
 * as base/table.h allows.
 */
#include "process/links.h"

#include "base/error.h"
#include "engine/account.h"
#include "process/process_refs.h"
#include "sched/task.h"

static struct ln_table_slot *find(const struct ln_links *links,
				  const struct ln_process *peer)
{
	return ln_table_find(&links->table, (uintptr_t)peer);
}

/* Adds a slot, and charges for what the table grows by. */
static int add(struct ln_table *table, struct ln_process *peer, int64_t tag,
	       struct ln_account *account)
{
	uint64_t more = ln_table_growth(table);
	uint64_t bytes = ln_table_bytes(table) + more;
	struct ln_table_slot *slot;

	if (more > 0 && !ln_account_charge(account, more))
		return LN_EMEMORY;
	slot = ln_table_add(table, (uintptr_t)peer);
	if (bytes > ln_table_bytes(table))
		ln_account_refund(account, NULL, bytes - ln_table_bytes(table));
	if (slot == NULL)
		return LN_ENOMEM;
	slot->number = (uint64_t)tag;
	return 0;
}

int ln_links_set(struct ln_links *links, struct ln_process *peer, int64_t tag,
		 uint32_t max, struct ln_account *account)
{
	struct ln_table_slot *slot = find(links, peer);
	int error;

	if (slot != NULL) {
		slot->number = (uint64_t)tag;
		return 0;
	}
	if (links->table.live >= max)
		return LN_ELIMIT;
	error = add(&links->table, peer, tag, account);
	if (error == 0)
		ln_process_retain(peer);
	return error;
}

bool ln_links_remove(struct ln_links *links, struct ln_process *peer)
{
	int64_t tag;

	return ln_links_take(links, peer, &tag);
}

bool ln_links_take(struct ln_links *links, struct ln_process *peer,
		   int64_t *tag)
{
	struct ln_table_slot *slot = find(links, peer);

	if (slot == NULL)
		return false;
	*tag = (int64_t)slot->number;
	ln_table_remove(&links->table, slot);
	return true;
}

bool ln_links_has(const struct ln_links *links, const struct ln_process *peer)
{
	return find(links, peer) != NULL;
}

uint32_t ln_links_count(const struct ln_links *links)
{
	return links->table.live;
}

uint32_t ln_links_slots(const struct ln_links *links)
{
	return ln_table_slots(&links->table);
}

struct ln_process *ln_links_at(const struct ln_links *links, uint32_t index,
			       int64_t *tag)
{
	struct ln_table_slot *slot = ln_table_at(&links->table, index);

	if (slot == NULL)
		return NULL;
	*tag = (int64_t)slot->number;
	return (struct ln_process *)(uintptr_t)slot->key;
}

void ln_links_deinit(struct ln_links *links, struct ln_account *account)
{
	ln_account_refund(account, NULL, ln_table_bytes(&links->table));
	ln_table_deinit(&links->table, ln_task_rest_if_free);
}
