/*
 * DESIGN
 * A variant is a Wasmtime engine with fixed settings, and in time a module that
 * traps, for where.c.
 *
 * Threads: any. The probe is made by whoever is first.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/slots.h"
#include "engine/wasmtime/wasmtime_impl.h"

/* More make nothing faster that has so few functions. */
#define COMPILER_THREADS_MAX 16

/* Exported by our patch of Wasmtime (engine/patches). */
bool lunatic_engine_start_compiler(size_t threads);

/* (module (func (export "f") unreachable)) */
static const uint8_t probe_bytes[] = {
	0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, /* version 1 */
	0x01, 0x04, 0x01, 0x60, 0x00, 0x00,             /* type () -> () */
	0x03, 0x02, 0x01, 0x00,                         /* a function */
	0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,       /* its export */
	0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b,       /* its code */
};

static void set_features(wasm_config_t *config)
{
	wasmtime_config_wasm_reference_types_set(config, true);
	wasmtime_config_wasm_bulk_memory_set(config, true);
	wasmtime_config_wasm_multi_value_set(config, true);
	wasmtime_config_wasm_multi_memory_set(config, true);
	wasmtime_config_wasm_simd_set(config, true);
	wasmtime_config_wasm_relaxed_simd_set(config, true);
	wasmtime_config_wasm_tail_call_set(config, true);
	/* Objects and exceptions are in a heap that a process gets when it is
	 * instantiated, if its module uses them; a memory like others, see
	 * engine/memory.c. What others pay for them was measured: nothing. */
	wasmtime_config_wasm_function_references_set(config, true);
	wasmtime_config_wasm_gc_set(config, true);
	wasmtime_config_wasm_exceptions_set(config, true);
	wasmtime_config_wasm_memory64_set(config, true);
}

/* As many as there are processors, within reason; 0: what the variable that the
 * threads look at says. */
static size_t compiler_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (getenv("RAYON_NUM_THREADS") != NULL)
		return 0;
	return cores < 1                      ? 1
	       : cores > COMPILER_THREADS_MAX ? COMPILER_THREADS_MAX
					      : (size_t)cores;
}

/* All that the generated code depends on. */
static wasm_config_t *configure(unsigned variant)
{
	wasm_config_t *config = wasm_config_new();
	bool guarded = (variant & LN_VARIANT_GUARD) != 0;

	set_features(config);
	wasmtime_config_epoch_interruption_set(
		config, (variant & LN_VARIANT_EPOCHS) != 0);
	wasmtime_config_consume_fuel_set(config,
					 (variant & LN_VARIANT_METERED) != 0);
	wasmtime_config_native_unwind_info_set(config, false);
	/* Where its threads cannot be started, one does it. */
	wasmtime_config_parallel_compilation_set(
		config, lunatic_engine_start_compiler(compiler_threads()));
	wasmtime_config_cranelift_opt_level_set(config,
						WASMTIME_OPT_LEVEL_SPEED);
	wasmtime_config_memory_init_cow_set(config, false);
	wasmtime_config_memory_reservation_set(config,
					       guarded ? LN_SLOT_RESERVED : 0);
	wasmtime_config_memory_guard_size_set(config,
					      guarded ? LN_SLOT_GUARD : 0);
	wasmtime_config_memory_reservation_for_growth_set(config, 0);
	wasmtime_config_memory_may_move_set(config, !guarded);
	return config;
}

/* What running needs, and code does not depend on. */
static void configure_running(wasm_config_t *config,
			      const struct ln_engine *engine)
{
	wasmtime_memory_creator_t creator =
		ln_wasmtime_creator(ln_engine_memories(engine));

	wasmtime_config_max_wasm_stack_set(config, ln_engine_stack(engine));
	/* Of fibers that are never made, but compared with the former. */
	wasmtime_config_async_stack_size_set(config,
					     ln_engine_stack_size(engine));
	wasmtime_config_host_memory_creator_set(config, &creator);
}

struct ln_variant *ln_wasmtime_variant_new(const struct ln_engine *engine,
					   unsigned flags)
{
	struct ln_variant *variant = calloc(1, sizeof(*variant));
	wasm_config_t *config;

	if (variant == NULL)
		return NULL;
	config = configure(flags);
	if (engine != NULL)
		configure_running(config, engine);
	variant->engine = wasm_engine_new_with_config(config);
	if (variant->engine != NULL)
		return variant;
	free(variant);
	return NULL;
}

void ln_wasmtime_variant_free(struct ln_variant *variant)
{
	wasmtime_module_t *probe =
		atomic_load_explicit(&variant->probe, memory_order_relaxed);

	if (probe != NULL)
		wasmtime_module_delete(probe);
	wasm_engine_delete(variant->engine);
	free(variant);
}

void ln_wasmtime_variant_tick(struct ln_variant *variant)
{
	wasmtime_engine_increment_epoch(variant->engine);
}

void ln_wasmtime_variant_prepare_probe(struct ln_variant *variant)
{
	wasmtime_module_t *none = NULL;
	wasmtime_module_t *probe;
	wasmtime_error_t *error;

	if (atomic_load_explicit(&variant->probe, memory_order_relaxed) != NULL)
		return;
	error = wasmtime_module_new(variant->engine, probe_bytes,
				    sizeof(probe_bytes), &probe);
	if (error != NULL) {
		wasmtime_error_delete(error);
		return;
	}
	/* Release pairs with the acquire in where.c. Another thread may have
	 * been faster. */
	if (!atomic_compare_exchange_strong_explicit(
		    &variant->probe, &none, probe, memory_order_release,
		    memory_order_relaxed))
		wasmtime_module_delete(probe);
}
