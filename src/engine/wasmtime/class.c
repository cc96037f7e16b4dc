/*
 * Wasmtime: compiles, and runs what it compiled. What is patched for us is in
 * engine/patches; docs/architecture.md lists it.
 */
#include <pthread.h>

#include "engine/fault.h"
#include "engine/needs.h"
#include "engine/wasmtime/wasmtime_impl.h"
#include "sched/fiber.h"

/* Exported by our patch of Wasmtime (engine/patches). */
void *lunatic_engine_swap_activations(void *head);
void lunatic_engine_set_bulk_hook(bool (*hook)(uintptr_t *resume));
void lunatic_engine_set_gc_hook(void (*hook)(void));
void lunatic_engine_set_startup_hook(bool (*hook)(void));

/* Has Wasmtime install its handlers of signals, which it does with its first
 * engine, and puts ours before it. */
static void install_handlers(void)
{
	wasm_engine_t *engine = wasm_engine_new();

	if (engine != NULL)
		wasm_engine_delete(engine);
	ln_fault_install();
}

static enum ln_preemption prepare(enum ln_preemption wanted)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install_handlers);
	ln_fiber_set_activation_swap(lunatic_engine_swap_activations);
	lunatic_engine_set_bulk_hook(ln_wasmtime_after_bulk);
	lunatic_engine_set_gc_hook(ln_wasmtime_in_collection);
	lunatic_engine_set_startup_hook(ln_wasmtime_leaves_startup_out);
	return wanted == LN_PREEMPTION_SIGNAL && ln_wasmtime_prepare_signals()
		       ? LN_PREEMPTION_SIGNAL
		       : LN_PREEMPTION_EPOCHS;
}

const struct ln_engine_class ln_wasmtime_class = {
	.name = "wasmtime",
	.version = "wasmtime " WASMTIME_VERSION,
	.needs = LN_NEEDS_CODE | LN_NEEDS_SIGNALS,
	.prepare = prepare,
	.variant_new = ln_wasmtime_variant_new,
	.variant_free = ln_wasmtime_variant_free,
	.variant_tick = ln_wasmtime_variant_tick,
	.variant_prepare_probe = ln_wasmtime_variant_prepare_probe,
	.assemble = ln_wasmtime_assemble,
	.validate = ln_wasmtime_validate,
	.compile = ln_wasmtime_compile,
	.compiled_free = ln_wasmtime_compiled_free,
	.image = ln_wasmtime_image,
	.serialize = ln_wasmtime_serialize,
	.deserialize = ln_wasmtime_deserialize,
	.imports_new = ln_wasmtime_imports_new,
	.imports_free = ln_wasmtime_imports_free,
	.link = ln_wasmtime_link,
	.linked_free = ln_wasmtime_linked_free,
	.open = ln_wasmtime_open,
	.instantiate = ln_wasmtime_instantiate,
	.call = ln_wasmtime_call,
	.reenter = ln_wasmtime_reenter,
	.close = ln_wasmtime_close,
	.snapshot = ln_wasmtime_snapshot,
	.snapshot_free = ln_wasmtime_snapshot_free,
	.allows = ln_wasmtime_allows,
	.fill = ln_wasmtime_fill,
	.retire = ln_wasmtime_retire,
	.revive = ln_wasmtime_revive,
	.fuel = ln_wasmtime_fuel,
	.set_fuel = ln_wasmtime_set_fuel,
	.new_slice = ln_wasmtime_new_slice,
	.record_trap = ln_wasmtime_record_trap,
	.preempt = ln_wasmtime_preempt,
	.where = ln_wasmtime_where,
	.backtrace = ln_wasmtime_backtrace,
	.components = &ln_wasmtime_components,
};
