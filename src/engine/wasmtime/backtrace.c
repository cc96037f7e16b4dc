/*
 * Wasmtime's C API tells of frames only those of a trap. So the guest is called
 * from the host function that it is in, to trap there; what is unwound is that
 * call alone, and the frames of the calls around it come with the trap.
 *
 * Threads: the one that runs the process, on its fiber.
 */
#include "base/error.h"
#include "engine/entries.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/wasmtime_impl.h"

int ln_wasmtime_backtrace(struct ln_instance *instance,
			  const struct ln_entry *trapping, uint32_t *functions,
			  size_t max, size_t *count)
{
	struct ln_instance_state *state = instance->state;
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error;
	wasmtime_val_raw_t none;
	wasmtime_extern_t item;

	if (!wasmtime_instance_export_get(state->context, &state->instance,
					  trapping->name, trapping->name_len,
					  &item) ||
	    item.kind != WASMTIME_EXTERN_FUNC)
		return LN_EINVAL;
	error = wasmtime_func_call_unchecked(state->context, &item.of.func,
					     &none, 0, &trap);
	ln_cause_drop(error, NULL);
	state->host_trap = false;
	if (instance->host_stop) {
		ln_cause_drop(NULL, trap);
		return LN_EKILLED;
	}
	if (trap == NULL)
		return LN_EINVAL;
	*count = ln_cause_callers(trap, functions, NULL, max);
	return 0;
}
