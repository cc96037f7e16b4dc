/* Modules of environments: what processes are spawned from. Counted. */
#ifndef LN_PROCESS_ENV_MODULE_H
#define LN_PROCESS_ENV_MODULE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/digest.h"

struct ln_code_share;
struct ln_environment;
struct ln_compiled;
struct ln_runtime;

#define LN_MODULE_NAME 64 /* bytes, with the terminating zero */

struct ln_entry;

/* A module that was added to an environment: what a process is spawned from. */
struct ln_module {
	struct ln_environment *environment; /* counted */
	struct ln_compiled *module;         /* counted; NULL: of another node */
	uint8_t *source;                    /* owned; what it was before
					     * plugins; NULL: the same */
	size_t source_len;
	struct ln_code_share *share; /* what the code is charged by, or NULL */
	uint64_t kept;               /* bytes charged beside that */
	_Atomic uint64_t number; /* for other nodes, see node/program.h; 0: not
				  * computed yet */
	/* The function that a process was spawned with last, since the next one
	 * is mostly spawned with it, too; lives as long as `module`. */
	_Atomic(const struct ln_entry *) latest;
	_Atomic uint32_t references;
	/* What has taken its place, counted, under the runtime's lock of
	 * modules; never itself replaced. NULL: nothing. */
	struct ln_module *_Atomic successor;
	struct ln_list following;  /* among those that it has replaced, too */
	struct ln_list followers;  /* whose successor it is */
	struct ln_list place;      /* among the modules of the runtime */
	char name[LN_MODULE_NAME]; /* under the same lock; empty: none */
	bool has_digest;           /* likewise */
	uint8_t digest[LN_DIGEST_SIZE];
};

/* Whether it is of another node: see process/remote_environment.h. */
static inline bool ln_module_is_remote(const struct ln_module *module)
{
	return module->module == NULL;
}

/* The wasm binary that was added, as it was before plugins changed it; not of a
 * module of another node. */
const uint8_t *ln_module_source(const struct ln_module *module, size_t *len);

/* Bytes that it takes, about; not of a module of another node. */
uint64_t ln_module_weight(const struct ln_module *module);

struct ln_module *ln_module_retain(struct ln_module *module);
void ln_module_release(struct ln_module *module);

/* ---- Versions of a module: local ones only, any thread ---- */

/* Makes a module one of its runtime's, which ln_module_next finds. Once. */
void ln_module_enlist(struct ln_module *module);

/* What people call it; cut if it is long. */
void ln_module_set_name(struct ln_module *module, const char *name);
void ln_module_name(struct ln_module *module, char name[LN_MODULE_NAME]);

/* SHA-256 of what was added. In a task it parks while a pool computes it.
 * LN_ENOMEM, LN_EKILLED. */
int ln_module_digest(struct ln_module *module, uint8_t digest[LN_DIGEST_SIZE]);

/* The module behind `module`, or the first one (NULL), with a reference for the
 * caller; NULL: there is none. The caller keeps `module` meanwhile. */
struct ln_module *ln_module_next(struct ln_runtime *runtime,
				 const struct ln_module *module);

/* Processes that are spawned from `module`, and from what it has replaced, are
 * of `successor` from now on, whose own successor is forgotten. Both are of one
 * environment. */
void ln_module_replace(struct ln_module *module, struct ln_module *successor);

/* What processes are to be spawned from, with a reference for the caller; NULL:
 * from the module itself. */
struct ln_module *ln_module_successor(struct ln_module *module);

/* Whether there is such; a moment's truth. */
static inline bool ln_module_is_replaced(const struct ln_module *module)
{
	/* Relaxed: who gets it looks again under the lock. */
	return atomic_load_explicit(&module->successor, memory_order_relaxed) !=
	       NULL;
}

#endif
