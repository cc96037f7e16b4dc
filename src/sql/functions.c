/*
 * DESIGN
 * SQLite's instr, replace and trim compare at each place anew, and json_patch
 * looks through an object for each member of another: with values of the length
 * that is allowed they run for hours, and nothing stops them. Here the first
 * two search in linear time, trim takes a short set of characters, and
 * json_patch refuses what is too long and leaves the rest to SQLite's own, in a
 * connection which has that.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "sql/policy.h"

#define MAX_SET 256                  /* bytes of the characters of trim */
#define MAX_PATCH ((int64_t)1 << 28) /* product of the lengths */

struct bytes {
	const unsigned char *data;
	size_t len;
};

/* The argument as text; false: it is NULL, or memory was short. */
static bool text_of(sqlite3_value *value, struct bytes *text)
{
	text->data = sqlite3_value_text(value);
	text->len = (size_t)sqlite3_value_bytes(value);
	return text->data != NULL;
}

static bool blob_of(sqlite3_value *value, struct bytes *blob)
{
	blob->data = sqlite3_value_blob(value);
	blob->len = (size_t)sqlite3_value_bytes(value);
	return blob->data != NULL || blob->len == 0;
}

static size_t characters(const unsigned char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

static void instr(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct bytes in, what;
	const unsigned char *found;
	size_t before;
	bool blobs;

	(void)count;
	if (sqlite3_value_type(values[0]) == SQLITE_NULL ||
	    sqlite3_value_type(values[1]) == SQLITE_NULL)
		return;
	blobs = sqlite3_value_type(values[0]) == SQLITE_BLOB &&
		sqlite3_value_type(values[1]) == SQLITE_BLOB;
	if (blobs ? !blob_of(values[0], &in) || !blob_of(values[1], &what)
		  : !text_of(values[0], &in) || !text_of(values[1], &what)) {
		sqlite3_result_error_nomem(context);
		return;
	}
	if (what.len == 0) {
		sqlite3_result_int(context, 1);
		return;
	}
	found = in.len > 0 ? memmem(in.data, in.len, what.data, what.len)
			   : NULL;
	if (found == NULL) {
		sqlite3_result_int(context, 0);
		return;
	}
	before = (size_t)(found - in.data);
	if (!blobs)
		before = characters(in.data, before);
	sqlite3_result_int64(context, (sqlite3_int64)before + 1);
}

/* Occurrences, and the length with all of them replaced. */
static size_t length_replaced(struct bytes in, struct bytes what, size_t with)
{
	size_t len = in.len;
	const unsigned char *at = in.data;
	const unsigned char *end = in.data + in.len;

	while ((at = memmem(at, (size_t)(end - at), what.data, what.len)) !=
	       NULL) {
		len = len - what.len + with;
		at += what.len;
	}
	return len;
}

static void copy_replaced(unsigned char *to, struct bytes in, struct bytes what,
			  struct bytes with)
{
	const unsigned char *at = in.data;
	const unsigned char *end = in.data + in.len;
	const unsigned char *found;

	while ((found = memmem(at, (size_t)(end - at), what.data, what.len)) !=
	       NULL) {
		memcpy(to, at, (size_t)(found - at));
		to += found - at;
		memcpy(to, with.data, with.len);
		to += with.len;
		at = found + what.len;
	}
	memcpy(to, at, (size_t)(end - at));
}

static void replace(sqlite3_context *context, int count, sqlite3_value **values)
{
	struct bytes in, what, with;
	unsigned char *result;
	size_t len;

	(void)count;
	if (!text_of(values[0], &in) || !text_of(values[1], &what))
		return;
	if (what.len == 0) {
		sqlite3_result_value(context, values[0]);
		return;
	}
	if (!text_of(values[2], &with))
		return;
	len = length_replaced(in, what, with.len);
	if (len > LN_SQL_MAX_VALUE) {
		sqlite3_result_error_toobig(context);
		return;
	}
	result = sqlite3_malloc64(len + 1);
	if (result == NULL) {
		sqlite3_result_error_nomem(context);
		return;
	}
	copy_replaced(result, in, what, with);
	sqlite3_result_text64(context, (char *)result, len, sqlite3_free,
			      SQLITE_UTF8);
}

/* Which sides a function trims: its user data. */
#define LEFT 1u
#define RIGHT 2u
static const unsigned both = LEFT | RIGHT;
static const unsigned left = LEFT;
static const unsigned right = RIGHT;

/* Bytes of the character at the start. */
static size_t character(struct bytes text)
{
	size_t len = 1;

	while (len < text.len && (text.data[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* Bytes of the character of `set` with which `text` begins, or ends; 0: it does
 * with none of them. */
static size_t matches(struct bytes text, struct bytes set, bool end)
{
	while (set.len > 0) {
		size_t len = character(set);
		const unsigned char *at =
			end ? text.data + text.len - len : text.data;

		if (len <= text.len && memcmp(at, set.data, len) == 0)
			return len;
		set.data += len;
		set.len -= len;
	}
	return 0;
}

static void trim(sqlite3_context *context, int count, sqlite3_value **values)
{
	unsigned sides = *(const unsigned *)sqlite3_user_data(context);
	struct bytes set = { (const unsigned char *)" ", 1 };
	struct bytes text;
	size_t len;

	if (!text_of(values[0], &text) ||
	    (count == 2 && !text_of(values[1], &set)))
		return;
	if (set.len > MAX_SET) {
		sqlite3_result_error(
			context, "too many characters are to be trimmed", -1);
		return;
	}
	while ((sides & LEFT) != 0 && (len = matches(text, set, false)) > 0) {
		text.data += len;
		text.len -= len;
	}
	while ((sides & RIGHT) != 0 && (len = matches(text, set, true)) > 0)
		text.len -= len;
	sqlite3_result_text64(context, (const char *)text.data, text.len,
			      SQLITE_TRANSIENT, SQLITE_UTF8);
}

static int open_plain(sqlite3 **plain, sqlite3_stmt **statement)
{
	int code = sqlite3_open_v2(":memory:", plain,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				   NULL);

	if (code == SQLITE_OK) {
		(void)sqlite3_limit(*plain, SQLITE_LIMIT_LENGTH,
				    LN_SQL_MAX_VALUE);
		code = sqlite3_prepare_v2(*plain, "SELECT json_patch(?1, ?2)",
					  -1, statement, NULL);
	}
	return code;
}

static void json_patch(sqlite3_context *context, int count,
		       sqlite3_value **values)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *plain = NULL;
	int code;

	(void)count;
	if ((int64_t)sqlite3_value_bytes(values[0]) *
		    sqlite3_value_bytes(values[1]) >
	    MAX_PATCH) {
		sqlite3_result_error_toobig(context);
		return;
	}
	code = open_plain(&plain, &statement);
	if (code == SQLITE_OK)
		code = sqlite3_bind_value(statement, 1, values[0]);
	if (code == SQLITE_OK)
		code = sqlite3_bind_value(statement, 2, values[1]);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		sqlite3_result_value(context,
				     sqlite3_column_value(statement, 0));
		sqlite3_result_subtype(context, 'J');
	} else if (code == SQLITE_NOMEM) {
		sqlite3_result_error_nomem(context);
	} else {
		sqlite3_result_error(context, sqlite3_errmsg(plain), -1);
	}
	sqlite3_finalize(statement);
	sqlite3_close(plain);
}

int ln_sql_functions_add(sqlite3 *db)
{
	static const struct {
		const char *name;
		int arguments;
		const unsigned *data;
		void (*function)(sqlite3_context *context, int count,
				 sqlite3_value **values);
	} functions[] = {
		{ "instr", 2, NULL, instr },
		{ "replace", 3, NULL, replace },
		{ "trim", 1, &both, trim },
		{ "trim", 2, &both, trim },
		{ "ltrim", 1, &left, trim },
		{ "ltrim", 2, &left, trim },
		{ "rtrim", 1, &right, trim },
		{ "rtrim", 2, &right, trim },
		{ "json_patch", 2, NULL, json_patch },
	};
	int code = SQLITE_OK;

	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (code == SQLITE_OK)
			code = sqlite3_create_function(
				db, functions[i].name, functions[i].arguments,
				SQLITE_UTF8 | SQLITE_DETERMINISTIC |
					SQLITE_INNOCUOUS,
				(void *)functions[i].data,
				functions[i].function, NULL, NULL);
	}
	return code;
}
