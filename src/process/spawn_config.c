/* Configurations of processes. */
#include "process/spawn_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "process/add_module.h"
#include "process/config.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"

/* As lunatic 0.13 has it for one that is new. */
#define MAX_MEMORY UINT32_MAX

/* Takes over what the environment has that no configuration says. */
static int inherit(struct ln_config *config, const struct ln_environment *guest)
{
	const struct ln_config *own = guest->config;
	int error = ln_config_allow(config, "", 0);

	config->limits = guest->limits;
	config->limits.max_memory = MAX_MEMORY;
	config->limits.max_fuel = 0;
	config->strategy = own->strategy;
	config->denied =
		LN_DENIED_COMPILE | LN_DENIED_CONFIGS | LN_DENIED_SPAWN;
	config->joins_family = true;
	for (size_t i = 0; i < own->plugin_count && error == 0; i++)
		error = ln_config_add_plugin(config, own->plugins[i]);
	return error;
}

int ln_spawn_config_new(const struct ln_environment *guest,
			struct ln_spawn_config **out)
{
	struct ln_spawn_config *config = calloc(1, sizeof(*config));
	int error = LN_ENOMEM;

	if (config != NULL)
		error = ln_config_new(&config->config);
	if (error == 0)
		error = inherit(config->config, guest);
	if (error < 0) {
		ln_spawn_config_free(config);
		return error;
	}
	config->max_memory = MAX_MEMORY;
	*out = config;
	return 0;
}

static void forget_module(struct ln_spawn_config *config)
{
	if (config->from == NULL)
		return;
	ln_module_release(config->from);
	ln_module_release(config->module);
	config->from = NULL;
	config->module = NULL;
}

void ln_spawn_config_changed(struct ln_spawn_config *config)
{
	forget_module(config);
	if (config->environment != NULL)
		ln_environment_release(config->environment);
	config->environment = NULL;
}

void ln_spawn_config_free(struct ln_spawn_config *config)
{
	if (config == NULL)
		return;
	ln_spawn_config_changed(config);
	ln_config_free(config->config);
	free(config);
}

static const char *why(int error)
{
	switch (error) {
	case LN_ELIMIT:
		return "too many of them are in use, they are nested too "
		       "deeply, or too many files are open";
	case LN_ENOENT:
	case LN_EPERM:
		return "a directory does not exist, cannot be opened, or is "
		       "not below those of the process that spawns";
	default:
		return ln_error_text(error);
	}
}

/* Makes the environment. Parks. */
static int make_environment(struct ln_spawn_config *config,
			    struct ln_environment *parent, char **error)
{
	int result = ln_environment_new_below(parent, config->config,
					      &config->environment);

	if (result < 0 &&
	    asprintf(error,
		     "The configuration of the process cannot be used: %s",
		     why(result)) < 0)
		*error = NULL;
	return result;
}

int ln_spawn_config_module(struct ln_spawn_config *config,
			   struct ln_environment *parent,
			   struct ln_module *module, struct ln_module **out,
			   char **error)
{
	int result = 0;

	*error = NULL;
	if (config->environment == NULL)
		result = make_environment(config, parent, error);
	if (result == 0 && config->from != module) {
		forget_module(config);
		result = ln_environment_adopt_module(
			config->environment, module, &config->module, error);
		if (result == 0)
			config->from = ln_module_retain(module);
	}
	if (result < 0)
		return result;
	*out = ln_module_retain(config->module);
	return 0;
}
