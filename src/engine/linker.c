/*
 * A linker holds an entry for every host function of one ABI generation: its
 * trampoline, which compiled code calls directly, or, in a namespace that is
 * not allowed, a callback that traps and says so.
 */
#include "engine/linker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/engine.h"

/* Exported by our patch of Wasmtime (engine/patches). */
void lunatic_engine_set_next_host_call(ln_host_call call);

struct ln_linker {
	wasmtime_linker_t *raw;
};

static bool is_allowed(const struct ln_host_function *function,
		       bool (*allows)(const void *, const char *),
		       const void *who)
{
	char name[128];

	snprintf(name, sizeof(name), "%s::%s", function->module,
		 function->name);
	return allows == NULL || allows(who, name);
}

static wasm_trap_t *denied(void *env, wasmtime_caller_t *caller,
			   wasmtime_val_raw_t *values, size_t count)
{
	const struct ln_host_function *function = env;
	char text[192];
	int len = snprintf(text, sizeof(text),
			   "Host function `%s::%s` unavailable in this "
			   "environment.",
			   function->module, function->name);

	(void)caller;
	(void)values;
	(void)count;
	return wasmtime_trap_new(text, (size_t)len);
}

static void fill_types(wasm_valtype_vec_t *types, const char *letters)
{
	size_t count = strlen(letters);

	wasm_valtype_vec_new_uninitialized(types, count);
	for (size_t i = 0; i < count; i++)
		types->data[i] = wasm_valtype_new(letters[i] == 'I' ? WASM_I64
								    : WASM_I32);
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

int ln_linker_new(struct ln_engine *engine, unsigned variant,
		  enum ln_abi_generation generation,
		  bool (*allows)(const void *who, const char *name),
		  const void *who, struct ln_linker **out)
{
	const struct ln_host_table *table = ln_engine_host_table(engine);
	struct ln_linker *linker = calloc(1, sizeof(*linker));

	if (linker == NULL)
		return LN_ENOMEM;
	linker->raw = wasmtime_linker_new(ln_engine_variant(engine, variant));
	for (size_t i = 0; i < table->count; i++) {
		const struct ln_host_function *function = &table->functions[i];

		if (function->generation != LN_ABI_ANY &&
		    function->generation != generation)
			continue;
		if (!define(linker->raw, function,
			    is_allowed(function, allows, who))) {
			ln_linker_free(linker);
			return LN_ENOMEM;
		}
	}
	*out = linker;
	return 0;
}

void ln_linker_free(struct ln_linker *linker)
{
	if (linker == NULL)
		return;
	wasmtime_linker_delete(linker->raw);
	free(linker);
}

wasmtime_linker_t *ln_linker_raw(const struct ln_linker *linker)
{
	return linker->raw;
}
