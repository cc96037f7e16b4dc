/*
 * Components as code, and what host functions ask of a component that has
 * called them. A pointer to what belongs to a component is odd, so that it goes
 * where modules' pointers go.
 *
 * Threads: any for code; the rest that of the process.
 */
#include <elf.h>
#include <string.h>

#include "base/error.h"
#include "engine/component.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/component_impl.h"
#include "engine/wasmtime/wasmtime_impl.h"

/* What Wasmtime notes in the header of compiled code: a component. */
#define IS_COMPONENT 2

#define PAGE ((uint64_t)65536)

/* Exported by our patches (engine/patches). */
void lunatic_component_image_range(const wasmtime_component_t *component,
				   const uint8_t **start, const uint8_t **end);
struct needs {
	size_t core_instances;
	size_t component_instances;
	bool known;
	uint32_t memories;
	uint32_t tables;
	uint64_t initial_memory; /* pages */
	uint64_t initial_table;
};
void lunatic_component_needs(const wasmtime_component_t *component,
			     struct needs *needs);
const struct ln_component_view *lunatic_component_memory(void *instance,
							 uint32_t options);
uint32_t lunatic_component_encoding(void *instance, uint32_t options);
bool lunatic_component_realloc(void *instance, uint32_t options, uint32_t old,
			       uint32_t old_size, uint32_t align, uint32_t size,
			       uint32_t *address);
uint32_t lunatic_component_resource_table(void *instance, uint32_t type,
					  uint32_t kind);
bool lunatic_component_resource_new(void *instance, uint32_t table,
				    uint32_t value, uint32_t *handle);
bool lunatic_component_resource_rep(void *instance, uint32_t table,
				    uint32_t handle, uint32_t *value);
bool lunatic_component_resource_take(void *instance, uint32_t table,
				     uint32_t handle, uint32_t *value);

/* ---- Code ---- */

int ln_wasmtime_component_compile(struct ln_variant *variant,
				  const uint8_t *bytes, size_t len,
				  struct ln_compiled **code, char **error)
{
	wasmtime_component_t *component;
	wasmtime_error_t *cause =
		wasmtime_component_new(variant->engine, bytes, len, &component);

	if (cause != NULL)
		return ln_cause_refuse_component(error, cause);
	*code = ln_wasmtime_mark(component);
	return 0;
}

void ln_wasmtime_component_free(struct ln_compiled *code)
{
	wasmtime_component_delete(ln_wasmtime_unmark(code));
}

const uint8_t *ln_wasmtime_component_image(const struct ln_compiled *code,
					   size_t *size)
{
	const uint8_t *start;
	const uint8_t *end;

	lunatic_component_image_range(ln_wasmtime_unmark(code), &start, &end);
	*size = (size_t)(end - start);
	return start;
}

wasmtime_error_t *
ln_wasmtime_component_serialize(const struct ln_compiled *code,
				wasm_byte_vec_t *bytes)
{
	return wasmtime_component_serialize(ln_wasmtime_unmark(code), bytes);
}

bool ln_wasmtime_component_is_code(const uint8_t *bytes, size_t len)
{
	Elf64_Ehdr header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	return memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
	       (header.e_flags & IS_COMPONENT) != 0;
}

int ln_wasmtime_component_deserialize(struct ln_variant *variant,
				      const uint8_t *bytes, size_t len,
				      struct ln_compiled **code, char **error)
{
	wasmtime_component_t *component;
	wasmtime_error_t *cause = wasmtime_component_deserialize(
		variant->engine, bytes, len, &component);

	if (cause != NULL)
		return ln_cause_refuse(
			error, "the compiler made code that cannot be loaded",
			cause);
	*code = ln_wasmtime_mark(component);
	return 0;
}

/* Any version that is compatible is found by these names of interfaces. */
static const struct {
	const char *name;
	const char *interface;
	const char *function;
} entries[LN_COMPONENT_ENTRIES] = {
	[LN_WASMTIME_RUN] = { LN_COMPONENT_RUN, "wasi:cli/run@0.2.0", "run" },
	[LN_WASMTIME_WORKER] = { LN_COMPONENT_WORKER,
				 LN_COMPONENT_WORKER "@0.1.0", "start" },
	[LN_WASMTIME_HANDLE] = { LN_COMPONENT_HANDLE,
				 LN_COMPONENT_HANDLE "@0.2.0", "handle" },
};

wasmtime_component_export_index_t *
ln_wasmtime_component_find(const wasmtime_component_t *component,
			   enum ln_wasmtime_entry entry)
{
	const char *interface = entries[entry].interface;
	const char *name = entries[entry].function;
	wasmtime_component_export_index_t *function;
	wasmtime_component_export_index_t *found =
		wasmtime_component_get_export_index(component, NULL, interface,
						    strlen(interface));

	if (found == NULL)
		return NULL;
	function = wasmtime_component_get_export_index(component, found, name,
						       strlen(name));
	wasmtime_component_export_index_delete(found);
	return function;
}

enum ln_wasmtime_entry ln_wasmtime_component_entry(const char *name, size_t len)
{
	for (unsigned i = 0; i < LN_COMPONENT_ENTRIES; i++) {
		if (strlen(entries[i].name) == len &&
		    memcmp(entries[i].name, name, len) == 0)
			return i;
	}
	/* Components have no others. */
	return LN_WASMTIME_RUN;
}

static void tell_needs(const struct ln_compiled *code,
		       struct ln_component_needs *needs)
{
	const wasmtime_component_t *component = ln_wasmtime_unmark(code);
	struct needs found;
	size_t count = 0;

	lunatic_component_needs(component, &found);
	*needs = (struct ln_component_needs){
		.core_instances = found.core_instances,
		.instances = found.component_instances,
		.memories = found.memories,
		.tables = found.tables,
		.initial_memory = found.initial_memory * PAGE,
		.initial_table = found.initial_table,
		.known = found.known,
	};
	for (unsigned i = 0; i < LN_COMPONENT_ENTRIES; i++) {
		wasmtime_component_export_index_t *function =
			ln_wasmtime_component_find(component, i);

		if (function == NULL)
			continue;
		needs->entries[count++] = entries[i].name;
		wasmtime_component_export_index_delete(function);
	}
}

/* ---- In host functions ---- */

static bool allocate(void *instance, uint32_t options, uint32_t align,
		     uint32_t size, uint32_t *address)
{
	return lunatic_component_realloc(instance, options, 0, 0, align, size,
					 address);
}

const struct ln_component_ops ln_wasmtime_components = {
	.needs = tell_needs,
	.memory = lunatic_component_memory,
	.encoding = lunatic_component_encoding,
	.allocate = allocate,
	.handles = lunatic_component_resource_table,
	.handle_new = lunatic_component_resource_new,
	.handle_get = lunatic_component_resource_rep,
	.handle_take = lunatic_component_resource_take,
};
