/*
 * A table from guest-held ids to resources. Ids start at 0, count up and are
 * never used again within a process, as in lunatic 0.7; a slot costs 16 bytes.
 * A table is used by one thread at a time.
 */
#ifndef LN_PROCESS_HANDLES_H
#define LN_PROCESS_HANDLES_H

#include <stddef.h>
#include <stdint.h>

struct ln_instance;

struct ln_handle_slot {
	uint64_t key; /* id + 1; 0: never used */
	void *value;  /* NULL: not in use */
};

struct ln_handles {
	struct ln_handle_slot *slots; /* open addressing, a power of two */
	uint32_t bits;                /* log2 of the number of slots */
	uint32_t live;                /* entries in use */
	uint32_t used;                /* entries in use or deleted */
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

/* For a table that others read under a lock. Makes a copy with room for one
 * more entry, to be put in its place under the lock; its slots are NULL when
 * there is room already. May let others run. LN_EMEMORY, LN_ENOMEM. */
int ln_handles_enlarge(const struct ln_handles *handles,
		       struct ln_handles *made);

/* Frees the slots of a table that another one has taken the place of. Likewise.
 */
void ln_handles_discard(struct ln_handles *handles);

/* The number of entries. */
static inline uint32_t ln_handles_count(const struct ln_handles *handles)
{
	return handles->live;
}

/* The value of `id`, or NULL. */
void *ln_handles_get(const struct ln_handles *handles, uint64_t id);

/* Removes `id` and returns its value, or NULL; the caller owns it. */
void *ln_handles_remove(struct ln_handles *handles, uint64_t id);

/* Calls `release` for every value and frees the table's memory. */
void ln_handles_deinit(struct ln_handles *handles, void (*release)(void *));

#endif
