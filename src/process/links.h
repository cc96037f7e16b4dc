/*
 * The processes that one process is linked to, each with the tag that it is
 * told when this one dies. Not locked: the owner's lock covers it.
 */
#ifndef LN_PROCESS_LINKS_H
#define LN_PROCESS_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"

struct ln_account;
struct ln_process;

struct ln_links {
	struct ln_table table; /* by the peer's address; a counted reference */
};

/* Links to `peer`, or changes the tag of the link. Takes a reference of its
 * own. The slots are charged to `account` once they are many; NULL: to nobody.
 * It is the same in all calls. LN_ENOMEM, LN_EMEMORY, LN_ELIMIT when there are
 * `max` links. */
int ln_links_set(struct ln_links *links, struct ln_process *peer, int64_t tag,
		 uint32_t max, struct ln_account *account);

/* Unlinks; true when there was a link: the caller then owns the reference. */
bool ln_links_remove(struct ln_links *links, struct ln_process *peer);

/* The same, and stores the tag. */
bool ln_links_take(struct ln_links *links, struct ln_process *peer,
		   int64_t *tag);

bool ln_links_has(const struct ln_links *links, const struct ln_process *peer);

uint32_t ln_links_count(const struct ln_links *links);

/* For going through all slots, 0 to ln_links_slots - 1. ln_links_at returns the
 * peer in a slot and stores its tag, or NULL; the reference stays the table's.
 */
uint32_t ln_links_slots(const struct ln_links *links);
struct ln_process *ln_links_at(const struct ln_links *links, uint32_t index,
			       int64_t *tag);

/* Frees the tables, but does not release the peers in them. Call without the
 * lock. */
void ln_links_deinit(struct ln_links *links, struct ln_account *account);

#endif
