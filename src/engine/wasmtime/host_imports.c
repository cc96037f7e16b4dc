/*
 * What modules may import, as Wasmtime's linker, which has for each host
 * function its trampoline, that compiled code calls directly, or, when it is
 * not allowed, a callback that traps and says so.
 *
 * Threads: any. Immutable once made.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "engine/linker.h"
#include "engine/wasmtime/cause.h"
#include "engine/wasmtime/wasmtime_impl.h"

static wasm_trap_t *denied(void *env, wasmtime_caller_t *caller,
			   wasmtime_val_raw_t *values, size_t count)
{
	char text[LN_LINKER_DENIAL];
	size_t len = ln_linker_denial(env, text);

	(void)caller;
	(void)values;
	(void)count;
	ln_instance_running()->state->host_trap = true;
	return wasmtime_trap_new(text, len);
}

static wasm_valkind_t kind_of(char letter)
{
	switch (letter) {
	case 'I':
		return WASM_I64;
	case 'f':
		return WASM_F32;
	case 'F':
		return WASM_F64;
	default:
		return WASM_I32;
	}
}

static void fill_types(wasm_valtype_vec_t *types, const char *letters)
{
	size_t count = strlen(letters);

	wasm_valtype_vec_new_uninitialized(types, count);
	for (size_t i = 0; i < count; i++)
		types->data[i] = wasm_valtype_new(kind_of(letters[i]));
}

static bool define(wasmtime_linker_t *linker,
		   const struct ln_host_function *function, bool allowed)
{
	wasm_valtype_vec_t params;
	wasm_valtype_vec_t results;
	wasm_functype_t *type;
	wasmtime_error_t *error;

	fill_types(&params, function->params);
	fill_types(&results, function->results);
	type = wasm_functype_new(&params, &results);
	if (allowed) /* then the callback below is never called */
		lunatic_engine_set_next_host_call(function->call);
	error = wasmtime_linker_define_func_unchecked(
		linker, function->module, strlen(function->module),
		function->name, strlen(function->name), type, denied,
		(void *)function, NULL);
	wasm_functype_delete(type);
	if (error == NULL)
		return true;
	wasmtime_error_delete(error);
	return false;
}

struct ln_host_imports *ln_wasmtime_imports_new(
	struct ln_variant *variant, const struct ln_host_table *table,
	enum ln_abi_generation generation, const uint64_t *allowed)
{
	wasmtime_linker_t *linker;

	if (generation == LN_ABI_COMPONENT)
		return ln_wasmtime_component_imports(variant, table, allowed);
	linker = wasmtime_linker_new(variant->engine);
	for (size_t i = 0; i < table->count; i++) {
		const struct ln_host_function *function = &table->functions[i];

		if (function->generation != LN_ABI_ANY &&
		    function->generation != generation)
			continue;
		if (!define(linker, function, ln_linker_bit(allowed, i))) {
			wasmtime_linker_delete(linker);
			return NULL;
		}
	}
	return (struct ln_host_imports *)linker;
}

void ln_wasmtime_imports_free(struct ln_host_imports *imports)
{
	if (ln_wasmtime_is_component(imports))
		ln_wasmtime_component_imports_free(imports);
	else
		wasmtime_linker_delete((wasmtime_linker_t *)imports);
}

int ln_wasmtime_link(struct ln_host_imports *imports,
		     const struct ln_compiled *code, struct ln_linked **linked,
		     char **error)
{
	wasmtime_instance_pre_t *pre;
	wasmtime_error_t *cause;

	*error = NULL;
	ln_assert(ln_wasmtime_is_component(imports) ==
		  ln_wasmtime_is_component(code));
	if (ln_wasmtime_is_component(code))
		return ln_wasmtime_component_link(imports, code, linked, error);
	cause = wasmtime_linker_instantiate_pre((wasmtime_linker_t *)imports,
						ln_wasmtime_module(code), &pre);
	if (cause != NULL)
		return ln_cause_refuse(error, "the module cannot be linked",
				       cause);
	*linked = (struct ln_linked *)pre;
	return 0;
}

void ln_wasmtime_linked_free(struct ln_linked *linked)
{
	if (ln_wasmtime_is_component(linked))
		ln_wasmtime_component_linked_free(linked);
	else
		wasmtime_instance_pre_delete((wasmtime_instance_pre_t *)linked);
}
