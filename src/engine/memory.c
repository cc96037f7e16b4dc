/*
 * DESIGN
 * A memory lives in a slot of the smallest size class that holds it; classes
 * are powers of two from 64 KiB to 4 GiB, a slab each. One that outgrows its
 * slot moves to the next class: Wasmtime reads the base again after a growth
 * (memory_may_move). Slots of one class are neighbours in one mapping, which is
 * safe because compiled code checks every access against the memory's size.
 *
 * A free slot is all zero. A memory is made zero when it is given back: the
 * kernel is asked which pages were touched (the PAGEMAP_SCAN ioctl, Linux 6.7),
 * and those are cleared; where many were, or the kernel cannot tell, the pages
 * are returned, which also makes them zero. Touched pages that were cleared
 * stay resident for the next user, at most KEEP_PAGES of them a slot and
 * WARM_BYTES of address space a class.
 *
 * Threads: any; a memory itself is used by its instance's thread.
 */
#include "engine/memory.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/slab.h"
#include "engine/instance.h"
#include "sched/task.h"

#define CLASS_MIN_BITS 16
#define CLASS_MAX_BITS 32
#define CLASSES (CLASS_MAX_BITS - CLASS_MIN_BITS + 1)
#define WARM_BYTES ((size_t)64 << 20)
#define WARM_LEAST 4
#define KEEP_PAGES 64
#define PAGE ((size_t)4096)

/* From Linux's uapi/linux/fs.h of 6.7; older headers lack it. */
struct scan_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};
struct scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_arg)
#define SCAN_PRESENT (1u << 3)
#define SCAN_SWAPPED (1u << 4)
#define SCAN_ZERO (1u << 5)
#define SCAN_REGIONS 16

struct ln_memories {
	_Atomic int pagemap; /* descriptor; -1: the kernel cannot scan */
	size_t page;         /* bytes, of the system */
	struct ln_slab classes[CLASSES];
};

struct memory {
	struct ln_memories *owner;
	struct ln_instance *instance; /* charged for it */
	uint8_t *base;
	size_t size; /* bytes in use; what is behind them is zero */
	unsigned class;
};

int ln_memories_new(struct ln_memories **out)
{
	struct ln_memories *memories = calloc(1, sizeof(*memories));

	if (memories == NULL)
		return LN_ENOMEM;
	memories->page = (size_t)sysconf(_SC_PAGESIZE);
	atomic_init(&memories->pagemap,
		    open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
	for (unsigned i = 0; i < CLASSES; i++) {
		size_t slot = (size_t)1 << (CLASS_MIN_BITS + i);
		size_t warm = WARM_BYTES / slot;

		ln_slab_init(&memories->classes[i], slot,
			     warm < WARM_LEAST ? WARM_LEAST : warm);
	}
	*out = memories;
	return 0;
}

void ln_memories_free(struct ln_memories *memories)
{
	int pagemap;

	if (memories == NULL)
		return;
	for (unsigned i = 0; i < CLASSES; i++)
		ln_slab_deinit(&memories->classes[i]);
	pagemap =
		atomic_load_explicit(&memories->pagemap, memory_order_relaxed);
	if (pagemap >= 0)
		close(pagemap);
	free(memories);
}

/* Finds the touched pages from `start` on, at most KEEP_PAGES of them and as
 * many regions as fit. Returns how many regions, or -1. *walked is where the
 * search stopped. */
static int scan(int pagemap, uintptr_t start, uintptr_t end,
		struct scan_region *regions, uintptr_t *walked)
{
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = end,
		.vec = (uintptr_t)regions,
		.vec_len = SCAN_REGIONS,
		.max_pages = KEEP_PAGES + 1,
		.category_inverted = SCAN_ZERO,
		.category_mask = SCAN_ZERO,
		.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
		.return_mask = SCAN_PRESENT,
	};
	int n = ioctl(pagemap, SCAN_IOCTL, &arg);

	*walked = (uintptr_t)arg.walk_end;
	return n;
}

/* Clears the touched pages; false when they should be returned instead. */
static bool clear_touched(struct ln_memories *memories, uint8_t *base,
			  size_t size)
{
	int pagemap =
		atomic_load_explicit(&memories->pagemap, memory_order_relaxed);
	uintptr_t at = (uintptr_t)base;
	uintptr_t end =
		at + ((size + memories->page - 1) & ~(memories->page - 1));
	size_t cleared = 0;

	if (pagemap < 0)
		return false;
	while (at < end) {
		struct scan_region regions[SCAN_REGIONS];
		uintptr_t walked;
		int n = scan(pagemap, at, end, regions, &walked);

		if (n < 0 || (n > 0 && walked <= at)) {
			/* The kernel is older, or forbids it: ask no more. The
			 * descriptor is closed with the rest. */
			return false;
		}
		for (int i = 0; i < n; i++) {
			size_t len = regions[i].end - regions[i].start;

			cleared += len;
			if (cleared > KEEP_PAGES * memories->page)
				return false;
			memset((void *)(uintptr_t)regions[i].start, 0, len);
		}
		if (n == 0)
			break;
		at = walked;
	}
	return true;
}

static void give_slot(struct ln_memories *memories, unsigned class,
		      uint8_t *base, size_t size)
{
	if (size > 0 && !clear_touched(memories, base, size))
		madvise(base, size, MADV_DONTNEED);
	ln_slab_give(&memories->classes[class], base);
}

/* The smallest class that holds `size` bytes. */
static unsigned class_for(size_t size)
{
	unsigned class = 0;

	while (class < CLASSES - 1 &&
	       ((size_t)1 << (CLASS_MIN_BITS + class)) < size)
		class ++;
	return class;
}

static wasmtime_error_t *refuse(const char *text)
{
	return wasmtime_error_new(text);
}

/* Charges the instance for `more` bytes; false when that is over its limit. */
static bool charge(struct ln_instance *instance, uint64_t more)
{
	if (more > instance->limits.max_memory - instance->memory_used)
		return false;
	instance->memory_used += more;
	return true;
}

static uint8_t *memory_get(void *env, size_t *size, size_t *capacity)
{
	struct memory *memory = env;

	*size = memory->size;
	*capacity = (size_t)1 << (CLASS_MIN_BITS + memory->class);
	return memory->base;
}

/* Copies the touched parts of a memory into a new slot. */
static void copy_memory(struct ln_memories *memories, uint8_t *to,
			const uint8_t *from, size_t size)
{
	int pagemap =
		atomic_load_explicit(&memories->pagemap, memory_order_relaxed);
	uintptr_t start = (uintptr_t)from;
	uintptr_t at = start;

	while (pagemap >= 0 && at < start + size) {
		struct scan_region regions[SCAN_REGIONS];
		uintptr_t walked;
		int n = scan(pagemap, at, start + size, regions, &walked);

		if (n < 0)
			break;
		for (int i = 0; i < n; i++)
			memcpy(to + (regions[i].start - start),
			       (void *)(uintptr_t)regions[i].start,
			       regions[i].end - regions[i].start);
		if (n == 0)
			return;
		if (walked <= at)
			break;
		at = walked;
	}
	if (at < start + size)
		memcpy(to + (at - start), (void *)at, start + size - at);
}

static wasmtime_error_t *memory_grow(void *env, size_t new_size)
{
	struct memory *memory = env;
	struct ln_memories *owner = memory->owner;
	size_t slot = (size_t)1 << (CLASS_MIN_BITS + memory->class);
	size_t more = new_size - memory->size;

	if (new_size > (size_t)1 << CLASS_MAX_BITS ||
	    !charge(memory->instance, more))
		return refuse("the memory limit of the process is reached");
	if (new_size > slot) {
		unsigned class = class_for(new_size);
		uint8_t *base = ln_slab_take(&owner->classes[class]);

		if (base == NULL) {
			memory->instance->memory_used -= more;
			return refuse("the host is out of memory");
		}
		copy_memory(owner, base, memory->base, memory->size);
		give_slot(owner, memory->class, memory->base, memory->size);
		memory->base = base;
		memory->class = class;
	}
	memory->size = new_size;
	return NULL;
}

static void memory_free(void *env)
{
	struct memory *memory = env;

	memory->instance->memory_used -= memory->size;
	give_slot(memory->owner, memory->class, memory->base, memory->size);
	free(memory);
}

static wasmtime_error_t *memory_new(void *env, const wasm_memorytype_t *type,
				    size_t minimum, size_t maximum,
				    size_t reserved, size_t guard,
				    wasmtime_linear_memory_t *out)
{
	struct ln_memories *memories = env;
	struct ln_task *task = ln_task_current();
	struct ln_instance *instance = task != NULL ? task->local : NULL;
	struct memory *memory;
	unsigned class;

	(void)type;
	(void)maximum;
	if (instance == NULL)
		return refuse("a memory is made outside of a process");
	if (reserved != 0 || guard != 0)
		return refuse("memories have neither reservations nor guards");
	if (minimum > (size_t)1 << CLASS_MAX_BITS || !charge(instance, minimum))
		return refuse("the initial memory of the module exceeds the "
			      "memory limit of the process");
	memory = malloc(sizeof(*memory));
	if (memory == NULL)
		goto fail_memory;
	class = class_for(minimum);
	*memory = (struct memory){ .owner = memories,
				   .instance = instance,
				   .size = minimum,
				   .class = class };
	memory->base = ln_slab_take(&memories->classes[class]);
	if (memory->base == NULL)
		goto fail_slot;
	*out = (wasmtime_linear_memory_t){ .env = memory,
					   .get_memory = memory_get,
					   .grow_memory = memory_grow,
					   .finalizer = memory_free };
	return NULL;
fail_slot:
	free(memory);
fail_memory:
	instance->memory_used -= minimum;
	return refuse("the host is out of memory");
}

wasmtime_memory_creator_t ln_memories_creator(struct ln_memories *memories)
{
	return (wasmtime_memory_creator_t){ .env = memories,
					    .new_memory = memory_new,
					    .finalizer = NULL };
}
