/* Names of processes, in the registries of environments of whatever node. */
#ifndef LN_PROCESS_NAMING_H
#define LN_PROCESS_NAMING_H

struct ln_environment;
struct ln_process;
struct ln_registry_key;
struct ln_requirement;
struct ln_version;

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

#endif
