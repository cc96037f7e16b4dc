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
#include "engine/binary.h"
#include "engine/signatures.h"
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

static int add_entry(struct ln_entries *entries, struct ln_cursor name,
		     const struct ln_functype *type, bool imported,
		     char **names)
{
	struct slot *slot = &entries->slots[entries->count];
	size_t len = ln_cursor_len(name);
	struct ln_table_slot *place;

	if (type->params.count > PARAMS_MAX)
		return 0;
	ln_types_letters(&type->params, slot->params, PARAMS_MAX);
	if (len > 0)
		memcpy(*names, name.at, len);
	slot->entry.name = *names;
	slot->entry.name_len = len;
	slot->entry.params = slot->params;
	slot->entry.param_count = (uint32_t)type->params.count;
	slot->entry.result_count = (uint32_t)type->results.count;
	if (type->results.count == 1)
		ln_types_letters(&type->results, &slot->entry.result, 1);
	slot->entry.imported = imported;
	*names += len;
	if (len > entries->longest)
		entries->longest = len;
	place = ln_table_add(
		&entries->table,
		ln_table_hash(entries->key, slot->entry.name, len));
	if (place == NULL)
		return LN_ENOMEM;
	place->number = entries->count++;
	return 0;
}

/* Room for all that is exported as a function. */
static int reserve_entries(struct ln_entries *entries, struct ln_cursor exports)
{
	size_t count = 0, bytes = 0;
	struct ln_export export;

	while (ln_binary_export(&exports, &export)) {
		if (export.kind != LN_EXTERN_FUNCTION)
			continue;
		count++;
		bytes += ln_cursor_len(export.name);
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

int ln_entries_new(const uint8_t *bytes, size_t len,
		   const struct ln_signatures *signatures,
		   struct ln_entries **out)
{
	struct ln_cursor exports =
		ln_binary_find(bytes, len, LN_SECTION_EXPORT);
	struct ln_entries *entries = calloc(1, sizeof(*entries));
	struct ln_export export;
	struct ln_functype type;
	uint64_t count;
	char *names;
	int error;

	if (entries == NULL)
		return LN_ENOMEM;
	ln_random_bytes(entries->key, sizeof(entries->key));
	/* The section ends with the last one. */
	(void)ln_cursor_number(&exports, 32, &count);
	error = reserve_entries(entries, exports);
	names = entries->names;
	while (error == 0 && ln_binary_export(&exports, &export)) {
		if (export.kind == LN_EXTERN_FUNCTION &&
		    ln_signatures_function(signatures, export.index, &type))
			error = add_entry(entries, export.name, &type,
					  ln_signatures_is_imported(
						  signatures, export.index),
					  &names);
	}
	if (error < 0)
		ln_entries_free(entries);
	else
		*out = entries;
	return error;
}

/* Adds all, to the room for them. */
static int add_named(struct ln_entries *entries, const char *const *names)
{
	const struct ln_functype none = { 0 };
	char *at = entries->names;
	int error = 0;

	for (; error == 0 && *names != NULL; names++) {
		const struct ln_cursor name = {
			.at = (const uint8_t *)*names,
			.end = (const uint8_t *)*names + strlen(*names),
		};

		error = add_entry(entries, name, &none, false, &at);
	}
	return error;
}

int ln_entries_named(const char *const *names, struct ln_entries **out)
{
	struct ln_entries *entries = calloc(1, sizeof(*entries));
	size_t count = 0, bytes = 0;
	int error = LN_ENOMEM;

	if (entries == NULL)
		return LN_ENOMEM;
	for (; names[count] != NULL; count++)
		bytes += strlen(names[count]);
	ln_random_bytes(entries->key, sizeof(entries->key));
	entries->slots = calloc(count + 1, sizeof(*entries->slots));
	entries->names = malloc(bytes + 1);
	if (entries->slots != NULL && entries->names != NULL)
		error = add_named(entries, names);
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
