/*
 * DESIGN
 * Layouts:
 *
 *   BindList     count, BindPair...
 *   BindPair     BindKey, BindValue
 *   BindKey      0 None; 1 Numeric: u64; 2 String: text
 *   BindValue    0 Null; 1 Blob: bytes; 2 Text: text; 3 Double: f64;
 *                4 Int: i32; 5 Int64: i64
 *   SqliteRow    count, SqliteValue...
 *   SqliteValue  0 Null; 1 Blob: bytes; 2 Text: text; 3 Double: f64;
 *                4 Integer: i64
 *   SqliteError  option of u32, option of text; an option is a byte, 0 or 1,
 *                and the value if it is 1
 *
 * Bytes behind a BindList are ignored, as bincode::deserialize does.
 */
#include "sql/values.h"

#include <sqlite3.h>
#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"

#define FIRST_ROOM 64

void ln_sql_buffer_deinit(struct ln_sql_buffer *buffer)
{
	sqlite3_free(buffer->data);
	*buffer = (struct ln_sql_buffer){ 0 };
}

static bool reserve(struct ln_sql_buffer *buffer, size_t len)
{
	size_t room = buffer->room > 0 ? buffer->room : FIRST_ROOM;
	uint8_t *data;

	if (buffer->failed)
		return false;
	if (len <= buffer->room - buffer->len)
		return true;
	while (room - buffer->len < len) {
		/* More than SQLite allocates: it refuses. */
		if (room > SIZE_MAX / 4) {
			buffer->failed = true;
			return false;
		}
		room *= 2;
	}
	data = sqlite3_realloc64(buffer->data, room);
	if (data == NULL) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->room = room;
	return true;
}

void ln_sql_put(struct ln_sql_buffer *buffer, const void *bytes, size_t len)
{
	if (len == 0 || !reserve(buffer, len))
		return;
	memcpy(buffer->data + buffer->len, bytes, len);
	buffer->len += len;
}

void ln_sql_put_u32(struct ln_sql_buffer *buffer, uint32_t number)
{
	ln_sql_put(buffer, &number, sizeof(number));
}

void ln_sql_put_u64(struct ln_sql_buffer *buffer, uint64_t number)
{
	ln_sql_put(buffer, &number, sizeof(number));
}

void ln_sql_put_bytes(struct ln_sql_buffer *buffer, const void *bytes,
		      size_t len)
{
	ln_sql_put_u64(buffer, len);
	ln_sql_put(buffer, bytes, len);
}

/* One U+FFFD for each byte that begins no valid sequence. */
static LN_NOINLINE void put_lossy(struct ln_sql_buffer *buffer,
				  const uint8_t *text, size_t len)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t start = buffer->len;
	uint64_t written;

	ln_sql_put_u64(buffer, 0);
	for (size_t i = 0; i < len;) {
		size_t size = ln_utf8_sequence(text + i, len - i);

		if (size == 0)
			ln_sql_put(buffer, replacement, 3);
		else
			ln_sql_put(buffer, text + i, size);
		i += size > 0 ? size : 1;
	}
	if (buffer->failed)
		return;
	written = buffer->len - start - sizeof(written);
	memcpy(buffer->data + start, &written, sizeof(written));
}

void ln_sql_put_text(struct ln_sql_buffer *buffer, const void *text, size_t len)
{
	if (len == 0 || ln_utf8_valid(text, len))
		ln_sql_put_bytes(buffer, text, len);
	else
		put_lossy(buffer, text, len);
}

void ln_sql_put_error(struct ln_sql_buffer *buffer, uint32_t code,
		      const char *message)
{
	static const uint8_t some = 1;

	ln_sql_put(buffer, &some, 1);
	ln_sql_put_u32(buffer, code);
	ln_sql_put(buffer, &some, 1);
	ln_sql_put_text(buffer, message, strlen(message));
}

static bool take(struct ln_sql_reader *reader, void *to, size_t len)
{
	if (len > reader->left)
		return false;
	memcpy(to, reader->at, len);
	reader->at += len;
	reader->left -= len;
	return true;
}

/* A length and as many bytes. */
static bool take_bytes(struct ln_sql_reader *reader, const uint8_t **bytes,
		       size_t *len)
{
	uint64_t claimed;

	if (!take(reader, &claimed, sizeof(claimed)) || claimed > reader->left)
		return false;
	*bytes = reader->at;
	*len = (size_t)claimed;
	reader->at += claimed;
	reader->left -= (size_t)claimed;
	return true;
}

static bool take_text(struct ln_sql_reader *reader, const uint8_t **bytes,
		      size_t *len)
{
	return take_bytes(reader, bytes, len) && ln_utf8_valid(*bytes, *len);
}

/* Skips one value of a row. */
static bool skip_value(struct ln_sql_reader *reader)
{
	const uint8_t *bytes;
	uint64_t number;
	uint32_t type;
	size_t len;

	if (!take(reader, &type, sizeof(type)))
		return false;
	if (type == LN_SQL_NULL)
		return true;
	if (type == LN_SQL_BLOB || type == LN_SQL_TEXT)
		return take_bytes(reader, &bytes, &len);
	return take(reader, &number, sizeof(number));
}

bool ln_sql_row_value(const uint8_t *row, size_t len, uint32_t index,
		      size_t *start, size_t *size)
{
	struct ln_sql_reader reader = { .at = row, .left = len };

	if (!take(&reader, &reader.count, sizeof(reader.count)) ||
	    index >= reader.count)
		return false;
	while (index-- > 0) {
		if (!skip_value(&reader))
			return false;
	}
	*start = len - reader.left;
	if (!skip_value(&reader))
		return false;
	*size = len - reader.left - *start;
	return true;
}

bool ln_sql_binds_begin(struct ln_sql_reader *reader, const uint8_t *data,
			size_t len)
{
	reader->at = data;
	reader->left = len;
	return take(reader, &reader->count, sizeof(reader->count));
}

static bool take_key(struct ln_sql_reader *reader, struct ln_sql_bind *bind)
{
	const uint8_t *name;
	uint32_t variant;

	if (!take(reader, &variant, sizeof(variant)))
		return false;
	switch (variant) {
	case 0:
		bind->key = LN_SQL_KEY_NONE;
		return true;
	case 1:
		bind->key = LN_SQL_KEY_NUMBER;
		return take(reader, &bind->number, sizeof(bind->number));
	case 2:
		bind->key = LN_SQL_KEY_NAME;
		if (!take_text(reader, &name, &bind->name_len))
			return false;
		bind->name = (const char *)name;
		return true;
	default:
		return false;
	}
}

static bool take_value(struct ln_sql_reader *reader, struct ln_sql_bind *bind)
{
	uint32_t variant;
	int32_t small;

	if (!take(reader, &variant, sizeof(variant)))
		return false;
	bind->type = variant < 5 ? (enum ln_sql_type)variant : LN_SQL_INTEGER;
	switch (variant) {
	case 0:
		return true;
	case 1:
		return take_bytes(reader, &bind->bytes, &bind->len);
	case 2:
		return take_text(reader, &bind->bytes, &bind->len);
	case 3:
		return take(reader, &bind->real, sizeof(bind->real));
	case 4:
		if (!take(reader, &small, sizeof(small)))
			return false;
		bind->integer = small;
		return true;
	case 5:
		return take(reader, &bind->integer, sizeof(bind->integer));
	default:
		return false;
	}
}

bool ln_sql_binds_next(struct ln_sql_reader *reader, struct ln_sql_bind *bind)
{
	ln_assert(reader->count > 0);
	*bind = (struct ln_sql_bind){ 0 };
	reader->count--;
	return take_key(reader, bind) && take_value(reader, bind);
}
