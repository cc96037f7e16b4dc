/*
 * Header fields in their order, with names that compare without regard to the
 * case of letters. Counted references; only one thread at a time changes one,
 * and nobody who shares it does.
 */
#ifndef LN_SERVE_FIELDS_H
#define LN_SERVE_FIELDS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one list may hold: fields, and bytes of names and values. */
#define LN_FIELDS_MAX 1000u
#define LN_FIELDS_BYTES ((size_t)128 << 10)

struct ln_field {
	uint32_t name; /* where in the bytes */
	uint32_t name_len;
	uint32_t value;
	uint32_t value_len;
};

struct ln_fields {
	_Atomic uint32_t references;
	uint32_t count;
	uint32_t room;
	struct ln_field *list;
	char *bytes; /* also those of fields that are gone */
	uint32_t len;
	uint32_t size;
};

/* With one reference. NULL: memory is short. */
struct ln_fields *ln_fields_new(void);
struct ln_fields *ln_fields_copy(const struct ln_fields *from);
struct ln_fields *ln_fields_retain(struct ln_fields *fields);
void ln_fields_release(struct ln_fields *fields); /* NULL is fine */

static inline const char *ln_field_name(const struct ln_fields *fields,
					uint32_t at)
{
	return fields->bytes + fields->list[at].name;
}

static inline const char *ln_field_value(const struct ln_fields *fields,
					 uint32_t at)
{
	return fields->bytes + fields->list[at].value;
}

/* Adds one behind the others. LN_ENOMEM, LN_ELIMIT. */
int ln_fields_add(struct ln_fields *fields, const void *name, size_t name_len,
		  const void *value, size_t value_len);

/* Whether the field at a position has that name, in whatever case. */
bool ln_field_is(const struct ln_fields *fields, uint32_t at, const char *name,
		 size_t len);

/* The position of the first field of that name from `from` on; `count` when
 * there is none. */
uint32_t ln_fields_find(const struct ln_fields *fields, const char *name,
			size_t len, uint32_t from);

/* Removes all of that name. */
void ln_fields_remove(struct ln_fields *fields, const char *name, size_t len);

/* Whether it can be the name, or the value, of a field: a token; no control
 * characters but tabs, so that no text ends a line. */
bool ln_field_name_is_valid(const char *name, size_t len);
bool ln_field_value_is_valid(const char *value, size_t len);

/* Whether it is about one connection rather than a message, and is the server's
 * to set: Connection, Transfer-Encoding, Upgrade and the like. */
bool ln_field_is_forbidden(const char *name, size_t len);

/* Bytes of memory that it takes. */
size_t ln_fields_weight(const struct ln_fields *fields);

#endif
