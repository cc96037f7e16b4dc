/*
 * What processes may use that are spawned with a configuration of lunatic 0.13:
 * a configuration (process/config.h), and an environment below that of the
 * guest who has it, of the same family. The environment is made when a process
 * is spawned, and kept until the configuration changes. By one thread.
 */
#ifndef LN_PROCESS_SPAWN_CONFIG_H
#define LN_PROCESS_SPAWN_CONFIG_H

#include <stdint.h>

struct ln_config;
struct ln_environment;
struct ln_module;

struct ln_spawn_config {
	struct ln_config *config; /* owned */
	uint64_t max_memory;      /* as it was set, bytes */
	uint64_t max_fuel;        /* as it was set, units; 0: none */
	/* Made from it; NULL: not yet. */
	struct ln_environment *environment;
	struct ln_module *from;   /* counted; what was last spawned from it */
	struct ln_module *module; /* counted; the same in `environment` */
};

/* One that denies everything but host functions that `guest`, the environment
 * of who makes it, allows. LN_ENOMEM, LN_ELIMIT (plugins). */
int ln_spawn_config_new(const struct ln_environment *guest,
			struct ln_spawn_config **config);

/* NULL is fine. */
void ln_spawn_config_free(struct ln_spawn_config *config);

/* It changes: what is spawned from now on gets another environment. */
void ln_spawn_config_changed(struct ln_spawn_config *config);

/* Stores what to spawn a process of a module from, below `parent`, with a
 * reference for the caller. Parks. On failure *error is a text for a person,
 * owned by the caller, or NULL; errors as those of ln_environment_new and
 * ln_environment_add_module. */
int ln_spawn_config_module(struct ln_spawn_config *config,
			   struct ln_environment *parent,
			   struct ln_module *module, struct ln_module **out,
			   char **error);

#endif
