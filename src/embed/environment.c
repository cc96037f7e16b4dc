/*
 * DESIGN
 * Environments and modules. When a process makes one, the work goes through the
 * blocking pool, because we cannot limit the engine's use of stack.
 */
#include <lunatic/runtime.h>

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "embed/embed.h"
#include "engine/engine.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/plugin.h"
#include "process/plugin_new.h"
#include "process/runtime.h"
#include "sched/blocking.h"
#include "sched/sched.h"

_Static_assert((int)LUNATIC_RT_MEMORY_SLAB == LN_MEMORY_SLAB &&
		       (int)LUNATIC_RT_MEMORY_GUARD == LN_MEMORY_GUARD &&
		       (int)LUNATIC_RT_MEMORY_AUTO == LN_MEMORY_AUTO,
	       "two numbers for one strategy");

static lunatic_rt_environment_config default_config(void)
{
	const struct ln_limits *limits = &ln_limits_default;

	return (lunatic_rt_environment_config){
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
		.max_registrations = limits->max_registrations,
		.max_registry_bytes = limits->max_registry_bytes,
		.max_total_memory = limits->max_total_memory,
		.max_environments = limits->max_environments,
		.max_nesting = limits->max_nesting,
		.max_descriptors = limits->max_descriptors,
		.max_plugin_ms = limits->max_plugin_ms,
		.strategy = LUNATIC_RT_MEMORY_AUTO,
	};
}

int lunatic_rt_environment_config_init(lunatic_rt_environment_config *config,
				       size_t size)
{
	const lunatic_rt_environment_config defaults = default_config();

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

static bool are_plugins(const lunatic_rt_plugin *plugins, size_t count)
{
	if (plugins == NULL)
		return count == 0;
	for (size_t i = 0; i < count; i++) {
		if (plugins[i].bytes == NULL)
			return false;
	}
	return true;
}

static int check(const lunatic_rt_environment_config *from)
{
	if (from->strategy != LUNATIC_RT_MEMORY_SLAB &&
	    from->strategy != LUNATIC_RT_MEMORY_GUARD &&
	    from->strategy != LUNATIC_RT_MEMORY_AUTO)
		return LN_EINVAL;
	if (!is_list(from->allowed, from->allowed_count) ||
	    !is_list(from->args, from->arg_count) ||
	    !is_list(from->envs, from->env_count) ||
	    !is_list(from->listeners, from->listener_count))
		return LN_EINVAL;
	if (!are_plugins(from->plugins, from->plugin_count))
		return LN_EINVAL;
	if (from->preopens == NULL && from->preopen_count > 0)
		return LN_EINVAL;
	for (size_t i = 0; i < from->preopen_count; i++) {
		if (from->preopens[i].host == NULL)
			return LN_EINVAL;
	}
	return 0;
}

static int fill_allowed(const lunatic_rt_environment_config *from,
			struct ln_config *to)
{
	int error = 0;

	if (from->allowed == NULL)
		return ln_config_allow(to, "", 0);
	for (size_t i = 0; i < from->allowed_count && error == 0; i++)
		error = ln_config_allow(to, from->allowed[i],
					strlen(from->allowed[i]));
	return error;
}

static int fill_texts(const lunatic_rt_environment_config *from,
		      struct ln_config *to)
{
	int error = fill_allowed(from, to);

	for (size_t i = 0; i < from->arg_count && error == 0; i++)
		error = ln_config_add_arg(to, from->args[i]);
	for (size_t i = 0; i < from->env_count && error == 0; i++)
		error = ln_config_add_env(to, from->envs[i]);
	for (size_t i = 0; i < from->listener_count && error == 0; i++)
		error = ln_config_listen(to, from->listeners[i]);
	for (size_t i = 0; i < from->preopen_count && error == 0; i++) {
		const lunatic_rt_preopen *dir = &from->preopens[i];
		const char *guest = dir->guest != NULL ? dir->guest : dir->host;

		error = ln_config_preopen(to, dir->host, guest,
					  dir->read_only != 0);
	}
	return error;
}

static int translate(const lunatic_rt_environment_config *from,
		     struct ln_config **out)
{
	struct ln_config *to;
	struct ln_engine_choice engine = { .class = NULL };
	int error = check(from);

	if (error != 0)
		return error;
	if (from->engine != NULL && !ln_engine_choose(from->engine, &engine))
		return LN_ENOENT;
	error = ln_config_new(&to);
	if (error != 0)
		return error;
	to->strategy = (enum ln_memory_strategy)from->strategy;
	to->engine = engine;
	/* On top of the defaults, for what is not in the interface. */
	to->limits.max_memory = from->max_memory;
	to->limits.max_fuel = from->max_fuel;
	to->limits.max_processes = from->max_processes;
	to->limits.max_messages = from->max_messages;
	to->limits.max_mailbox_bytes = from->max_mailbox_bytes;
	to->limits.max_message_bytes = from->max_message_bytes;
	to->limits.max_handles = from->max_handles;
	to->limits.max_links = from->max_links;
	to->limits.max_table_elements = from->max_table_elements;
	to->limits.max_module_bytes = from->max_module_bytes;
	to->limits.max_registrations = from->max_registrations;
	to->limits.max_registry_bytes = from->max_registry_bytes;
	to->limits.max_total_memory = from->max_total_memory;
	to->limits.max_environments = from->max_environments;
	to->limits.max_descriptors = from->max_descriptors;
	to->limits.max_plugin_ms = from->max_plugin_ms;
	to->limits.max_nesting = from->max_nesting < UINT32_MAX
					 ? (uint32_t)from->max_nesting
					 : UINT32_MAX;
	error = fill_texts(from, to);
	if (error < 0)
		ln_config_free(to);
	else
		*out = to;
	return error;
}

struct making {
	struct ln_runtime *runtime;
	struct ln_config *config;
	struct ln_environment *environment;
	int result;
};

struct plugging {
	struct ln_runtime *runtime;
	const lunatic_rt_plugin *from;
	struct ln_config *config;
	int result;
};

static void add_plugin(void *argument)
{
	struct plugging *job = argument;
	struct ln_plugin *plugin;
	char *text;

	job->result =
		ln_plugin_new(job->runtime, NULL, job->from->name,
			      job->from->bytes, job->from->len, &plugin, &text);
	free(text);
	if (job->result < 0)
		return;
	job->result = ln_config_add_plugin(job->config, plugin);
	ln_plugin_release(plugin);
}

/* Each is a separate job, so that a kill takes effect in between. */
static int add_plugins(struct ln_runtime *runtime,
		       const lunatic_rt_environment_config *from,
		       struct ln_config *config)
{
	struct plugging job = { .runtime = runtime, .config = config };
	int error = 0;

	for (size_t i = 0; i < from->plugin_count && error == 0; i++) {
		job.from = &from->plugins[i];
		error = ln_blocking_run(ln_sched_blocking(runtime->sched),
					add_plugin, &job);
		if (error == 0)
			error = job.result;
	}
	return error;
}

static void make(void *argument)
{
	struct making *making = argument;

	making->result = ln_environment_new(
		making->runtime, NULL, making->config, &making->environment);
}

int ln_embed_make_config(struct ln_runtime *runtime, const void *given,
			 struct ln_config **config)
{
	lunatic_rt_environment_config own = default_config();
	int error;

	if (given != NULL && ln_embed_read_config(&own, sizeof(own), given) < 0)
		return LN_EINVAL;
	error = translate(&own, config);
	if (error < 0)
		return error;
	error = add_plugins(runtime, &own, *config);
	if (error < 0)
		ln_config_free(*config);
	return error;
}

int lunatic_rt_environment_new(lunatic_rt *runtime,
			       const lunatic_rt_environment_config *config,
			       lunatic_rt_environment **environment)
{
	struct making making = { .runtime = runtime };
	int error;

	if (environment == NULL)
		return LN_EINVAL;
	*environment = NULL;
	if (runtime == NULL)
		return LN_EINVAL;
	error = ln_embed_make_config(runtime, config, &making.config);
	if (error < 0)
		return error;
	error = ln_blocking_run(ln_sched_files(runtime->sched), make, &making);
	ln_config_free(making.config);
	if (error < 0)
		return error;
	if (making.result == 0)
		*environment = making.environment;
	return making.result;
}

void lunatic_rt_environment_release(lunatic_rt_environment *environment)
{
	if (environment != NULL)
		ln_environment_release(environment);
}

int lunatic_rt_module_new(lunatic_rt_environment *environment,
			  const void *bytes, size_t len,
			  lunatic_rt_module **module, char **error_text)
{
	struct ln_module *made;
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

void lunatic_rt_module_release(lunatic_rt_module *module)
{
	if (module != NULL)
		ln_module_release(module);
}
