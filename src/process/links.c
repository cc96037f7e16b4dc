/*
 * A hash table by address, so that a supervisor of many thousand processes
 * unlinks one in constant time.
 */
#include "process/links.h"

#include <stdlib.h>

#include "base/error.h"
#include "engine/account.h"
#include "process/process.h"

#define LEAST_BITS 2
#define FREE_SLOTS 64 /* that are charged to nobody */

uint32_t ln_links_slots(const struct ln_links *links)
{
	return links->slots != NULL ? UINT32_C(1) << links->bits : 0;
}

static uint32_t first_slot(const struct ln_process *peer, uint32_t bits)
{
	return (uint32_t)(((uint64_t)(uintptr_t)peer *
			   UINT64_C(0x9e3779b97f4a7c15)) >>
			  (64 - bits));
}

static struct ln_link *find(const struct ln_links *links,
			    const struct ln_process *peer)
{
	uint32_t mask = ln_links_slots(links) - 1;
	uint32_t at;

	if (links->slots == NULL)
		return NULL;
	for (at = first_slot(peer, links->bits);; at = (at + 1) & mask) {
		struct ln_link *link = &links->slots[at];

		if (link->peer == peer)
			return link;
		if (link->peer == NULL && !link->removed)
			return NULL;
	}
}

static void put(struct ln_links *links, struct ln_process *peer, int64_t tag)
{
	uint32_t mask = ln_links_slots(links) - 1;
	uint32_t at = first_slot(peer, links->bits);

	while (links->slots[at].peer != NULL)
		at = (at + 1) & mask;
	links->slots[at] = (struct ln_link){ .peer = peer, .tag = tag };
}

/* What so many slots are charged at. */
static uint64_t price(uint32_t count)
{
	return count > FREE_SLOTS ? (uint64_t)count * sizeof(struct ln_link)
				  : 0;
}

static int make_room(struct ln_links *links, struct ln_account *account)
{
	uint32_t count = ln_links_slots(links);
	struct ln_links old = *links;
	uint64_t bytes;

	if (count != 0 && links->used < count / 4 * 3)
		return 0;
	if (count == 0)
		links->bits = LEAST_BITS;
	else if (links->live >= count / 2)
		links->bits++;
	bytes = price(UINT32_C(1) << links->bits);
	if (!ln_account_charge(account, bytes)) {
		*links = old;
		return LN_EMEMORY;
	}
	links->charged = bytes;
	links->slots = calloc((size_t)1 << links->bits, sizeof(*links->slots));
	if (links->slots == NULL) {
		*links = old;
		ln_account_refund(account, NULL, bytes);
		return LN_ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (old.slots[i].peer != NULL)
			put(links, old.slots[i].peer, old.slots[i].tag);
	}
	links->used = links->live;
	free(old.slots);
	ln_account_refund(account, NULL, old.charged);
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
	links->used++;
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
	return true;
}

void ln_links_deinit(struct ln_links *links, struct ln_account *account)
{
	free(links->slots);
	ln_account_refund(account, NULL, links->charged);
	*links = (struct ln_links){ 0 };
}

bool ln_links_has(const struct ln_links *links, const struct ln_process *peer)
{
	return find(links, peer) != NULL;
}
