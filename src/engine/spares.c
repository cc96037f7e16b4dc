/*
 * DESIGN
 * A pool is a few stacks, and a worker goes to its own first: the fiber that
 * takes a spare and the one that gives it back run on the same worker as a
 * rule, so that a lock is not fought for, and what is taken is in the cache.
 * One whose own stack is empty looks into the others.
 *
 * A stack reserves the bytes of a spare when it first has so many, and keeps
 * the reservation while they come and go: the count that all pools share is not
 * touched by a spawn. When there is nothing left to reserve, the pools that
 * nobody has taken from since the last time are emptied, once in a while.
 *
 * Lock order: the mutex of all pools, then the lock of a stack. Spares are
 * freed under the mutex, with which a pool goes as well: so no spare outlives
 * its module. That is long, and deep, so it is done on the stacks of threads
 * only.
 *
 * Threads: any.
 */
#include "engine/spares.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/time.h"
#include "engine/engine_class.h"
#include "sched/sched.h"
#include "sched/task.h"

#define BYTES_MAX ((uint64_t)64 << 20) /* of all pools */
#define POOL_MAX (BYTES_MAX / 4)       /* of one */
#define STACKS 8
#define AGE_MIN LN_NS_PER_S /* between two looks for idle pools */

struct stack {
	alignas(LN_CACHE_LINE) struct ln_lock lock;
	bool used;              /* somebody has taken; under lock, as these: */
	uint32_t room;          /* spares that are reserved for */
	uint64_t taken;         /* ever */
	struct ln_spare *first; /* last in */
	/* Changed under the lock, read without: a hint. */
	_Atomic uint32_t count;
};

struct ln_spare_pool {
	struct ln_spares *spares;
	struct ln_list link;     /* in spares->pools */
	_Atomic uint64_t weight; /* bytes of one; 0: there never was one */
	_Atomic uint64_t bytes;  /* that it has reserved */
	struct stack stacks[STACKS];
};

struct ln_spares {
	const struct ln_engine_class *class;
	pthread_mutex_t mutex; /* never held by a fiber */
	struct ln_list pools;  /* under mutex */
	uint64_t renewed;      /* by pools that are gone; under mutex */
	_Atomic uint64_t bytes;
	_Atomic int64_t aged; /* when idle pools were last looked for */
	_Atomic uint64_t dropped[LN_DROP_COUNT];
};

static struct ln_spare_pool *pool_at(struct ln_list *link)
{
	return ln_container_of(link, struct ln_spare_pool, link);
}

int ln_spares_new(const struct ln_engine_class *class, struct ln_spares **out)
{
	struct ln_spares *spares = calloc(1, sizeof(*spares));

	if (spares == NULL)
		return LN_ENOMEM;
	spares->class = class;
	pthread_mutex_init(&spares->mutex, NULL);
	ln_list_init(&spares->pools);
	*out = spares;
	return 0;
}

void ln_spares_free(struct ln_spares *spares)
{
	if (spares == NULL)
		return;
	ln_assert(ln_list_empty(&spares->pools));
	ln_assert(atomic_load_explicit(&spares->bytes, memory_order_relaxed) ==
		  0);
	pthread_mutex_destroy(&spares->mutex);
	free(spares);
}

/* Relaxed, here and below: just numbers, nothing is read by them. */
void ln_spares_count_drop(struct ln_spares *spares, enum ln_drop why)
{
	atomic_fetch_add_explicit(&spares->dropped[why], 1,
				  memory_order_relaxed);
}

static bool reserve(_Atomic uint64_t *bytes, uint64_t max, uint64_t more)
{
	uint64_t before =
		atomic_fetch_add_explicit(bytes, more, memory_order_relaxed);

	if (before <= max && more <= max - before)
		return true;
	atomic_fetch_sub_explicit(bytes, more, memory_order_relaxed);
	return false;
}

void ln_spares_unreserve(struct ln_spares *spares, uint64_t bytes)
{
	uint64_t before = atomic_fetch_sub_explicit(&spares->bytes, bytes,
						    memory_order_relaxed);

	ln_assert(before >= bytes);
	(void)before;
}

void ln_spare_free(const struct ln_engine_class *class, struct ln_spare *spare)
{
	struct ln_instance instance = { .class = class };

	memcpy(instance.state_room, spare->state_room,
	       sizeof(instance.state_room));
	instance.state = (void *)instance.state_room;
	class->close(&instance);
	free(spare);
}

struct ln_spare_pool *ln_spare_pool_new(struct ln_spares *spares)
{
	struct ln_spare_pool *pool =
		aligned_alloc(alignof(struct ln_spare_pool), sizeof(*pool));

	if (pool == NULL)
		return NULL;
	memset(pool, 0, sizeof(*pool));
	pool->spares = spares;
	pthread_mutex_lock(&spares->mutex);
	ln_list_append(&spares->pools, &pool->link);
	pthread_mutex_unlock(&spares->mutex);
	return pool;
}

/* Frees what a stack has, under the mutex; with `idle` only if nobody has taken
 * from it since the last time. */
static void empty_stack(struct ln_spare_pool *pool, struct stack *stack,
			bool idle)
{
	struct ln_spares *spares = pool->spares;
	struct ln_spare *first = NULL;
	uint64_t bytes = 0;

	ln_lock_acquire(&stack->lock);
	if (!idle || !stack->used) {
		first = stack->first;
		bytes = stack->room *
			atomic_load_explicit(&pool->weight,
					     memory_order_relaxed);
		stack->first = NULL;
		stack->room = 0;
		atomic_store_explicit(&stack->count, 0, memory_order_relaxed);
	}
	stack->used = false;
	ln_lock_release(&stack->lock);
	while (first != NULL) {
		struct ln_spare *next = first->next;

		ln_spare_free(spares->class, first);
		first = next;
	}
	atomic_fetch_sub_explicit(&pool->bytes, bytes, memory_order_relaxed);
	ln_spares_unreserve(spares, bytes);
}

static void empty_pools(struct ln_spares *spares, bool idle)
{
	pthread_mutex_lock(&spares->mutex);
	ln_list_for_each (at, &spares->pools) {
		struct ln_spare_pool *pool = pool_at(at);

		for (unsigned i = 0; i < STACKS; i++)
			empty_stack(pool, &pool->stacks[i], idle);
	}
	pthread_mutex_unlock(&spares->mutex);
}

static void empty_all(void *spares)
{
	empty_pools(spares, false);
}

static void empty_idle(void *spares)
{
	empty_pools(spares, true);
}

bool ln_spares_make_room(struct ln_spares *spares)
{
	int64_t now = ln_time_now();
	int64_t last =
		atomic_load_explicit(&spares->aged, memory_order_relaxed);

	if (now - last < AGE_MIN ||
	    !atomic_compare_exchange_strong_explicit(&spares->aged, &last, now,
						     memory_order_relaxed,
						     memory_order_relaxed))
		return false;
	ln_task_on_worker_stack(ln_task_current(), empty_idle, spares);
	return true;
}

bool ln_spares_reserve(struct ln_spares *spares, uint64_t bytes)
{
	if (bytes <= BYTES_MAX && reserve(&spares->bytes, BYTES_MAX, bytes))
		return true;
	(void)ln_spares_make_room(spares);
	return false;
}

void ln_spares_trim(void *spares)
{
	ln_task_on_worker_stack(ln_task_current(), empty_all, spares);
}

void ln_spare_pool_free(struct ln_spare_pool *pool)
{
	struct ln_spares *spares;

	if (pool == NULL)
		return;
	spares = pool->spares;
	pthread_mutex_lock(&spares->mutex);
	ln_list_remove(&pool->link);
	for (unsigned i = 0; i < STACKS; i++) {
		empty_stack(pool, &pool->stacks[i], false);
		spares->renewed += pool->stacks[i].taken;
	}
	pthread_mutex_unlock(&spares->mutex);
	free(pool);
}

static void tell_stack(struct stack *stack, struct ln_spares_tally *tally)
{
	ln_lock_acquire(&stack->lock);
	tally->renewed += stack->taken;
	tally->kept +=
		atomic_load_explicit(&stack->count, memory_order_relaxed);
	ln_lock_release(&stack->lock);
}

void ln_spares_tell(struct ln_spares *spares, struct ln_spares_tally *tally)
{
	*tally = (struct ln_spares_tally){ 0 };
	tally->bytes =
		atomic_load_explicit(&spares->bytes, memory_order_relaxed);
	for (unsigned i = 0; i < LN_DROP_COUNT; i++)
		tally->dropped[i] = atomic_load_explicit(&spares->dropped[i],
							 memory_order_relaxed);
	pthread_mutex_lock(&spares->mutex);
	tally->renewed = spares->renewed;
	ln_list_for_each (at, &spares->pools) {
		struct ln_spare_pool *pool = pool_at(at);

		for (unsigned i = 0; i < STACKS; i++)
			tell_stack(&pool->stacks[i], tally);
	}
	pthread_mutex_unlock(&spares->mutex);
}

static struct ln_spare *pop(struct stack *stack)
{
	struct ln_spare *spare;

	if (atomic_load_explicit(&stack->count, memory_order_relaxed) == 0)
		return NULL;
	ln_lock_acquire(&stack->lock);
	spare = stack->first;
	if (spare != NULL) {
		stack->first = spare->next;
		stack->used = true;
		stack->taken++;
		atomic_store_explicit(
			&stack->count,
			atomic_load_explicit(&stack->count,
					     memory_order_relaxed) -
				1,
			memory_order_relaxed);
	}
	ln_lock_release(&stack->lock);
	return spare;
}

struct ln_spare *ln_spare_pool_take(struct ln_spare_pool *pool)
{
	unsigned own = ln_sched_worker_index();
	struct ln_spare *spare = NULL;

	for (unsigned i = 0; i < STACKS && spare == NULL; i++)
		spare = pop(&pool->stacks[(own + i) % STACKS]);
	return spare;
}

/* Into a stack that has room, or has just got `more`. */
static bool push(struct stack *stack, struct ln_spare *spare, uint32_t more)
{
	uint32_t count;
	bool fits;

	ln_lock_acquire(&stack->lock);
	stack->room += more;
	count = atomic_load_explicit(&stack->count, memory_order_relaxed);
	fits = count < stack->room;
	if (fits) {
		spare->next = stack->first;
		stack->first = spare;
		atomic_store_explicit(&stack->count, count + 1,
				      memory_order_relaxed);
	}
	ln_lock_release(&stack->lock);
	return fits;
}

/* Reserves the bytes of one more. */
static bool reserve_one(struct ln_spare_pool *pool, uint64_t weight)
{
	if (!reserve(&pool->bytes, POOL_MAX, weight))
		return false;
	if (ln_spares_reserve(pool->spares, weight))
		return true;
	atomic_fetch_sub_explicit(&pool->bytes, weight, memory_order_relaxed);
	return false;
}

bool ln_spare_pool_give(struct ln_spare_pool *pool, struct ln_spare *spare,
			uint64_t weight)
{
	unsigned own = ln_sched_worker_index();
	struct stack *stack = &pool->stacks[own % STACKS];

	if (push(stack, spare, 0))
		return true;
	atomic_store_explicit(&pool->weight, weight, memory_order_relaxed);
	/* Somebody else may take the room, but there is more then. */
	if (reserve_one(pool, weight) && push(stack, spare, 1))
		return true;
	/* Other workers may have ended more at another time. */
	for (unsigned i = 1; i < STACKS; i++) {
		if (push(&pool->stacks[(own + i) % STACKS], spare, 0))
			return true;
	}
	return false;
}
