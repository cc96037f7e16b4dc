/*
 * Environments: what the processes spawned into one may use, and the modules
 * compiled for it. Counted references, immutable but for the counts.
 */
#ifndef LN_PROCESS_ENVIRONMENT_H
#define LN_PROCESS_ENVIRONMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/config.h"

struct ln_linker;
struct ln_module;
struct ln_registry;
struct ln_preopens;
struct ln_runtime;

struct ln_environment {
	/* Immutable. */
	struct ln_runtime *runtime;
	struct ln_environment *parent;  /* counted; NULL: none */
	const struct ln_config *config; /* what it was made from, owned */
	struct ln_limits limits;        /* those that hold */
	unsigned variant;               /* of the engine */
	struct ln_linker *linker;
	struct ln_registry *registry; /* of processes, by name */
	struct ln_preopens *preopens; /* NULL: none */

	/* Any thread. */
	_Atomic uint32_t references;
	_Atomic uint64_t processes; /* alive */
};

/* A module that was added to an environment: what a process is spawned from. */
struct ln_env_module {
	struct ln_environment *environment; /* counted */
	struct ln_module *module;           /* counted */
	uint8_t *source;                    /* owned; what it was before
					     * plugins; NULL: the same */
	size_t source_len;
	_Atomic uint32_t references;
};

/* Makes an environment from a copy of `config`. With a parent it never allows
 * more than that does. LN_ENOENT, LN_EPERM, LN_ELIMIT, LN_EIO: a directory that
 * guests should find open cannot be opened, see process/preopens.h. LN_ENOMEM.
 * Deep, and blocks: not on a fiber. */
int ln_environment_new(struct ln_runtime *runtime,
		       struct ln_environment *parent,
		       const struct ln_config *config,
		       struct ln_environment **environment);
struct ln_environment *
ln_environment_retain(struct ln_environment *environment);
void ln_environment_release(struct ln_environment *environment);

/* Whether it and all above it allow the host function, "namespace::name". */
bool ln_environment_allows(const struct ln_environment *environment,
			   const char *name);

/* Command line and environment variables of its guests. */
size_t ln_environment_args(const struct ln_environment *environment,
			   const char *const **args);
size_t ln_environment_envs(const struct ln_environment *environment,
			   const char *const **envs);

/* Applies the plugins of the environment's configuration to a module and
 * compiles it; *error as in ln_module_new. In a task
 * this parks until the blocking pool has done it. LN_EFORMAT, LN_EINVAL
 * (imports), LN_ELIMIT (size), LN_ENOMEM, LN_EKILLED; LN_ETRAP, LN_ETIMEDOUT
 * (a plugin failed). */
int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_env_module **module, char **error);

/* The wasm binary that was added, as it was before plugins changed it. */
const uint8_t *ln_env_module_source(const struct ln_env_module *module,
				    size_t *len);

struct ln_env_module *ln_env_module_retain(struct ln_env_module *module);
void ln_env_module_release(struct ln_env_module *module);

#endif
