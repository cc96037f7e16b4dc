/*
 * Instances whose processes have ended and that are as new (recycle.h): they
 * wait for another life. Each module has a pool of them, last in, first out;
 * all pools of an engine together have a bound in bytes. They are charged to
 * nobody, and given back when memory is short, when their module goes, and when
 * others need the room and nobody asks for them.
 */
#ifndef LN_ENGINE_SPARES_H
#define LN_ENGINE_SPARES_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/instance.h"

struct ln_engine_class;
struct ln_memory;
struct ln_spare_pool;
struct ln_spares;

/* The first life of an instance makes it; it goes with the instance. */
struct ln_spare {
	struct ln_spare *next;      /* in its pool */
	struct ln_memory *memories; /* see ln_memories_retire */
	/* A copy of the engine's state. */
	alignas(max_align_t) char state_room[LN_INSTANCE_STATE_ROOM];
};

/* Why an instance is not used again. */
enum ln_drop {
	LN_DROP_EARLY,  /* its module was new: nothing to compare with yet */
	LN_DROP_MODULE, /* its module has a start function, much data, objects,
			 * or many memories; or the engine cannot do it */
	LN_DROP_UNMADE, /* it was never whole */
	LN_DROP_FULL,   /* there are as many as there may be */
	LN_DROP_UNFIT,  /* it could not be made as new */
	LN_DROP_COUNT,
};

/* What there is, and what has been since the start. */
struct ln_spares_tally {
	uint64_t kept;    /* now */
	uint64_t bytes;   /* that those may take, and what their modules keep
			   * for them */
	uint64_t renewed; /* lives that began with one */
	uint64_t dropped[LN_DROP_COUNT]; /* instances */
};

/* LN_ENOMEM. */
int ln_spares_new(const struct ln_engine_class *class,
		  struct ln_spares **spares);

/* No pool may be left. NULL is fine. */
void ln_spares_free(struct ln_spares *spares);

/* Any thread. */
void ln_spares_tell(struct ln_spares *spares, struct ln_spares_tally *tally);
void ln_spares_count_drop(struct ln_spares *spares, enum ln_drop why);

/* Frees all spares of all pools. Any thread, on any stack. */
void ln_spares_trim(void *spares);

/* Frees the spares of pools that nobody has taken from for a while, if that was
 * not tried just now; whether it was done. Any thread, on any stack. */
bool ln_spares_make_room(struct ln_spares *spares);

/* Takes `bytes` of what spares may take, for what a module keeps; false: there
 * are not so many left, but there may be later. Any thread. */
bool ln_spares_reserve(struct ln_spares *spares, uint64_t bytes);
void ln_spares_unreserve(struct ln_spares *spares, uint64_t bytes);

/* A pool for a module. NULL: memory is short. Not on a fiber. */
struct ln_spare_pool *ln_spare_pool_new(struct ln_spares *spares);

/* Frees it and its spares. NULL is fine. Not on a fiber. */
void ln_spare_pool_free(struct ln_spare_pool *pool);

/* Takes one out; NULL: there is none. On the fiber that it is for. */
struct ln_spare *ln_spare_pool_take(struct ln_spare_pool *pool);

/* Puts one in that takes `weight` bytes at most, the same for all of the pool.
 * False: there is no room; it is still the caller's. On a fiber. */
bool ln_spare_pool_give(struct ln_spare_pool *pool, struct ln_spare *spare,
			uint64_t weight);

/* Frees a spare. Not on a fiber. */
void ln_spare_free(const struct ln_engine_class *class, struct ln_spare *spare);

#endif
