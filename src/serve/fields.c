/* Fields as positions in one buffer of bytes. */
#include "serve/fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/refs.h"

#define FIRST_FIELDS 8
#define FIRST_BYTES 256

struct ln_fields *ln_fields_new(void)
{
	struct ln_fields *fields = calloc(1, sizeof(*fields));

	if (fields != NULL)
		atomic_init(&fields->references, 1);
	return fields;
}

struct ln_fields *ln_fields_retain(struct ln_fields *fields)
{
	ln_refs_retain(&fields->references);
	return fields;
}

void ln_fields_release(struct ln_fields *fields)
{
	if (fields == NULL || !ln_refs_release(&fields->references))
		return;
	free(fields->list);
	free(fields->bytes);
	free(fields);
}

static bool reserve(struct ln_fields *fields, size_t bytes)
{
	uint32_t room = fields->room == 0 ? FIRST_FIELDS : fields->room * 2;
	size_t size = fields->size == 0 ? FIRST_BYTES : fields->size;
	struct ln_field *list;
	char *text;

	while (size - fields->len < bytes)
		size *= 2;
	if (size != fields->size) {
		text = realloc(fields->bytes, size);
		if (text == NULL)
			return false;
		fields->bytes = text;
		fields->size = (uint32_t)size;
	}
	if (fields->count < fields->room)
		return true;
	list = realloc(fields->list, room * sizeof(*list));
	if (list == NULL)
		return false;
	fields->list = list;
	fields->room = room;
	return true;
}

static uint32_t put(struct ln_fields *fields, const void *text, size_t len)
{
	uint32_t at = fields->len;

	if (len > 0)
		memcpy(fields->bytes + at, text, len);
	fields->len += (uint32_t)len;
	return at;
}

/* Takes the bytes of fields that are gone out, as far as memory allows. */
static void compact(struct ln_fields *fields)
{
	struct ln_fields old = *fields;
	char *bytes = malloc(fields->size > 0 ? fields->size : 1);

	if (bytes == NULL)
		return;
	fields->bytes = bytes;
	fields->len = 0;
	for (uint32_t i = 0; i < fields->count; i++) {
		struct ln_field *field = &fields->list[i];

		field->name =
			put(fields, old.bytes + field->name, field->name_len);
		field->value =
			put(fields, old.bytes + field->value, field->value_len);
	}
	free(old.bytes);
}

int ln_fields_add(struct ln_fields *fields, const void *name, size_t name_len,
		  const void *value, size_t value_len)
{
	struct ln_field *field;

	if (fields->len + name_len + value_len > LN_FIELDS_BYTES)
		compact(fields);
	if (fields->count == LN_FIELDS_MAX || name_len > LN_FIELDS_BYTES ||
	    value_len > LN_FIELDS_BYTES ||
	    fields->len + name_len + value_len > LN_FIELDS_BYTES)
		return LN_ELIMIT;
	if (!reserve(fields, name_len + value_len))
		return LN_ENOMEM;
	field = &fields->list[fields->count++];
	field->name = put(fields, name, name_len);
	field->name_len = (uint32_t)name_len;
	field->value = put(fields, value, value_len);
	field->value_len = (uint32_t)value_len;
	return 0;
}

struct ln_fields *ln_fields_copy(const struct ln_fields *from)
{
	struct ln_fields *fields = ln_fields_new();
	int error = fields == NULL ? LN_ENOMEM : 0;

	for (uint32_t i = 0; i < from->count && error == 0; i++)
		error = ln_fields_add(
			fields, ln_field_name(from, i), from->list[i].name_len,
			ln_field_value(from, i), from->list[i].value_len);
	if (error == 0)
		return fields;
	ln_fields_release(fields);
	return NULL;
}

bool ln_field_is(const struct ln_fields *fields, uint32_t at, const char *name,
		 size_t len)
{
	return fields->list[at].name_len == len &&
	       strncasecmp(ln_field_name(fields, at), name, len) == 0;
}

uint32_t ln_fields_find(const struct ln_fields *fields, const char *name,
			size_t len, uint32_t from)
{
	uint32_t at = from;

	while (at < fields->count && !ln_field_is(fields, at, name, len))
		at++;
	return at;
}

void ln_fields_remove(struct ln_fields *fields, const char *name, size_t len)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < fields->count; i++) {
		if (!ln_field_is(fields, i, name, len))
			fields->list[left++] = fields->list[i];
	}
	fields->count = left;
}

static bool is_token(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool ln_field_name_is_valid(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_token((unsigned char)name[i]))
			return false;
	}
	return len > 0;
}

bool ln_field_value_is_valid(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool ln_field_is_forbidden(const char *name, size_t len)
{
	static const char *const forbidden[] = {
		"connection",
		"keep-alive",
		"proxy-connection",
		"http2-settings",
		"transfer-encoding",
		"upgrade",
		"te",
	};

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		if (strlen(forbidden[i]) == len &&
		    strncasecmp(forbidden[i], name, len) == 0)
			return true;
	}
	return false;
}

size_t ln_fields_weight(const struct ln_fields *fields)
{
	return sizeof(*fields) + fields->room * sizeof(*fields->list) +
	       fields->size;
}
