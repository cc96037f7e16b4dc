/*
 * How the latest processes ended that other nodes knew. So linking to such a
 * process from another node has the same result as linking to a local process
 * that has ended. Not locked.
 */
#ifndef LN_NODE_TOMBSTONES_H
#define LN_NODE_TOMBSTONES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "process/monitors.h"

struct ln_tombstone;

struct ln_tombstones {
	struct ln_tombstone
		*ring;         /* the oldest gives its place to the newest */
	struct ln_table table; /* indices of the ring, by id */
	uint32_t max;
	uint32_t room;  /* entries allocated; a power of two */
	uint32_t count; /* in use */
	uint32_t next;  /* where the next one goes when all are in use */
	uint64_t key[2];
};

/* Remembers `max` at most, a power of two. */
void ln_tombstones_init(struct ln_tombstones *tombstones, uint32_t max);
void ln_tombstones_deinit(struct ln_tombstones *tombstones);

/* Notes an end. If memory is short, the end is unknown later. */
void ln_tombstones_add(struct ln_tombstones *tombstones, const uint8_t id[16],
		       const struct ln_end *end);

/* How the process ended; LN_REASON_NO_PROCESS when that is not known. */
struct ln_end ln_tombstones_find(const struct ln_tombstones *tombstones,
				 const uint8_t id[16]);

#endif
