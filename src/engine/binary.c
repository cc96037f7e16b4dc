/* Reading what the sections of a wasm binary are made of. No state. */
#include "engine/binary.h"

#include "base/error.h"

bool ln_binary_section(struct ln_cursor *cursor, uint8_t *id,
		       struct ln_cursor *content)
{
	uint64_t size;

	return ln_cursor_byte(cursor, id) &&
	       ln_cursor_number(cursor, 32, &size) &&
	       ln_cursor_part(cursor, size, content);
}

bool ln_binary_name(struct ln_cursor *cursor, struct ln_cursor *name)
{
	uint64_t len;

	return ln_cursor_number(cursor, 32, &len) &&
	       ln_cursor_part(cursor, len, name);
}

bool ln_binary_skip_type(struct ln_cursor *cursor)
{
	uint8_t byte;

	if (!ln_cursor_byte(cursor, &byte))
		return false;
	return (byte != 0x63 && byte != 0x64) || ln_cursor_skip_number(cursor);
}

bool ln_binary_types(struct ln_cursor *cursor, struct ln_types *types)
{
	if (!ln_cursor_number(cursor, 32, &types->count))
		return false;
	types->bytes.at = cursor->at;
	for (uint64_t i = 0; i < types->count; i++) {
		if (!ln_binary_skip_type(cursor))
			return false;
	}
	types->bytes.end = cursor->at;
	return true;
}

bool ln_binary_functype(struct ln_cursor *cursor, struct ln_functype *type)
{
	uint8_t form;

	return ln_cursor_byte(cursor, &form) && form == LN_FORM_FUNCTION &&
	       ln_binary_types(cursor, &type->params) &&
	       ln_binary_types(cursor, &type->results);
}

bool ln_binary_type_group(struct ln_cursor *cursor, uint64_t *count)
{
	*count = 1;
	if (cursor->at == cursor->end || *cursor->at != LN_FORM_GROUP)
		return true;
	return ln_cursor_skip(cursor, 1) && ln_cursor_number(cursor, 32, count);
}

/* The type of a part of an object, and whether it changes. Packed integers are
 * bytes like types. */
static bool skip_fields(struct ln_cursor *cursor, uint64_t count)
{
	while (count-- > 0) {
		if (!ln_binary_skip_type(cursor) || !ln_cursor_skip(cursor, 1))
			return false;
	}
	return true;
}

/* What a type extends. */
static bool skip_supertypes(struct ln_cursor *cursor)
{
	uint64_t count;

	if (!ln_cursor_skip(cursor, 1) || !ln_cursor_number(cursor, 32, &count))
		return false;
	while (count-- > 0) {
		if (!ln_cursor_skip_number(cursor))
			return false;
	}
	return true;
}

bool ln_binary_type(struct ln_cursor *cursor, uint8_t *form,
		    struct ln_functype *type)
{
	if (cursor->at == cursor->end)
		return false;
	if ((*cursor->at == LN_FORM_FINAL || *cursor->at == LN_FORM_OPEN) &&
	    !skip_supertypes(cursor))
		return false;
	if (cursor->at == cursor->end)
		return false;
	*form = *cursor->at;
	if (*form == LN_FORM_FUNCTION)
		return ln_binary_functype(cursor, type);
	*type = (struct ln_functype){ .params = { .count = 1 } };
	if (*form != LN_FORM_STRUCT && *form != LN_FORM_ARRAY)
		return false;
	cursor->at++;
	if (*form == LN_FORM_STRUCT &&
	    !ln_cursor_number(cursor, 32, &type->params.count))
		return false;
	return skip_fields(cursor, type->params.count);
}

bool ln_type_walk_begin(struct ln_type_walk *walk, struct ln_cursor section)
{
	*walk = (struct ln_type_walk){ .rest = section };
	return ln_cursor_number(&walk->rest, 32, &walk->groups);
}

int ln_type_walk_next(struct ln_type_walk *walk, const uint8_t **at,
		      uint8_t *form, struct ln_functype *type)
{
	while (walk->types == 0) {
		if (walk->groups == 0)
			return 0;
		walk->groups--;
		if (!ln_binary_type_group(&walk->rest, &walk->types))
			return LN_EFORMAT;
	}
	walk->types--;
	*at = walk->rest.at;
	return ln_binary_type(&walk->rest, form, type) ? 1 : LN_EFORMAT;
}

enum limits_flag { LIMITS_MAX = 1, LIMITS_PAGE_SIZE = 8 };

#define TABLE_INITIAL 0x40 /* then a zero */
#define LIMITS_KNOWN 7     /* also shared and 64-bit ones */

bool ln_binary_table(struct ln_cursor *cursor, bool *initial, uint64_t *min,
		     uint64_t *max)
{
	uint64_t flags;

	*initial = cursor->at < cursor->end && *cursor->at == TABLE_INITIAL;
	*max = UINT64_MAX;
	return (!*initial || ln_cursor_skip(cursor, 2)) &&
	       ln_binary_skip_type(cursor) &&
	       ln_cursor_number(cursor, 32, &flags) && flags <= LIMITS_KNOWN &&
	       ln_cursor_number(cursor, 64, min) &&
	       ((flags & LIMITS_MAX) == 0 || ln_cursor_number(cursor, 64, max));
}

bool ln_binary_skip_limits(struct ln_cursor *cursor)
{
	uint8_t flags;

	if (!ln_cursor_byte(cursor, &flags) || !ln_cursor_skip_number(cursor))
		return false;
	if ((flags & LIMITS_MAX) != 0 && !ln_cursor_skip_number(cursor))
		return false;
	return (flags & LIMITS_PAGE_SIZE) == 0 || ln_cursor_skip_number(cursor);
}

bool ln_binary_import(struct ln_cursor *cursor, struct ln_import *import)
{
	uint64_t number;

	import->type = 0;
	if (!ln_binary_name(cursor, &import->module) ||
	    !ln_binary_name(cursor, &import->name) ||
	    !ln_cursor_byte(cursor, &import->kind))
		return false;
	switch (import->kind) {
	case LN_EXTERN_FUNCTION:
		if (!ln_cursor_number(cursor, 32, &number))
			return false;
		import->type = (uint32_t)number;
		return true;
	case LN_EXTERN_TABLE:
		return ln_binary_skip_type(cursor) &&
		       ln_binary_skip_limits(cursor);
	case LN_EXTERN_MEMORY:
		return ln_binary_skip_limits(cursor);
	case LN_EXTERN_GLOBAL:
		return ln_binary_skip_type(cursor) && ln_cursor_skip(cursor, 1);
	case LN_EXTERN_TAG:
		return ln_cursor_skip(cursor, 1) &&
		       ln_cursor_skip_number(cursor);
	default:
		return false;
	}
}

bool ln_binary_export(struct ln_cursor *cursor, struct ln_export *export)
{
	uint64_t index;

	if (!ln_binary_name(cursor, &export->name) ||
	    !ln_cursor_byte(cursor, &export->kind) ||
	    !ln_cursor_number(cursor, 32, &index))
		return false;
	export->index = (uint32_t)index;
	return true;
}

struct ln_cursor ln_binary_find(const uint8_t *bytes, size_t len,
				enum ln_section wanted)
{
	struct ln_cursor cursor = { bytes, bytes + len };
	struct ln_cursor content;
	uint8_t id;

	if (!ln_cursor_skip(&cursor, LN_BINARY_HEADER))
		cursor.at = cursor.end;
	while (ln_binary_section(&cursor, &id, &content)) {
		if (id == wanted)
			return content;
	}
	return (struct ln_cursor){ cursor.end, cursor.end };
}
