/* What the files of this engine share; see engine/engine_class.h. */
#ifndef LN_ENGINE_WASMTIME_WASMTIME_IMPL_H
#define LN_ENGINE_WASMTIME_WASMTIME_IMPL_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

#include "engine/engine_class.h"
#include "engine/host_table.h"
#include "engine/instance.h"
#include "engine/value.h"

/* Exported by our patches of Wasmtime (engine/patches): what the next host
 * function that is made calls, and the text of a trap before it returns false.
 */
void lunatic_engine_set_next_host_call(ln_host_call call);
void lunatic_engine_record_trap(const char *text, size_t len);

struct ln_memories;
struct ln_names;

/* A host function gets Wasmtime's values as they are. */
_Static_assert(sizeof(union ln_value) == sizeof(wasmtime_val_raw_t) &&
		       alignof(union ln_value) == alignof(wasmtime_val_raw_t),
	       "values are laid out as Wasmtime's");

struct ln_variant {
	wasm_engine_t *engine;
	wasmtime_module_t *_Atomic probe; /* see where.c; NULL: not prepared */
};

/* In instance->state_room. */
struct __attribute__((may_alias)) ln_instance_state {
	wasmtime_store_t *store;
	wasmtime_context_t *context;
	union {
		wasmtime_instance_t instance;
		wasmtime_component_instance_t component;
	};
	wasmtime_func_t probe; /* traps, so that there is a backtrace */
	/* The entry that was called last; NULL: none. */
	const struct ln_entry *entry;
	wasmtime_func_t function; /* of it */
	/* What the store's limiter has been told; if the tables may grow. */
	uint64_t limit_memory;
	uint32_t limit_elements;
	bool can_probe; /* `probe` is made */
	bool host_trap; /* a host function raised the last trap */
};

_Static_assert(sizeof(struct ln_instance_state) <= LN_INSTANCE_STATE_ROOM,
	       "an instance has too little room for the state");

/* What others know as compiled code is a module of Wasmtime. */
static inline const wasmtime_module_t *
ln_wasmtime_module(const struct ln_compiled *code)
{
	return (const wasmtime_module_t *)code;
}

/* What belongs to a component has a pointer that is odd. */
static inline bool ln_wasmtime_is_component(const void *pointer)
{
	return ((uintptr_t)pointer & 1) != 0;
}

/* ---- component.c ---- */

/* As the functions of the class, of components. */
int ln_wasmtime_component_compile(struct ln_variant *variant,
				  const uint8_t *bytes, size_t len,
				  struct ln_compiled **code, char **error);
void ln_wasmtime_component_free(struct ln_compiled *code);
const uint8_t *ln_wasmtime_component_image(const struct ln_compiled *code,
					   size_t *size);
wasmtime_error_t *
ln_wasmtime_component_serialize(const struct ln_compiled *code,
				wasm_byte_vec_t *bytes);
bool ln_wasmtime_component_is_code(const uint8_t *bytes, size_t len);
int ln_wasmtime_component_deserialize(struct ln_variant *variant,
				      const uint8_t *bytes, size_t len,
				      struct ln_compiled **code, char **error);

/* ---- component_link.c ---- */

struct ln_host_imports *
ln_wasmtime_component_imports(struct ln_variant *variant,
			      const struct ln_host_table *table,
			      const uint64_t *allowed);
void ln_wasmtime_component_imports_free(struct ln_host_imports *imports);
int ln_wasmtime_component_link(struct ln_host_imports *imports,
			       const struct ln_compiled *code,
			       struct ln_linked **linked, char **error);
void ln_wasmtime_component_linked_free(struct ln_linked *linked);

/* Makes an instance in the store; NULL: it is made. */
wasmtime_error_t *
ln_wasmtime_component_instantiate(struct ln_instance *instance);

/* Calls wasi:cli/run; *failed: it said so. */
wasmtime_error_t *ln_wasmtime_component_run(struct ln_instance *instance,
					    const struct ln_entry *entry,
					    bool *failed, wasm_trap_t **trap);

extern const struct ln_component_ops ln_wasmtime_components;

/* ---- variant.c ---- */

struct ln_variant *ln_wasmtime_variant_new(const struct ln_engine *engine,
					   unsigned flags);
void ln_wasmtime_variant_free(struct ln_variant *variant);
void ln_wasmtime_variant_tick(struct ln_variant *variant);
void ln_wasmtime_variant_prepare_probe(struct ln_variant *variant);

/* ---- compile.c ---- */

int ln_wasmtime_assemble(const uint8_t *text, size_t len, ln_bytes_taker *take,
			 void *argument, char **error);
int ln_wasmtime_validate(struct ln_variant *variant, const uint8_t *bytes,
			 size_t len, char **error);
int ln_wasmtime_compile(struct ln_variant *variant, const uint8_t *bytes,
			size_t len, struct ln_compiled **code, char **error);
void ln_wasmtime_compiled_free(struct ln_compiled *code);
const uint8_t *ln_wasmtime_image(const struct ln_compiled *code, size_t *size);
int ln_wasmtime_serialize(const struct ln_compiled *code, ln_bytes_taker *take,
			  void *argument);
int ln_wasmtime_deserialize(struct ln_variant *variant, const uint8_t *bytes,
			    size_t len, struct ln_compiled **code,
			    char **error);

/* ---- host_imports.c ---- */

struct ln_host_imports *ln_wasmtime_imports_new(
	struct ln_variant *variant, const struct ln_host_table *table,
	enum ln_abi_generation generation, const uint64_t *allowed);
void ln_wasmtime_imports_free(struct ln_host_imports *imports);
int ln_wasmtime_link(struct ln_host_imports *imports,
		     const struct ln_compiled *code, struct ln_linked **linked,
		     char **error);
void ln_wasmtime_linked_free(struct ln_linked *linked);

/* ---- store.c ---- */

int ln_wasmtime_open(struct ln_instance *instance, uint32_t elements);
int ln_wasmtime_instantiate(struct ln_instance *instance,
			    struct ln_report **report);
enum ln_stop ln_wasmtime_call(struct ln_instance *instance,
			      const struct ln_entry *entry,
			      const union ln_value *params,
			      struct ln_report **report);
void ln_wasmtime_close(struct ln_instance *instance);
uint64_t ln_wasmtime_fuel(const struct ln_instance *instance);
void ln_wasmtime_set_fuel(struct ln_instance *instance, uint64_t fuel);
void ln_wasmtime_new_slice(struct ln_instance *instance);

/* Bounds the tables of a store, if they may grow. */
void ln_wasmtime_limit(struct ln_instance *instance, uint32_t elements);

void ln_wasmtime_record_trap(const char *text, size_t len);

/* The report of a failed call, of which the other two are consumed, made on the
 * worker's stack; NULL when memory is short. */
struct ln_report *ln_wasmtime_report(struct ln_instance *instance,
				     wasmtime_error_t *error,
				     wasm_trap_t *trap);

/* The instance that this thread makes or runs, or NULL. */
struct ln_instance *ln_wasmtime_making(void);

/* The engine's hook after each piece of a bulk memory operation; `resume` is
 * where the address is at which the guest goes on. False: leave out the rest,
 * the guest has been killed. */
bool ln_wasmtime_after_bulk(uintptr_t *resume);

/* The engine's hook that asks whether an instance's content is written by us.
 */
bool ln_wasmtime_leaves_startup_out(void);

/* The engine's hook between the pieces of a collection of garbage: lets others
 * run if they wait. A kill is noticed in compiled code, afterwards. */
void ln_wasmtime_in_collection(void);

/* ---- creator.c ---- */

/* The creator to hand to a Wasmtime configuration. `memories` must outlive the
 * engine made from it. Memories are charged to the instance that is made. */
wasmtime_memory_creator_t ln_wasmtime_creator(struct ln_memories *memories);

/* ---- preempt.c ---- */

void ln_wasmtime_preempt(struct ln_instance *instance, void *context);

/* Makes what ending a guest from the handler needs; to be called before the
 * first guest runs. False when it cannot be had: guests need epochs then. */
bool ln_wasmtime_prepare_signals(void);

/* The address of an instruction in compiled code that traps; after a
 * preparation that returned true. */
uintptr_t ln_wasmtime_stop(void);

/* ---- reenter.c ---- */

int ln_wasmtime_reenter(struct ln_instance *instance,
			const struct ln_entry *entry, union ln_value *values,
			struct ln_report **report);

/* ---- renew.c ---- */

struct ln_snapshot *ln_wasmtime_snapshot(struct ln_instance *instance,
					 size_t *size);
void ln_wasmtime_snapshot_free(struct ln_snapshot *snapshot);
bool ln_wasmtime_allows(const struct ln_instance *instance,
			const struct ln_snapshot *snapshot);
bool ln_wasmtime_fill(struct ln_instance *instance,
		      const struct ln_snapshot *snapshot);
bool ln_wasmtime_retire(struct ln_instance *instance,
			const struct ln_snapshot *snapshot, bool tables);
bool ln_wasmtime_revive(struct ln_instance *instance,
			const struct ln_snapshot *snapshot, uint32_t elements);

/* ---- where.c, backtrace.c ---- */

size_t ln_wasmtime_where(struct ln_instance *instance, uint32_t *functions,
			 size_t *offsets, size_t max);
int ln_wasmtime_backtrace(struct ln_instance *instance,
			  const struct ln_entry *trapping, uint32_t *functions,
			  size_t max, size_t *count);

#endif
