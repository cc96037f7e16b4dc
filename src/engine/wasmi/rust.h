/*
 * wasmi as C functions, which engine/wasmi (Rust) has. Names of entries and
 * tables of host functions stay where they are as long as what was made of
 * them. What fails gives a failure, which the caller frees. Unless it says
 * otherwise any thread may call; what is of a store, only the one that runs it.
 */
#ifndef LN_ENGINE_WASMI_RUST_H
#define LN_ENGINE_WASMI_RUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lunatic_wasmi_failure;
struct lunatic_wasmi_linked;
struct lunatic_wasmi_module;
struct lunatic_wasmi_store;
struct ln_host_function;
union ln_value;

/* What the runtime does for guests, on the stack that they run on, which it may
 * leave. */
struct lunatic_wasmi_hooks {
	/* Makes a linear memory of so many bytes, zero; NULL: none. */
	void *(*make)(size_t size, uint8_t **base);
	/* Makes it larger; false: it stays as it is. */
	bool (*grow)(void *memory, size_t size, uint8_t **base);
	void (*free)(void *memory);
	/* A guest has `left` of the fuel of its slice, and needs `required`.
	 * Sets *fuel to what it has from now on, at least that; false: it
	 * traps. `at` is for lunatic_engine_wasmi_where. */
	bool (*next_slice)(const void *at, uint64_t left, uint64_t required,
			   uint64_t *fuel);
	/* Between pieces of a bulk operation; false: it traps. */
	bool (*in_bulk)(void);
	/* Records the trap of a host function that is not allowed. */
	void (*denied)(const struct ln_host_function *function);
};

/* Copies; to be called before all else, and once more does no harm. */
void lunatic_engine_wasmi_set_hooks(const struct lunatic_wasmi_hooks *hooks);

/* ---- Failures ---- */

/* Not terminated. */
const char *
lunatic_engine_wasmi_failure_reason(const struct lunatic_wasmi_failure *failure,
				    size_t *len);

/* The numbers of the functions that were being called, innermost first: 33, and
 * there may be more. */
const uint32_t *lunatic_engine_wasmi_failure_functions(
	const struct lunatic_wasmi_failure *failure, size_t *count);

/* NULL is fine. */
void lunatic_engine_wasmi_failure_free(struct lunatic_wasmi_failure *failure);

/* ---- Modules ---- */

/* Validates all of a binary; functions are translated when they are called
 * first. `stack`: bytes of guests' frames. */
bool lunatic_engine_wasmi_module_new(const uint8_t *bytes, size_t len,
				     size_t stack,
				     struct lunatic_wasmi_module **module,
				     struct lunatic_wasmi_failure **failure);
void lunatic_engine_wasmi_module_free(struct lunatic_wasmi_module *module);

/* Finds what it imports in a table of `count` functions, among those of the
 * generation or of any (0). Whose bit in `allowed` is not set is denied. */
bool lunatic_engine_wasmi_link(const struct lunatic_wasmi_module *module,
			       const struct ln_host_function *table,
			       size_t count, uint32_t generation,
			       const uint64_t *allowed,
			       struct lunatic_wasmi_linked **linked,
			       struct lunatic_wasmi_failure **failure);
void lunatic_engine_wasmi_linked_free(struct lunatic_wasmi_linked *linked);

/* ---- Stores ---- */

/* With no instance so far; each table may have `elements`. */
struct lunatic_wasmi_store *
lunatic_engine_wasmi_store_new(const struct lunatic_wasmi_linked *linked,
			       uint32_t elements, uint64_t fuel);

/* Nothing of it may be running. */
void lunatic_engine_wasmi_store_free(struct lunatic_wasmi_store *store);

/* Also runs the start function. Once. */
bool lunatic_engine_wasmi_instantiate(struct lunatic_wasmi_store *store,
				      const struct lunatic_wasmi_linked *linked,
				      struct lunatic_wasmi_failure **failure);

/* Calls an exported function, also from within a host function; `results`,
 * which may be where the parameters are, gets its results. NULL: nobody wants
 * them. */
bool lunatic_engine_wasmi_call(struct lunatic_wasmi_store *store,
			       const char *name, size_t len,
			       const union ln_value *params,
			       union ln_value *results,
			       struct lunatic_wasmi_failure **failure);

/* Copies the text of the trap that a host function raises. */
void lunatic_engine_wasmi_record_trap(struct lunatic_wasmi_store *store,
				      const char *text, size_t len);

/* What is left of the slice. Not while `next_slice` runs. */
uint64_t lunatic_engine_wasmi_fuel(const struct lunatic_wasmi_store *store);
void lunatic_engine_wasmi_set_fuel(struct lunatic_wasmi_store *store,
				   uint64_t fuel);

/* The numbers of the functions that are being called, innermost first, up to
 * `max`; returns how many. `at`: what `next_slice` got, while it runs; or
 * NULL. Looks at all functions of the module. */
size_t lunatic_engine_wasmi_where(struct lunatic_wasmi_store *store,
				  const void *at, uint32_t *functions,
				  size_t max);

#endif
