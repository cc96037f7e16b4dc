/*
 * DESIGN
 * All instances of a module are the same when they are new: it imports nothing
 * but functions, and has no start function, so instantiating it depends on
 * nothing else. So what they are like is noted once (`LOOKED`), of the second
 * instance: most modules never have one; or of the first one, when there is
 * much to share. It consists of what the engine knows (its snapshot) and of the
 * content of the memories (engine/image.c).
 *
 * The end of a life restores what the engine has and the memories, and puts
 * what is left, a spare, into the module's pool. The beginning of the next one
 * takes it, gives it memories, limits and fuel, and is where instantiating
 * would have been. What a life has beside that is in its struct ln_instance and
 * goes with it. An instance that must be made is filled from the same notes,
 * rather than by running the code that copies data and elements.
 *
 * Until then much data is copied for one instance at a time, if many begin at
 * once: those that wait meanwhile need not copy it, and share its pages.
 *
 * How a life ended does not matter: nothing that it could leave half done, by a
 * trap or by being killed anywhere, is taken over.
 *
 * Threads: of an instance, its own. A recycler is everybody's, and does not
 * change once it is LOOKED.
 */
#include "engine/recycle.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/backing.h"
#include "engine/component.h"
#include "engine/engine_class.h"
#include "engine/fault.h"
#include "engine/image.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/spares.h"
#include "engine/tables.h"
#include "sched/mutex.h"
#include "sched/task.h"

/* Bytes of data and elements: what is copied for each life, and what is mapped.
 */
#define WRITTEN_MAX ((uint64_t)1 << 20)
#define MAPPED_MAX ((uint64_t)32 << 20)

/* Bytes of data of which the first instance is looked at, if they are mapped:
 * it mostly is the one that makes all others, of which none is to copy so much.
 */
#define FIRST_MIN ((uint64_t)64 << 10)
#define FIRST_MAX ((uint64_t)4 << 20)

/* What is not worth looking through the code for, bytes. */
#define TABLES_SMALL 512

enum state {
	NEW,     /* no instance has been made */
	SEEN,    /* one has */
	LOOKING, /* somebody notes what they are like */
	LOOKED,  /* what follows is there */
	NEVER,   /* there is something about them that is not understood */
};

struct ln_recycler {
	const struct ln_engine_class *class;
	struct ln_spares *spares;
	struct ln_spare_pool *pool;
	bool tables; /* its guests may change tables */
	_Atomic int state;
	struct ln_mutex turn; /* to copy much data, until it is LOOKED */
	/* When it is LOOKED. */
	struct ln_snapshot *snapshot;
	struct ln_image *image;
	uint64_t image_bytes; /* reserved for the image */
	uint64_t weight;      /* bytes of a spare */
};

static uint64_t written_max(const struct ln_compiled *module)
{
	return ln_compiled_variant(module) & LN_VARIANT_GUARD ? MAPPED_MAX
							      : WRITTEN_MAX;
}

struct ln_recycler *ln_recycler_new(struct ln_spares *spares,
				    const struct ln_compiled *module)
{
	const struct ln_engine_class *class = ln_compiled_class(module);
	struct ln_recycler *recycler;
	const uint8_t *bytes;
	size_t len;

	if (class->snapshot == NULL || ln_compiled_has_start(module) ||
	    ln_compiled_written_bytes(module) > written_max(module))
		return NULL;
	recycler = calloc(1, sizeof(*recycler));
	if (recycler == NULL)
		return NULL;
	recycler->class = class;
	recycler->spares = spares;
	ln_mutex_init(&recycler->turn);
	bytes = ln_compiled_bytes(module, &len);
	recycler->tables = ln_compiled_tables_size(module) <= TABLES_SMALL ||
			   (ln_compiled_is_component(module)
				    ? ln_component_tables_change(bytes, len)
				    : ln_tables_change(bytes, len));
	recycler->pool = ln_spare_pool_new(spares);
	if (recycler->pool != NULL)
		return recycler;
	free(recycler);
	return NULL;
}

void ln_recycler_free(struct ln_recycler *recycler)
{
	if (recycler == NULL)
		return;
	ln_spare_pool_free(recycler->pool);
	recycler->class->snapshot_free(recycler->snapshot);
	ln_image_free(recycler->image);
	ln_spares_unreserve(recycler->spares, recycler->image_bytes);
	free(recycler);
}

/* Notes what an instance is like; returns the state that follows. */
static enum state note(struct ln_recycler *recycler,
		       struct ln_instance *instance)
{
	struct ln_memories *memories = ln_compiled_memories(instance->module);
	struct ln_snapshot *snapshot;
	struct ln_image *image;
	size_t size, image_bytes;

	if (instance->memories > LN_IMAGE_MEMORIES)
		return NEVER;
	if ((ln_compiled_variant(instance->module) & LN_VARIANT_GUARD) != 0) {
		if (!ln_backing_room())
			return SEEN;
		/* Pages could not be learned. */
		if (!ln_fault_is_first())
			return NEVER;
	}
	snapshot = recycler->class->snapshot(instance, &size);
	if (snapshot == NULL)
		return NEVER;
	image = ln_image_new(memories, instance->last_memory,
			     2 * written_max(instance->module), &image_bytes);
	if (image == NULL ||
	    !ln_spares_reserve(recycler->spares, image_bytes)) {
		ln_image_free(image);
		recycler->class->snapshot_free(snapshot);
		/* There may be room later. */
		return image == NULL ? NEVER : SEEN;
	}
	recycler->snapshot = snapshot;
	recycler->image = image;
	recycler->image_bytes = image_bytes;
	recycler->weight = sizeof(struct ln_spare) + size +
			   ln_memories_spare_bytes(instance->last_memory);
	return LOOKED;
}

static bool looks_at_first(const struct ln_compiled *module)
{
	uint64_t bytes = ln_compiled_written_bytes(module);

	return (ln_compiled_variant(module) & LN_VARIANT_GUARD) != 0 &&
	       bytes >= FIRST_MIN && bytes <= FIRST_MAX;
}

void ln_recycle_look(struct ln_instance *instance)
{
	struct ln_recycler *recycler = ln_compiled_recycler(instance->module);
	int state, next;

	if (recycler == NULL)
		return;
	state = atomic_load_explicit(&recycler->state, memory_order_relaxed);
	if (LN_LIKELY(state > SEEN))
		return;
	next = state == NEW && !looks_at_first(instance->module) ? SEEN
								 : LOOKING;
	/* Relaxed: who wins writes what nobody reads yet. */
	if (!atomic_compare_exchange_strong_explicit(&recycler->state, &state,
						     next, memory_order_relaxed,
						     memory_order_relaxed) ||
	    next == SEEN)
		return;
	/* Release pairs with the acquire in is_known. */
	atomic_store_explicit(&recycler->state, note(recycler, instance),
			      memory_order_release);
}

static bool is_known(const struct ln_recycler *recycler)
{
	return atomic_load_explicit(&recycler->state, memory_order_acquire) ==
	       LOOKED;
}

/* Whether it is known what they are like, or never will be. */
static bool is_settled(const struct ln_recycler *recycler)
{
	return atomic_load_explicit(&recycler->state, memory_order_acquire) >
	       LOOKING;
}

void ln_recycle_prepare(struct ln_instance *instance)
{
	const struct ln_recycler *recycler =
		ln_compiled_recycler(instance->module);

	instance->image = NULL;
	if (recycler != NULL && is_known(recycler) &&
	    recycler->class->allows(instance, recycler->snapshot))
		instance->image = recycler->image;
}

int ln_recycle_enter(struct ln_instance *instance)
{
	struct ln_recycler *recycler = ln_compiled_recycler(instance->module);
	int error;

	if (recycler == NULL || is_settled(recycler))
		return 0;
	error = ln_mutex_acquire(&recycler->turn, LN_NEVER);
	if (error < 0) {
		instance->host_stop = error == LN_EKILLED;
		return error;
	}
	if (!is_settled(recycler))
		return 1;
	ln_mutex_release(&recycler->turn);
	ln_recycle_prepare(instance);
	return 0;
}

void ln_recycle_leave(const struct ln_compiled *module)
{
	ln_mutex_release(&ln_compiled_recycler(module)->turn);
}

bool ln_recycle_fill(struct ln_instance *instance)
{
	const struct ln_recycler *recycler =
		ln_compiled_recycler(instance->module);

	ln_assert(instance->image == recycler->image);
	instance->image = NULL;
	return recycler->class->fill(instance, recycler->snapshot);
}

const struct ln_image *ln_recycler_image(const struct ln_recycler *recycler)
{
	return recycler != NULL && is_known(recycler) ? recycler->image : NULL;
}

static void close_on_stack(void *argument)
{
	struct ln_instance *instance = argument;

	instance->class->close(instance);
}

/* Undoes the beginning of a life that failed. */
static void close_revived(struct ln_instance *instance)
{
	instance->state = (void *)instance->state_room;
	ln_task_on_worker_stack(instance->task, close_on_stack, instance);
	instance->state = NULL;
	ln_memories_settle(instance);
	free(instance->spare);
	instance->spare = NULL;
	instance->last_memory = NULL;
	instance->memories = 0;
	instance->memory_base = NULL;
	instance->memory_size = 0;
}

bool ln_recycle_begin(struct ln_instance *instance, uint32_t elements)
{
	struct ln_recycler *recycler = ln_compiled_recycler(instance->module);
	struct ln_spare *spare;

	if (recycler == NULL)
		return false;
	spare = ln_spare_pool_take(recycler->pool);
	if (spare == NULL)
		return false;
	instance->spare = spare;
	memcpy(instance->state_room, spare->state_room,
	       sizeof(spare->state_room));
	if (LN_LIKELY(ln_memories_revive(spare->memories, instance,
					 recycler->image) &&
		      recycler->class->revive(instance, recycler->snapshot,
					      elements)))
		return true;
	/* Limits that it does not fit into: making one says which. */
	ln_spares_count_drop(recycler->spares, LN_DROP_UNFIT);
	close_revived(instance);
	return false;
}

struct free_call {
	const struct ln_engine_class *class;
	struct ln_spare *spare;
};

static void free_on_stack(void *argument)
{
	struct free_call *call = argument;

	ln_spare_free(call->class, call->spare);
}

static void free_spare(struct ln_instance *instance, struct ln_spare *spare)
{
	struct free_call call = { instance->class, spare };

	ln_task_on_worker_stack(instance->task, free_on_stack, &call);
}

/* Takes the instance apart: what is used again goes into its spare. */
static struct ln_spare *strip(struct ln_instance *instance)
{
	struct ln_spare *spare = instance->spare;

	memcpy(spare->state_room, instance->state_room,
	       sizeof(spare->state_room));
	spare->memories = instance->last_memory;
	instance->state = NULL;
	instance->spare = NULL;
	instance->last_memory = NULL;
	instance->memory_base = NULL;
	ln_task_set_local(instance->task, NULL);
	return spare;
}

/* Why an instance cannot be used again; LN_DROP_COUNT: it can, so far. */
static enum ln_drop reason(const struct ln_recycler *recycler,
			   const struct ln_instance *instance)
{
	if (recycler == NULL)
		return LN_DROP_MODULE;
	if (!instance->callable)
		return LN_DROP_UNMADE;
	if (is_known(recycler))
		return LN_DROP_COUNT;
	return atomic_load_explicit(&recycler->state, memory_order_relaxed) ==
			       NEVER
		       ? LN_DROP_MODULE
		       : LN_DROP_EARLY;
}

static bool drop(struct ln_instance *instance, enum ln_drop why)
{
	ln_spares_count_drop(ln_compiled_spares(instance->module), why);
	free(instance->spare);
	instance->spare = NULL;
	return false;
}

bool ln_recycle_end(struct ln_instance *instance)
{
	struct ln_recycler *recycler = ln_compiled_recycler(instance->module);
	enum ln_drop why = reason(recycler, instance);
	struct ln_spare *spare;

	if (why != LN_DROP_COUNT)
		return drop(instance, why);
	if (instance->spare == NULL)
		instance->spare = calloc(1, sizeof(*spare));
	if (instance->spare == NULL ||
	    !recycler->class->retire(instance, recycler->snapshot,
				     recycler->tables))
		return drop(instance, LN_DROP_UNFIT);
	spare = strip(instance);
	why = LN_DROP_UNFIT;
	if (LN_LIKELY(ln_memories_retire(spare->memories, instance,
					 recycler->image))) {
		if (LN_LIKELY(ln_spare_pool_give(recycler->pool, spare,
						 recycler->weight)))
			return true;
		why = LN_DROP_FULL;
	}
	ln_spares_count_drop(recycler->spares, why);
	free_spare(instance, spare);
	return true;
}
