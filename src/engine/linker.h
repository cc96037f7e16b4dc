/*
 * What modules of one environment may import: the host functions, of which
 * those in namespaces that are not allowed trap when called. Immutable once
 * made.
 */
#ifndef LN_ENGINE_LINKER_H
#define LN_ENGINE_LINKER_H

#include <stdbool.h>

#include <wasmtime.h>

#include "engine/host_table.h"

struct ln_engine;
struct ln_linker;

/* Makes a linker for a variant and a generation of the ABI. `allows` is asked
 * for each host function, by its name "module::name"; NULL allows all.
 * LN_ENOMEM. */
int ln_linker_new(struct ln_engine *engine, unsigned variant,
		  enum ln_abi_generation generation,
		  bool (*allows)(const void *who, const char *name),
		  const void *who, struct ln_linker **linker);
void ln_linker_free(struct ln_linker *linker);

wasmtime_linker_t *ln_linker_raw(const struct ln_linker *linker);

#endif
