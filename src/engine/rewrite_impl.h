/* What engine/rewrite.c (taking apart, changing) and engine/rewrite_encode.c
 * (putting together) share; private to them. */
#ifndef LN_ENGINE_REWRITE_IMPL_H
#define LN_ENGINE_REWRITE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/binary.h"
#include "engine/cursor.h"
#include "engine/rewrite.h"

#define LN_REWRITE_NO_COPY UINT32_MAX

struct ln_rewrite_section {
	uint8_t id;
	struct ln_cursor whole;   /* with its header */
	struct ln_cursor content; /* behind it */
};

struct ln_rewrite_item {
	struct ln_cursor item; /* as it stands in the section */
	uint8_t *owned;        /* the same, when it was added */
};

struct ln_rewrite_function {
	uint32_t type;
	bool imported;
	bool added;            /* not in the original */
	uint32_t copy_of;      /* whose name it gets, or LN_REWRITE_NO_COPY */
	struct ln_cursor body; /* locals and code; an import: its entry */
	uint8_t *owned;        /* the same, when it was added */
};

struct ln_rewrite_export {
	struct ln_cursor name;
	uint8_t *owned;
	uint32_t function;
};

struct ln_rewrite {
	struct ln_cursor binary;
	size_t max;   /* bytes that the result may have */
	size_t added; /* bytes of what was added */

	struct ln_rewrite_section *sections; /* in order */
	size_t section_count;
	/* The content of each section that is not custom; at: NULL: none. */
	struct ln_cursor contents[LN_SECTION_COUNT];
	struct ln_cursor names; /* of the name section; at: NULL: none */

	struct ln_rewrite_item *types;
	size_t type_count;
	size_t type_room;
	size_t original_types;

	struct ln_rewrite_function *functions;
	size_t function_count;
	size_t function_room;
	size_t original_functions;

	struct ln_rewrite_export *exports; /* added ones */
	size_t export_count;
	size_t export_room;

	size_t imports_added;
	size_t bodies_added;
	size_t copies;
	bool replaced; /* a body of the original */
};

/* Walks over the entries of the name section's part `id` (1: functions), each a
 * number and a name. */
struct ln_rewrite_names {
	struct ln_cursor rest;
	uint64_t left;
};

/* False: there is no such part. */
bool ln_rewrite_names_start(struct ln_cursor section, uint8_t id,
			    struct ln_rewrite_names *names);
bool ln_rewrite_names_next(struct ln_rewrite_names *names, uint32_t *index,
			   struct ln_cursor *name);

#endif
