/* What the files about components share; see component.c. */
#ifndef LN_ENGINE_WASMTIME_COMPONENT_IMPL_H
#define LN_ENGINE_WASMTIME_COMPONENT_IMPL_H

#include <stdint.h>

#include <wasmtime.h>

/* Makes a pointer odd, and what it was. */
static inline void *ln_wasmtime_mark(void *pointer)
{
	return (char *)pointer + 1;
}

static inline void *ln_wasmtime_unmark(const void *pointer)
{
	return (char *)pointer - 1;
}

/* wasi:cli/run of a component; NULL: it exports none. The caller's. */
wasmtime_component_export_index_t *
ln_wasmtime_component_find_run(const wasmtime_component_t *component);

#endif
