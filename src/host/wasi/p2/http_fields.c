/*
 * wasi:http/types, fields.
 *
 * Threads: the one that runs the process.
 */
#include <string.h>

#include "base/error.h"
#include "host/wasi/p2/functions.h"
#include "host/wasi/p2/http.h"
#include "host/wasi/table.h"
#include "process/guest.h"
#include "serve/fields.h"

#define PAIR 16 /* bytes of a name and a value */
#define LIST 8  /* of a list or text */

enum header_error { NO_ERROR = -1, INVALID_SYNTAX, FORBIDDEN, IMMUTABLE };

/* A text or list of bytes that is two arguments. */
static int text_at(struct ln_p2_call *call, unsigned index, const char **text,
		   uint32_t *len)
{
	uint8_t *at;
	int error;

	*len = ln_p2_u32(call, index + 1);
	error = ln_p2_list(call, ln_p2_u32(call, index), *len, 1, 1, &at);
	*text = (const char *)at;
	return error;
}

/* The same of an element of a list. */
static int element_at(struct ln_p2_call *call, const uint8_t *element,
		      const char **text, uint32_t *len)
{
	uint8_t *at;
	int error;

	*len = ln_wasi_load32(element + 4);
	error = ln_p2_list(call, ln_wasi_load32(element), *len, 1, 1, &at);
	*text = (const char *)at;
	return error;
}

static int new_fields(struct ln_p2_call *call, struct ln_fields *fields,
		      struct ln_p2_http **http)
{
	*http = ln_p2_http_new(call, LN_P2_FIELDS);
	if (*http == NULL) {
		ln_fields_release(fields);
		return LN_ETRAP;
	}
	(*http)->fields = fields;
	if (fields == NULL)
		return LN_ENOMEM;
	return ln_p2_http_charge(call, *http, ln_fields_weight(fields));
}

static int drop_after(struct ln_p2_call *call, struct ln_p2_http *http,
		      int error)
{
	if (http != NULL)
		ln_p2_http_free(call->guest, http);
	return error;
}

int ln_p2_fields_new(struct ln_p2_call *call)
{
	struct ln_p2_http *http = NULL;
	int error = new_fields(call, ln_fields_new(), &http);

	return error < 0 ? drop_after(call, http, error)
			 : ln_p2_http_return(call, http);
}

int ln_p2_fields_clone(struct ln_p2_call *call)
{
	struct ln_p2_http *from;
	struct ln_p2_http *http = NULL;
	int error = ln_p2_http_get(call, 0, LN_P2_FIELDS, &from);

	if (error != 0)
		return error;
	ln_guest_charge(call->guest, ln_fields_weight(from->fields));
	error = new_fields(call, ln_fields_copy(from->fields), &http);
	return error < 0 ? drop_after(call, http, error)
			 : ln_p2_http_return(call, http);
}

/* Whether a name may be set by a guest. */
static enum header_error check_name(const char *name, uint32_t len)
{
	if (!ln_field_name_is_valid(name, len))
		return INVALID_SYNTAX;
	return ln_field_is_forbidden(name, len) ? FORBIDDEN : NO_ERROR;
}

/* Adds one that has been checked, and charges for it. */
static int add(struct ln_p2_call *call, struct ln_p2_http *http,
	       const char *name, uint32_t name_len, const char *value,
	       uint32_t value_len)
{
	int error =
		ln_fields_add(http->fields, name, name_len, value, value_len);

	if (error == LN_ELIMIT)
		return ln_guest_trap(
			call->guest,
			"fields take at most %u names with values, "
			"of %zu bytes in all",
			LN_FIELDS_MAX, LN_FIELDS_BYTES);
	if (error < 0)
		return error;
	return ln_p2_http_charge(call, http, ln_fields_weight(http->fields));
}

/* Adds all of a list of pairs, as far as they can be set. */
static int add_pairs(struct ln_p2_call *call, struct ln_p2_http *http,
		     enum header_error *wrong)
{
	const char *name, *value;
	uint32_t name_len, value_len;
	uint32_t count = ln_p2_u32(call, 1);
	uint8_t *at;
	int error = ln_p2_list(call, ln_p2_u32(call, 0), count, PAIR, 4, &at);

	for (; error == 0 && count > 0 && *wrong == NO_ERROR;
	     count--, at += PAIR) {
		error = element_at(call, at, &name, &name_len);
		if (error == 0)
			error = element_at(call, at + LIST, &value, &value_len);
		if (error != 0)
			return error;
		*wrong = check_name(name, name_len);
		if (*wrong == NO_ERROR &&
		    !ln_field_value_is_valid(value, value_len))
			*wrong = INVALID_SYNTAX;
		if (*wrong == NO_ERROR)
			error = add(call, http, name, name_len, value,
				    value_len);
	}
	return error;
}

int ln_p2_fields_from_list(struct ln_p2_call *call)
{
	enum header_error wrong = NO_ERROR;
	struct ln_p2_http *http = NULL;
	uint32_t handle = 0;
	uint8_t *result;
	int error = new_fields(call, ln_fields_new(), &http);

	if (error == 0)
		error = add_pairs(call, http, &wrong);
	if (error == 0)
		error = ln_p2_result(call, 2, 8, 4, &result);
	if (error != 0 || wrong != NO_ERROR)
		drop_after(call, http, 0);
	if (error != 0)
		return error;
	if (wrong != NO_ERROR) {
		result[0] = 1;
		result[4] = (uint8_t)wrong;
		return 0;
	}
	error = ln_p2_http_give(call, http, &handle);
	if (error == 0)
		ln_wasi_store32(result + 4, handle);
	return error;
}

/* Passes bytes as that element of a list, which the guest has allocated. */
static int pass(struct ln_p2_call *call, const char *bytes, uint32_t len,
		uint32_t address)
{
	uint32_t to;
	uint8_t *at;
	int error = ln_p2_bytes(call, bytes, len, &to);

	if (error == 0)
		error = ln_p2_list(call, address, 1, LIST, 4, &at);
	if (error != 0)
		return error;
	ln_wasi_store32(at, to);
	ln_wasi_store32(at + 4, len);
	return 0;
}

int ln_p2_fields_entries(struct ln_p2_call *call)
{
	struct ln_p2_http *http;
	const struct ln_fields *fields;
	uint32_t list = 0;
	int error = ln_p2_http_get(call, 0, LN_P2_FIELDS, &http);

	if (error != 0)
		return error;
	fields = http->fields;
	error = ln_p2_allocate(call, 4, (uint64_t)fields->count * PAIR, &list);
	for (uint32_t i = 0; i < fields->count && error == 0; i++) {
		error = pass(call, ln_field_name(fields, i),
			     fields->list[i].name_len, list + i * PAIR);
		if (error == 0)
			error = pass(call, ln_field_value(fields, i),
				     fields->list[i].value_len,
				     list + i * PAIR + LIST);
	}
	return error != 0 ? error
			  : ln_p2_answer_list(call, 1, list, fields->count);
}

static uint32_t count_named(const struct ln_fields *fields, uint32_t first)
{
	uint32_t count = 0;

	for (uint32_t at = first; at < fields->count; count++)
		at = ln_fields_find(fields, ln_field_name(fields, first),
				    fields->list[first].name_len, at + 1);
	return count;
}

/* Passes the values of all fields that are called as the first. */
static int pass_values(struct ln_p2_call *call, const struct ln_fields *fields,
		       uint32_t first)
{
	uint32_t count = count_named(fields, first);
	uint32_t list = 0;
	uint32_t at = first;
	int error = ln_p2_allocate(call, 4, (uint64_t)count * LIST, &list);

	for (uint32_t i = 0; i < count && error == 0; i++) {
		error = pass(call, ln_field_value(fields, at),
			     fields->list[at].value_len, list + i * LIST);
		at = ln_fields_find(fields, ln_field_name(fields, first),
				    fields->list[first].name_len, at + 1);
	}
	return error != 0 ? error : ln_p2_answer_list(call, 3, list, count);
}

/* The fields and the name that are the first arguments. */
static int fields_and_name(struct ln_p2_call *call, struct ln_p2_http **http,
			   const char **name, uint32_t *len)
{
	int error = ln_p2_http_get(call, 0, LN_P2_FIELDS, http);

	if (error == 0)
		error = text_at(call, 1, name, len);
	if (error == 0)
		ln_guest_charge(call->guest, ln_fields_weight((*http)->fields));
	return error;
}

int ln_p2_fields_get(struct ln_p2_call *call)
{
	struct ln_p2_http *http;
	const char *name;
	uint32_t len;
	int error = fields_and_name(call, &http, &name, &len);

	if (error != 0)
		return error;
	return pass_values(call, http->fields,
			   ln_fields_find(http->fields, name, len, 0));
}

int ln_p2_fields_has(struct ln_p2_call *call)
{
	struct ln_p2_http *http;
	const char *name;
	uint32_t len;
	int error = fields_and_name(call, &http, &name, &len);

	if (error == 0)
		call->values[0].i32 = ln_fields_find(http->fields, name, len,
						     0) < http->fields->count;
	return error;
}

/* Writes a result<_,header-error>. */
static int answer_change(struct ln_p2_call *call, unsigned index,
			 enum header_error wrong)
{
	uint8_t *at;
	int error = ln_p2_result(call, index, 2, 1, &at);

	if (error == 0 && wrong != NO_ERROR) {
		at[0] = 1;
		at[1] = (uint8_t)wrong;
	}
	return error;
}

static enum header_error check_change(const struct ln_p2_http *http,
				      const char *name, uint32_t len)
{
	return http->immutable ? IMMUTABLE : check_name(name, len);
}

int ln_p2_fields_append(struct ln_p2_call *call)
{
	enum header_error wrong;
	struct ln_p2_http *http;
	const char *name, *value;
	uint32_t name_len, value_len;
	int error = fields_and_name(call, &http, &name, &name_len);

	if (error == 0)
		error = text_at(call, 3, &value, &value_len);
	if (error != 0)
		return error;
	wrong = check_change(http, name, name_len);
	if (wrong == NO_ERROR && !ln_field_value_is_valid(value, value_len))
		wrong = INVALID_SYNTAX;
	if (wrong == NO_ERROR)
		error = add(call, http, name, name_len, value, value_len);
	return error != 0 ? error : answer_change(call, 5, wrong);
}

/* Whether all values of a list can be set. */
static int check_values(struct ln_p2_call *call, const uint8_t *at,
			uint32_t count, enum header_error *wrong)
{
	const char *value;
	uint32_t len;
	int error = 0;

	for (; error == 0 && count > 0; count--, at += LIST) {
		error = element_at(call, at, &value, &len);
		if (error == 0 && !ln_field_value_is_valid(value, len))
			*wrong = INVALID_SYNTAX;
	}
	return error;
}

static int set_values(struct ln_p2_call *call, struct ln_p2_http *http,
		      const char *name, uint32_t name_len, const uint8_t *at,
		      uint32_t count)
{
	const char *value;
	uint32_t len;
	int error = 0;

	ln_fields_remove(http->fields, name, name_len);
	for (; error == 0 && count > 0; count--, at += LIST) {
		error = element_at(call, at, &value, &len);
		if (error == 0)
			error = add(call, http, name, name_len, value, len);
	}
	return error;
}

int ln_p2_fields_set(struct ln_p2_call *call)
{
	uint32_t count = ln_p2_u32(call, 4);
	enum header_error wrong;
	struct ln_p2_http *http;
	const char *name;
	uint32_t len;
	uint8_t *values;
	int error = fields_and_name(call, &http, &name, &len);

	if (error == 0)
		error = ln_p2_list(call, ln_p2_u32(call, 3), count, LIST, 4,
				   &values);
	if (error != 0)
		return error;
	wrong = check_change(http, name, len);
	if (wrong == NO_ERROR)
		error = check_values(call, values, count, &wrong);
	if (error == 0 && wrong == NO_ERROR)
		error = set_values(call, http, name, len, values, count);
	return error != 0 ? error : answer_change(call, 5, wrong);
}

int ln_p2_fields_delete(struct ln_p2_call *call)
{
	enum header_error wrong;
	struct ln_p2_http *http;
	const char *name;
	uint32_t len;
	int error = fields_and_name(call, &http, &name, &len);

	if (error != 0)
		return error;
	wrong = check_change(http, name, len);
	if (wrong == NO_ERROR)
		ln_fields_remove(http->fields, name, len);
	return answer_change(call, 3, wrong);
}
