/* Modules of environments: what processes are spawned from. Counted. */
#ifndef LN_PROCESS_ENV_MODULE_H
#define LN_PROCESS_ENV_MODULE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_code_share;
struct ln_environment;
struct ln_compiled;
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

#endif
