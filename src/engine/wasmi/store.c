/*
 * A store of wasmi, its instance, and calls. A guest's frames are in memory of
 * wasmi's; the interpreter itself, and host functions, are on the fiber.
 *
 * Fuel: a store has that of its slice, and the state the rest (hooks.c). It is
 * counted before it is used, so a trap loses none.
 *
 * Threads: the one that runs the process; while it is instantiated, perhaps one
 * of the blocking pool.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "engine/entries.h"
#include "engine/module.h"
#include "engine/report.h"
#include "engine/wasmi/wasmi_impl.h"
#include "sched/task.h"

static const struct lunatic_wasmi_linked *
linked_of(const struct ln_instance *instance)
{
	return (const struct lunatic_wasmi_linked *)ln_compiled_linked(
		instance->module);
}

int ln_wasmi_open(struct ln_instance *instance, uint32_t elements)
{
	struct ln_instance_state *state = (void *)instance->state_room;
	uint64_t fuel = UINT64_MAX;

	if (ln_compiled_engine_variant(instance->module)->metered)
		fuel = instance->limits.max_fuel;
	*state = (struct ln_instance_state){ 0 };
	fuel = ln_wasmi_slice(fuel, 0, &state->later);
	state->store = lunatic_engine_wasmi_store_new(linked_of(instance),
						      elements, fuel);
	instance->state = state;
	return 0;
}

struct report_call {
	const struct lunatic_wasmi_failure *failure;
	const struct ln_names *names;
	const char *refusal;
	struct ln_report *report;
};

static void make_report(void *argument)
{
	struct report_call *call = argument;
	struct ln_frame frames[LN_REPORT_FRAMES];
	const uint32_t *functions;
	const char *reason;
	size_t count, len;

	functions =
		lunatic_engine_wasmi_failure_functions(call->failure, &count);
	for (size_t i = 0; i < count && i < LN_REPORT_FRAMES; i++)
		frames[i] = (struct ln_frame){ .function = functions[i],
					       .offset = SIZE_MAX };
	reason = lunatic_engine_wasmi_failure_reason(call->failure, &len);
	if (call->refusal != NULL) {
		reason = call->refusal;
		len = strlen(reason);
	}
	call->report = ln_report_new(
		reason, len, frames,
		count < LN_REPORT_FRAMES ? count : LN_REPORT_FRAMES,
		count > LN_REPORT_FRAMES, call->names);
}

/* Consumes the failure. NULL: memory is short. */
static struct ln_report *report(struct ln_instance *instance,
				struct lunatic_wasmi_failure *failure,
				const char *refusal)
{
	struct report_call call = {
		.failure = failure,
		.names = ln_compiled_names(instance->module),
		.refusal = refusal,
	};

	ln_task_on_worker_stack(ln_task_current(), make_report, &call);
	lunatic_engine_wasmi_failure_free(failure);
	return call.report;
}

int ln_wasmi_instantiate(struct ln_instance *instance, struct ln_report **out)
{
	struct ln_instance_state *state = instance->state;
	bool in_pool = ln_task_current() == NULL;
	struct lunatic_wasmi_failure *failure;
	bool made;

	if (in_pool) {
		ln_thread_pin(1);
		ln_wasmi_set_making(instance);
	}
	made = lunatic_engine_wasmi_instantiate(state->store,
						linked_of(instance), &failure);
	if (in_pool) {
		ln_wasmi_set_making(NULL);
		ln_thread_pin(-1);
	}
	if (made)
		return 0;
	*out = report(instance, failure, state->refusal);
	if (instance->host_stop)
		return LN_EKILLED;
	return state->refusal != NULL ? LN_ELIMIT : LN_ETRAP;
}

enum ln_stop ln_wasmi_call(struct ln_instance *instance,
			   const struct ln_entry *entry,
			   const union ln_value *params, struct ln_report **out)
{
	struct ln_instance_state *state = instance->state;
	struct lunatic_wasmi_failure *failure;

	if (lunatic_engine_wasmi_call(state->store, entry->name,
				      entry->name_len, params, NULL, &failure))
		return LN_STOP_RETURNED;
	if (instance->host_stop) {
		lunatic_engine_wasmi_failure_free(failure);
		return LN_STOP_HOST;
	}
	*out = report(instance, failure, NULL);
	return LN_STOP_TRAPPED;
}

int ln_wasmi_reenter(struct ln_instance *instance, const struct ln_entry *entry,
		     union ln_value *values, struct ln_report **out)
{
	struct lunatic_wasmi_failure *failure;

	if (lunatic_engine_wasmi_call(instance->state->store, entry->name,
				      entry->name_len, values, values,
				      &failure))
		return 0;
	if (instance->host_stop) {
		lunatic_engine_wasmi_failure_free(failure);
		return LN_EKILLED;
	}
	if (out != NULL)
		*out = report(instance, failure, NULL);
	else
		lunatic_engine_wasmi_failure_free(failure);
	return LN_ETRAP;
}

void ln_wasmi_close(struct ln_instance *instance)
{
	lunatic_engine_wasmi_store_free(instance->state->store);
}

uint64_t ln_wasmi_fuel(const struct ln_instance *instance)
{
	const struct ln_instance_state *state = instance->state;

	return (state->at != NULL ? state->left
				  : lunatic_engine_wasmi_fuel(state->store)) +
	       state->later;
}

void ln_wasmi_set_fuel(struct ln_instance *instance, uint64_t fuel)
{
	struct ln_instance_state *state = instance->state;
	uint64_t now = ln_wasmi_slice(fuel, 0, &state->later);

	if (state->at != NULL)
		state->left = now;
	else
		lunatic_engine_wasmi_set_fuel(state->store, now);
}

/* It looks at the tick itself. */
void ln_wasmi_new_slice(struct ln_instance *instance)
{
	(void)instance;
}

void ln_wasmi_record_trap(const char *text, size_t len)
{
	lunatic_engine_wasmi_record_trap(ln_instance_running()->state->store,
					 text, len);
}

size_t ln_wasmi_where(struct ln_instance *instance, uint32_t *functions,
		      size_t *offsets, size_t max)
{
	const struct ln_instance_state *state = instance->state;
	size_t count = lunatic_engine_wasmi_where(state->store, state->at,
						  functions, max);

	for (size_t i = 0; i < count && offsets != NULL; i++)
		offsets[i] = SIZE_MAX;
	return count;
}

int ln_wasmi_backtrace(struct ln_instance *instance,
		       const struct ln_entry *trapping, uint32_t *functions,
		       size_t max, size_t *count)
{
	(void)trapping;
	*count = lunatic_engine_wasmi_where(
		instance->state->store, instance->state->at, functions, max);
	return 0;
}
