/* What the files about components share; see component.c. */
#ifndef LN_ENGINE_WASMTIME_COMPONENT_IMPL_H
#define LN_ENGINE_WASMTIME_COMPONENT_IMPL_H

#include <stdint.h>

#include <wasmtime.h>

#include "engine/component.h"
#include "engine/host_table.h"

/* Exported by our patches (engine/patches). */

typedef struct lunatic_component_pre component_pre;

wasmtime_error_t *
lunatic_component_linker_add_raw(wasmtime_component_linker_instance_t *instance,
				 const char *name, size_t name_len,
				 ln_component_call call, const void *data,
				 const char *type, size_t type_len);
wasmtime_error_t *
lunatic_component_linker_instantiate_pre(const wasmtime_component_linker_t *,
					 const wasmtime_component_t *component,
					 component_pre **pre);
void lunatic_component_pre_delete(component_pre *pre);
wasmtime_error_t *
lunatic_component_pre_instantiate(const component_pre *pre,
				  wasmtime_context_t *context,
				  wasmtime_component_instance_t *instance);
void lunatic_component_limit_handles(wasmtime_context_t *context, size_t limit);
void lunatic_component_func_core(const wasmtime_component_func_t *function,
				 wasmtime_context_t *context,
				 wasmtime_func_t *core);

/* Makes a pointer odd, and what it was. */
static inline void *ln_wasmtime_mark(void *pointer)
{
	return (char *)pointer + 1;
}

static inline void *ln_wasmtime_unmark(const void *pointer)
{
	return (char *)pointer - 1;
}

/* What processes begin with, of the entries of engine/component.h. */
enum ln_wasmtime_entry {
	LN_WASMTIME_RUN,
	LN_WASMTIME_WORKER,
	LN_WASMTIME_HANDLE,
};

/* The function that a component exports for an entry; NULL: none. The caller's.
 */
wasmtime_component_export_index_t *
ln_wasmtime_component_find(const wasmtime_component_t *component,
			   enum ln_wasmtime_entry entry);

/* Which of them has this name. */
enum ln_wasmtime_entry ln_wasmtime_component_entry(const char *name,
						   size_t len);

#endif
