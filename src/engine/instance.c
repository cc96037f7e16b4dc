/*
 * DESIGN
 * Store, instantiation and teardown need more stack than a fiber should ever
 * touch, so they run on the worker's stack (unless the module has a start
 * function: guest code may be preempted, and runs on the fiber). The entry
 * function runs on the fiber. Where an instance begins with much data, which
 * the engine copies in one go, a thread of the blocking pool instantiates it:
 * WRITTEN_MOST bytes take about a tenth of a millisecond, and a hop to the pool
 * and back about as long as 64 KiB of them.
 *
 * Preemption: by signal, see engine/preempt.c; or, in a variant with epochs,
 * compiled code compares the epoch, which advances each millisecond, with the
 * store's deadline at loop heads and function entries and calls on_deadline, on
 * the fiber. There a kill ends the guest, and others that wait get the worker
 * first.
 *
 * Threads: the one that runs the process, see docs/architecture.md.
 */
#include "engine/instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/account.h"
#include "engine/engine.h"
#include "engine/memory.h"
#include "engine/module.h"
#include "engine/preempt.h"
#include "engine/report.h"
#include "sched/blocking.h"
#include "sched/probe.h"
#include "sched/sched.h"
#include "sched/task.h"

/* Exported by our patch of Wasmtime (engine/patches). */
void lunatic_engine_record_trap(const char *text, size_t len);

#define INSTANCES 2 /* the guest's, and one that tells where it is */
#define WRITTEN_MOST ((uint64_t)1 << 20)
#define MOST_TABLES 16
#define MOST_MEMORIES 100

/* In a thread of the pool: the one whose memories are made. */
static _Thread_local struct ln_instance *making;

struct ln_instance *ln_instance_making(void)
{
	struct ln_task *task = ln_task_current();

	if (making != NULL)
		return making;
	return task != NULL ? task->local : NULL;
}

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
	if (instance->memory_used > instance->limits.max_memory ||
	    bytes > instance->limits.max_memory - instance->memory_used)
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

uint64_t ln_instance_fuel_used(const struct ln_instance *instance)
{
	uint64_t left = 0;
	wasmtime_error_t *error;

	if (instance->context == NULL)
		return 0;
	error = wasmtime_context_get_fuel(instance->context, &left);
	if (error != NULL) {
		wasmtime_error_delete(error);
		return 0;
	}
	return instance->limits.max_fuel - left;
}

void ln_instance_burn(struct ln_instance *instance, uint64_t fuel)
{
	uint64_t left = 0;
	wasmtime_error_t *error =
		wasmtime_context_get_fuel(instance->context, &left);

	if (error == NULL)
		error = wasmtime_context_set_fuel(
			instance->context, left > fuel ? left - fuel : 0);
	if (error != NULL)
		wasmtime_error_delete(error);
}

/* Whether the instance goes on: not when it has been killed. */
static bool give_way(struct ln_instance *instance)
{
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

static wasmtime_error_t *on_deadline(wasmtime_context_t *context, void *data,
				     uint64_t *delta,
				     wasmtime_update_deadline_kind_t *kind)
{
	struct ln_instance *instance = data;
	bool goes_on;

	(void)context;
	*delta = 1;
	*kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
	if (instance->off_fiber)
		return NULL;
	instance->at_deadline = true;
	goes_on = give_way(instance);
	instance->at_deadline = false;
	if (goes_on)
		return NULL;
	return wasmtime_error_new("killed");
}

struct init_call {
	struct ln_instance *instance;
	struct ln_report **report;
	int result;
};

static int instantiate(struct ln_instance *instance, struct ln_report **report)
{
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error = wasmtime_instance_pre_instantiate(
		ln_module_pre(instance->module), instance->context,
		&instance->instance, &trap);

	if (error != NULL || trap != NULL) {
		int result = trap != NULL ? LN_ETRAP : LN_ELIMIT;

		*report = ln_report_new(error, trap,
					ln_module_names(instance->module));
		return instance->host_stop ? LN_EKILLED : result;
	}
	return 0;
}

static bool has_much_data(const struct ln_module *module)
{
	return ln_module_written_bytes(module) > WRITTEN_MOST;
}

static void init_on_stack(void *argument)
{
	struct init_call *call = argument;
	struct ln_instance *instance = call->instance;
	struct ln_module *module = instance->module;
	unsigned variant = ln_module_variant(module);
	uint64_t memory = instance->limits.max_memory;
	uint32_t elements = 0;
	wasmtime_error_t *error;

	instance->table_bytes = ln_module_table_bytes(
		module, memory, instance->limits.max_table_elements, &elements);
	if (!ln_instance_charge(instance, instance->table_bytes)) {
		instance->table_bytes = 0;
		*call->report = ln_report_plain("the tables of the module "
						"exceed the memory limit");
		call->result = LN_ELIMIT;
		return;
	}

	instance->store = wasmtime_store_new(
		ln_engine_variant(ln_module_engine(module), variant), NULL,
		NULL);
	instance->context = wasmtime_store_context(instance->store);
	/* Memories are bounded where they are made, engine/memory.c, and tables
	 * that cannot grow have been charged. */
	if (ln_module_tables_grow(module))
		wasmtime_store_limiter(
			instance->store,
			memory > INT64_MAX ? -1 : (int64_t)memory, elements,
			INSTANCES, MOST_TABLES, MOST_MEMORIES);
	if (variant & LN_VARIANT_EPOCHS) {
		wasmtime_store_epoch_deadline_callback(
			instance->store, on_deadline, instance, NULL);
		wasmtime_context_set_epoch_deadline(instance->context, 1);
	}
	if (variant & LN_VARIANT_METERED) {
		error = wasmtime_context_set_fuel(instance->context,
						  instance->limits.max_fuel);
		if (error != NULL)
			wasmtime_error_delete(error);
	}
	call->result = 0;
	if (ln_module_has_start(module) || has_much_data(module))
		return;
	/* Copying data segments is compiled code as well, and asks for
	 * preemption; here there is no fiber that could be left. */
	instance->off_fiber = true;
	call->result = instantiate(instance, call->report);
	instance->off_fiber = false;
}

/* In a thread of the pool; the task waits. */
static void init_in_pool(void *argument)
{
	struct init_call *call = argument;

	making = call->instance;
	call->instance->off_fiber = true;
	call->result = instantiate(call->instance, call->report);
	call->instance->off_fiber = false;
	making = NULL;
}

int ln_instance_init(struct ln_instance *instance, struct ln_module *module,
		     const struct ln_instance_limits *limits,
		     struct ln_task *task, void *data,
		     struct ln_report **report)
{
	struct init_call call = { .instance = instance, .report = report };

	*instance = (struct ln_instance){
		.data = data, .task = task, .module = module, .limits = *limits
	};
	instance->code = ln_module_image(module, &instance->code_size);
	*report = NULL;
	ln_task_set_local(task, instance);
	ln_task_on_worker_stack(task, init_on_stack, &call);
	if (call.result < 0)
		return call.result;
	if (ln_module_has_start(module)) {
		call.result = instantiate(instance, report);
	} else if (has_much_data(module)) {
		int error = ln_blocking_run(ln_sched_blocking(task->sched),
					    init_in_pool, &call);

		if (error < 0)
			call.result = error;
	}
	return call.result;
}

struct report_call {
	wasmtime_error_t *error;
	wasm_trap_t *trap;
	const struct ln_names *names;
	struct ln_report *report;
};

static void report_on_stack(void *argument)
{
	struct report_call *call = argument;

	call->report = ln_report_new(call->error, call->trap, call->names);
}

enum ln_stop ln_instance_call(struct ln_instance *instance,
			      const struct ln_entry *entry,
			      const wasmtime_val_raw_t *params,
			      struct ln_report **report)
{
	uint32_t slots = entry->param_count > entry->result_count
				 ? entry->param_count
				 : entry->result_count;
	struct report_call call = { 0 };
	wasmtime_val_raw_t few[4];
	wasmtime_val_raw_t *values = few;
	wasmtime_extern_t item;

	*report = NULL;
	if (!wasmtime_instance_export_get(instance->context,
					  &instance->instance, entry->name,
					  entry->name_len, &item) ||
	    item.kind != WASMTIME_EXTERN_FUNC)
		return LN_STOP_TRAPPED;
	if (slots > 4) {
		values = calloc(slots, sizeof(*values));
		if (values == NULL)
			return LN_STOP_TRAPPED;
	}
	if (entry->param_count > 0)
		memcpy(values, params, entry->param_count * sizeof(*values));
	call.error = wasmtime_func_call_unchecked(
		instance->context, &item.of.func, values, slots, &call.trap);
	if (values != few)
		free(values);
	if (call.error == NULL && call.trap == NULL)
		return LN_STOP_RETURNED;
	if (instance->host_stop) {
		if (call.error != NULL)
			wasmtime_error_delete(call.error);
		else
			wasm_trap_delete(call.trap);
		return LN_STOP_HOST;
	}
	call.names = ln_module_names(instance->module);
	ln_task_on_worker_stack(instance->task, report_on_stack, &call);
	*report = call.report;
	return LN_STOP_TRAPPED;
}

static void deinit_on_stack(void *argument)
{
	struct ln_instance *instance = argument;

	wasmtime_store_delete(instance->store);
}

void ln_instance_deinit(struct ln_instance *instance)
{
	ln_instance_refund(instance, instance->table_bytes);
	instance->table_bytes = 0;
	if (instance->store == NULL)
		return;
	ln_task_on_worker_stack(instance->task, deinit_on_stack, instance);
	instance->store = NULL;
	instance->context = NULL;
	instance->memory_base = NULL;
	ln_task_set_local(instance->task, NULL);
	ln_memories_settle(instance);
}

void ln_instance_record_trap(const char *text, size_t len)
{
	lunatic_engine_record_trap(text, len);
}

LN_NOINLINE bool ln_instance_pause(struct ln_instance *instance)
{
	static const char text[] = "killed";

	if (give_way(instance))
		return true;
	ln_instance_record_trap(text, sizeof(text) - 1);
	return false;
}

/* After a piece of a bulk memory operation. */
static bool pause_in_bulk(struct ln_instance *instance, uintptr_t *resume)
{
	if (ln_module_variant(instance->module) & LN_VARIANT_EPOCHS) {
		/* A kill waits for the next look at the epoch. */
		if (!ln_task_interrupted(instance->task) &&
		    ln_task_should_yield(instance->task))
			ln_task_give_way(instance->task);
		return true;
	}
	if (LN_LIKELY(!atomic_load_explicit(&instance->overdue,
					    memory_order_relaxed)))
		return true;
	if (give_way(instance))
		return true;
	*resume = ln_preempt_stop();
	return false;
}

bool ln_instance_after_bulk(uintptr_t *resume)
{
	struct ln_instance *instance = ln_instance_running();
	bool goes_on;

	if (instance == NULL || instance->off_fiber)
		return true;
	/* The engine does not know where its guest is. */
	instance->interrupted_at = LN_SOMEWHERE;
	goes_on = pause_in_bulk(instance, resume);
	instance->interrupted_at = 0;
	return goes_on;
}

void ln_instance_in_collection(void)
{
	struct ln_instance *instance = ln_instance_running();

	if (instance == NULL || instance->off_fiber)
		return;
	/* Nothing may look at the objects, or at the guest, now. */
	instance->interrupted_at = LN_SOMEWHERE;
	ln_task_rest();
	instance->interrupted_at = 0;
}

void ln_instance_resumed(struct ln_instance *instance)
{
	uint64_t tick;

	if (!(ln_module_variant(instance->module) & LN_VARIANT_EPOCHS))
		return;
	tick = ln_sched_ticks(instance->task->sched);
	if (tick == instance->deadline_tick)
		return;
	instance->deadline_tick = tick;
	wasmtime_context_set_epoch_deadline(instance->context, 1);
}
