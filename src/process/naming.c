/* Names of processes in environments of whatever node. */
#include "process/naming.h"

#include "base/error.h"
#include "process/environment.h"
#include "process/registry.h"
#include "process/remote_environment.h"

int ln_environment_register(struct ln_environment *environment,
			    const struct ln_registry_key *key,
			    const struct ln_version *version,
			    struct ln_process *process, char **error)
{
	*error = NULL;
	if (ln_environment_is_remote(environment))
		return environment->remote->enter(environment, key, process,
						  error);
	return ln_registry_register(environment->registry, key->name,
				    key->name_len, version, process);
}

int ln_environment_unregister(struct ln_environment *environment,
			      const struct ln_registry_key *key,
			      const struct ln_version *version, char **error)
{
	*error = NULL;
	if (ln_environment_is_remote(environment))
		return environment->remote->remove(environment, key, error);
	return ln_registry_unregister(environment->registry, key->name,
				      key->name_len, version);
}

int ln_environment_lookup(struct ln_environment *environment,
			  const struct ln_registry_key *key,
			  const struct ln_requirement *requirement,
			  struct ln_process **process, char **error)
{
	uint32_t compared;

	*error = NULL;
	*process = NULL;
	if (ln_environment_is_remote(environment))
		return environment->remote->lookup(environment, key, process,
						   error);
	*process = ln_registry_lookup(environment->registry, key->name,
				      key->name_len, requirement, &compared);
	return *process != NULL ? 0 : LN_ENOENT;
}
