/*
 * The registry, and handles to environments.
 */
#include <lunatic/abi.h>
#include <lunatic/registry.h>
#include <lunatic/status.h>
#include <string.h>

struct lunatic_env lunatic_env_self(void)
{
	return (struct lunatic_env){ lunatic_process_this_env() };
}

void lunatic_env_drop(struct lunatic_env env)
{
	lunatic_process_drop_environment(env.id);
}

/* What the functions of the registry return. */
static int registry_status(uint32_t result)
{
	if (result == 0)
		return 0;
	return result == 1 ? LUNATIC_EFORMAT : LUNATIC_ENOTFOUND;
}

int lunatic_register(struct lunatic_env env, const char *name,
		     const char *version, struct lunatic_proc proc)
{
	return registry_status(lunatic_process_register(
		name, strlen(name), version, strlen(version), env.id, proc.id));
}

int lunatic_unregister(struct lunatic_env env, const char *name,
		       const char *version)
{
	return registry_status(lunatic_process_unregister(
		name, strlen(name), version, strlen(version), env.id));
}

int lunatic_lookup(const char *name, const char *requirement,
		   struct lunatic_proc *proc)
{
	*proc = LUNATIC_NO_PROC;
	return registry_status(
		lunatic_process_lookup(name, strlen(name), requirement,
				       strlen(requirement), &proc->id));
}
