/* Making plugins. */
#ifndef LN_PROCESS_PLUGIN_NEW_H
#define LN_PROCESS_PLUGIN_NEW_H

#include <stddef.h>
#include <stdint.h>

struct ln_environment;
struct ln_plugin;
struct ln_runtime;

/* Compiles a plugin, counted. It may print if the environment of whoever gives
 * it allows that; NULL: it may. `name` is what errors call it; NULL: by its
 * number. *error as in ln_compiled_new. Blocks, and is deep: not on a fiber.
 * LN_EFORMAT, LN_EINVAL (imports, or it is no plugin), LN_ELIMIT,
 * LN_ENOMEM. */
int ln_plugin_new(struct ln_runtime *runtime,
		  const struct ln_environment *giver, const char *name,
		  const uint8_t *bytes, size_t len, struct ln_plugin **plugin,
		  char **error);

#endif
