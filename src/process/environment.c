/* Environments and the modules added to them. */
#include "process/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "sched/task.h"

const struct ln_limits ln_limits_default = {
	.max_memory = (uint64_t)4 << 30,
	.max_fuel = 0,
	.max_processes = (uint64_t)4 << 20,
	.max_messages = (uint64_t)4 << 20,
	.max_mailbox_bytes = (uint64_t)1 << 30,
	.max_message_bytes = (uint64_t)256 << 20,
	.max_handles = 4u << 20,
	.max_links = 4u << 20,
	.max_table_elements = 1000000,
	.max_module_bytes = LN_MODULE_MAX_BYTES_DEFAULT,
};

static void free_list(char **list, size_t count)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

/* A copy of a list of strings; false when memory is short. */
static bool copy_list(const char *const *from, size_t count, char ***to)
{
	char **list = calloc(count + 1, sizeof(*list));

	if (list == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		list[i] = strdup(from[i]);
		if (list[i] == NULL) {
			free_list(list, i);
			return false;
		}
	}
	*to = list;
	return true;
}

static void destroy(struct ln_environment *environment)
{
	struct ln_runtime *runtime = environment->runtime;

	free_list(environment->args, environment->arg_count);
	free_list(environment->envs, environment->env_count);
	ln_linker_free(environment->linker);
	free(environment);
	ln_runtime_release(runtime);
}

int ln_environment_new(struct ln_runtime *runtime,
		       const struct ln_environment_config *config,
		       struct ln_environment **out)
{
	struct ln_environment *environment = calloc(1, sizeof(*environment));
	int error = LN_ENOMEM;

	if (environment == NULL)
		return LN_ENOMEM;
	environment->runtime = ln_runtime_retain(runtime);
	environment->limits = config->limits;
	if (config->limits.max_fuel > 0)
		environment->variant |= LN_VARIANT_METERED;
	if (config->strategy == LN_MEMORY_GUARD)
		environment->variant |= LN_VARIANT_GUARD;
	atomic_init(&environment->references, 1);
	if (!copy_list(config->args, config->arg_count, &environment->args))
		goto fail;
	environment->arg_count = config->arg_count;
	if (!copy_list(config->envs, config->env_count, &environment->envs))
		goto fail;
	environment->env_count = config->env_count;
	error = ln_linker_new(runtime->engine, environment->variant, LN_ABI_0_7,
			      config->allowed, config->allowed_count,
			      &environment->linker);
	if (error < 0)
		goto fail;
	*out = environment;
	return 0;
fail:
	destroy(environment);
	return error;
}

struct ln_environment *ln_environment_retain(struct ln_environment *environment)
{
	atomic_fetch_add_explicit(&environment->references, 1,
				  memory_order_relaxed);
	return environment;
}

void ln_environment_release(struct ln_environment *environment)
{
	/* What all holders did comes before the free. */
	if (atomic_fetch_sub_explicit(&environment->references, 1,
				      memory_order_acq_rel) != 1)
		return;
	destroy(environment);
}

size_t ln_environment_args(const struct ln_environment *environment,
			   const char *const **args)
{
	*args = (const char *const *)environment->args;
	return environment->arg_count;
}

size_t ln_environment_envs(const struct ln_environment *environment,
			   const char *const **envs)
{
	*envs = (const char *const *)environment->envs;
	return environment->env_count;
}

struct compile_job {
	struct ln_environment *environment;
	const uint8_t *bytes;
	size_t len;
	struct ln_module *module;
	char *error;
	int result;
};

static void compile(void *argument)
{
	struct compile_job *job = argument;
	struct ln_environment *environment = job->environment;
	struct ln_module_limits limits = {
		.max_bytes = environment->limits.max_module_bytes,
	};

	job->result = ln_module_new(environment->runtime->engine,
				    environment->variant, environment->linker,
				    job->bytes, job->len, &limits, &job->module,
				    &job->error);
}

int ln_environment_add_module(struct ln_environment *environment,
			      const uint8_t *bytes, size_t len,
			      struct ln_env_module **out, char **error)
{
	struct compile_job job = { .environment = environment,
				   .bytes = bytes,
				   .len = len };
	struct ln_env_module *module;
	int result;

	*error = NULL;
	result = ln_blocking_run(ln_sched_blocking(environment->runtime->sched),
				 compile, &job);
	if (result < 0)
		return result;
	if (job.result < 0) {
		*error = job.error;
		return job.result;
	}
	module = malloc(sizeof(*module));
	if (module == NULL) {
		ln_module_release(job.module);
		return LN_ENOMEM;
	}
	*module = (struct ln_env_module){
		.environment = ln_environment_retain(environment),
		.module = job.module,
	};
	atomic_init(&module->references, 1);
	*out = module;
	return 0;
}

struct ln_env_module *ln_env_module_retain(struct ln_env_module *module)
{
	atomic_fetch_add_explicit(&module->references, 1, memory_order_relaxed);
	return module;
}

void ln_env_module_release(struct ln_env_module *module)
{
	/* What all holders did comes before the free. */
	if (atomic_fetch_sub_explicit(&module->references, 1,
				      memory_order_acq_rel) != 1)
		return;
	/* The code goes before the linker that it was checked against. */
	ln_module_release(module->module);
	ln_environment_release(module->environment);
	free(module);
}
