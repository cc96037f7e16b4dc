/* Environments, once they are made. */
#include "process/environment.h"

#include "base/refs.h"
#include "process/remote_environment.h"
#include "sched/task.h"

bool ln_environment_allows(const struct ln_environment *environment,
			   const char *name)
{
	for (; environment != NULL; environment = environment->parent) {
		if (!ln_config_allows(environment->config, name))
			return false;
	}
	return true;
}

struct ln_environment *ln_environment_retain(struct ln_environment *environment)
{
	ln_refs_retain(&environment->references);
	return environment;
}

void ln_environment_release(struct ln_environment *environment)
{
	if (!ln_refs_release(&environment->references))
		return;
	if (ln_environment_is_remote(environment))
		environment->remote->free(environment);
	else
		ln_task_on_worker_stack(ln_task_current(), environment->destroy,
					environment);
}

size_t ln_environment_args(const struct ln_environment *environment,
			   const char *const **args)
{
	*args = (const char *const *)environment->config->args.list;
	return environment->config->args.count;
}

size_t ln_environment_envs(const struct ln_environment *environment,
			   const char *const **envs)
{
	*envs = (const char *const *)environment->config->envs.list;
	return environment->config->envs.count;
}
