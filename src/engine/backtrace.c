/*
 * Wasmtime's C API tells of frames only those of a trap. So the guest is called
 * from the host function that it is in, to trap there; what is unwound is that
 * call alone, and the frames of the calls around it come with the trap.
 *
 * Threads: the one that runs the process, on its fiber.
 */
#include "engine/backtrace.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/instance.h"
#include "engine/module.h"
#include "engine/names.h"

bool ln_backtrace_find(struct ln_instance *instance, const char *name,
		       wasmtime_func_t *trapping)
{
	const struct ln_entry *entry =
		ln_module_entry(instance->module, name, strlen(name));
	wasmtime_extern_t item;

	if (entry == NULL || entry->param_count != 0 ||
	    entry->result_count != 0 ||
	    !wasmtime_instance_export_get(instance->context,
					  &instance->instance, name,
					  strlen(name), &item) ||
	    item.kind != WASMTIME_EXTERN_FUNC)
		return false;
	*trapping = item.of.func;
	return true;
}

int ln_backtrace_take(struct ln_instance *instance,
		      const wasmtime_func_t *trapping,
		      struct ln_backtrace *backtrace)
{
	wasmtime_val_raw_t none;
	wasmtime_error_t *error;

	*backtrace = (struct ln_backtrace){
		.names = ln_module_names(instance->module),
	};
	error = wasmtime_func_call_unchecked(instance->context, trapping, &none,
					     0, &backtrace->trap);
	if (error != NULL)
		wasmtime_error_delete(error);
	if (instance->host_stop) {
		ln_backtrace_free(backtrace);
		return LN_EKILLED;
	}
	if (backtrace->trap == NULL)
		return LN_EINVAL;
	wasm_trap_trace(backtrace->trap, &backtrace->frames);
	return 0;
}

void ln_backtrace_free(struct ln_backtrace *backtrace)
{
	if (backtrace->trap == NULL)
		return;
	wasm_frame_vec_delete(&backtrace->frames);
	wasm_trap_delete(backtrace->trap);
	backtrace->trap = NULL;
}

size_t ln_backtrace_count(const struct ln_backtrace *backtrace)
{
	return backtrace->frames.size > 0 ? backtrace->frames.size - 1 : 0;
}

uint32_t ln_backtrace_function(const struct ln_backtrace *backtrace,
			       size_t frame)
{
	return wasm_frame_func_index(backtrace->frames.data[frame + 1]);
}

char *ln_backtrace_name(const struct ln_backtrace *backtrace, size_t frame)
{
	return ln_names_copy(backtrace->names,
			     ln_backtrace_function(backtrace, frame));
}
