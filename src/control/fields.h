/*
 * What is told of a process: one table of fields, from which its JSON object,
 * the keys to sort by, and the columns of `lunatic ps` follow. A new field is a
 * member of struct ln_process_info and a row here.
 */
#ifndef LN_CONTROL_FIELDS_H
#define LN_CONTROL_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "process/inspect.h"

struct ln_environment;

enum ln_field_kind {
	LN_FIELD_COUNT, /* an unsigned number, of 4 or 8 bytes */
	LN_FIELD_BYTES, /* the same */
	LN_FIELD_TIME,  /* nanoseconds, told in milliseconds */
	LN_FIELD_TEXT,  /* an array of characters; null when it is empty */
	LN_FIELD_UUID,
	LN_FIELD_STATE,
};

struct ln_field {
	const char *name;    /* in JSON, and to sort by */
	const char *heading; /* of its column */
	enum ln_field_kind kind;
	size_t offset; /* in struct ln_process_info */
	size_t size;
	int width; /* of its column; negative: to the left */
	const char *help;
};

/* To one without a name. */
extern const struct ln_field ln_process_fields[];

/* The field of that name, or NULL. */
const struct ln_field *ln_field_find(const char *name);

/* Whether processes can be sorted by it: numbers, and texts. */
bool ln_field_sorts(const struct ln_field *field);

/* Which of two comes first when the largest numbers, and the first texts, come
 * first: negative, 0 or positive, as in qsort. */
int ln_field_compare(const struct ln_field *field,
		     const struct ln_process_info *left,
		     const struct ln_process_info *right);

/* The JSON object of a process; NULL: memory is short. */
json_t *ln_process_object(const struct ln_process_info *info);

/* That of an environment: what it bounds, and how much of that is used. The
 * caller keeps it; likewise. */
json_t *ln_environment_object(const struct ln_environment *environment);

#endif
