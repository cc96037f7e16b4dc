/*
 * A compiled module: the code, and what must be known of it to spawn from it.
 * Counted references; immutable once made, so that any thread may use it.
 */
#ifndef LN_ENGINE_MODULE_H
#define LN_ENGINE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wasmtime.h>

struct ln_engine;
struct ln_linker;

/* What ln_module_new refuses beyond. */
struct ln_module_limits {
	size_t max_bytes; /* size of the wasm binary, bytes */
};

#define LN_MODULE_MAX_BYTES_DEFAULT ((size_t)128 << 20)

struct ln_module;

/* A function that a module exports and that can be a process's entry. */
struct ln_entry {
	const char *name;   /* not terminated */
	size_t name_len;    /* bytes */
	const char *params; /* i I f F V r: i32 i64 f32 f64 v128 reference */
	uint32_t param_count;
	uint32_t result_count;
};

/* Compiles `bytes` (wasm binary, or text when it does not start with the
 * binary's magic number) for a variant, or takes the code from the cache on
 * disk, and checks the imports against `linker`. On failure *error is a text of
 * one line for a person, owned by the caller, and NULL when memory is short.
 * The bytes are copied, since other environments may compile them again. The
 * linker must outlive the module. Blocks for as long as compilation takes: from
 * a task, call it through the blocking pool. */
int ln_module_new(struct ln_engine *engine, unsigned variant,
		  struct ln_linker *linker, const uint8_t *bytes, size_t len,
		  const struct ln_module_limits *limits,
		  struct ln_module **module, char **error);

/* The module as a binary: text is assembled, a binary is copied; *binary is the
 * caller's. Errors as ln_module_new. Needs the stack of a thread. */
int ln_module_binary(const uint8_t *bytes, size_t len, size_t max_bytes,
		     uint8_t **binary, size_t *binary_len, char **error);

/* Whether a binary is a valid module. *error as above. LN_EFORMAT, LN_EIO,
 * LN_ENOMEM. Blocks for a time in proportion to its size. */
int ln_module_validate(struct ln_engine *engine, unsigned variant,
		       const uint8_t *bytes, size_t len, char **error);

struct ln_module *ln_module_retain(struct ln_module *module);
void ln_module_release(struct ln_module *module);

/* The entry of that name, or NULL: functions with more than 64 parameters are
 * no entries. Any thread; constant time. */
const struct ln_entry *ln_module_entry(const struct ln_module *module,
				       const char *name, size_t len);

/* The wasm binary that it was made from. */
const uint8_t *ln_module_bytes(const struct ln_module *module, size_t *len);

unsigned ln_module_variant(const struct ln_module *module);
struct ln_engine *ln_module_engine(const struct ln_module *module);
const wasmtime_instance_pre_t *ln_module_pre(const struct ln_module *module);

/* Whether instantiation runs code of the guest (a start function). */
bool ln_module_has_start(const struct ln_module *module);

/* The index of the memory that it exports as "memory", which host functions
 * see; UINT32_MAX: none. */
uint32_t ln_module_exported_memory(const struct ln_module *module);

/* Bytes that the linear memories take at the start, together. */
uint64_t ln_module_initial_memory(const struct ln_module *module);

#endif
