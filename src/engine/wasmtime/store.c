/*
 * DESIGN
 * A store, its instance, and what Wasmtime calls back while these run.
 *
 * Preemption: by signal, see preempt.c; or, in a variant with epochs, compiled
 * code compares the epoch, which advances each millisecond, with the store's
 * deadline at loop heads and function entries and calls on_deadline, on the
 * fiber. There a kill ends the guest, and others that wait get the worker
 * first.
 *
 * Threads: the one that runs the process; while it is instantiated, perhaps one
 * of the blocking pool.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/futex.h"
#include "engine/component.h"
#include "engine/entries.h"
#include "engine/module.h"
#include "engine/report.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/wasmtime_impl.h"
#include "sched/task.h"

#define INSTANCES 2 /* the guest's, and one that tells where it is */
#define MAX_TABLES 16
#define MAX_MEMORIES 100

/* In a thread of the pool: the one whose memories are made. */
static _Thread_local struct ln_instance *making;

struct ln_instance *ln_wasmtime_making(void)
{
	struct ln_task *task = ln_task_current();

	return task != NULL ? task->local : making;
}

static wasmtime_error_t *on_deadline(wasmtime_context_t *context, void *data,
				     uint64_t *delta,
				     wasmtime_update_deadline_kind_t *kind)
{
	struct ln_instance *instance = ln_wasmtime_making();
	bool goes_on;

	/* The store may serve several instances, one after the other. */
	(void)data;
	(void)context;
	*delta = 1;
	*kind = WASMTIME_UPDATE_DEADLINE_CONTINUE;
	if (instance->off_fiber)
		return NULL;
	instance->at_deadline = true;
	goes_on = ln_instance_give_way(instance);
	instance->at_deadline = false;
	if (goes_on)
		return NULL;
	return wasmtime_error_new("killed");
}

void ln_wasmtime_limit(struct ln_instance *instance, uint32_t elements)
{
	struct ln_instance_state *state = instance->state;
	uint64_t memory = instance->limits.max_memory;
	bool component = ln_compiled_is_component(instance->module);

	/* Memories are bounded where they are made, creator.c, and tables that
	 * cannot grow have been charged. */
	if (!ln_compiled_tables_grow(instance->module) ||
	    (memory == state->limit_memory &&
	     elements == state->limit_elements))
		return;
	state->limit_memory = memory;
	state->limit_elements = elements;
	wasmtime_store_limiter(
		state->store, memory > INT64_MAX ? -1 : (int64_t)memory,
		elements,
		component ? LN_COMPONENT_MAX_CORE_INSTANCES + INSTANCES
			  : INSTANCES,
		component ? LN_COMPONENT_MAX_TABLES : MAX_TABLES, MAX_MEMORIES);
}

int ln_wasmtime_open(struct ln_instance *instance, uint32_t elements)
{
	struct ln_instance_state *state = (void *)instance->state_room;
	const struct ln_compiled *module = instance->module;
	unsigned variant = ln_compiled_variant(module);

	state->store = wasmtime_store_new(
		ln_compiled_engine_variant(module)->engine, NULL, NULL);
	state->context = wasmtime_store_context(state->store);
	instance->state = state;
	/* The room may have held one that could not be used again. */
	state->entry = NULL;
	/* No limit is that. */
	state->limit_memory = 0;
	state->limit_elements = UINT32_MAX;
	ln_wasmtime_limit(instance, elements);
	if (variant & LN_VARIANT_EPOCHS) {
		wasmtime_store_epoch_deadline_callback(state->store,
						       on_deadline, NULL, NULL);
		wasmtime_context_set_epoch_deadline(state->context, 1);
	}
	if (variant & LN_VARIANT_METERED)
		ln_wasmtime_set_fuel(instance, instance->limits.max_fuel);
	return 0;
}

int ln_wasmtime_instantiate(struct ln_instance *instance,
			    struct ln_report **report)
{
	bool in_pool = ln_task_current() == NULL;
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;
	int result;

	/* The start function, if any, may be left here and go on in another
	 * thread, but not where there is no task. */
	if (in_pool) {
		ln_thread_pin(1);
		making = instance;
	}
	if (ln_compiled_is_component(instance->module))
		error = ln_wasmtime_component_instantiate(instance);
	else
		error = wasmtime_instance_pre_instantiate(
			(const wasmtime_instance_pre_t *)ln_compiled_linked(
				instance->module),
			instance->state->context, &instance->state->instance,
			&trap);
	if (in_pool) {
		making = NULL;
		ln_thread_pin(-1);
	}
	if (error == NULL && trap == NULL)
		return 0;
	result = trap != NULL ? LN_ETRAP : LN_ELIMIT;
	*report = ln_cause_report(error, trap,
				  ln_compiled_names(instance->module));
	return instance->host_stop ? LN_EKILLED : result;
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

	call->report = ln_cause_report(call->error, call->trap, call->names);
}

struct ln_report *ln_wasmtime_report(struct ln_instance *instance,
				     wasmtime_error_t *error, wasm_trap_t *trap)
{
	struct report_call call = {
		.error = error,
		.trap = trap,
		.names = ln_compiled_names(instance->module),
	};

	ln_task_on_worker_stack(instance->task, report_on_stack, &call);
	return call.report;
}

/* Finds the function of an entry. The same one as last time is found at once.
 */
static bool find_function(struct ln_instance_state *state,
			  const struct ln_entry *entry)
{
	wasmtime_extern_t item;

	if (LN_LIKELY(state->entry == entry))
		return true;
	if (!wasmtime_instance_export_get(state->context, &state->instance,
					  entry->name, entry->name_len,
					  &item) ||
	    item.kind != WASMTIME_EXTERN_FUNC)
		return false;
	state->entry = entry;
	state->function = item.of.func;
	return true;
}

/* What a call that is over means; consumes the error and the trap. */
static enum ln_stop stopped(struct ln_instance *instance,
			    wasmtime_error_t *error, wasm_trap_t *trap,
			    struct ln_report **report)
{
	if (error == NULL && trap == NULL)
		return LN_STOP_RETURNED;
	if (instance->host_stop) {
		ln_cause_drop(error, trap);
		return LN_STOP_HOST;
	}
	*report = ln_wasmtime_report(instance, error, trap);
	return LN_STOP_TRAPPED;
}

static enum ln_stop call_component(struct ln_instance *instance,
				   const struct ln_entry *entry,
				   struct ln_report **report)
{
	wasm_trap_t *trap = NULL;
	bool failed = false;
	wasmtime_error_t *error =
		ln_wasmtime_component_run(instance, entry, &failed, &trap);
	enum ln_stop stop = stopped(instance, error, trap, report);

	return stop == LN_STOP_RETURNED && failed ? LN_STOP_FAILED : stop;
}

enum ln_stop ln_wasmtime_call(struct ln_instance *instance,
			      const struct ln_entry *entry,
			      const union ln_value *params,
			      struct ln_report **report)
{
	struct ln_instance_state *state = instance->state;
	uint32_t slots = entry->param_count > entry->result_count
				 ? entry->param_count
				 : entry->result_count;
	wasmtime_val_raw_t few[4];
	wasmtime_val_raw_t *values = few;
	wasmtime_error_t *error;
	wasm_trap_t *trap = NULL;

	if (ln_compiled_is_component(instance->module))
		return call_component(instance, entry, report);
	if (!find_function(state, entry))
		return LN_STOP_TRAPPED;
	if (slots > 4) {
		values = calloc(slots, sizeof(*values));
		if (values == NULL)
			return LN_STOP_TRAPPED;
	}
	if (entry->param_count > 0)
		memcpy(values, params, entry->param_count * sizeof(*values));
	error = wasmtime_func_call_unchecked(state->context, &state->function,
					     values, slots, &trap);
	if (values != few)
		free(values);
	return stopped(instance, error, trap, report);
}

void ln_wasmtime_close(struct ln_instance *instance)
{
	wasmtime_store_delete(instance->state->store);
}

uint64_t ln_wasmtime_fuel(const struct ln_instance *instance)
{
	uint64_t left = 0;

	/* It fails where none is counted. */
	ln_cause_drop(
		wasmtime_context_get_fuel(instance->state->context, &left),
		NULL);
	return left;
}

void ln_wasmtime_set_fuel(struct ln_instance *instance, uint64_t fuel)
{
	ln_cause_drop(wasmtime_context_set_fuel(instance->state->context, fuel),
		      NULL);
}

void ln_wasmtime_new_slice(struct ln_instance *instance)
{
	wasmtime_context_set_epoch_deadline(instance->state->context, 1);
}

void ln_wasmtime_record_trap(const char *text, size_t len)
{
	ln_instance_running()->state->host_trap = true;
	lunatic_engine_record_trap(text, len);
}

/* After a piece of a bulk memory operation. */
static bool pause_in_bulk(struct ln_instance *instance, uintptr_t *resume)
{
	if (ln_compiled_variant(instance->module) & LN_VARIANT_EPOCHS) {
		/* A kill waits for the next look at the epoch. */
		if (!ln_task_interrupted(instance->task) &&
		    ln_task_should_yield(instance->task))
			ln_task_give_way(instance->task);
		return true;
	}
	if (LN_LIKELY(!atomic_load_explicit(&instance->overdue,
					    memory_order_relaxed)))
		return true;
	if (ln_instance_give_way(instance))
		return true;
	*resume = ln_wasmtime_stop();
	return false;
}

bool ln_wasmtime_after_bulk(uintptr_t *resume)
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

bool ln_wasmtime_leaves_startup_out(void)
{
	const struct ln_instance *instance = ln_wasmtime_making();

	return instance != NULL && instance->image != NULL;
}

void ln_wasmtime_in_collection(void)
{
	struct ln_instance *instance = ln_instance_running();

	if (instance == NULL || instance->off_fiber)
		return;
	/* Nothing may look at the objects, or at the guest, now. */
	instance->interrupted_at = LN_SOMEWHERE;
	ln_task_rest();
	instance->interrupted_at = 0;
}
