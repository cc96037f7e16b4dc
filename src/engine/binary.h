/*
 * What the sections of a wasm binary are made of: names, types, imports. For
 * all who read a module before the compiler does. Each function moves the
 * cursor behind what it read, and returns false when the bytes end before that
 * or are malformed. Any thread; reads inside the cursor for any content.
 */
#ifndef LN_ENGINE_BINARY_H
#define LN_ENGINE_BINARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/cursor.h"

#define LN_BINARY_HEADER 8 /* bytes: magic number, version */

enum ln_section {
	LN_SECTION_CUSTOM = 0,
	LN_SECTION_TYPE = 1,
	LN_SECTION_IMPORT = 2,
	LN_SECTION_FUNCTION = 3,
	LN_SECTION_TABLE = 4,
	LN_SECTION_MEMORY = 5,
	LN_SECTION_GLOBAL = 6,
	LN_SECTION_EXPORT = 7,
	LN_SECTION_START = 8,
	LN_SECTION_ELEMENT = 9,
	LN_SECTION_CODE = 10,
	LN_SECTION_DATA = 11,
	LN_SECTION_TAG = 13,
	LN_SECTION_COUNT = 14,
};

/* What an import or an export is. */
enum ln_extern {
	LN_EXTERN_FUNCTION = 0,
	LN_EXTERN_TABLE = 1,
	LN_EXTERN_MEMORY = 2,
	LN_EXTERN_GLOBAL = 3,
	LN_EXTERN_TAG = 4,
};

/* First bytes of a type; others refer to those that it extends. */
enum ln_form {
	LN_FORM_GROUP = 0x4e, /* types that name each other */
	LN_FORM_FINAL = 0x4f, /* extends others, and is not extended */
	LN_FORM_OPEN = 0x50,  /* the same, but may be extended */
	LN_FORM_ARRAY = 0x5e,
	LN_FORM_STRUCT = 0x5f,
	LN_FORM_FUNCTION = 0x60,
};

/* Value types, and how many. */
struct ln_types {
	struct ln_cursor bytes;
	uint64_t count;
};

struct ln_functype {
	struct ln_types params;
	struct ln_types results;
};

/* An id, a size, and so many bytes. */
bool ln_binary_section(struct ln_cursor *cursor, uint8_t *id,
		       struct ln_cursor *content);

/* A length, and so many bytes. */
bool ln_binary_name(struct ln_cursor *cursor, struct ln_cursor *name);

/* A type of values: a byte, or one of two bytes before a number. */
bool ln_binary_skip_type(struct ln_cursor *cursor);

/* A count of value types, and those. */
bool ln_binary_types(struct ln_cursor *cursor, struct ln_types *types);

/* The type of a function. False for types of other forms. */
bool ln_binary_functype(struct ln_cursor *cursor, struct ln_functype *type);

/* What stands in the type section in one place: *count types follow, one after
 * the other, each of which has a number of its own. */
bool ln_binary_type_group(struct ln_cursor *cursor, uint64_t *count);

/* One of these, of any form. Of a function *type is the type; of a struct its
 * fields are what the parameters of a function are, an array has one of them,
 * and there are no results; only their count is told then. */
bool ln_binary_type(struct ln_cursor *cursor, uint8_t *form,
		    struct ln_functype *type);

/* A walk over the content of a type section: its types in the order of their
 * numbers, whatever groups they are in. */
struct ln_type_walk {
	struct ln_cursor rest;
	uint64_t groups; /* that are to come */
	uint64_t types;  /* that are to come, of a group */
};

bool ln_type_walk_begin(struct ln_type_walk *walk, struct ln_cursor section);

/* Reads the next type; its bytes are from `at` up to walk->rest.at. 1: there
 * was one. 0: there are no more. LN_EFORMAT. */
int ln_type_walk_next(struct ln_type_walk *walk, const uint8_t **at,
		      uint8_t *form, struct ln_functype *type);

/* How large a table may be. A table in the table section may have an initial
 * value: then *initial, and a constant expression follows. */
bool ln_binary_table(struct ln_cursor *cursor, bool *initial, uint64_t *min,
		     uint64_t *max);

/* How large a table or memory is, and may get. */
bool ln_binary_skip_limits(struct ln_cursor *cursor);

/* An import. */
struct ln_import {
	struct ln_cursor module;
	struct ln_cursor name;
	uint8_t kind;  /* enum ln_extern */
	uint32_t type; /* of a function: the number of its type */
};

bool ln_binary_import(struct ln_cursor *cursor, struct ln_import *import);

/* An export of the function, table, and so on, of that number. */
struct ln_export {
	struct ln_cursor name;
	uint8_t kind; /* enum ln_extern */
	uint32_t index;
};

bool ln_binary_export(struct ln_cursor *cursor, struct ln_export *export);

/* The content of the first section of an id, in a whole module; empty when
 * there is none, or not before what is malformed. */
struct ln_cursor ln_binary_find(const uint8_t *bytes, size_t len,
				enum ln_section wanted);

#endif
