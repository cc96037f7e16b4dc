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
	char *names;     /* what the entries' names point into */
	size_t longest;  /* bytes of the longest name */
	uint32_t *table; /* positions in `slots`, plus 1; 0 is free */
	size_t mask;
	struct ln_hash_seed seed;
};

static void add_entry(struct ln_entries *entries, struct ln_cursor name,
		      const struct ln_functype *type, char **names)
{
	struct slot *slot = &entries->slots[entries->count];
	size_t len = ln_cursor_len(name);
	size_t at;

	if (type->params.count > PARAMS_MAX)
		return;
	ln_types_letters(&type->params, slot->params, PARAMS_MAX);
	if (len > 0)
		memcpy(*names, name.at, len);
	slot->entry.name = *names;
	slot->entry.name_len = len;
	slot->entry.params = slot->params;
	slot->entry.param_count = (uint32_t)type->params.count;
	slot->entry.result_count = (uint32_t)type->results.count;
	*names += len;
	if (len > entries->longest)
		entries->longest = len;
	at = ln_hash_bytes(&entries->seed, slot->entry.name, len) &
	     entries->mask;
	while (entries->table[at] != 0)
		at = (at + 1) & entries->mask;
	entries->table[at] = (uint32_t)++entries->count;
}

/* Room for all that is exported as a function. */
static int reserve_entries(struct ln_entries *entries, struct ln_cursor exports)
{
	size_t count = 0, bytes = 0, size = 2;
	struct ln_export export;

	while (ln_binary_export(&exports, &export)) {
		if (export.kind != LN_EXTERN_FUNCTION)
			continue;
		count++;
		bytes += ln_cursor_len(export.name);
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
	ln_hash_seed(&entries->seed);
	/* The section ends with the last one. */
	(void)ln_cursor_number(&exports, 32, &count);
	error = reserve_entries(entries, exports);
	names = entries->names;
	while (error == 0 && ln_binary_export(&exports, &export)) {
		if (export.kind == LN_EXTERN_FUNCTION &&
		    ln_signatures_function(signatures, export.index, &type))
			add_entry(entries, export.name, &type, &names);
	}
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
