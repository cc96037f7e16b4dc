/*
 * The entries of a module, and a hash table of their positions. Names come from
 * anybody, so their hash is keyed. Immutable once made.
 */
#include "engine/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/table.h"
#include "engine/types.h"

#define PARAMS_MAX 64 /* parameters of the widest entry */

struct slot {
	struct ln_entry entry;
	char params[PARAMS_MAX];
};

struct ln_entries {
	struct slot *slots;
	size_t count;
	char *names;    /* what the entries' names point into */
	size_t longest; /* bytes of the longest name */
	uint64_t key[2];
	struct ln_table table; /* positions in `slots`, by name */
};

static int add_entry(struct ln_entries *entries, const wasm_name_t *name,
		     const wasm_functype_t *type, char **names)
{
	const wasm_valtype_vec_t *params = wasm_functype_params(type);
	struct slot *slot = &entries->slots[entries->count];
	struct ln_table_slot *place;

	if (params->size > PARAMS_MAX)
		return 0;
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
	place = ln_table_add(
		&entries->table,
		ln_table_hash(entries->key, slot->entry.name, name->size));
	if (place == NULL)
		return LN_ENOMEM;
	place->number = entries->count++;
	return 0;
}

/* Room for all that is exported as a function. */
static int reserve_entries(struct ln_entries *entries,
			   const wasm_exporttype_vec_t *exports)
{
	size_t count = 0, bytes = 0;

	for (size_t i = 0; i < exports->size; i++) {
		const wasm_exporttype_t *export = exports->data[i];

		if (wasm_externtype_kind(wasm_exporttype_type(export)) !=
		    WASM_EXTERN_FUNC)
			continue;
		count++;
		bytes += wasm_exporttype_name(export)->size;
	}
	entries->slots = calloc(count > 0 ? count : 1, sizeof(*entries->slots));
	entries->names = malloc(bytes > 0 ? bytes : 1);
	if (entries->slots == NULL || entries->names == NULL)
		return LN_ENOMEM;
	return 0;
}

void ln_entries_free(struct ln_entries *entries)
{
	if (entries == NULL)
		return;
	ln_table_deinit(&entries->table, NULL);
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
	ln_random_bytes(entries->key, sizeof(entries->key));
	wasmtime_module_exports(code, &exports);
	error = reserve_entries(entries, &exports);
	names = entries->names;
	for (size_t i = 0; i < exports.size && error == 0; i++) {
		const wasm_externtype_t *type =
			wasm_exporttype_type(exports.data[i]);

		if (wasm_externtype_kind(type) == WASM_EXTERN_FUNC)
			error = add_entry(
				entries, wasm_exporttype_name(exports.data[i]),
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
	struct ln_table_slot *slot;

	/* Keeps the time for names of any length bounded. */
	if (len > entries->longest)
		return NULL;
	slot = ln_table_find(&entries->table,
			     ln_table_hash(entries->key, name, len));
	for (; slot != NULL; slot = ln_table_next(&entries->table, slot)) {
		const struct ln_entry *entry =
			&entries->slots[slot->number].entry;

		if (entry->name_len == len &&
		    (len == 0 || memcmp(entry->name, name, len) == 0))
			return entry;
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
