/*
 * Environments: what the processes spawned into one may use, and the modules
 * compiled for it. Counted references, immutable but for the counts.
 */
#ifndef LN_PROCESS_ENVIRONMENT_H
#define LN_PROCESS_ENVIRONMENT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct ln_linker;
struct ln_module;
struct ln_runtime;

enum ln_memory_strategy {
	LN_MEMORY_SLAB,  /* explicit bounds checks, no mapping per process */
	LN_MEMORY_GUARD, /* guard pages: faster code, mappings per process */
};

struct ln_limits {
	uint64_t max_memory;         /* bytes of linear memory a process */
	uint64_t max_fuel;           /* wasm instructions a process; 0: none */
	uint64_t max_processes;      /* alive at the same time */
	uint64_t max_messages;       /* in one mailbox; 0: none */
	uint64_t max_mailbox_bytes;  /* in one mailbox; 0: none */
	uint64_t max_message_bytes;  /* of one message's data */
	uint32_t max_handles;        /* of each kind, a process */
	uint32_t max_links;          /* of a process */
	uint32_t max_table_elements; /* of each table */
	size_t max_module_bytes;     /* of a wasm binary */
};

/* Bounds that no honest guest should meet. */
extern const struct ln_limits ln_limits_default;

struct ln_environment_config {
	struct ln_limits limits;
	enum ln_memory_strategy strategy;
	const char *const
		*allowed; /* namespace prefixes; copied, as all here */
	size_t allowed_count;
	const char *const *args; /* of the guest; the first is its name */
	size_t arg_count;
	const char *const *envs; /* KEY=VALUE */
	size_t env_count;
};

struct ln_environment {
	struct ln_runtime *runtime;
	struct ln_limits limits;
	unsigned variant; /* of the engine */
	struct ln_linker *linker;
	char **args;
	size_t arg_count;
	char **envs;
	size_t env_count;
	_Atomic uint32_t references;
	_Atomic uint64_t processes; /* alive */
};

/* A module that was added to an environment: what a process is spawned from. */
struct ln_env_module {
	struct ln_environment *environment; /* counted */
	struct ln_module *module;           /* counted */
	_Atomic uint32_t references;
};

/* LN_ENOMEM, LN_EINVAL. */
int ln_environment_new(struct ln_runtime *runtime,
		       const struct ln_environment_config *config,
		       struct ln_environment **environment);
struct ln_environment *
ln_environment_retain(struct ln_environment *environment);
void ln_environment_release(struct ln_environment *environment);

/* Command line and environment variables of its guests. */
size_t ln_environment_args(const struct ln_environment *environment,
			   const char *const **args);
size_t ln_environment_envs(const struct ln_environment *environment,
			   const char *const **envs);

/* Compiles a module for the environment; *error as in ln_module_new. In a task
 * this parks until the blocking pool has done it. LN_EFORMAT, LN_EINVAL
 * (imports), LN_ELIMIT (size), LN_ENOMEM, LN_EKILLED. */
int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_env_module **module, char **error);

struct ln_env_module *ln_env_module_retain(struct ln_env_module *module);
void ln_env_module_release(struct ln_env_module *module);

#endif
