/*
 * Configurations, environments and modules.
 */
#include <lunatic/abi.h>
#include <lunatic/environment.h>
#include <lunatic/status.h>
#include <string.h>

#include "internal.h"

struct lunatic_config lunatic_config_new(uint64_t max_memory, uint64_t max_fuel)
{
	return (struct lunatic_config){ lunatic_process_create_config(
		max_memory, max_fuel) };
}

void lunatic_config_allow(struct lunatic_config config, const char *prefix)
{
	lunatic_process_allow_namespace(config.id, prefix, strlen(prefix));
}

int lunatic_config_preopen(struct lunatic_config config, const char *dir)
{
	uint64_t id;

	if (lunatic_process_preopen_dir(config.id, dir, strlen(dir), &id) != 0)
		return lunatic_host_error(id);
	return 0;
}

void lunatic_config_drop(struct lunatic_config config)
{
	lunatic_process_drop_config(config.id);
}

int lunatic_env_new(struct lunatic_env *env, struct lunatic_config config)
{
	uint64_t id;

	if (lunatic_process_create_environment(config.id, &id) != 0)
		return lunatic_host_error(id);
	env->id = id;
	return 0;
}

int lunatic_env_new_remote(struct lunatic_env *env, const char *node,
			   struct lunatic_config config)
{
	uint64_t id;

	if (lunatic_process_create_remote_environment(config.id, node,
						      strlen(node), &id) != 0)
		return lunatic_host_error(id);
	env->id = id;
	return 0;
}

int lunatic_env_add(struct lunatic_env env, const void *data, size_t size,
		    struct lunatic_module *module)
{
	uint64_t id;

	if (lunatic_process_add_module(env.id, data, size, &id) != 0)
		return lunatic_host_error(id);
	module->id = id;
	return 0;
}

int lunatic_env_add_this(struct lunatic_env env, struct lunatic_module *module)
{
	uint64_t id;

	if (lunatic_process_add_this_module(env.id, &id) != 0)
		return lunatic_host_error(id);
	module->id = id;
	return 0;
}

void lunatic_module_drop(struct lunatic_module module)
{
	lunatic_process_drop_module(module.id);
}
