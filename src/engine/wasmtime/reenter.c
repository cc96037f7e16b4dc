/*
 * DESIGN
 * A host function calls the guest that called it. For Wasmtime that is one more
 * activation of the store on the running stack, youngest first; a trap unwinds
 * that one alone. The bound of the stack stays that of the first one, since the
 * store is not one of those that Wasmtime gives stacks of their own.
 *
 * Fuel is counted in a local variable of each compiled function, which is
 * stored where it calls something and at `unreachable`. An instruction that
 * traps otherwise loses what its function has counted since. For a guest that
 * ends that is no matter. One that could go on would compute for nothing.
 *
 * An exception that nobody has caught stays in the store, until the next one
 * takes its place. To take it out would leave a root in the store for good,
 * since host functions open no scope for roots.
 *
 * Threads: the one that runs the process, on its fiber.
 */
#include "base/error.h"
#include "engine/entries.h"
#include "engine/module.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/wasmtime_impl.h"

/* Whether the fuel that was used before is known. */
static bool fuel_is_known(const struct ln_instance *instance,
			  const wasm_trap_t *trap)
{
	wasmtime_trap_code_t code;

	if (!(ln_compiled_variant(instance->module) & LN_VARIANT_METERED) ||
	    instance->state->host_trap)
		return true;
	if (trap == NULL)
		return false;
	/* An exception that nobody has caught, which is thrown like a call. */
	if (!wasmtime_trap_code(trap, &code))
		return true;
	switch (code) {
	case WASMTIME_TRAP_CODE_STACK_OVERFLOW:
	case WASMTIME_TRAP_CODE_INDIRECT_CALL_TO_NULL:
	case WASMTIME_TRAP_CODE_BAD_SIGNATURE:
	case WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED:
	case WASMTIME_TRAP_CODE_OUT_OF_FUEL:
		return true;
	default:
		return false;
	}
}

int ln_wasmtime_reenter(struct ln_instance *instance,
			const struct ln_entry *entry, union ln_value *values,
			struct ln_report **report)
{
	struct ln_instance_state *state = instance->state;
	uint32_t slots = entry->param_count > entry->result_count
				 ? entry->param_count
				 : entry->result_count;
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;
	wasmtime_extern_t item;
	int result;

	if (!wasmtime_instance_export_get(state->context, &state->instance,
					  entry->name, entry->name_len,
					  &item) ||
	    item.kind != WASMTIME_EXTERN_FUNC)
		return LN_EINVAL;
	state->host_trap = false;
	error = wasmtime_func_call_unchecked(state->context, &item.of.func,
					     (wasmtime_val_raw_t *)values,
					     slots, &trap);
	if (error == NULL && trap == NULL)
		return 0;
	if (instance->host_stop) {
		ln_cause_drop(error, trap);
		state->host_trap = false;
		return LN_EKILLED;
	}
	result = fuel_is_known(instance, trap) ? LN_ETRAP : LN_ELIMIT;
	state->host_trap = false;
	if (report != NULL)
		*report = ln_wasmtime_report(instance, error, trap);
	else
		ln_cause_drop(error, trap);
	return result;
}
