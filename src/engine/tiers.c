/*
 * DESIGN
 * A module is compiled for the fast tier. When a process begins while more than
 * CROWDED of that one's slots are taken, a task starts to make the module for
 * the dense tier, as an environment would: from the cache on disk, in the pool,
 * or in a process of its own. A process that finds no slot, and no code for the
 * dense tier yet, waits for that task; so small modules, whose code is made in
 * no time, need none of this before. The task is a process to nobody; it keeps
 * the module, and is ended when the runtime stops.
 *
 * A slot has page tables of its own, so who is woken there misses more lines of
 * the cache: among a thousand processes that pass a message on, a hop takes 190
 * ns in the fast tier and 117 in the dense one. What a slot saves at a spawn
 * depends on the module's data. So small modules, of whose processes there may
 * be many, leave all but a few slots to others; their code for the dense tier
 * is made in a moment, for which the first one of them waits.
 *
 * What fails for good is not tried again, and ends the processes that need it.
 *
 * Threads: any. The lock of a tier guards its state and who waits; that of all
 * tiers, the list of tasks.
 */
#include "engine/tiers.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/linker.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/report.h"
#include "engine/slots.h"
#include "engine/spares.h"
#include "sched/sched.h"
#include "sched/task.h"

/* Of the slots, in quarters: from there on the dense tier is prepared. */
#define CROWDED 3

/* Modules of so many bytes use no more slots, while others use none. */
#define LIGHT_BYTES ((size_t)32 << 10)
#define LIGHT_SLOTS 64u

enum state { NONE, MAKING, MADE, FAILED };

struct ln_tiers {
	struct ln_lock lock;
	struct ln_list making; /* of struct ln_making */
	bool stopped;
};

struct ln_tier {
	alignas(LN_CACHE_LINE) struct ln_making making; /* while it is MAKING */
	struct ln_engine *engine;
	struct ln_compiled *fast; /* whose it is; counted by the task */
	struct ln_linker *like;   /* the fast one's; counted */
	struct ln_linker *linker; /* counted; NULL: not needed so far */
	struct ln_compiled *_Atomic dense; /* NULL: it is not MADE */

	struct ln_lock lock;
	enum state state;
	struct ln_list waiters;
	int result; /* of the last attempt */
	char *error;
};

struct waiter {
	struct ln_list link;
	struct ln_task *task;
};

int ln_tiers_new(struct ln_tiers **out)
{
	struct ln_tiers *tiers = calloc(1, sizeof(*tiers));

	if (tiers == NULL)
		return LN_ENOMEM;
	ln_list_init(&tiers->making);
	*out = tiers;
	return 0;
}

void ln_tiers_free(struct ln_tiers *tiers)
{
	ln_assert(tiers == NULL || ln_list_empty(&tiers->making));
	free(tiers);
}

void ln_tiers_stop(struct ln_tiers *tiers)
{
	ln_lock_acquire(&tiers->lock);
	tiers->stopped = true;
	ln_list_for_each (at, &tiers->making)
		ln_task_interrupt(
			&ln_container_of(at, struct ln_making, link)->task);
	ln_lock_release(&tiers->lock);
}

int ln_making_start(struct ln_tiers *tiers, struct ln_sched *sched,
		    struct ln_making *making, void (*run)(struct ln_task *),
		    void (*done)(struct ln_task *))
{
	int error = LN_EKILLED;

	memset(making, 0, sizeof(*making));
	ln_list_init(&making->link);
	ln_lock_acquire(&tiers->lock);
	if (!tiers->stopped) {
		ln_list_append(&tiers->making, &making->link);
		error = ln_task_start(sched, &making->task, run, done);
		if (error < 0)
			ln_list_remove(&making->link);
	}
	ln_lock_release(&tiers->lock);
	return error;
}

void ln_making_end(struct ln_tiers *tiers, struct ln_making *making)
{
	ln_lock_acquire(&tiers->lock);
	ln_list_remove(&making->link);
	ln_lock_release(&tiers->lock);
}

void ln_making_interrupt(struct ln_tiers *tiers, struct ln_making *making)
{
	ln_lock_acquire(&tiers->lock);
	if (!ln_list_empty(&making->link))
		ln_task_interrupt(&making->task);
	ln_lock_release(&tiers->lock);
}

struct ln_tier *ln_tier_new(struct ln_engine *engine,
			    struct ln_compiled *module,
			    struct ln_linker *linker)
{
	struct ln_tier *tier =
		aligned_alloc(alignof(struct ln_tier), sizeof(*tier));

	if (tier == NULL)
		return NULL;
	memset(tier, 0, sizeof(*tier));
	tier->engine = engine;
	tier->fast = module;
	ln_list_init(&tier->waiters);
	/* Its own reference to the same one. */
	if (ln_linker_like(linker, ln_compiled_variant(module), &tier->like) ==
	    0)
		return tier;
	free(tier);
	return NULL;
}

void ln_tier_free(struct ln_tier *tier)
{
	if (tier == NULL)
		return;
	ln_assert(tier->state != MAKING && ln_list_empty(&tier->waiters));
	/* Relaxed: nobody else has it any more. */
	ln_compiled_release(
		atomic_load_explicit(&tier->dense, memory_order_relaxed));
	ln_linker_release(tier->linker);
	ln_linker_release(tier->like);
	free(tier->error);
	free(tier);
}

/* ---- Making the code ---- */

static bool is_final(int result)
{
	return result == LN_EFORMAT || result == LN_EINVAL ||
	       result == LN_ELIMIT;
}

static void settle(struct ln_tier *tier, struct ln_compiled *dense, int result,
		   char *error)
{
	char *before;

	ln_lock_acquire(&tier->lock);
	before = tier->error;
	tier->error = error;
	tier->result = result;
	tier->state = result == 0 ? MADE : is_final(result) ? FAILED : NONE;
	/* Release pairs with the acquire in ln_tier_choose. */
	atomic_store_explicit(&tier->dense, dense, memory_order_release);
	while (!ln_list_empty(&tier->waiters)) {
		struct waiter *waiter = ln_container_of(tier->waiters.next,
							struct waiter, link);

		ln_list_remove(&waiter->link);
		ln_task_wake(waiter->task);
	}
	ln_lock_release(&tier->lock);
	free(before);
}

static unsigned dense_variant(const struct ln_tier *tier)
{
	return ln_compiled_variant(tier->fast) & ~(unsigned)LN_VARIANT_GUARD;
}

static struct ln_tier *tier_of(struct ln_task *task)
{
	return ln_container_of(task, struct ln_tier, making.task);
}

/* The task's body. */
static void make(struct ln_task *task)
{
	struct ln_tier *tier = tier_of(task);
	struct ln_compiled *dense = NULL;
	struct ln_compiled_limits limits = { .background = true };
	const uint8_t *bytes;
	char *error = NULL;
	size_t len;
	int result = 0;

	bytes = ln_compiled_bytes(tier->fast, &len);
	limits.max_bytes = len;
	if (tier->linker == NULL)
		result = ln_linker_like(tier->like, dense_variant(tier),
					&tier->linker);
	if (result == 0)
		result = ln_compiled_new(tier->engine,
					 ln_sched_blocking(task->sched),
					 dense_variant(tier), tier->linker,
					 bytes, len, &limits, &dense, &error);
	if (result < 0 && result != LN_EKILLED)
		ln_log(LN_LOG_WARN,
		       "a module cannot be compiled with checks of bounds: %s",
		       error != NULL ? error : ln_error_text(result));
	settle(tier, dense, result, error);
}

/* After it. */
static void done(struct ln_task *task)
{
	struct ln_tier *tier = tier_of(task);

	ln_making_end(ln_engine_tiers(tier->engine), &tier->making);
	/* The last one frees the tier. */
	ln_compiled_release(tier->fast);
}

/* Starts the task; the tier is MAKING, and belongs to the caller. */
static int start(struct ln_tier *tier, struct ln_sched *sched)
{
	int error;

	ln_compiled_retain(tier->fast);
	error = ln_making_start(ln_engine_tiers(tier->engine), sched,
				&tier->making, make, done);
	if (error < 0)
		/* Not the last one: a process has it. */
		ln_compiled_release(tier->fast);
	return error;
}

/* Has the code made, if nobody does or has. */
static void prepare(struct ln_tier *tier, struct ln_sched *sched)
{
	bool ours;
	int error;

	ln_lock_acquire(&tier->lock);
	ours = tier->state == NONE;
	if (ours)
		tier->state = MAKING;
	ln_lock_release(&tier->lock);
	if (!ours)
		return;
	error = start(tier, sched);
	if (error < 0)
		settle(tier, NULL, error, NULL);
}

/* Waits until the code is made, or that has failed; returns the result. */
static int await(struct ln_tier *tier, struct ln_task *task)
{
	struct waiter waiter = { .task = task };
	int result = 0;

	ln_list_init(&waiter.link);
	ln_lock_acquire(&tier->lock);
	if (tier->state == MAKING)
		ln_list_append(&tier->waiters, &waiter.link);
	/* Whoever settles takes it out of the list. */
	while (!ln_list_empty(&waiter.link) && result == 0) {
		ln_lock_release(&tier->lock);
		result = ln_task_wait(task, LN_NEVER);
		ln_lock_acquire(&tier->lock);
	}
	ln_list_remove(&waiter.link);
	if (result == 0)
		result = tier->result;
	ln_lock_release(&tier->lock);
	return result;
}

/* ---- Choosing ---- */

static struct ln_report *explain(struct ln_tier *tier)
{
	char text[512];

	ln_lock_acquire(&tier->lock);
	(void)snprintf(text, sizeof(text),
		       "there is no address space for another process without "
		       "checks of bounds, and with them its module cannot be "
		       "compiled: %s",
		       tier->error != NULL ? tier->error
					   : ln_error_text(tier->result));
	ln_lock_release(&tier->lock);
	return ln_report_plain(text);
}

static int move(struct ln_instance *instance, struct ln_tier *tier,
		struct ln_report **report)
{
	struct ln_compiled *dense =
		atomic_load_explicit(&tier->dense, memory_order_acquire);
	int result;

	if (dense == NULL) {
		prepare(tier, instance->task->sched);
		result = await(tier, instance->task);
		if (result == LN_EKILLED) {
			instance->host_stop = true;
			return LN_EKILLED;
		}
		if (result < 0) {
			*report = explain(tier);
			return result == LN_ENOMEM ? LN_ENOMEM : LN_ELIMIT;
		}
		dense = atomic_load_explicit(&tier->dense,
					     memory_order_acquire);
	}
	instance->module = dense;
	instance->code = ln_compiled_image(dense, &instance->code_size);
	return 0;
}

static bool is_crowded(const struct ln_slots *slots)
{
	return ln_slots_taken(slots) >= ln_slots_max(slots) / 4 * CROWDED;
}

static bool is_light(const struct ln_tier *tier)
{
	size_t len;

	(void)ln_compiled_bytes(tier->fast, &len);
	return len <= LIGHT_BYTES;
}

/* Moves a process of a small module, if its code for the dense tier is there or
 * can be made; otherwise the fast one serves as well, and the result is
 * LN_EAGAIN. LN_EKILLED. */
static int move_light(struct ln_instance *instance, struct ln_tier *tier)
{
	struct ln_report *report = NULL;
	int result = move(instance, tier, &report);

	ln_report_free(report);
	return result == 0 || result == LN_EKILLED ? result : LN_EAGAIN;
}

int ln_tier_choose(struct ln_instance *instance, struct ln_report **report)
{
	struct ln_tier *tier = ln_compiled_tier(instance->module);
	struct ln_memories *memories = ln_compiled_memories(instance->module);
	unsigned count = ln_compiled_memory_count(instance->module);

	if (tier == NULL || count == 0)
		return 0;
	if (ln_slots_taken(ln_memories_slots(memories)) >= LIGHT_SLOTS &&
	    is_light(tier)) {
		int result = move_light(instance, tier);

		if (result != LN_EAGAIN)
			return result;
	}
	if (LN_UNLIKELY(is_crowded(ln_memories_slots(memories))) &&
	    atomic_load_explicit(&tier->dense, memory_order_relaxed) == NULL)
		prepare(tier, instance->task->sched);
	if (LN_LIKELY(ln_memories_claim(memories, instance, count)))
		return 0;
	/* Other modules may keep some that nobody asks for. */
	if (ln_spares_make_room(ln_compiled_spares(instance->module)) &&
	    ln_memories_claim(memories, instance, count))
		return 0;
	return move(instance, tier, report);
}

bool ln_tier_is_ready(struct ln_compiled *given, struct ln_sched *sched)
{
	struct ln_compiled *module = ln_compiled_now(given);
	struct ln_tier *tier = ln_compiled_tier(module);
	const struct ln_slots *slots =
		ln_memories_slots(ln_compiled_memories(module));
	bool making;

	if (tier == NULL || ln_compiled_memory_count(module) == 0)
		return true;
	if (!is_crowded(slots) &&
	    (ln_slots_taken(slots) < LIGHT_SLOTS || !is_light(tier)))
		return true;
	/* Acquire, as in move. */
	if (atomic_load_explicit(&tier->dense, memory_order_acquire) != NULL)
		return true;
	prepare(tier, sched);
	ln_lock_acquire(&tier->lock);
	making = tier->state == MAKING;
	ln_lock_release(&tier->lock);
	return !making;
}
