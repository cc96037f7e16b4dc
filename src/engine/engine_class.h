/*
 * What an engine provides. An engine is a folder below src/engine, which fills
 * one of these tables; nothing outside of the folder includes its headers, and
 * only what is in it includes the engine's own. All that the engines have in
 * common is in src/engine and calls the table: looking at modules, sharing and
 * keeping code, accounts, memories, reports. docs/architecture.md says in which
 * order.
 *
 * The structs without a definition are the engine's: pointers to whatever it
 * likes, made and freed by it alone.
 *
 * Unless it says otherwise a function may be called by any thread, needs the
 * stack of a thread, and may block on nothing but memory. Of instances all are
 * called by the thread that runs the process. Where a text is returned in
 * *error, it is one line for a person, owned by the caller, and NULL when
 * memory is short (refusal.h).
 */
#ifndef LN_ENGINE_ENGINE_CLASS_H
#define LN_ENGINE_ENGINE_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/engine.h"
#include "engine/host_table.h"
#include "engine/instance.h"

struct ln_compiled; /* code of a module */
struct ln_component_needs;
struct ln_host_imports;   /* what modules of a generation may import */
struct ln_instance_state; /* what an instance has */
struct ln_linked;         /* code with its imports, to be instantiated */
struct ln_snapshot;       /* what an instance is when it is new */
struct ln_variant;        /* settings that the code depends on */
struct ln_entry;
struct ln_report;
union ln_value;

/* Is given bytes, which are valid until it returns; 0 or a negative LN_E*. */
typedef int ln_bytes_taker(void *argument, const uint8_t *bytes, size_t len);

/* Bytes of a memory that its guest may grow, which moves both. */
struct ln_component_view {
	uint8_t *base;
	size_t size;
};

/* Components. All but the first are for a host function that one has called,
 * with what that was given (host_table.h). Those that return false have
 * recorded a trap, and the host function is to return false. */
struct ln_component_ops {
	/* What an instance of a compiled component takes, and its exports. */
	void (*needs)(const struct ln_compiled *code,
		      struct ln_component_needs *needs);

	/* The memory that the call's options name; NULL: none. */
	const struct ln_component_view *(*memory)(void *instance,
						  uint32_t options);

	/* How they encode strings: 0 UTF-8, 1 UTF-16, 2 Latin-1 or UTF-16. */
	uint32_t (*encoding)(void *instance, uint32_t options);

	/* Calls the guest's allocator: *address is aligned and in the memory.
	 * The guest may park, be preempted, and grow its memory. */
	bool (*allocate)(void *instance, uint32_t options, uint32_t align,
			 uint32_t size, uint32_t *address);

	/* The guest's table of handles for resources of a kind, as the type of
	 * the call names it. */
	uint32_t (*handles)(void *instance, uint32_t type, uint32_t kind);

	/* Makes an owned handle; finds what a borrowed or owned one stands for;
	 * takes an owned one away. */
	bool (*handle_new)(void *instance, uint32_t handles, uint32_t value,
			   uint32_t *handle);
	bool (*handle_get)(void *instance, uint32_t handles, uint32_t handle,
			   uint32_t *value);
	bool (*handle_take)(void *instance, uint32_t handles, uint32_t handle,
			    uint32_t *value);
};

struct ln_engine_class {
	const char *name;    /* as users write it */
	const char *version; /* the same and its version, for the cache */
	unsigned needs;      /* of the system, a set of enum ln_need */
	/* Making code takes no longer than reading the module does, and no
	 * memory protects its guests: so it has no fast tier. */
	bool interprets;

	/* Sets up what the program has once, and may have already: hooks,
	 * handlers of signals. Returns how its guests can be preempted, the way
	 * that is wanted if possible. */
	enum ln_preemption (*prepare)(enum ln_preemption wanted);

	/* ---- Variants ---- */

	/* The settings for a set of flags (engine.h); with no engine (NULL) for
	 * one that compiles only, of which code is the same. NULL: they cannot
	 * be made. */
	struct ln_variant *(*variant_new)(const struct ln_engine *engine,
					  unsigned flags);
	void (*variant_free)(struct ln_variant *variant);

	/* Each millisecond, for variants with LN_VARIANT_EPOCHS. On the
	 * scheduler's clock thread: must not block. */
	void (*variant_tick)(struct ln_variant *variant);

	/* Makes `where` possible; may compile. */
	void (*variant_prepare_probe)(struct ln_variant *variant);

	/* ---- Code ---- */

	/* Gives the binary of a module's text to `take`, and returns what that
	 * does; of the default engine only. LN_EFORMAT, LN_ENOMEM. */
	int (*assemble)(const uint8_t *text, size_t len, ln_bytes_taker *take,
			void *argument, char **error);

	/* LN_EFORMAT, LN_ENOMEM. */
	int (*validate)(struct ln_variant *variant, const uint8_t *bytes,
			size_t len, char **error);

	/* Makes code, and validates the binary, whose sections have been looked
	 * at (scan.h) and whose names have been taken out (names.h). Takes as
	 * long as it takes. LN_EFORMAT, LN_ENOMEM. */
	int (*compile)(struct ln_variant *variant, const uint8_t *bytes,
		       size_t len, struct ln_compiled **code, char **error);
	void (*compiled_free)(struct ln_compiled *code);

	/* Where its compiled code is, for `preempt`; NULL: it has none. *size:
	 * the bytes that it takes, about. */
	const uint8_t *(*image)(const struct ln_compiled *code, size_t *size);

	/* Both, or none: NULL. */

	/* Code as bytes, for the cache and between processes, and back. Bytes
	 * that were made otherwise, or on another machine, are refused:
	 * LN_EFORMAT. LN_ENOMEM. */
	int (*serialize)(const struct ln_compiled *code, ln_bytes_taker *take,
			 void *argument);
	int (*deserialize)(struct ln_variant *variant, const uint8_t *bytes,
			   size_t len, struct ln_compiled **code, char **error);

	/* ---- Imports ---- */

	/* The host functions of a generation, and those of all. A call of one
	 * whose bit in `allowed`, by its number in the table, is not set traps
	 * with the text of ln_linker_denial. Compiled code calls what the table
	 * says. NULL: memory is short. */
	struct ln_host_imports *(*imports_new)(
		struct ln_variant *variant, const struct ln_host_table *table,
		enum ln_abi_generation generation, const uint64_t *allowed);
	void (*imports_free)(struct ln_host_imports *imports);

	/* Code, which keeps its imports, and must stay as long as this; the
	 * imports need not. LN_EFORMAT, LN_ENOMEM. */
	int (*link)(struct ln_host_imports *imports,
		    const struct ln_compiled *code, struct ln_linked **linked,
		    char **error);
	void (*linked_free)(struct ln_linked *linked);

	/* ---- Instances ---- */

	/* Makes what is there before the module is instantiated, with its
	 * limits in force (instance->limits); each of its tables may have
	 * `elements`. Sets instance->state, which may be in the room that the
	 * instance has for it; nothing is instantiated. Memories
	 * come from memory.h, which charges for them. LN_ENOMEM. */
	int (*open)(struct ln_instance *instance, uint32_t elements);

	/* Instantiates the module; runs its start function, on the fiber if
	 * there is one. With instance->image, see `fill`. Otherwise
	 * instance->off_fiber is set, and the thread may be one of the blocking
	 * pool. *report as in ln_instance_init. LN_ETRAP, LN_ELIMIT,
	 * LN_EKILLED. */
	int (*instantiate)(struct ln_instance *instance,
			   struct ln_report **report);

	/* Calls an entry on the fiber, see ln_instance_call. */
	enum ln_stop (*call)(struct ln_instance *instance,
			     const struct ln_entry *entry,
			     const union ln_value *params,
			     struct ln_report **report);

	/* Calls an entry from within a host function that its guest has
	 * called, on the same fiber, see ln_instance_reenter; `values` has room
	 * for as many as there are parameters, and results. The bound of the
	 * stack is that of the outermost call. LN_ETRAP, LN_EKILLED, LN_ELIMIT
	 * (of metered instances only). */
	int (*reenter)(struct ln_instance *instance,
		       const struct ln_entry *entry, union ln_value *values,
		       struct ln_report **report);

	/* Frees the state. */
	void (*close)(struct ln_instance *instance);

	/* ---- Instances that are used again, recycle.h ---- */

	/* All, or none: NULL. The state is in the instance's room then,
	 * and may be moved to that of another instance of the module. */

	/* Notes what a guest may change of an instance, but for the content of
	 * its memories, just after it has been instantiated off the fiber. It
	 * serves all instances of the module, which must be the same then.
	 * *size: bytes that one takes, but for its memories, about. NULL: it
	 * cannot be told, or memory is short. */
	struct ln_snapshot *(*snapshot)(struct ln_instance *instance,
					size_t *size);
	void (*snapshot_free)(struct ln_snapshot *snapshot);

	/* Whether an instance with these limits may be made of a snapshot. */
	bool (*allows)(const struct ln_instance *instance,
		       const struct ln_snapshot *snapshot);

	/* Completes an instance that has just been instantiated while
	 * instance->image was set: its memories have their content, and nothing
	 * else that instantiating writes was written. False: memory is short.
	 */
	bool (*fill)(struct ln_instance *instance,
		     const struct ln_snapshot *snapshot);

	/* Makes an instance whose guest has ended, in whatever way, what a new
	 * one is, but for its memories; and for its tables without `tables`: it
	 * never changes these. False: it cannot be done, and the state is to be
	 * closed. On the fiber. */
	bool (*retire)(struct ln_instance *instance,
		       const struct ln_snapshot *snapshot, bool tables);

	/* A retired state, which has been moved to the room of this instance,
	 * begins another life: with the instance's limits and memories, as
	 * after open and instantiate. Sets instance->state. False: it cannot,
	 * and is to be closed. On the fiber. */
	bool (*revive)(struct ln_instance *instance,
		       const struct ln_snapshot *snapshot, uint32_t elements);

	/* The fuel that is left; of metered instances. On any stack. */
	uint64_t (*fuel)(const struct ln_instance *instance);
	void (*set_fuel)(struct ln_instance *instance, uint64_t fuel);

	/* A slice begins; with LN_VARIANT_EPOCHS. On the fiber. */
	void (*new_slice)(struct ln_instance *instance);

	/* Notes the text of the trap for which a host function is about to
	 * return false; copies it. On the fiber. */
	void (*record_trap)(const char *text, size_t len);

	/* In the handler of the signal that is to preempt the guest, which may
	 * have interrupted anything in its thread: `context` is what the kernel
	 * gives. NULL: its guests cannot be interrupted, and look at
	 * instance->overdue, which is set instead. */
	void (*preempt)(struct ln_instance *instance, void *context);

	/* Where the guest is, or has called the host: the numbers of the
	 * functions, innermost first, up to `max`, and offsets in the module's
	 * bytes, SIZE_MAX where they are not known; returns how many are known.
	 * The guest does not notice, but for its fuel. On the fiber. */
	size_t (*where)(struct ln_instance *instance, uint32_t *functions,
			size_t *offsets, size_t max);

	/* The same, more cheaply and all of them, when the guest helps: it has
	 * `trapping`, an entry of no parameters and results that traps, for
	 * engines that know only then. In a host function. LN_EKILLED,
	 * LN_EINVAL: it did not trap. */
	int (*backtrace)(struct ln_instance *instance,
			 const struct ln_entry *trapping, uint32_t *functions,
			 size_t max, size_t *count);

	/* NULL: components are refused, and none of the other functions gets
	 * one. Otherwise compile, link, open, instantiate and call do; for
	 * those of LN_ABI_COMPONENT imports are made. Their entries take and
	 * return nothing; `_start` may be LN_STOP_FAILED. */
	const struct ln_component_ops *components;
};

/* The engines that are built in. */
extern const struct ln_engine_class ln_wasmtime_class;
#if LN_HAS_WASMI
extern const struct ln_engine_class ln_wasmi_class;
#endif

#endif
