/*
 * DESIGN
 * A variant is made when it is first asked for, under a lock, and kept. The
 * tick advances the epoch of every variant that exists; it reads the pointers
 * without the lock, since they are set once.
 *
 * Stacks: some bytes for the guest's frames, checked by compiled code in every
 * prologue, and HOST_STACK for what host functions put on top. There is no
 * guard page between slots; sanitizers need more for host frames. Most guests
 * are content with little, but languages that keep their stack on that of wasm
 * are not: Go's parsers recurse deeply. What is not touched costs addresses,
 * and page tables: neighbouring slots share a page of these, with 1 MiB fewer
 * than with less.
 */
#include "engine/engine.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/futex.h"
#include "engine/cache.h"
#include "engine/code.h"
#include "engine/instance.h"
#include "engine/linker.h"
#include "engine/memory.h"
#include "engine/preempt.h"
#include "sched/fiber.h"

/* More make nothing faster that has so few functions. */
#define COMPILER_THREADS_MAX 16

#if LN_ASAN || LN_TSAN
#define HOST_STACK ((size_t)640 << 10)
#else
#define HOST_STACK ((size_t)128 << 10)
#endif

/* A 32-bit address plus a small offset always lands inside: no checks. */
#define GUARD_RESERVED ((uint64_t)4 << 30)
#define GUARD_SIZE ((uint64_t)32 << 20)

/* Exported by our patch of Wasmtime (engine/patches). */
void *lunatic_engine_swap_activations(void *head);
void lunatic_engine_set_bulk_hook(bool (*hook)(uintptr_t *resume));
void lunatic_engine_set_gc_hook(void (*hook)(void));
bool lunatic_engine_start_compiler(size_t threads);

struct ln_engine {
	const struct ln_host_table *table;
	struct ln_memories *memories;
	struct ln_codes *codes;
	struct ln_linkers *linkers;
	struct ln_compiling compiling; /* its text is owned */
	unsigned flags;                /* of all variants */
	size_t stack;                  /* bytes of guests' frames */
	struct ln_lock lock;           /* held to make a variant */
	wasm_engine_t *_Atomic variants[LN_VARIANTS];
	wasmtime_module_t *_Atomic probes[LN_VARIANTS]; /* see where.c */
};

/* (module (func (export "f") unreachable)) */
static const uint8_t probe_bytes[] = {
	0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, /* version 1 */
	0x01, 0x04, 0x01, 0x60, 0x00, 0x00,             /* type () -> () */
	0x03, 0x02, 0x01, 0x00,                         /* a function */
	0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,       /* its export */
	0x0a, 0x05, 0x01, 0x03, 0x00, 0x00, 0x0b,       /* its code */
};

int ln_engine_new(const struct ln_host_table *table,
		  enum ln_preemption preemption, struct ln_engine **out)
{
	struct ln_engine *engine = calloc(1, sizeof(*engine));
	int error;

	if (engine == NULL)
		return LN_ENOMEM;
	engine->table = table;
	engine->stack = LN_ENGINE_STACK_DEFAULT;
	error = ln_cache_guard();
	if (error < 0) {
		free(engine);
		return error;
	}
	if (preemption == LN_PREEMPTION_EPOCHS || !ln_preempt_prepare())
		engine->flags = LN_VARIANT_EPOCHS;
	error = ln_memories_new(&engine->memories);
	if (error == 0)
		error = ln_codes_new(&engine->codes);
	if (error == 0)
		error = ln_linkers_new(&engine->linkers);
	if (error < 0) {
		ln_codes_free(engine->codes);
		ln_memories_free(engine->memories);
		free(engine);
		return error;
	}
	ln_fiber_set_activation_swap(lunatic_engine_swap_activations);
	lunatic_engine_set_bulk_hook(ln_instance_after_bulk);
	lunatic_engine_set_gc_hook(ln_instance_in_collection);
	*out = engine;
	return 0;
}

int ln_engine_set_compiling(struct ln_engine *engine,
			    const struct ln_compiling *compiling)
{
	char *program = NULL;

	if (compiling->program != NULL) {
		program = strdup(compiling->program);
		if (program == NULL)
			return LN_ENOMEM;
	}
	free((char *)engine->compiling.program);
	engine->compiling = *compiling;
	engine->compiling.program = program;
	return 0;
}

const struct ln_compiling *ln_engine_compiling(const struct ln_engine *engine)
{
	return &engine->compiling;
}

void ln_engine_free(struct ln_engine *engine)
{
	if (engine == NULL)
		return;
	for (unsigned i = 0; i < LN_VARIANTS; i++) {
		wasm_engine_t *variant = atomic_load_explicit(
			&engine->variants[i], memory_order_relaxed);
		wasmtime_module_t *probe = atomic_load_explicit(
			&engine->probes[i], memory_order_relaxed);

		if (probe != NULL)
			wasmtime_module_delete(probe);
		if (variant != NULL)
			wasm_engine_delete(variant);
	}
	ln_linkers_free(engine->linkers);
	ln_codes_free(engine->codes);
	ln_memories_free(engine->memories);
	free((char *)engine->compiling.program);
	free(engine);
}

void ln_engine_tick(void *argument)
{
	struct ln_engine *engine = argument;

	for (unsigned i = 0; i < LN_VARIANTS; i++) {
		/* Acquire pairs with the release in ln_engine_variant. */
		wasm_engine_t *variant = atomic_load_explicit(
			&engine->variants[i], memory_order_acquire);

		if (variant != NULL)
			wasmtime_engine_increment_epoch(variant);
	}
}

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
					       guarded ? GUARD_RESERVED : 0);
	wasmtime_config_memory_guard_size_set(config, guarded ? GUARD_SIZE : 0);
	wasmtime_config_memory_reservation_for_growth_set(config, 0);
	wasmtime_config_memory_may_move_set(config, !guarded);
	return config;
}

wasm_engine_t *ln_engine_compiler(unsigned variant)
{
	return wasm_engine_new_with_config(configure(variant));
}

static wasm_engine_t *make_variant(struct ln_engine *engine, unsigned variant)
{
	wasm_config_t *config = configure(variant);
	wasmtime_memory_creator_t creator =
		ln_memories_creator(engine->memories);

	wasmtime_config_max_wasm_stack_set(config, engine->stack);
	/* Of fibers that are never made, but compared with the former. */
	wasmtime_config_async_stack_size_set(config,
					     engine->stack + HOST_STACK);
	wasmtime_config_host_memory_creator_set(config, &creator);
	return wasm_engine_new_with_config(config);
}

enum ln_preemption ln_engine_preemption(const struct ln_engine *engine)
{
	return engine->flags & LN_VARIANT_EPOCHS ? LN_PREEMPTION_EPOCHS
						 : LN_PREEMPTION_SIGNAL;
}

unsigned ln_engine_complete(const struct ln_engine *engine, unsigned variant)
{
	return variant | engine->flags;
}

static wasm_engine_t *complete_variant(struct ln_engine *engine,
				       unsigned variant)
{
	wasm_engine_t *made = atomic_load_explicit(&engine->variants[variant],
						   memory_order_acquire);

	if (made != NULL)
		return made;
	ln_lock_acquire(&engine->lock);
	made = atomic_load_explicit(&engine->variants[variant],
				    memory_order_relaxed);
	if (made == NULL) {
		made = make_variant(engine, variant);
		/* Release pairs with the acquire loads above and in the
		 * tick. */
		atomic_store_explicit(&engine->variants[variant], made,
				      memory_order_release);
	}
	ln_lock_release(&engine->lock);
	return made;
}

wasm_engine_t *ln_engine_variant(struct ln_engine *engine, unsigned variant)
{
	return complete_variant(engine, ln_engine_complete(engine, variant));
}

static void prepare_probe(struct ln_engine *engine, unsigned variant)
{
	wasm_engine_t *made = atomic_load_explicit(&engine->variants[variant],
						   memory_order_acquire);
	wasmtime_module_t *none = NULL;
	wasmtime_module_t *probe;
	wasmtime_error_t *error;

	if (made == NULL || ln_engine_probe(engine, variant) != NULL)
		return;
	error = wasmtime_module_new(made, probe_bytes, sizeof(probe_bytes),
				    &probe);
	if (error != NULL) {
		wasmtime_error_delete(error);
		return;
	}
	/* Release pairs with the acquire in ln_engine_probe. Another thread
	 * may have been faster. */
	if (!atomic_compare_exchange_strong_explicit(
		    &engine->probes[variant], &none, probe,
		    memory_order_release, memory_order_relaxed))
		wasmtime_module_delete(probe);
}

void ln_engine_prepare_probes(struct ln_engine *engine)
{
	for (unsigned i = 0; i < LN_VARIANTS; i++)
		prepare_probe(engine, i);
}

const wasmtime_module_t *ln_engine_probe(struct ln_engine *engine,
					 unsigned variant)
{
	return atomic_load_explicit(&engine->probes[variant],
				    memory_order_acquire);
}

const struct ln_host_table *ln_engine_host_table(struct ln_engine *engine)
{
	return engine->table;
}

struct ln_linkers *ln_engine_linkers(struct ln_engine *engine)
{
	return engine->linkers;
}

struct ln_codes *ln_engine_codes(struct ln_engine *engine)
{
	return engine->codes;
}

void ln_engine_set_stack(struct ln_engine *engine, size_t bytes)
{
	engine->stack = bytes;
}

size_t ln_engine_stack_size(const struct ln_engine *engine)
{
	return engine->stack + HOST_STACK;
}
