/*
 * DESIGN
 * Opening, instantiating and closing need more stack than a fiber should ever
 * touch, so they run on the worker's stack (unless the module has a start
 * function: guest code may be preempted, and runs on the fiber). The entry
 * function runs on the fiber. Mostly there is an instance that is used again
 * (recycle.h), which is done on the fiber as well. Where an instance begins
 * with much data, which the engine copies in one go, a thread of the blocking
 * pool instantiates it: WRITTEN_MAX bytes take about a tenth of a millisecond,
 * and a hop to the pool and back about as long as 64 KiB of them.
 *
 * Threads: the one that runs the process, see docs/architecture.md.
 */
#include "engine/instance.h"

#include <string.h>

#include "base/error.h"
#include "engine/account.h"
#include "engine/engine_class.h"
#include "engine/lines.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/names.h"
#include "engine/recycle.h"
#include "engine/report.h"
#include "engine/tiers.h"
#include "sched/blocking.h"
#include "sched/probe.h"
#include "sched/sched.h"
#include "sched/task.h"

#define WRITTEN_MAX ((uint64_t)1 << 20)

/* Relaxed: for reports. */
static void show_used(struct ln_instance *instance)
{
	if (instance->limits.memory_shown != NULL)
		atomic_store_explicit(instance->limits.memory_shown,
				      instance->memory_used,
				      memory_order_relaxed);
}

bool ln_instance_charge(struct ln_instance *instance, uint64_t bytes)
{
	uint64_t used = instance->memory_used;

	if (instance->limits.beside != NULL)
		used += *instance->limits.beside;
	if (used > instance->limits.max_memory ||
	    bytes > instance->limits.max_memory - used)
		return false;
	if (instance->limits.account != NULL &&
	    !ln_account_charge(instance->limits.account, bytes))
		return false;
	instance->memory_used += bytes;
	show_used(instance);
	return true;
}

void ln_instance_add(struct ln_instance *instance, uint64_t bytes)
{
	ln_account_add(instance->limits.account, bytes);
	instance->memory_used += bytes;
	show_used(instance);
}

void ln_instance_refund(struct ln_instance *instance, uint64_t bytes)
{
	ln_assert(instance->memory_used >= bytes);
	ln_account_refund(instance->limits.account, NULL, bytes);
	instance->memory_used -= bytes;
	show_used(instance);
}

void ln_instance_take_charges(struct ln_instance *instance,
			      struct ln_instance *from, uint64_t bytes)
{
	ln_assert(from->memory_used >= bytes);
	ln_assert(instance->limits.account == from->limits.account);
	from->memory_used -= bytes;
	instance->memory_used += bytes;
	show_used(instance);
}

static bool is_metered(const struct ln_instance *instance)
{
	return (ln_compiled_variant(instance->module) & LN_VARIANT_METERED) !=
	       0;
}

uint64_t ln_instance_fuel_used(const struct ln_instance *instance)
{
	if (instance->state == NULL || !is_metered(instance))
		return 0;
	return instance->limits.max_fuel - instance->class->fuel(instance);
}

void ln_instance_burn(struct ln_instance *instance, uint64_t fuel)
{
	uint64_t left = instance->class->fuel(instance);

	instance->class->set_fuel(instance, left > fuel ? left - fuel : 0);
}

void ln_instance_forgive(struct ln_instance *instance, uint64_t fuel)
{
	instance->host_stop = false;
	instance->must_end = false;
	if (is_metered(instance))
		ln_instance_burn(instance, fuel);
}

bool ln_instance_give_way(struct ln_instance *instance)
{
	ln_assert(!instance->off_fiber);
	ln_assert(ln_task_current() == instance->task);
	atomic_store_explicit(&instance->overdue, false, memory_order_relaxed);
	if (!ln_task_interrupted(instance->task) &&
	    ln_task_should_yield(instance->task)) {
		ln_task_give_way(instance->task);
	} else {
		ln_task_count_slice(instance->task);
		ln_probe_look(instance->task);
	}
	if (!ln_task_interrupted(instance->task))
		return true;
	instance->host_stop = true;
	return false;
}

struct init_call {
	struct ln_instance *instance;
	uint32_t elements; /* that each table may have */
	struct ln_report **report;
	int result;
};

static bool has_much_data(const struct ln_compiled *module)
{
	return ln_compiled_written_bytes(module) > WRITTEN_MAX;
}

/* Charges for the tables, which must be done before there are any. */
static int charge_tables(struct init_call *call)
{
	struct ln_instance *instance = call->instance;

	instance->table_bytes = ln_compiled_table_bytes(
		instance->module, instance->limits.max_memory,
		instance->limits.max_table_elements, &call->elements);
	if (ln_instance_charge(instance, instance->table_bytes))
		return 0;
	instance->table_bytes = 0;
	*call->report = ln_report_plain("the tables of the module exceed the "
					"memory limit");
	return LN_ELIMIT;
}

/* Where there is no fiber that could be left: copying data segments is compiled
 * code as well, and asks for preemption. */
static int instantiate_off_fiber(struct init_call *call)
{
	struct ln_instance *instance = call->instance;
	int result;

	ln_assert(!instance->off_fiber);
	instance->off_fiber = true;
	result = instance->class->instantiate(instance, call->report);
	instance->off_fiber = false;
	if (result < 0)
		return result;
	if (instance->image != NULL)
		return ln_recycle_fill(instance) ? 0 : LN_ENOMEM;
	ln_recycle_look(instance);
	return 0;
}

/* Whether there is more to do than the worker's stack may be taken for. */
static bool is_long(const struct ln_instance *instance)
{
	return instance->image == NULL && has_much_data(instance->module);
}

static void init_on_stack(void *argument)
{
	struct init_call *call = argument;
	struct ln_instance *instance = call->instance;

	call->result = instance->class->open(instance, call->elements);
	if (call->result == 0 && !ln_compiled_has_start(instance->module) &&
	    !is_long(instance))
		call->result = instantiate_off_fiber(call);
}

/* In a thread of the pool; the task waits. */
static void init_in_pool(void *argument)
{
	struct init_call *call = argument;

	call->result = instantiate_off_fiber(call);
}

/* Makes an instance for which none waits. */
static int make(struct init_call *call)
{
	struct ln_instance *instance = call->instance;
	struct ln_task *task = instance->task;
	bool in_pool = is_long(instance);
	int error;

	ln_task_on_worker_stack(task, init_on_stack, call);
	if (call->result < 0)
		return call->result;
	if (ln_compiled_has_start(instance->module))
		return instance->class->instantiate(instance, call->report);
	if (!in_pool)
		return 0;
	error = ln_blocking_run(ln_sched_blocking(task->sched), init_in_pool,
				call);
	return error < 0 ? error : call->result;
}

/* Chooses where it lives. 1: in code of that tier of which one waits, and with
 * which it has begun. */
static int choose(struct init_call *call)
{
	struct ln_instance *instance = call->instance;
	const struct ln_compiled *module = instance->module;
	int result = ln_tier_choose(instance, call->report);

	if (result < 0 || instance->module == module)
		return result;
	if (ln_recycle_begin(instance, call->elements))
		return 1;
	ln_recycle_prepare(instance);
	return 0;
}

/* Begins with a new one. Where another one is to tell what there is to copy, it
 * is waited for first: places for memories are chosen by what they will hold.
 */
static int begin_new(struct init_call *call)
{
	struct ln_instance *instance = call->instance;
	const struct ln_compiled *module = instance->module;
	int turn, result;

	ln_recycle_prepare(instance);
	turn = is_long(instance) ? ln_recycle_enter(instance) : 0;
	if (turn < 0)
		return turn;
	result = choose(call);
	if (result == 0)
		result = make(call);
	if (turn > 0)
		ln_recycle_leave(module);
	instance->image = NULL;
	ln_memories_unclaim(instance);
	return result < 0 ? result : 0;
}

int ln_instance_init(struct ln_instance *instance, struct ln_compiled *given,
		     const struct ln_instance_limits *limits,
		     struct ln_task *task, void *data,
		     struct ln_report **report)
{
	struct init_call call = { .instance = instance, .report = report };
	struct ln_compiled *module = ln_compiled_now(given);

	ln_assert(ln_task_current() == task);
	*instance = (struct ln_instance){
		.data = data,
		.task = task,
		.class = ln_compiled_class(module),
		.module = module,
		.limits = *limits,
	};
	instance->code = ln_compiled_image(module, &instance->code_size);
	*report = NULL;
	ln_task_set_local(task, instance);
	call.result = charge_tables(&call);
	if (call.result < 0)
		return call.result;
	instance->callable = ln_recycle_begin(instance, call.elements);
	if (instance->callable)
		return 0;
	call.result = begin_new(&call);
	instance->callable = call.result == 0;
	return call.result;
}

enum ln_stop ln_instance_call(struct ln_instance *instance,
			      const struct ln_entry *entry,
			      const union ln_value *params,
			      struct ln_report **report)
{
	ln_assert(instance->state != NULL && !instance->off_fiber);
	ln_assert(entry->param_count == 0 || params != NULL);
	ln_assert(instance->task->local == instance);
	*report = NULL;
	return instance->class->call(instance, entry, params, report);
}

const struct ln_entry *ln_instance_export(const struct ln_instance *instance,
					  const char *name, const char *params,
					  char result)
{
	return ln_compiled_export(instance->module, name, params, result);
}

/* Bytes of the fiber's stack below the caller's frame. */
LN_NOINLINE static size_t stack_left(const struct ln_task *task)
{
	return (size_t)((const char *)__builtin_frame_address(0) -
			task->fiber.stack);
}

static int overflow(struct ln_report **report)
{
	if (report != NULL)
		*report = ln_report_plain("call stack exhausted");
	return LN_ETRAP;
}

int ln_instance_reenter(struct ln_instance *instance,
			const struct ln_entry *entry, union ln_value *values,
			struct ln_report **report)
{
	int error;

	ln_assert(instance == ln_instance_running());
	ln_assert(!instance->off_fiber && instance->interrupted_at == 0);
	ln_assert(!entry->imported);
	if (report != NULL)
		*report = NULL;
	if (!instance->callable)
		return LN_EINVAL;
	if (instance->reentries == LN_INSTANCE_REENTRIES)
		return LN_EFULL;
	/* Compiled code would find out; what the engine puts in between must
	 * not take what belongs to host functions. */
	if (stack_left(instance->task) < ln_engine_host_stack())
		return overflow(report);
	instance->reentries++;
	error = instance->class->reenter(instance, entry, values, report);
	instance->reentries--;
	if (error == LN_ELIMIT)
		instance->must_end = true;
	return error == LN_ETRAP && instance->must_end ? LN_ELIMIT : error;
}

static void deinit_on_stack(void *argument)
{
	struct ln_instance *instance = argument;

	instance->class->close(instance);
	instance->state = NULL;
}

void ln_instance_deinit(struct ln_instance *instance)
{
	ln_assert(!instance->off_fiber && instance->interrupted_at == 0);
	ln_instance_refund(instance, instance->table_bytes);
	instance->table_bytes = 0;
	if (instance->state == NULL) {
		/* It was never made; a signal may still look for it. */
		ln_task_set_local(instance->task, NULL);
		return;
	}
	if (ln_recycle_end(instance))
		return;
	ln_task_on_worker_stack(instance->task, deinit_on_stack, instance);
	instance->memory_base = NULL;
	instance->last_memory = NULL;
	ln_task_set_local(instance->task, NULL);
	ln_memories_settle(instance);
}

/* The numbers of the functions that are being called, and the fuel that is
 * left. */
static size_t find_where(struct ln_instance *instance, uint32_t *functions,
			 size_t *offsets, size_t max, uint64_t *fuel)
{
	/* What is between instructions has no fuel to tell of. */
	bool metered = instance->interrupted_at == 0 &&
		       instance->state != NULL && is_metered(instance);
	size_t count;

	*fuel = 0;
	if (instance->state == NULL)
		return 0;
	if (metered)
		*fuel = instance->class->fuel(instance);
	count = instance->class->where(instance, functions, offsets, max);
	if (metered)
		instance->class->set_fuel(instance, *fuel);
	return count;
}

char *ln_instance_function(struct ln_instance *instance, uint64_t *fuel)
{
	uint32_t functions[LN_REPORT_FRAMES];
	size_t offsets[LN_REPORT_FRAMES];
	size_t count = find_where(instance, functions, offsets,
				  LN_REPORT_FRAMES, fuel);
	const struct ln_names *names;

	if (count == 0)
		return NULL;
	names = ln_compiled_names(instance->module);
	return ln_names_copy(names,
			     ln_names_first_own(names, functions, count));
}

size_t ln_instance_functions(struct ln_instance *instance, char **functions,
			     size_t *offsets, size_t max, uint64_t *fuel)
{
	uint32_t numbers[LN_REPORT_FRAMES];
	size_t count = find_where(
		instance, numbers, offsets,
		max < LN_REPORT_FRAMES ? max : LN_REPORT_FRAMES, fuel);

	for (size_t i = 0; i < count; i++)
		functions[i] = ln_names_copy(
			ln_compiled_names(instance->module), numbers[i]);
	return count;
}

struct ln_lines *ln_instance_keep_lines(const struct ln_instance *instance)
{
	struct ln_lines *lines =
		ln_names_lines(ln_compiled_names(instance->module));

	return lines != NULL ? ln_lines_keep(lines) : NULL;
}

void ln_instance_record_trap(const char *text, size_t len)
{
	ln_instance_running()->class->record_trap(text, len);
}

LN_NOINLINE bool ln_instance_pause(struct ln_instance *instance)
{
	static const char text[] = "killed";

	if (ln_instance_give_way(instance))
		return true;
	ln_instance_record_trap(text, sizeof(text) - 1);
	return false;
}

void ln_instance_resumed(struct ln_instance *instance)
{
	uint64_t tick;

	if (!(ln_compiled_variant(instance->module) & LN_VARIANT_EPOCHS))
		return;
	tick = ln_sched_ticks(instance->task->sched);
	if (tick == instance->deadline_tick)
		return;
	instance->deadline_tick = tick;
	instance->class->new_slice(instance);
}
