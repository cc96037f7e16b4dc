/*
 * DESIGN
 * A memory lives in a slot of the smallest size class that holds it; classes
 * are powers of two from 64 KiB to 4 GiB, a slab each. One that outgrows its
 * slot moves to the next class: the engine reads the base again after a growth.
 * Slots of one class are neighbours in one mapping, which is safe because
 * compiled code checks every access against the memory's size.
 *
 * The heap of objects (garbage collection, exceptions) is one more memory of
 * the process, and charged like one. It is made before the others or later.
 *
 * In the fast tier a memory is a slot of its own, see engine/slots.h.
 *
 * Moving and clearing large memories takes long: it is done in pieces, between
 * which others run. A store is dropped on the worker's stack, which nobody can
 * leave, so its large memories are only noted in the instance (`retired`) and
 * cleared when the fiber runs again.
 *
 * A memory whose instance waits for another life is retired: in the dense tier
 * it keeps no slot, in the fast one it does, with the content that it begins
 * with.
 *
 * A slot of a slab that is taken is all zero. One that is given back is made
 * zero, see engine/sweep.c. Small ones wait for that until there are BATCH of
 * them, since sweeping several together is much cheaper; so up to BATCH more
 * slots of each class are in use than needed. Of a slot at most LN_SWEEP_KEEP
 * bytes stay in memory, of all free ones of a class WARM_BYTES.
 *
 * Threads: any; a memory itself is used by its instance's thread.
 */
#include "engine/memory.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/slab.h"
#include "engine/backing.h"
#include "engine/image.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "engine/slots.h"
#include "engine/sweep.h"
#include "sched/bulk.h"
#include "sched/task.h"

#define CLASS_MIN_BITS 16
#define CLASS_MAX_BITS 32
#define CLASSES (CLASS_MAX_BITS - CLASS_MIN_BITS + 1)
#define WARM_BYTES ((size_t)64 << 20) /* of free slots, a class */
#define WARM_MIN 4
#define BATCH 32
#define BATCH_BYTES ((size_t)8 << 20)    /* that are swept together */
#define BATCH_SLOT_MAX ((size_t)1 << 20) /* larger slots do not wait */

/* Slots of one class that are not zero yet. */
struct batch {
	struct ln_lock lock;
	size_t count; /* under lock, as the ranges */
	struct ln_range ranges[BATCH];
};

static const char no_memory[] = "the host is out of memory";

struct ln_memories {
	struct ln_sweep sweep;
	struct ln_slab classes[CLASSES];
	struct batch used[CLASSES];
	struct ln_slots *slots;
	void (*release)(void *argument); /* NULL: none is set */
	void *release_argument;
};

struct ln_memory {
	struct ln_memories *owner;
	struct ln_instance *instance; /* charged for it; NULL: it is retired */
	uint8_t *base;
	size_t size;            /* bytes in use; what is behind them is zero */
	size_t capacity;        /* bytes it may grow to without moving */
	struct ln_slot *slot;   /* of the fast tier; NULL: it is in a slab */
	unsigned size_class;    /* of the slab */
	bool exported;          /* the one that host functions see */
	struct ln_memory *next; /* in instance->retired */
	/* Of those that the module defines. */
	struct ln_memory
		*before; /* the one of the index before this; or NULL */
	unsigned index;
	size_t minimum; /* bytes at the start */
};

int ln_memories_new(struct ln_memories **out)
{
	struct ln_memories *memories = calloc(1, sizeof(*memories));

	if (memories == NULL)
		return LN_ENOMEM;
	ln_sweep_init(&memories->sweep);
	if (ln_slots_new(&memories->sweep, &memories->slots) < 0) {
		ln_memories_free(memories);
		return LN_ENOMEM;
	}
	for (unsigned i = 0; i < CLASSES; i++) {
		size_t slot = (size_t)1 << (CLASS_MIN_BITS + i);
		size_t warm = WARM_BYTES / slot;

		ln_slab_init(&memories->classes[i], slot,
			     warm < WARM_MIN ? WARM_MIN : warm);
	}
	*out = memories;
	return 0;
}

void ln_memories_free(struct ln_memories *memories)
{
	if (memories == NULL)
		return;
	for (unsigned i = 0; i < CLASSES; i++)
		ln_slab_deinit(&memories->classes[i]);
	ln_slots_free(memories->slots);
	ln_sweep_deinit(&memories->sweep);
	free(memories);
}

const struct ln_sweep *ln_memories_sweep(const struct ln_memories *memories)
{
	return &memories->sweep;
}

struct ln_slots *ln_memories_slots(const struct ln_memories *memories)
{
	return memories->slots;
}

/* Makes slots of one class zero and free. */
static void clear(struct ln_memories *memories, unsigned size_class,
		  struct ln_range *ranges, size_t count)
{
	ln_sweep_clear(&memories->sweep, ranges, count);
	for (size_t i = 0; i < count; i++)
		ln_slab_give(&memories->classes[size_class], ranges[i].base);
}

/* Takes the batch of a class out, when it has at least `min` slots. */
static size_t take_batch(struct batch *used, size_t min,
			 struct ln_range ranges[BATCH])
{
	size_t count = 0;

	ln_lock_acquire(&used->lock);
	if (used->count >= min) {
		count = used->count;
		memcpy(ranges, used->ranges, count * sizeof(*ranges));
		used->count = 0;
	}
	ln_lock_release(&used->lock);
	return count;
}

static void give_slot(struct ln_memories *memories, unsigned size_class,
		      uint8_t *base, size_t size)
{
	struct batch *used = &memories->used[size_class];
	struct ln_range ranges[BATCH];
	size_t slot_size = memories->classes[size_class].slot_size;
	size_t count = 1;

	ranges[0] = (struct ln_range){ .base = base, .size = size };
	if (slot_size <= BATCH_SLOT_MAX) {
		ln_lock_acquire(&used->lock);
		ln_assert(used->count < BATCH);
		used->ranges[used->count++] = ranges[0];
		count = used->count == BATCH ||
					used->count * slot_size >= BATCH_BYTES
				? used->count
				: 0;
		if (count > 0) {
			memcpy(ranges, used->ranges, count * sizeof(*ranges));
			used->count = 0;
		}
		ln_lock_release(&used->lock);
	}
	if (count > 0)
		clear(memories, size_class, ranges, count);
}

static uint8_t *take_slot(struct ln_memories *memories, unsigned size_class)
{
	struct ln_range ranges[BATCH];
	uint8_t *slot = ln_slab_take_warm(&memories->classes[size_class]);
	size_t count;

	if (slot != NULL)
		return slot;
	/* Used ones are in the cache, and their pages are there. */
	count = take_batch(&memories->used[size_class], BATCH / 2, ranges);
	if (count > 0)
		clear(memories, size_class, ranges, count);
	return ln_slab_take(&memories->classes[size_class]);
}

/* The smallest class that holds `size` bytes. */
static unsigned class_for(size_t size)
{
	unsigned size_class = 0;

	while (size_class < CLASSES - 1 &&
	       ((size_t)1 << (CLASS_MIN_BITS + size_class)) < size)
		size_class++;
	return size_class;
}

uint8_t *ln_memory_at(const struct ln_memory *memory, size_t *size,
		      size_t *capacity)
{
	*size = memory->size;
	*capacity = memory->capacity;
	return memory->base;
}

/* Lets host calls find the exported memory without asking the engine. */
static void show(struct ln_memory *memory)
{
	if (!memory->exported)
		return;
	memory->instance->memory_base = memory->base;
	memory->instance->memory_size = memory->size;
}

/* Between two pieces of work on a memory. */
static void rest(struct ln_instance *instance)
{
	ln_assert(instance->interrupted_at == 0);
	/* The engine does not know where its guest is. */
	instance->interrupted_at = LN_SOMEWHERE;
	ln_task_rest();
	instance->interrupted_at = 0;
}

static size_t piece_at(size_t at, size_t size)
{
	return size - at < LN_BULK_SPAN ? size - at : LN_BULK_SPAN;
}

/* Copies what is not zero. */
static void copy(struct ln_memory *memory, uint8_t *to)
{
	for (size_t at = 0; at < memory->size; at += LN_BULK_SPAN) {
		ln_sweep_copy(&memory->owner->sweep, to + at, memory->base + at,
			      piece_at(at, memory->size));
		rest(memory->instance);
	}
}

/* Makes the memory zero, all but a last piece that is left to give_slot.
 * Returns how many bytes may still not be zero. */
static size_t clear_pieces(struct ln_memory *memory)
{
	size_t size = memory->size;

	while (size > LN_BULK_SPAN) {
		struct ln_range range = {
			.base = memory->base + size - LN_BULK_SPAN,
			.size = LN_BULK_SPAN,
		};

		ln_sweep_clear(&memory->owner->sweep, &range, 1);
		size -= LN_BULK_SPAN;
		rest(memory->instance);
	}
	return size;
}

/* Moves a memory into a slot of a larger class. */
static bool move(struct ln_memory *memory, size_t new_size)
{
	struct ln_memories *owner = memory->owner;
	unsigned size_class = class_for(new_size);
	uint8_t *base = take_slot(owner, size_class);

	if (base == NULL)
		return false;
	copy(memory, base);
	give_slot(owner, memory->size_class, memory->base,
		  clear_pieces(memory));
	memory->base = base;
	memory->size_class = size_class;
	memory->capacity = owner->classes[size_class].slot_size;
	return true;
}

const char *ln_memory_grow(struct ln_memory *memory, size_t new_size)
{
	size_t more = new_size - memory->size;
	bool done = true;

	ln_assert(new_size >= memory->size);
	if (new_size > (size_t)1 << CLASS_MAX_BITS ||
	    !ln_instance_charge(memory->instance, more))
		return "the memory limit of the process is reached";
	if (memory->slot != NULL)
		done = new_size == memory->size ||
		       ln_slot_grow(memory->slot, new_size);
	else if (new_size > memory->capacity)
		done = move(memory, new_size);
	if (!done) {
		ln_instance_refund(memory->instance, more);
		return no_memory;
	}
	ln_assert(new_size <= memory->capacity);
	memory->size = new_size;
	show(memory);
	return NULL;
}

void ln_memory_open(void *at, size_t len)
{
	ln_slots_open(at, len);
}

/* Gives back what the memory has; `dirty` bytes of it may not be zero. */
static void release(struct ln_memory *memory, size_t dirty,
		    const struct ln_rest *rest)
{
	if (memory->instance != NULL)
		ln_instance_refund(memory->instance, memory->size);
	if (memory->slot != NULL)
		ln_slot_give(memory->slot, rest);
	else if (memory->base != NULL)
		give_slot(memory->owner, memory->size_class, memory->base,
			  dirty);
	free(memory);
}

void ln_memory_free(struct ln_memory *memory)
{
	/* A retired one is zero. */
	if (memory->instance == NULL || memory->size <= LN_BULK_SPAN) {
		release(memory, memory->size, NULL);
		return;
	}
	memory->next = memory->instance->retired;
	memory->instance->retired = memory;
}

static void rest_slot(void *instance)
{
	rest(instance);
}

void ln_memories_settle(struct ln_instance *instance)
{
	const struct ln_rest between = { .call = rest_slot,
					 .argument = instance };

	while (instance->retired != NULL) {
		struct ln_memory *memory = instance->retired;

		instance->retired = memory->next;
		release(memory, memory->slot != NULL ? 0 : clear_pieces(memory),
			&between);
	}
}

/* A slot for a memory of `size` bytes. */
static bool place_in_slab(struct ln_memory *memory, size_t size)
{
	struct ln_memories *owner = memory->owner;

	memory->size_class = class_for(size);
	memory->capacity = owner->classes[memory->size_class].slot_size;
	memory->base = take_slot(owner, memory->size_class);
	memory->size = size;
	return memory->base != NULL;
}

static bool put_in_slot(struct ln_memory *memory, struct ln_slot *slot)
{
	size_t size;

	memory->slot = slot;
	if (slot == NULL)
		return false;
	memory->base = ln_slot_base(slot, &size);
	memory->capacity = LN_SLOT_RESERVED;
	memory->size = memory->minimum;
	return size == memory->minimum || ln_slot_fit(slot, memory->minimum);
}

/* In a slot that has been claimed, or one beyond these. */
static bool place_in_slot(struct ln_memory *memory, bool heap)
{
	struct ln_instance *instance = memory->instance;
	struct ln_backing *backing = NULL;
	unsigned index = instance->memories;

	if (!heap && index < LN_INSTANCE_SLOTS &&
	    instance->slots[index] != NULL) {
		struct ln_slot *slot = instance->slots[index];

		instance->slots[index] = NULL;
		return put_in_slot(memory, slot);
	}
	if (!heap && instance->image != NULL)
		backing = ln_image_backing(instance->image, index);
	return put_in_slot(memory, ln_slot_take(memory->owner->slots, backing,
						memory->minimum, true));
}

static bool place(struct ln_memory *memory, const struct ln_memory_shape *shape)
{
	const struct ln_image *image = memory->instance->image;

	ln_assert(shape->reserved <= LN_SLOT_RESERVED &&
		  shape->guard <= LN_SLOT_GUARD);
	if (shape->reserved > 0)
		return place_in_slot(memory, shape->heap);
	if (!place_in_slab(memory, shape->minimum))
		return false;
	if (!shape->heap && image != NULL)
		ln_image_write(image, memory->instance->memories, memory->base);
	return true;
}

/* Makes it one of those that the module defines. */
static void enlist(struct ln_memory *memory)
{
	struct ln_instance *instance = memory->instance;

	memory->index = instance->memories++;
	memory->exported =
		memory->index == ln_compiled_exported_memory(instance->module);
	memory->before = instance->last_memory;
	instance->last_memory = memory;
}

const char *ln_memory_new(struct ln_memories *memories,
			  struct ln_instance *instance,
			  const struct ln_memory_shape *shape,
			  struct ln_memory **out)
{
	size_t minimum = shape->minimum;
	struct ln_memory *memory;
	bool placed;

	if (minimum > (size_t)1 << CLASS_MAX_BITS ||
	    !ln_instance_charge(instance, minimum))
		return "the initial memory of the module exceeds a memory "
		       "limit";
	memory = calloc(1, sizeof(*memory));
	if (memory == NULL)
		goto fail_memory;
	memory->owner = memories;
	memory->instance = instance;
	memory->minimum = minimum;
	placed = place(memory, shape);
	if (!placed && memory->slot == NULL && memories->release != NULL) {
		memories->release(memories->release_argument);
		placed = place(memory, shape);
	}
	if (!placed)
		goto fail_place;
	if (!shape->heap)
		enlist(memory);
	show(memory);
	*out = memory;
	return NULL;
fail_place:
	if (memory->slot != NULL)
		ln_slot_give(memory->slot, NULL);
	free(memory);
fail_memory:
	ln_instance_refund(instance, minimum);
	return no_memory;
}

/* ---- Instances that are used again ---- */

void ln_memories_set_reserve(struct ln_memories *memories,
			     void (*give)(void *argument), void *argument)
{
	memories->release = give;
	memories->release_argument = argument;
}

struct ln_memory *ln_memory_next(const struct ln_memory *memory)
{
	return memory->before;
}

unsigned ln_memory_index(const struct ln_memory *memory)
{
	return memory->index;
}

const struct ln_slot *ln_memory_slot(const struct ln_memory *memory)
{
	return memory->slot;
}

bool ln_memory_is_fast(const struct ln_memory *memory)
{
	return memory->slot != NULL;
}

bool ln_memories_claim(struct ln_memories *memories,
		       struct ln_instance *instance, unsigned count)
{
	const struct ln_image *image = instance->image;
	/* The only one's, or what is not known yet. */
	size_t size =
		count == 1 ? ln_compiled_initial_memory(instance->module) : 0;

	for (unsigned i = 0; i < count && i < LN_INSTANCE_SLOTS; i++) {
		struct ln_backing *backing =
			image != NULL ? ln_image_backing(image, i) : NULL;

		if (backing != NULL)
			size = ln_backing_size(backing);
		instance->slots[i] =
			ln_slot_take(memories->slots, backing, size, false);
		if (instance->slots[i] == NULL) {
			ln_memories_unclaim(instance);
			return false;
		}
	}
	return true;
}

void ln_memories_unclaim(struct ln_instance *instance)
{
	for (unsigned i = 0; i < LN_INSTANCE_SLOTS; i++) {
		if (instance->slots[i] != NULL)
			ln_slot_give(instance->slots[i], NULL);
		instance->slots[i] = NULL;
	}
}

static bool retire(struct ln_memory *memory, const struct ln_image *image)
{
	const struct ln_rest between = { .call = rest_slot,
					 .argument = memory->instance };
	bool fits = true;

	if (memory->slot != NULL) {
		fits = ln_slot_end(memory->slot,
				   ln_image_backing(image, memory->index),
				   &between);
	} else {
		size_t dirty = clear_pieces(memory);

		give_slot(memory->owner, memory->size_class, memory->base,
			  dirty);
		memory->base = NULL;
		memory->capacity = 0;
	}
	ln_instance_refund(memory->instance, memory->size);
	memory->size = memory->slot != NULL ? memory->minimum : 0;
	memory->instance = NULL;
	return fits;
}

bool ln_memories_retire(struct ln_memory *memories,
			struct ln_instance *instance,
			const struct ln_image *image)
{
	bool all = true;

	for (; memories != NULL; memories = memories->before) {
		ln_assert(memories->instance == instance);
		all = retire(memories, image) && all;
	}
	(void)instance;
	return all;
}

uint64_t ln_memories_spare_bytes(const struct ln_memory *memories)
{
	uint64_t bytes = 0;

	for (; memories != NULL; memories = memories->before) {
		bytes += sizeof(*memories);
		if (memories->slot != NULL)
			bytes += LN_SLOT_WEIGHT;
	}
	return bytes;
}

static bool revive(struct ln_memory *memory, const struct ln_image *image)
{
	if (!ln_instance_charge(memory->instance, memory->minimum))
		return false;
	/* From here on it is refunded when it is freed. */
	memory->size = memory->minimum;
	if (memory->slot != NULL) {
		if (!ln_slot_begin(memory->slot))
			return false;
	} else {
		if (!place_in_slab(memory, memory->minimum))
			return false;
		ln_image_write(image, memory->index, memory->base);
	}
	show(memory);
	return true;
}

bool ln_memories_revive(struct ln_memory *memories,
			struct ln_instance *instance,
			const struct ln_image *image)
{
	bool all = true;

	instance->last_memory = memories;
	for (; memories != NULL; memories = memories->before) {
		ln_assert(memories->instance == NULL);
		memories->instance = instance;
		memories->size = 0;
		instance->memories++;
		all = all && revive(memories, image);
	}
	return all;
}
