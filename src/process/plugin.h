/*
 * Plugins: modules that change other modules before these are compiled for an
 * environment. A plugin comes from anybody. It runs as a process of its own, in
 * an environment of its own that allows nothing but to look at the module, to
 * change it, and to print; its instructions, memory and time are bounded.
 */
#ifndef LN_PROCESS_PLUGIN_H
#define LN_PROCESS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

struct ln_environment;
struct ln_plugin;
struct ln_rewrite;
struct ln_runtime;

/* Plugins of one configuration. */
#define LN_PLUGINS_MOST 16

/* What a running plugin works on; its guest points to it. */
struct ln_hook {
	struct ln_rewrite *rewrite; /* the module */
	char *failure;              /* owned; why it trapped */
	uint64_t fuel;              /* used, once it has ended */
};

/* What plugins have for one module. */
struct ln_plugin_bounds {
	size_t most; /* bytes of what comes out */
	uint64_t ms; /* time for all of them */
};

/* Compiles a plugin, counted. It may print if the environment of whoever gives
 * it allows that; NULL: it may. `name` is what errors call it; NULL: by its
 * number. *error as in ln_module_new. Blocks, and is deep: not on a fiber.
 * LN_EFORMAT, LN_EINVAL (imports, or it is not a plugin), LN_ELIMIT,
 * LN_ENOMEM. */
int ln_plugin_new(struct ln_runtime *runtime,
		  const struct ln_environment *giver, const char *name,
		  const uint8_t *bytes, size_t len, struct ln_plugin **plugin,
		  char **error);
struct ln_plugin *ln_plugin_retain(struct ln_plugin *plugin);
void ln_plugin_release(struct ln_plugin *plugin);

/* What errors call it, or NULL; as long as the plugin. */
const char *ln_plugin_name(const struct ln_plugin *plugin);

/* The binary that it was made from; as long as the plugin. */
const uint8_t *ln_plugin_source(const struct ln_plugin *plugin, size_t *len);

/* Bytes that it takes, about. */
uint64_t ln_plugin_weight(const struct ln_plugin *plugin);

/* Lets the plugins change a module, binary or text, in their order; *changed is
 * the caller's. *fuel is what that costs, in instructions, also on failure. On
 * failure *changed is NULL, and *error is a text of one line that names the
 * plugin, or NULL. Blocks until the plugins have ended, so not on a worker.
 * LN_EFORMAT, LN_EINVAL, LN_ELIMIT, LN_ETRAP, LN_ETIMEDOUT, LN_EKILLED,
 * LN_ENOMEM, LN_ESTOPPED. */
int ln_plugins_apply(struct ln_plugin *const *plugins, size_t count,
		     const uint8_t *bytes, size_t len,
		     const struct ln_plugin_bounds *bounds, uint8_t **changed,
		     size_t *changed_len, uint64_t *fuel, char **error);

#endif
