/*
 * A linker says which host functions are allowed. For each generation of the
 * ABI whose modules are linked it has one of Wasmtime's, with an entry for
 * every host function of that generation: its trampoline, which compiled code
 * calls directly, or, in a namespace that is not allowed, a callback that traps
 * and says so.
 *
 * Making one takes far longer than finding out what is allowed, and it takes
 * memory. So the linkers that are in use are kept in a list, without a
 * reference of its own, and found by their set of allowed functions. A guest
 * that makes environments which differ makes the list as long as it may make
 * environments.
 *
 * Threads: any. The list and the counts are under the lock. Linkers of a
 * generation are made without it, by whoever needs them; of two that make the
 * same one at a time, one throws its own away.
 */
#include "engine/linker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/list.h"
#include "engine/engine.h"

/* Exported by our patch of Wasmtime (engine/patches). */
void lunatic_engine_set_next_host_call(ln_host_call call);

struct ln_linkers {
	struct ln_lock lock;
	struct ln_list all; /* under lock */
};

struct ln_linker {
	struct ln_list link; /* under the lock, as references */
	uint32_t references;

	/* Immutable. */
	struct ln_linkers *linkers;
	struct ln_engine *engine; /* outlives it */
	unsigned variant;
	size_t words;

	/* NULL until it is asked for, then immutable. Release when it is set,
	 * acquire when it is read. */
	wasmtime_linker_t *_Atomic raw[LN_ABI_COUNT];

	uint64_t allowed[]; /* a bit for each host function; immutable */
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

int ln_linkers_new(struct ln_linkers **out)
{
	struct ln_linkers *linkers = calloc(1, sizeof(*linkers));

	if (linkers == NULL)
		return LN_ENOMEM;
	ln_list_init(&linkers->all);
	*out = linkers;
	return 0;
}

void ln_linkers_free(struct ln_linkers *linkers)
{
	free(linkers);
}

static bool is_bit(const struct ln_linker *linker, size_t i)
{
	return (linker->allowed[i / 64] >> i % 64 & 1) != 0;
}

/* Makes Wasmtime's linker for a generation. */
static int make_raw(const struct ln_linker *linker,
		    enum ln_abi_generation generation, wasmtime_linker_t **out)
{
	const struct ln_host_table *table =
		ln_engine_host_table(linker->engine);
	wasm_engine_t *variant =
		ln_engine_variant(linker->engine, linker->variant);
	wasmtime_linker_t *raw;

	if (variant == NULL)
		return LN_EIO;
	raw = wasmtime_linker_new(variant);
	for (size_t i = 0; i < table->count; i++) {
		const struct ln_host_function *function = &table->functions[i];

		if (function->generation != LN_ABI_ANY &&
		    function->generation != generation)
			continue;
		if (!define(raw, function, is_bit(linker, i))) {
			wasmtime_linker_delete(raw);
			return LN_ENOMEM;
		}
	}
	*out = raw;
	return 0;
}

/* Another reference to one that is the same; NULL: there is none. Under the
 * lock. */
static struct ln_linker *find(struct ln_linkers *linkers,
			      const struct ln_linker *same)
{
	ln_lock_assert(&linkers->lock);
	ln_list_for_each (at, &linkers->all) {
		struct ln_linker *linker =
			ln_container_of(at, struct ln_linker, link);

		if (linker->variant == same->variant &&
		    memcmp(linker->allowed, same->allowed,
			   same->words * sizeof(same->allowed[0])) == 0) {
			linker->references++;
			return linker;
		}
	}
	return NULL;
}

static void destroy(struct ln_linker *linker)
{
	for (int i = 0; i < LN_ABI_COUNT; i++) {
		wasmtime_linker_t *raw = atomic_load_explicit(
			&linker->raw[i], memory_order_acquire);

		if (raw != NULL)
			wasmtime_linker_delete(raw);
	}
	free(linker);
}

/* One that nobody has yet. */
static struct ln_linker *describe(struct ln_engine *engine, unsigned variant,
				  bool (*allows)(const void *, const char *),
				  const void *who)
{
	const struct ln_host_table *table = ln_engine_host_table(engine);
	size_t words = (table->count + 63) / 64;
	struct ln_linker *linker =
		calloc(1, sizeof(*linker) + words * sizeof(linker->allowed[0]));

	if (linker == NULL)
		return NULL;
	linker->linkers = ln_engine_linkers(engine);
	linker->engine = engine;
	linker->references = 1;
	linker->variant = ln_engine_complete(engine, variant);
	linker->words = words;
	for (size_t i = 0; i < table->count; i++) {
		if (is_allowed(&table->functions[i], allows, who))
			linker->allowed[i / 64] |= (uint64_t)1 << i % 64;
	}
	return linker;
}

int ln_linker_new(struct ln_engine *engine, unsigned variant,
		  bool (*allows)(const void *who, const char *name),
		  const void *who, struct ln_linker **out)
{
	struct ln_linkers *linkers = ln_engine_linkers(engine);
	struct ln_linker *linker = describe(engine, variant, allows, who);
	struct ln_linker *found;

	if (linker == NULL)
		return LN_ENOMEM;
	/* The engine's handlers of signals are there from the first
	 * environment on, as the embedding API says. */
	if (ln_engine_variant(engine, variant) == NULL) {
		destroy(linker);
		return LN_EIO;
	}
	ln_lock_acquire(&linkers->lock);
	found = find(linkers, linker);
	if (found == NULL)
		ln_list_append(&linkers->all, &linker->link);
	ln_lock_release(&linkers->lock);
	if (found != NULL)
		destroy(linker);
	*out = found != NULL ? found : linker;
	return 0;
}

void ln_linker_release(struct ln_linker *linker)
{
	bool last;

	if (linker == NULL)
		return;
	ln_lock_acquire(&linker->linkers->lock);
	ln_assert(linker->references > 0);
	last = --linker->references == 0;
	if (last)
		ln_list_remove(&linker->link);
	ln_lock_release(&linker->linkers->lock);
	if (last)
		destroy(linker);
}

int ln_linker_raw(struct ln_linker *linker, enum ln_abi_generation generation,
		  wasmtime_linker_t **out)
{
	wasmtime_linker_t *none = NULL;
	wasmtime_linker_t *raw;
	int error;

	*out = atomic_load_explicit(&linker->raw[generation],
				    memory_order_acquire);
	if (*out != NULL)
		return 0;
	error = make_raw(linker, generation, &raw);
	if (error < 0)
		return error;
	*out = raw;
	if (!atomic_compare_exchange_strong_explicit(
		    &linker->raw[generation], &none, raw, memory_order_acq_rel,
		    memory_order_acquire)) {
		*out = none; /* somebody else's */
		wasmtime_linker_delete(raw);
	}
	return 0;
}
