/*
 * A compiled module: the code, and what must be known of it to spawn from it.
 * Counted references; immutable once made, so that any thread may use it.
 */
#ifndef LN_ENGINE_MODULE_H
#define LN_ENGINE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/entries.h"
#include "engine/host_table.h"
#include "engine/phases.h"

struct ln_blocking;
struct ln_code;
struct ln_engine;
struct ln_engine_class;
struct ln_interim;
struct ln_linked;
struct ln_linker;
struct ln_memories;
struct ln_names;
struct ln_recycler;
struct ln_spares;
struct ln_tenant;
struct ln_tier;
struct ln_variant;

/* How long making a module may take. */
enum ln_haste {
	LN_HASTE_NONE,
	/* What is to be compiled in another process, or is being compiled, is
	 * not waited for: LN_ETIMEDOUT. */
	LN_HASTE_SOON,
	/* It is compiled in another process, which can be ended, or not at all:
	 * LN_EUNSUP. */
	LN_HASTE_APART,
};

/* What ln_compiled_new refuses beyond. */
struct ln_compiled_limits {
	size_t max_bytes; /* size of the wasm binary, bytes */
	/* On whose behalf, for turns (ln_code_join); NULL: nobody's. */
	struct ln_tenant *const *tenants;
	/* A compiler in a process of its own gives way to this program. */
	bool background;
	/* Its processes live in either tier (tiers.h); with LN_VARIANT_GUARD.
	 */
	bool tiered;
	enum ln_haste haste;
};

#define LN_MODULE_MAX_BYTES_DEFAULT ((size_t)128 << 20)

struct ln_compiled;

/* Compiles `bytes` (wasm binary, or text when it does not start with the
 * binary's magic number) for a variant, unless there is code for them in use or
 * in the cache on disk, and links it with what `linker` has for the generation
 * of its imports. On failure *error is a text of one line for a person, owned
 * by the caller, and NULL when memory is short. The bytes are copied. The
 * linker must outlive the module.
 *
 * A task parks until the pool, or another process (compiler.h), has done it;
 * when others compile, it waits for its turn. A thread that runs no task, which
 * may pass NULL for the pool, does it on its own stack. LN_EFORMAT, LN_EINVAL
 * (imports), LN_ELIMIT, LN_ENOMEM, LN_EIO, LN_EKILLED; and those of `haste`. */
int ln_compiled_new(struct ln_engine *engine, struct ln_blocking *pool,
		    unsigned variant, struct ln_linker *linker,
		    const uint8_t *bytes, size_t len,
		    const struct ln_compiled_limits *limits,
		    struct ln_compiled **module, char **error);

/* The module was made to be interpreted until it is compiled (interim.h), which
 * belongs to it from now on. Before anybody else has it. */
void ln_compiled_set_interim(struct ln_compiled *module,
			     struct ln_interim *interim);

/* What a process that begins now is to run: the module itself, or the compiled
 * one, which stays as long as that. Any thread. */
struct ln_compiled *ln_compiled_now(struct ln_compiled *module);

struct ln_compiled *ln_compiled_retain(struct ln_compiled *module);
void ln_compiled_release(struct ln_compiled *module);

/* Bytes that making an instance writes, about: data and elements. */
uint64_t ln_compiled_written_bytes(const struct ln_compiled *module);

/* The entry of that name, or NULL: functions with more than 64 parameters are
 * no entries. Any thread; constant time. */
const struct ln_entry *ln_compiled_entry(const struct ln_compiled *module,
					 const char *name, size_t len);

/* The same, if it is defined by the module, and has these parameters (letters
 * of entries.h) and exactly this result, or none (0). */
const struct ln_entry *ln_compiled_export(const struct ln_compiled *module,
					  const char *name, const char *params,
					  char result);

/* What sets up a library, also called a reactor, before any other export is
 * called: its export `_initialize`, without parameters and results. NULL: it is
 * not there. */
#define LN_INITIALIZE "_initialize"
const struct ln_entry *ln_compiled_initialize(const struct ln_compiled *module);

/* The entry at a position, counted from 0 in the order of the exports; NULL
 * behind the last one. Any thread. */
const struct ln_entry *ln_compiled_entry_at(const struct ln_compiled *module,
					    size_t position);

/* The wasm binary that it was made from. */
const uint8_t *ln_compiled_bytes(const struct ln_compiled *module, size_t *len);

/* Its code, which modules of equal bytes share. */
const struct ln_code *ln_compiled_code(const struct ln_compiled *module);

/* Bytes that it takes, about: the binary, compiled code (of both tiers, if
 * there are two), tables. */
uint64_t ln_compiled_weight(const struct ln_compiled *module);

/* What its functions are called. */
/* The name, any bytes, of the function that a library spawns by its number in
 * the table; NULL: it is not known. Valid as long as the module. Any thread,
 * constant time. */
const char *ln_compiled_table_name(const struct ln_compiled *module,
				   uint32_t index, size_t *len);

const struct ln_names *ln_compiled_names(const struct ln_compiled *module);

/* The image of its compiled code, of *size bytes; see engine_class.h. */
const uint8_t *ln_compiled_image(const struct ln_compiled *module,
				 size_t *size);

const struct ln_engine_class *
ln_compiled_class(const struct ln_compiled *module);
unsigned ln_compiled_variant(const struct ln_compiled *module);

/* For the engine: its form of the variant, and of the module with its imports.
 */
struct ln_variant *ln_compiled_engine_variant(const struct ln_compiled *module);
struct ln_engine *ln_compiled_engine(const struct ln_compiled *module);
const struct ln_linked *ln_compiled_linked(const struct ln_compiled *module);

/* The generation of the host functions that it imports. Any thread. */
enum ln_abi_generation ln_compiled_generation(const struct ln_compiled *module);

/* Whether instantiation runs code of the guest (a start function). */
bool ln_compiled_is_component(const struct ln_compiled *module);
bool ln_compiled_has_start(const struct ln_compiled *module);

/* The index of the memory that it exports as "memory", which host functions
 * see; UINT32_MAX: none. */
uint32_t ln_compiled_exported_memory(const struct ln_compiled *module);

/* Bytes that its tables may take, and in *elements how many elements each may
 * have, under a limit for elements and one for memory. A table that may grow
 * gets its room from the start, at most a 16th of the memory for all of them,
 * since nobody can be asked when one grows. UINT64_MAX: a table is larger than
 * `max_elements` at the start. */
uint64_t ln_compiled_table_bytes(const struct ln_compiled *module,
				 uint64_t max_memory, uint32_t max_elements,
				 uint32_t *elements);

/* Whether it defines a table that may grow. */
bool ln_compiled_tables_grow(const struct ln_compiled *module);

/* Bytes that the linear memories take at the start, together. */
uint64_t ln_compiled_initial_memory(const struct ln_compiled *module);

/* How many memories it defines. */
unsigned ln_compiled_memory_count(const struct ln_compiled *module);

/* Bytes of its tables at the start. */
uint64_t ln_compiled_tables_size(const struct ln_compiled *module);

/* How its instances are used again; NULL: they are not. */
struct ln_recycler *ln_compiled_recycler(const struct ln_compiled *module);

/* Its dense tier; NULL: its processes live in one. */
struct ln_tier *ln_compiled_tier(const struct ln_compiled *module);

/* Those of its engine. */
struct ln_spares *ln_compiled_spares(const struct ln_compiled *module);
struct ln_memories *ln_compiled_memories(const struct ln_compiled *module);

#endif
