/*
 * DESIGN
 * A hash table by address, so that a supervisor of many thousand processes
 * unlinks one in constant time.
 *
 * It is used under a lock that others wait for, so no call works on all of it.
 * When it is full a new table is begun, and each change moves the entries of
 * MOVED slots of the old one, where they leave a mark behind for probes. The
 * new table has as many slots at least, a quarter of which, or more, are left
 * for what comes meanwhile: all have moved long before it is full. Large tables
 * are mappings, which are zero without anybody's work.
 */
#include "process/links.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/pages.h"
#include "engine/account.h"
#include "process/process_refs.h"
#include "sched/task.h"

#define LEAST_BITS 2
#define FREE_SLOTS 64 /* that are charged to nobody */
#define MOVED 16
#define MAPPED_LEAST ((size_t)1 << 20) /* bytes of a table */

static uint32_t slot_count(const struct ln_link *slots, uint32_t bits)
{
	return slots != NULL ? UINT32_C(1) << bits : 0;
}

static size_t table_size(uint32_t bits)
{
	return sizeof(struct ln_link) << bits;
}

static struct ln_link *table_new(uint32_t bits)
{
	size_t size = table_size(bits);
	void *table;

	if (size < MAPPED_LEAST)
		return calloc(1, size);
	table = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return table != MAP_FAILED ? table : NULL;
}

static void table_free(struct ln_link *table, uint32_t bits)
{
	if (table == NULL)
		return;
	if (table_size(bits) < MAPPED_LEAST)
		free(table);
	else if (ln_pages_unmap(table, table_size(bits)) < 0)
		return; /* the pages are gone, the addresses are lost */
}

uint32_t ln_links_slots(const struct ln_links *links)
{
	return slot_count(links->slots, links->bits) +
	       slot_count(links->old, links->old_bits);
}

struct ln_link *ln_links_at(const struct ln_links *links, uint32_t index)
{
	uint32_t old = slot_count(links->old, links->old_bits);

	return index < old ? &links->old[index] : &links->slots[index - old];
}

static uint32_t first_slot(const struct ln_process *peer, uint32_t bits)
{
	return (uint32_t)(((uint64_t)(uintptr_t)peer *
			   UINT64_C(0x9e3779b97f4a7c15)) >>
			  (64 - bits));
}

static struct ln_link *find_in(struct ln_link *slots, uint32_t bits,
			       const struct ln_process *peer)
{
	uint32_t mask = slot_count(slots, bits) - 1;
	uint32_t at;

	if (slots == NULL)
		return NULL;
	for (at = first_slot(peer, bits);; at = (at + 1) & mask) {
		struct ln_link *link = &slots[at];

		if (link->peer == peer)
			return link;
		if (link->peer == NULL && !link->removed)
			return NULL;
	}
}

static struct ln_link *find(const struct ln_links *links,
			    const struct ln_process *peer)
{
	struct ln_link *link = find_in(links->slots, links->bits, peer);

	return link != NULL ? link : find_in(links->old, links->old_bits, peer);
}

static void put(struct ln_links *links, struct ln_process *peer, int64_t tag)
{
	uint32_t mask = slot_count(links->slots, links->bits) - 1;
	uint32_t at = first_slot(peer, links->bits);

	while (links->slots[at].peer != NULL)
		at = (at + 1) & mask;
	links->slots[at] = (struct ln_link){ .peer = peer, .tag = tag };
	links->used++;
}

/* Moves what is in some slots of the old table. */
static void move_some(struct ln_links *links, uint32_t most)
{
	uint32_t count = slot_count(links->old, links->old_bits);

	for (; links->moved < count && most > 0; links->moved++, most--) {
		struct ln_link *link = &links->old[links->moved];

		if (link->peer == NULL)
			continue;
		put(links, link->peer, link->tag);
		*link = (struct ln_link){ .removed = true };
	}
	if (links->moved < count)
		return;
	table_free(links->old, links->old_bits);
	links->old = NULL;
	links->moved = 0;
}

/* What so many slots are charged at. */
static uint64_t price(uint32_t count)
{
	return count > FREE_SLOTS ? (uint64_t)count * sizeof(struct ln_link)
				  : 0;
}

/* Gives back what was charged for tables that are gone. */
static void settle(struct ln_links *links, struct ln_account *account)
{
	uint64_t bytes = price(slot_count(links->slots, links->bits));

	if (links->old != NULL || links->charged == bytes)
		return;
	ln_assert(links->charged > bytes);
	ln_account_refund(account, NULL, links->charged - bytes);
	links->charged = bytes;
}

static int make_room(struct ln_links *links, struct ln_account *account)
{
	uint32_t count = slot_count(links->slots, links->bits);
	uint32_t bits = links->bits;
	struct ln_link *slots;
	uint64_t bytes;

	if (count != 0 && links->used < count / 4 * 3)
		return 0;
	if (count == 0)
		bits = LEAST_BITS;
	else if (links->live >= count / 2)
		bits++;
	bytes = price(UINT32_C(1) << bits);
	if (!ln_account_charge(account, bytes))
		return LN_EMEMORY;
	slots = table_new(bits);
	if (slots == NULL) {
		ln_account_refund(account, NULL, bytes);
		return LN_ENOMEM;
	}
	links->charged += bytes;
	/* Nothing is left there by now, see above. */
	move_some(links, UINT32_MAX);
	links->old = links->slots;
	links->old_bits = links->bits;
	links->slots = slots;
	links->bits = bits;
	links->used = 0;
	return 0;
}

int ln_links_set(struct ln_links *links, struct ln_process *peer, int64_t tag,
		 uint32_t most, struct ln_account *account)
{
	struct ln_link *link = find(links, peer);
	int error;

	if (link != NULL) {
		link->tag = tag;
		return 0;
	}
	if (links->live >= most)
		return LN_ELIMIT;
	error = make_room(links, account);
	if (error < 0)
		return error;
	put(links, ln_process_retain(peer), tag);
	links->live++;
	move_some(links, MOVED);
	settle(links, account);
	return 0;
}

bool ln_links_remove(struct ln_links *links, struct ln_process *peer)
{
	int64_t tag;

	return ln_links_take(links, peer, &tag);
}

bool ln_links_take(struct ln_links *links, struct ln_process *peer,
		   int64_t *tag)
{
	struct ln_link *link = find(links, peer);

	if (link == NULL)
		return false;
	*tag = link->tag;
	*link = (struct ln_link){ .removed = true };
	links->live--;
	move_some(links, MOVED);
	return true;
}

bool ln_links_has(const struct ln_links *links, const struct ln_process *peer)
{
	return find(links, peer) != NULL;
}

void ln_links_deinit(struct ln_links *links, struct ln_account *account)
{
	table_free(links->old, links->old_bits);
	ln_task_rest_if_free();
	table_free(links->slots, links->bits);
	ln_account_refund(account, NULL, links->charged);
	*links = (struct ln_links){ 0 };
}
