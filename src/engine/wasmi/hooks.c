/*
 * DESIGN
 * What the interpreter calls back, in the middle of a guest, on its fiber.
 *
 * Preemption: all guests have fuel, in slices of SLICE, which take a fraction
 * of a millisecond. When one is used up the guest gives way if its time is
 * over, which a signal or the scheduler's tick says, and gets the next one. A
 * metered guest gets no more than it is allowed, an other one any number. Long
 * bulk operations look in the same way after each piece.
 *
 * Threads: the one that runs the process; while it is instantiated, perhaps one
 * of the blocking pool, where nothing gives way.
 */
#include <stdatomic.h>

#include "engine/linker.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/wasmi/wasmi_impl.h"
#include "sched/sched.h"
#include "sched/task.h"

#define SLICE UINT64_C(50000)

/* In a thread of the pool: the one whose memories are made. */
static _Thread_local struct ln_instance *making;

struct ln_instance *ln_wasmi_making(void)
{
	struct ln_task *task = ln_task_current();

	return task != NULL ? task->local : making;
}

void ln_wasmi_set_making(struct ln_instance *instance)
{
	making = instance;
}

static void *make(size_t size, uint8_t **base)
{
	const struct ln_memory_shape shape = { .minimum = size };
	struct ln_instance *instance = ln_wasmi_making();
	struct ln_memory *memory;
	size_t ignored;

	instance->state->refusal =
		ln_memory_new(ln_compiled_memories(instance->module), instance,
			      &shape, &memory);
	if (instance->state->refusal != NULL)
		return NULL;
	*base = ln_memory_at(memory, &ignored, &ignored);
	return memory;
}

static bool grow(void *memory, size_t size, uint8_t **base)
{
	size_t ignored;

	if (ln_memory_grow(memory, size) != NULL)
		return false;
	*base = ln_memory_at(memory, &ignored, &ignored);
	return true;
}

static void drop(void *memory)
{
	ln_memory_free(memory);
}

/* Lets others run if the guest's time is over. False: it was killed. */
static bool give_way(struct ln_instance *instance)
{
	uint64_t tick;

	if (instance->off_fiber)
		return true;
	tick = ln_sched_ticks(instance->task->sched);
	if (tick == instance->deadline_tick &&
	    !atomic_load_explicit(&instance->overdue, memory_order_relaxed))
		return true;
	instance->deadline_tick = tick;
	return ln_instance_give_way(instance);
}

uint64_t ln_wasmi_slice(uint64_t fuel, uint64_t required, uint64_t *later)
{
	uint64_t now = required > SLICE ? required : SLICE;

	if (now > fuel)
		now = fuel;
	*later = fuel - now;
	return now;
}

static bool next_slice(const void *at, uint64_t left, uint64_t required,
		       uint64_t *fuel)
{
	struct ln_instance *instance = ln_wasmi_making();
	struct ln_instance_state *state = instance->state;
	bool metered = ln_compiled_engine_variant(instance->module)->metered;
	bool goes_on;

	if (metered && left + state->later < required)
		return false;
	state->at = at;
	state->left = left;
	goes_on = give_way(instance);
	state->at = NULL;
	if (!goes_on)
		return false;
	if (metered)
		*fuel = ln_wasmi_slice(state->left + state->later, required,
				       &state->later);
	else
		*fuel = ln_wasmi_slice(UINT64_MAX, required, &state->later);
	return true;
}

static bool in_bulk(void)
{
	return give_way(ln_wasmi_making());
}

static void denied(const struct ln_host_function *function)
{
	char text[LN_LINKER_DENIAL];
	size_t len = ln_linker_denial(function, text);

	ln_instance_record_trap(text, len);
}

void ln_wasmi_set_hooks(void)
{
	static const struct lunatic_wasmi_hooks hooks = {
		.make = make,
		.grow = grow,
		.free = drop,
		.next_slice = next_slice,
		.in_bulk = in_bulk,
		.denied = denied,
	};

	lunatic_engine_wasmi_set_hooks(&hooks);
}
