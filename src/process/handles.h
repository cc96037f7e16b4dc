/*
 * A table from guest-held ids to resources. Ids start at 0, count up and are
 * never used again within a process, as in lunatic 0.7; a slot costs 16 bytes.
 * A table is changed by one thread; others may read it under a lock, which the
 * one that changes it then holds as well.
 */
#ifndef LN_PROCESS_HANDLES_H
#define LN_PROCESS_HANDLES_H

#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct ln_instance;

struct ln_handles {
	struct ln_table table; /* by the id, plus 1 */
	uint64_t next_id;
	/* Charged for a table that is not small; NULL: nobody. */
	struct ln_instance *charged;
};

/* Adds `value` (not NULL) and stores its id; LN_ELIMIT when the table holds
 * `limit` entries already, LN_EMEMORY, LN_ENOMEM. */
int ln_handles_add(struct ln_handles *handles, uint32_t limit, void *value,
		   uint64_t *id);

/* The same under an id that is not in the table: one below `next_id`, which
 * the caller may have raised. */
int ln_handles_put(struct ln_handles *handles, uint32_t limit, void *value,
		   uint64_t id);

/* The number of entries. */
static inline uint32_t ln_handles_count(const struct ln_handles *handles)
{
	return handles->table.live;
}

/* The value of `id`, or NULL. */
void *ln_handles_get(const struct ln_handles *handles, uint64_t id);

/* Removes `id` and returns its value, or NULL; the caller owns it. */
void *ln_handles_remove(struct ln_handles *handles, uint64_t id);

/* Calls `release` for every value and frees the table's memory. May let others
 * run: without a lock. */
void ln_handles_deinit(struct ln_handles *handles, void (*release)(void *));

/* Another instance is charged from now on; returns for how many bytes. */
uint64_t ln_handles_charge_to(struct ln_handles *handles,
			      struct ln_instance *instance);

#endif
