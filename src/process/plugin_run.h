/* Running plugins over modules. */
#ifndef LN_PROCESS_PLUGIN_RUN_H
#define LN_PROCESS_PLUGIN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_plugin;

/* What a plugin exports: the first, or the second, or both. */
#define LN_PLUGIN_HOOK "lunatic_create_module_hook"
#define LN_PLUGIN_INITIALIZE "_initialize"

/* Whether it exports a function of that name. */
bool ln_plugin_exports(const struct ln_plugin *plugin, const char *name);

/* What plugins have for one module. */
struct ln_plugin_bounds {
	size_t max;  /* bytes of what comes out */
	uint64_t ms; /* time for all of them */
};

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
