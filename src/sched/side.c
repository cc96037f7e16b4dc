/*
 * DESIGN
 * A side stack is a fiber that loops: it calls the function that it was given,
 * and leaves. Whoever enters it, the worker or a thread of the pool, waits on
 * its own stack, which the fiber `outside` describes meanwhile. A function that
 * moves leaves as if it had returned; the task finds it not done, and has a job
 * of the pool enter the stack again. So the task parks on its own stack, and
 * the scheduler knows nothing of the other.
 *
 * While the worker is on a side stack it counts as borrowed: nothing parks.
 *
 * A few stacks that nobody uses are kept. How many there are is bounded: each
 * costs two mappings and what its call has touched, until that returns.
 *
 * Threads: any; a side is used by one task, and the thread that works for it.
 */
#include "sched/side.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "sched/blocking.h"
#include "sched/fiber.h"
#include "sched/task.h"
#include "sched/worker.h"

#if LN_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#define GUARD ((size_t)64 << 10) /* a multiple of any page */
#define MAX_SIDES 256
#define MAX_FREE 16
#define KEPT ((size_t)128 << 10) /* bytes that stay of a deep one */

/* At the top of its mapping. */
struct ln_side {
	struct ln_side *next;    /* in the list of free ones */
	struct ln_fiber fiber;   /* the stack */
	struct ln_fiber outside; /* where it was entered from */
	void (*function)(struct ln_side *side, void *argument);
	void *argument;
	bool done;
	bool deep;
	bool stuck; /* it could not move */
};

static struct {
	struct ln_lock lock;
	struct ln_side *free; /* under the lock, as the others */
	unsigned free_count;
	unsigned count; /* of all */
} sides;

static void side_entry(void *argument)
{
	struct ln_side *side = argument;

#if LN_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
	for (;;) {
		side->function(side, side->argument);
		side->done = true;
		ln_fiber_switch(&side->fiber, &side->outside, 0);
	}
}

static struct ln_side *make(void)
{
	size_t size = GUARD + LN_SIDE_STACK;
	size_t top = (size - sizeof(struct ln_side)) & ~(size_t)63;
	struct ln_side *side;
	char *map = mmap(
		NULL, size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	/* Huge pages would make each as large as it may become. */
	(void)madvise(map, size, MADV_NOHUGEPAGE);
	if (mprotect(map + GUARD, LN_SIDE_STACK, PROT_READ | PROT_WRITE) < 0) {
		(void)munmap(map, size); /* whole: it cannot fail */
		return NULL;
	}
	side = (struct ln_side *)(void *)(map + top);
	ln_fiber_init(&side->fiber, map + GUARD, top - GUARD, side_entry, side);
	return side;
}

static void destroy(struct ln_side *side)
{
	char *stack = side->fiber.stack;

	ln_fiber_deinit(&side->fiber);
#if LN_ASAN
	__asan_unpoison_memory_region(stack, LN_SIDE_STACK);
#endif
	/* It was one mapping, so taking it away cannot need memory. */
	(void)munmap(stack - GUARD, GUARD + LN_SIDE_STACK);
}

static void uncount(void)
{
	ln_lock_acquire(&sides.lock);
	ln_assert(sides.count > 0);
	sides.count--;
	ln_lock_release(&sides.lock);
}

static struct ln_side *take(void)
{
	struct ln_side *side;
	bool room;

	ln_lock_acquire(&sides.lock);
	side = sides.free;
	room = side != NULL || sides.count < MAX_SIDES;
	if (side != NULL) {
		sides.free = side->next;
		sides.free_count--;
	} else if (room) {
		sides.count++;
	}
	ln_lock_release(&sides.lock);
	if (side != NULL || !room)
		return side;
	side = make();
	if (side == NULL)
		uncount();
	return side;
}

static void give_back(struct ln_side *side)
{
	char *stack = side->fiber.stack;
	bool keep;

	/* If it fails they stay, which does no harm. */
	if (side->deep)
		(void)madvise(stack, LN_SIDE_STACK - KEPT, MADV_DONTNEED);
	ln_lock_acquire(&sides.lock);
	keep = sides.free_count < MAX_FREE;
	if (keep) {
		side->next = sides.free;
		sides.free = side;
		sides.free_count++;
	}
	ln_lock_release(&sides.lock);
	if (keep)
		return;
	destroy(side);
	uncount();
}

/* On the worker. It comes back in the same thread. */
static void enter_here(struct ln_side *side, const struct ln_task *task)
{
	struct ln_worker *worker = ln_worker_current();

	/* What sanitizers know of the task's stack. */
	side->outside = task->fiber;
	ln_assert(!worker->borrowed);
	worker->borrowed = true;
	ln_fiber_switch(&side->outside, &side->fiber, 0);
	worker->borrowed = false;
}

/* In the pool. */
static void enter_there(void *argument)
{
	struct ln_side *side = argument;

#if LN_ASAN || LN_TSAN
	ln_fiber_init_thread(&side->outside);
#else
	side->outside = (struct ln_fiber){ 0 };
#endif
	ln_fiber_switch(&side->outside, &side->fiber, 0);
	ln_assert(side->done);
}

int ln_side_run(struct ln_blocking *pool, struct ln_blocking_tenant *tenant,
		void (*function)(struct ln_side *side, void *argument),
		void *argument)
{
	struct ln_task *task = ln_task_current();
	struct ln_side *side = take();

	ln_assert(task != NULL);
	if (side == NULL)
		return LN_ENOMEM;
	side->function = function;
	side->argument = argument;
	side->done = false;
	side->deep = false;
	side->stuck = false;
	enter_here(side, task);
	if (!side->done &&
	    ln_blocking_run_for(pool, tenant, enter_there, side) < 0) {
		side->stuck = true;
		enter_here(side, task);
	}
	ln_assert(side->done);
	give_back(side);
	return 0;
}

bool ln_side_move(struct ln_side *side)
{
	ln_assert(ln_locks_held() == 0);
	ln_fiber_switch(&side->fiber, &side->outside, 0);
	return !side->stuck;
}

void ln_side_set_deep(struct ln_side *side)
{
	side->deep = true;
}
