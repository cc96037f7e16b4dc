/*
 * The entries of a module: an open hash table of positions, whose size is a
 * power of two and at least twice their number, so that a search ends. Names
 * come from anybody, so their hash is keyed: nobody can make them collide.
 * Immutable once made.
 */
#include "engine/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "engine/types.h"

#define PARAMS_MAX 64 /* parameters of the widest entry */

struct slot {
	struct ln_entry entry;
	char params[PARAMS_MAX];
};

struct ln_entries {
	struct slot *slots;
	size_t count;
	char *names;     /* what the entries' names point into */
	size_t longest;  /* bytes of the longest name */
	uint32_t *table; /* positions in `slots`, plus 1; 0 is free */
	size_t mask;
	struct ln_hash_seed seed;
};

static void add_entry(struct ln_entries *entries, const wasm_name_t *name,
		      const wasm_functype_t *type, char **names)
{
	const wasm_valtype_vec_t *params = wasm_functype_params(type);
	struct slot *slot = &entries->slots[entries->count];
	size_t at;

	if (params->size > PARAMS_MAX)
		return;
	for (size_t i = 0; i < params->size; i++)
		slot->params[i] = ln_type_letter(params->data[i]);
	if (name->size > 0)
		memcpy(*names, name->data, name->size);
	slot->entry.name = *names;
	slot->entry.name_len = name->size;
	slot->entry.params = slot->params;
	slot->entry.param_count = (uint32_t)params->size;
	slot->entry.result_count = (uint32_t)wasm_functype_results(type)->size;
	*names += name->size;
	if (name->size > entries->longest)
		entries->longest = name->size;
	at = ln_hash_bytes(&entries->seed, slot->entry.name, name->size) &
	     entries->mask;
	while (entries->table[at] != 0)
		at = (at + 1) & entries->mask;
	entries->table[at] = (uint32_t)++entries->count;
}

/* Room for all that is exported as a function. */
static int reserve_entries(struct ln_entries *entries,
			   const wasm_exporttype_vec_t *exports)
{
	size_t count = 0, bytes = 0, size = 2;

	for (size_t i = 0; i < exports->size; i++) {
		const wasm_exporttype_t *export = exports->data[i];

		if (wasm_externtype_kind(wasm_exporttype_type(export)) !=
		    WASM_EXTERN_FUNC)
			continue;
		count++;
		bytes += wasm_exporttype_name(export)->size;
	}
	while (size < 2 * count)
		size *= 2;
	entries->slots = calloc(count > 0 ? count : 1, sizeof(*entries->slots));
	entries->names = malloc(bytes > 0 ? bytes : 1);
	entries->table = calloc(size, sizeof(*entries->table));
	entries->mask = size - 1;
	if (entries->slots == NULL || entries->names == NULL ||
	    entries->table == NULL)
		return LN_ENOMEM;
	return 0;
}

void ln_entries_free(struct ln_entries *entries)
{
	if (entries == NULL)
		return;
	free(entries->table);
	free(entries->names);
	free(entries->slots);
	free(entries);
}

int ln_entries_new(const wasmtime_module_t *code, struct ln_entries **out)
{
	struct ln_entries *entries = calloc(1, sizeof(*entries));
	wasm_exporttype_vec_t exports;
	char *names;
	int error;

	if (entries == NULL)
		return LN_ENOMEM;
	ln_hash_seed(&entries->seed);
	wasmtime_module_exports(code, &exports);
	error = reserve_entries(entries, &exports);
	names = entries->names;
	for (size_t i = 0; i < exports.size && error == 0; i++) {
		const wasm_externtype_t *type =
			wasm_exporttype_type(exports.data[i]);

		if (wasm_externtype_kind(type) == WASM_EXTERN_FUNC)
			add_entry(entries,
				  wasm_exporttype_name(exports.data[i]),
				  wasm_externtype_as_functype_const(type),
				  &names);
		/* Types take memory once they were looked at. */
		wasm_exporttype_delete(exports.data[i]);
		exports.data[i] = NULL;
	}
	wasm_exporttype_vec_delete(&exports);
	if (error < 0)
		ln_entries_free(entries);
	else
		*out = entries;
	return error;
}

const struct ln_entry *ln_entries_find(const struct ln_entries *entries,
				       const char *name, size_t len)
{
	size_t at;

	/* Keeps the time for names of any length bounded. */
	if (len > entries->longest)
		return NULL;
	at = ln_hash_bytes(&entries->seed, name, len) & entries->mask;
	while (entries->table[at] != 0) {
		const struct ln_entry *entry =
			&entries->slots[entries->table[at] - 1].entry;

		if (entry->name_len == len &&
		    (len == 0 || memcmp(entry->name, name, len) == 0))
			return entry;
		at = (at + 1) & entries->mask;
	}
	return NULL;
}

const struct ln_entry *ln_entries_at(const struct ln_entries *entries,
				     size_t position)
{
	if (position >= entries->count)
		return NULL;
	return &entries->slots[position].entry;
}
