/*
 * Making plugins: each is a module in an environment of its own, in which it
 * may do what plugins need and nothing else.
 *
 * Threads: any that are no workers. No locks.
 * Guarantees: a plugin cannot reach other processes, files or networks.
 * Limits: FUEL and MEMORY for each.
 */
#include "process/plugin_new.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/module.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment_new.h"
#include "process/plugin.h"
#include "process/plugin_run.h"
#include "process/runtime.h"

#define FUEL ((uint64_t)1000000000) /* instructions, about */
#define MEMORY ((uint64_t)256 << 20)

#define NAMESPACE "lunatic::plugin"

/* What any plugin may call. */
static const char *const always[] = {
	NAMESPACE "::",
	"lunatic::error::",
	"lunatic::version::",
};

/* What it may also call if its owner may: what C libraries need in order to
 * print. Nothing else here waits for others. */
static const char *const granted[] = {
	"wasi_snapshot_preview1::args_get",
	"wasi_snapshot_preview1::args_sizes_get",
	"wasi_snapshot_preview1::environ_get",
	"wasi_snapshot_preview1::environ_sizes_get",
	"wasi_snapshot_preview1::clock_time_get",
	"wasi_snapshot_preview1::fd_fdstat_get",
	"wasi_snapshot_preview1::fd_prestat_get",
	"wasi_snapshot_preview1::fd_close",
	"wasi_snapshot_preview1::fd_seek",
	"wasi_snapshot_preview1::fd_write",
	"wasi_snapshot_preview1::proc_exit",
	"wasi_snapshot_preview1::random_get",
};

static int allow(struct ln_config *config, const struct ln_environment *giver)
{
	int error = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (error == 0)
			error = ln_config_allow(config, always[i],
						strlen(always[i]));
	}
	for (size_t i = 0; i < sizeof(granted) / sizeof(granted[0]); i++) {
		if (error == 0 &&
		    (giver == NULL || ln_environment_allows(giver, granted[i])))
			error = ln_config_allow(config, granted[i],
						strlen(granted[i]));
	}
	return error;
}

static int make_environment(struct ln_runtime *runtime,
			    const struct ln_environment *giver,
			    struct ln_environment **environment)
{
	struct ln_config *config;
	int error = ln_config_new(&config);

	if (error < 0)
		return error;
	config->limits.max_fuel = FUEL;
	config->limits.max_memory = MEMORY;
	error = allow(config, giver);
	if (error == 0)
		error = ln_config_add_arg(config, "plugin");
	if (error == 0)
		error = ln_environment_new(runtime, NULL, config, environment);
	ln_config_free(config);
	return error;
}

static void destroy(struct ln_plugin *plugin)
{
	if (plugin->module != NULL)
		ln_module_release(plugin->module);
	free(plugin->name);
	free(plugin);
}

/* Whether it can change a module: any other one would be run for nothing,
 * unnoticed. A plugin may do all its work in `_initialize`; since every C
 * library exports that, such a plugin is known by what it imports. */
static bool is_plugin(const struct ln_plugin *plugin)
{
	const uint8_t *bytes;
	size_t len;

	if (ln_plugin_exports(plugin, LN_PLUGIN_HOOK))
		return true;
	bytes = ln_compiled_bytes(plugin->module->module, &len);
	return ln_plugin_exports(plugin, LN_PLUGIN_INITIALIZE) &&
	       memmem(bytes, len, NAMESPACE, sizeof(NAMESPACE) - 1) != NULL;
}

int ln_plugin_new(struct ln_runtime *runtime,
		  const struct ln_environment *giver, const char *name,
		  const uint8_t *bytes, size_t len, struct ln_plugin **out,
		  char **error)
{
	struct ln_plugin *plugin = calloc(1, sizeof(*plugin));
	struct ln_environment *environment;
	int code;

	*error = NULL;
	if (plugin == NULL)
		return LN_ENOMEM;
	atomic_init(&plugin->references, 1);
	plugin->destroy = destroy;
	if (name != NULL) {
		plugin->name = strdup(name);
		if (plugin->name == NULL) {
			destroy(plugin);
			return LN_ENOMEM;
		}
	}
	code = make_environment(runtime, giver, &environment);
	if (code == 0) {
		code = ln_environment_add_module(environment, bytes, len,
						 &plugin->module, error);
		ln_environment_release(environment);
	}
	if (code == 0 && !is_plugin(plugin)) {
		code = LN_EINVAL;
		/* NULL says that memory is short, too. */
		*error = strdup("it is not a plugin: it exports no function "
				"`" LN_PLUGIN_HOOK "`");
	}
	if (code < 0) {
		destroy(plugin);
		return code;
	}
	plugin->source = ln_module_source(plugin->module, &plugin->len);
	plugin->weight = sizeof(*plugin) + ln_module_weight(plugin->module);
	*out = plugin;
	return 0;
}
