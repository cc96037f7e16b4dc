/*
 * Whether what a module imports is there, and why not, in words of ours; and
 * which generation of the ABI a module is made for. That is decided here, once:
 * a generation that has everything that the module imports, with the same
 * types. A module that imports only what all of them have is one of 0.7.
 */
#ifndef LN_ENGINE_IMPORTS_H
#define LN_ENGINE_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/host_table.h"

struct ln_signatures;

/* Checks every import of a valid binary against the host functions, and stores
 * its generation: LN_ABI_0_7 or LN_ABI_0_13. On failure *error is a text
 * of one line, owned by the caller: LN_EINVAL, or LN_ENOMEM with *error NULL.
 * Needs the stack of a thread. */
int ln_imports_check(const struct ln_host_table *table, const uint8_t *bytes,
		     size_t len, const struct ln_signatures *signatures,
		     enum ln_abi_generation *generation, char **error);

/* "0.7" or "0.13". */
const char *ln_abi_name(enum ln_abi_generation generation);

#endif
