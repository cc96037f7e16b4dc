/*
 * The engine: Wasmtime behind one seam. A variant is a Wasmtime engine with
 * fixed settings; a module is compiled per variant.
 */
#ifndef LN_ENGINE_ENGINE_H
#define LN_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

struct ln_codes;
struct ln_host_table;
struct ln_sched;

/* Settings that change the generated code. A variant is a combination. */
enum ln_variant_flag {
	LN_VARIANT_METERED = 1, /* counts fuel */
	LN_VARIANT_GUARD = 2,   /* 4 GiB reservations with guard pages */
};
#define LN_VARIANTS 4

struct ln_engine;

/* Prepares an engine; variants are made when first asked for. The table of host
 * functions must outlive it. LN_ENOMEM, LN_EIO. */
int ln_engine_new(const struct ln_host_table *table, struct ln_engine **engine);

/* Frees it; no module or instance may be left. */
void ln_engine_free(struct ln_engine *engine);

/* Makes the calling program's fibers carry Wasmtime's activations, and ticks
 * preempt guests: to be called with the scheduler's options before it starts.
 * `ln_engine_tick` is the scheduler's on_tick hook. */
void ln_engine_tick(void *engine);

/* The Wasmtime engine of a variant; NULL when it cannot be made. Any thread. */
wasm_engine_t *ln_engine_variant(struct ln_engine *engine, unsigned variant);

const struct ln_host_table *ln_engine_host_table(struct ln_engine *engine);

/* The code that is in use or being made. */
struct ln_codes *ln_engine_codes(struct ln_engine *engine);

/* Bytes of the stack slot that a fiber which runs wasm needs. */
size_t ln_engine_stack_size(void);

#endif
