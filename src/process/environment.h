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

#include "engine/account.h"
#include "engine/steps.h"
#include "process/code_share.h"
#include "process/config.h"
#include "process/timers.h"
#include "sched/turns.h"

struct ln_blocking_tenant;
struct ln_linker;
struct ln_module;
struct ln_quota;
struct ln_registry;
struct ln_listeners;
struct ln_preopens;
struct ln_process;
struct ln_registry_key;
struct ln_remote_environment_class;
struct ln_requirement;
struct ln_resolver_owner;
struct ln_runtime;
struct ln_version;

struct ln_environment {
	/* Immutable. Of one that is of another node only the first two, and
	 * the references, mean anything. */
	struct ln_runtime *runtime;
	const struct ln_remote_environment_class *remote; /* NULL: it is here */
	struct ln_environment *parent;  /* counted; NULL: none */
	const struct ln_config *config; /* what it was made from, owned */
	struct ln_limits limits;        /* those that hold */
	unsigned variant;               /* of the engine */
	uint64_t number;                /* for reports; the first has 0 */
	uint64_t kept; /* bytes that it is charged for itself */
	struct ln_linker *linker;
	struct ln_registry *registry;    /* of processes, by name */
	struct ln_preopens *preopens;    /* NULL: none */
	struct ln_listeners *listeners;  /* NULL: none */
	struct ln_quota *descriptors;    /* sockets and files of guests */
	struct ln_resolver_owner *names; /* of the names looked up for it */
	/* In the pools for files: for short and for long work. */
	struct ln_blocking_tenant *files;
	struct ln_blocking_tenant *bulk;
	const struct ln_console *console; /* NULL: the program's streams */
	struct ln_account *charged; /* the own one or that of the nearest above
				     * that has one; NULL: none has */

	/* Any thread. */
	struct ln_tenant *making[LN_CODE_STEPS]; /* of modules */
	struct ln_account account;    /* used when max_total_memory is set */
	struct ln_code_shares shares; /* of code, by its modules */
	_Atomic uint32_t references;
	_Atomic uint64_t processes;    /* alive, here and below */
	_Atomic uint64_t environments; /* alive, below */
	struct ln_clock clock;         /* of its processes' timers */
	atomic_bool lacks_directories; /* a guest looked for one, and there
					* are none; for hints only */
};

/* A module that was added to an environment: what a process is spawned from. */
struct ln_env_module {
	struct ln_environment *environment; /* counted */
	struct ln_module *module;           /* counted; NULL: of another node */
	uint8_t *source;                    /* owned; what it was before
					     * plugins; NULL: the same */
	size_t source_len;
	struct ln_code_share *share; /* what the code is charged by, or NULL */
	uint64_t kept;               /* bytes charged beside that */
	_Atomic uint32_t references;
};

/* Makes an environment from a copy of `config`. With a parent it never allows
 * more than that does: its limits are lowered to the parent's, and what lives
 * in it counts there, too. LN_ELIMIT: too many environments, or too deep in
 * each other, or too many descriptors. LN_EMEMORY. LN_ENOENT, LN_EPERM, LN_EIO:
 * a directory that guests should find open cannot be opened, see
 * process/preopens.h. LN_ENOMEM. Deep, and blocks: not on a fiber. */
int ln_environment_new(struct ln_runtime *runtime,
		       struct ln_environment *parent,
		       const struct ln_config *config,
		       struct ln_environment **environment);
struct ln_environment *
ln_environment_retain(struct ln_environment *environment);
void ln_environment_release(struct ln_environment *environment);

/* Takes one process off the counts, from `environment` up to, but not
 * including, `end`. */
static inline void ln_environment_leave(struct ln_environment *environment,
					const struct ln_environment *end)
{
	/* Relaxed, here and below: just numbers, nothing is read by them. */
	for (; environment != end; environment = environment->parent)
		atomic_fetch_sub_explicit(&environment->processes, 1,
					  memory_order_relaxed);
}

/* Counts one more process, here and in all above; false: too many. */
static inline bool ln_environment_enter(struct ln_environment *environment)
{
	struct ln_environment *at = environment;

	for (; at != NULL; at = at->parent) {
		if (atomic_fetch_add_explicit(&at->processes, 1,
					      memory_order_relaxed) >=
		    at->limits.max_processes) {
			ln_environment_leave(environment, at->parent);
			return false;
		}
	}
	return true;
}

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
 * (imports), LN_ELIMIT (size), LN_EMEMORY, LN_ENOMEM, LN_EKILLED; LN_ETRAP,
 * LN_ETIMEDOUT (a plugin failed). */
int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_env_module **module, char **error);

/* Puts a process under a name and a version, as ln_registry_register does, in
 * the registry of an environment of whatever node; `version` is that of the
 * key. Waits for another node, see process/remote_environment.h, and so do the
 * two that follow. */
int ln_environment_register(struct ln_environment *environment,
			    const struct ln_registry_key *key,
			    const struct ln_version *version,
			    struct ln_process *process, char **error);

/* As ln_registry_unregister: LN_ENOENT when nothing is there. */
int ln_environment_unregister(struct ln_environment *environment,
			      const struct ln_registry_key *key,
			      const struct ln_version *version, char **error);

/* Stores the process with the highest version that matches, with a reference
 * for the caller; LN_ENOENT. */
int ln_environment_lookup(struct ln_environment *environment,
			  const struct ln_registry_key *key,
			  const struct ln_requirement *requirement,
			  struct ln_process **process, char **error);

/* The same; *plugin_fuel becomes what the work of the plugins costs, also when
 * it fails. */
int ln_environment_add_charged(struct ln_environment *environment,
			       const uint8_t *bytes, size_t len,
			       struct ln_env_module **module, char **error,
			       uint64_t *plugin_fuel);

/* Takes a turn at a step of making modules: see ln_code_take_turn. */
int ln_environment_take_turn(struct ln_environment *environment,
			     enum ln_code_step step);
void ln_environment_end_turn(struct ln_environment *environment,
			     enum ln_code_step step);

/* The wasm binary that was added, as it was before plugins changed it; not of a
 * module of another node. */
const uint8_t *ln_env_module_source(const struct ln_env_module *module,
				    size_t *len);

/* Bytes that it takes, about; not of a module of another node. */
uint64_t ln_env_module_weight(const struct ln_env_module *module);

struct ln_env_module *ln_env_module_retain(struct ln_env_module *module);
void ln_env_module_release(struct ln_env_module *module);

#endif
