/* Whether what a module imports is there, and why not, in words of ours. */
#ifndef LN_ENGINE_IMPORTS_H
#define LN_ENGINE_IMPORTS_H

#include <wasmtime.h>

struct ln_host_table;

/* Checks every import of a compiled module against the host functions. On
 * failure *error is a text of one line, owned by the caller: LN_EINVAL, or
 * LN_ENOMEM with *error NULL. Needs the stack of a thread. */
int ln_imports_check(const struct ln_host_table *table,
		     const wasmtime_module_t *code, char **error);

#endif
