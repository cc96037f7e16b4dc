/*
 * DESIGN
 * Environments and modules. Making either goes through the blocking pool when a
 * process asks: the engine's stack depth is not ours to bound.
 */
#include <lunatic/lunatic.h>

#include <stdlib.h>

#include "base/error.h"
#include "embed/embed.h"
#include "process/environment.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

_Static_assert((int)LUNATIC_MEMORY_SLAB == LN_MEMORY_SLAB &&
		       (int)LUNATIC_MEMORY_GUARD == LN_MEMORY_GUARD,
	       "two numbers for one strategy");

static const char *const everything[] = { "" };

static lunatic_environment_config default_config(void)
{
	const struct ln_limits *limits = &ln_limits_default;

	return (lunatic_environment_config){
		.max_memory = limits->max_memory,
		.max_fuel = limits->max_fuel,
		.max_message_bytes = limits->max_message_bytes,
		.max_handles = limits->max_handles,
		.max_table_elements = limits->max_table_elements,
		.max_module_bytes = limits->max_module_bytes,
		.max_processes = limits->max_processes,
		.max_messages = limits->max_messages,
		.max_mailbox_bytes = limits->max_mailbox_bytes,
		.max_links = limits->max_links,
		.strategy = LUNATIC_MEMORY_SLAB,
	};
}

int lunatic_environment_config_init(lunatic_environment_config *config,
				    size_t size)
{
	const lunatic_environment_config defaults = default_config();

	return ln_embed_write_config(config, size, &defaults, sizeof(defaults));
}

static bool is_list(const char *const *strings, size_t count)
{
	if (strings == NULL)
		return count == 0;
	for (size_t i = 0; i < count; i++) {
		if (strings[i] == NULL)
			return false;
	}
	return true;
}

static int translate(const lunatic_environment_config *from,
		     struct ln_environment_config *to)
{
	if (from->strategy != LUNATIC_MEMORY_SLAB &&
	    from->strategy != LUNATIC_MEMORY_GUARD)
		return LN_EINVAL;
	if (!is_list(from->allowed, from->allowed_count) ||
	    !is_list(from->args, from->arg_count) ||
	    !is_list(from->envs, from->env_count))
		return LN_EINVAL;
	*to = (struct ln_environment_config){
		.limits = { .max_memory = from->max_memory,
			    .max_fuel = from->max_fuel,
			    .max_processes = from->max_processes,
			    .max_messages = from->max_messages,
			    .max_mailbox_bytes = from->max_mailbox_bytes,
			    .max_message_bytes = from->max_message_bytes,
			    .max_handles = from->max_handles,
			    .max_links = from->max_links,
			    .max_table_elements = from->max_table_elements,
			    .max_module_bytes = from->max_module_bytes },
		.strategy = (enum ln_memory_strategy)from->strategy,
		.allowed = from->allowed,
		.allowed_count = from->allowed_count,
		.args = from->args,
		.arg_count = from->arg_count,
		.envs = from->envs,
		.env_count = from->env_count,
	};
	if (from->allowed == NULL) {
		to->allowed = everything;
		to->allowed_count = 1;
	}
	return 0;
}

struct making {
	struct ln_runtime *runtime;
	const struct ln_environment_config *config;
	struct ln_environment *environment;
	int result;
};

static void make(void *argument)
{
	struct making *making = argument;

	making->result = ln_environment_new(making->runtime, making->config,
					    &making->environment);
}

int lunatic_environment_new(lunatic_runtime *runtime,
			    const lunatic_environment_config *config,
			    lunatic_environment **environment)
{
	lunatic_environment_config own = default_config();
	struct ln_environment_config translated;
	struct making making = { .runtime = runtime, .config = &translated };
	int error;

	if (environment == NULL)
		return LN_EINVAL;
	*environment = NULL;
	if (runtime == NULL)
		return LN_EINVAL;
	if (config != NULL &&
	    ln_embed_read_config(&own, sizeof(own), config) < 0)
		return LN_EINVAL;
	error = translate(&own, &translated);
	if (error < 0)
		return error;
	error = ln_blocking_run(ln_sched_blocking(runtime->sched), make,
				&making);
	if (error < 0)
		return error;
	if (making.result == 0)
		*environment = making.environment;
	return making.result;
}

void lunatic_environment_release(lunatic_environment *environment)
{
	if (environment != NULL)
		ln_environment_release(environment);
}

int lunatic_module_new(lunatic_environment *environment, const void *bytes,
		       size_t len, lunatic_module **module, char **error_text)
{
	struct ln_env_module *made;
	char *text;
	int error;

	if (error_text != NULL)
		*error_text = NULL;
	if (module == NULL)
		return LN_EINVAL;
	*module = NULL;
	if (environment == NULL || bytes == NULL)
		return LN_EINVAL;
	error = ln_environment_add_module(environment, bytes, len, &made,
					  &text);
	if (error == 0)
		*module = made;
	else if (error_text != NULL)
		*error_text = text;
	else
		free(text);
	return error;
}

void lunatic_module_release(lunatic_module *module)
{
	if (module != NULL)
		ln_env_module_release(module);
}
