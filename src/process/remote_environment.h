/*
 * Environments and modules of other nodes. The process layer knows them by
 * `remote` in struct ln_environment and calls what is here; the node layer
 * implements it. All but the two that free wait for the other node: a task
 * parks, and a thread that runs none blocks. They return LN_EKILLED when the
 * task was killed meanwhile, LN_EIO when the other node cannot be reached or
 * was lost, LN_ENOMEM, and what the local call returns; on failure *error is a
 * text of one line for a person, owned by the caller, or NULL.
 */
#ifndef LN_PROCESS_REMOTE_ENVIRONMENT_H
#define LN_PROCESS_REMOTE_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

struct ln_module;
struct ln_environment;
struct ln_process;
struct ln_spawn;

/* What is under a name in a registry: the name may be any bytes; `version` is
 * a version, or what is required of one, and was parsed already. */
struct ln_registry_key {
	const char *name;
	size_t name_len;
	const char *version;
	size_t version_len;
};

struct ln_remote_environment_class {
	int (*add_module)(struct ln_environment *environment,
			  const uint8_t *bytes, size_t len,
			  struct ln_module **module, char **error);
	int (*spawn)(const struct ln_spawn *spawn, struct ln_process **process,
		     char **error);
	int (*enter)(struct ln_environment *environment,
		     const struct ln_registry_key *key,
		     struct ln_process *process, char **error);
	int (*remove)(struct ln_environment *environment,
		      const struct ln_registry_key *key, char **error);
	int (*lookup)(struct ln_environment *environment,
		      const struct ln_registry_key *key,
		      struct ln_process **process, char **error);

	/* The last reference is gone. By any thread, never waits. */
	void (*free)(struct ln_environment *environment);
	void (*free_module)(struct ln_module *module);
};

#endif
