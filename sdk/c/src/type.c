/*
 * Reading and writing structs by their descriptions.
 */
#include <lunatic/mailbox.h>
#include <lunatic/status.h>
#include <lunatic/type.h>
#include <string.h>

/* Integers are little-endian in wasm, so the low bytes are copied, and the high
 * bytes are filled with the sign. */
static int64_t load_int(const void *from, uint32_t size)
{
	uint64_t bits = 0;
	unsigned shift = 64 - 8 * size;

	memcpy(&bits, from, size);
	return (int64_t)(bits << shift) >> shift;
}

static uint64_t load_uint(const void *from, uint32_t size)
{
	uint64_t bits = 0;

	memcpy(&bits, from, size);
	return bits;
}

static void write_float(struct lunatic_writer *writer, const void *from,
			uint32_t size)
{
	float small;
	double large;

	if (size == sizeof(small)) {
		memcpy(&small, from, sizeof(small));
		lunatic_write_f32(writer, small);
	} else {
		memcpy(&large, from, sizeof(large));
		lunatic_write_f64(writer, large);
	}
}

static void write_text(struct lunatic_writer *writer, const char *text,
		       uint32_t size)
{
	size_t length = strnlen(text, size);

	if (length == size)
		lunatic_writer_fail(writer, LUNATIC_EMISUSE);
	lunatic_write_strn(writer, text, length);
}

static void write_member(struct lunatic_writer *writer,
			 const struct lunatic_member *member, const void *value)
{
	const void *from = (const char *)value + member->offset;

	switch ((enum lunatic_member_kind)member->kind) {
	case LUNATIC_MEMBER_BOOL:
		lunatic_write_bool(writer, *(const bool *)from);
		break;
	case LUNATIC_MEMBER_INT:
		lunatic_write_int(writer, load_int(from, member->size));
		break;
	case LUNATIC_MEMBER_UINT:
		lunatic_write_uint(writer, load_uint(from, member->size));
		break;
	case LUNATIC_MEMBER_FLOAT:
		write_float(writer, from, member->size);
		break;
	case LUNATIC_MEMBER_STR:
		write_text(writer, from, member->size);
		break;
	case LUNATIC_MEMBER_PROC:
		lunatic_write_proc(writer, *(const struct lunatic_proc *)from);
		break;
	case LUNATIC_MEMBER_STRUCT:
		lunatic_write_type(writer, member->type, from);
		break;
	}
}

void lunatic_write_type(struct lunatic_writer *writer,
			const struct lunatic_type *type, const void *value)
{
	lunatic_write_array(writer, type->count);
	for (uint32_t i = 0; i < type->count; i++)
		write_member(writer, &type->members[i], value);
}

static void read_int(struct lunatic_reader *reader, void *to, uint32_t size)
{
	int64_t number = lunatic_read_int(reader);

	memcpy(to, &number, size);
	if (load_int(to, size) != number)
		lunatic_reader_fail(reader, LUNATIC_ERANGE);
}

static void read_uint(struct lunatic_reader *reader, void *to, uint32_t size)
{
	uint64_t number = lunatic_read_uint(reader);

	memcpy(to, &number, size);
	if (load_uint(to, size) != number)
		lunatic_reader_fail(reader, LUNATIC_ERANGE);
}

static void read_float(struct lunatic_reader *reader, void *to, uint32_t size)
{
	float small;
	double large;

	if (size == sizeof(small)) {
		small = lunatic_read_f32(reader);
		memcpy(to, &small, sizeof(small));
	} else {
		large = lunatic_read_f64(reader);
		memcpy(to, &large, sizeof(large));
	}
}

static void read_members(struct lunatic_reader *reader,
			 const struct lunatic_type *type, void *value);

static void read_member(struct lunatic_reader *reader,
			const struct lunatic_member *member, void *value)
{
	void *to = (char *)value + member->offset;

	switch ((enum lunatic_member_kind)member->kind) {
	case LUNATIC_MEMBER_BOOL:
		*(bool *)to = lunatic_read_bool(reader);
		break;
	case LUNATIC_MEMBER_INT:
		read_int(reader, to, member->size);
		break;
	case LUNATIC_MEMBER_UINT:
		read_uint(reader, to, member->size);
		break;
	case LUNATIC_MEMBER_FLOAT:
		read_float(reader, to, member->size);
		break;
	case LUNATIC_MEMBER_STR:
		lunatic_read_str(reader, to, member->size);
		break;
	case LUNATIC_MEMBER_PROC:
		*(struct lunatic_proc *)to = lunatic_read_proc(reader);
		break;
	case LUNATIC_MEMBER_STRUCT:
		read_members(reader, member->type, to);
		break;
	}
}

static void read_members(struct lunatic_reader *reader,
			 const struct lunatic_type *type, void *value)
{
	lunatic_read_tuple(reader, type->count);
	for (uint32_t i = 0; i < type->count; i++)
		read_member(reader, &type->members[i], value);
}

/* Makes every member zero, and drops the handles that were read. */
static void clear(const struct lunatic_type *type, void *value)
{
	for (uint32_t i = 0; i < type->count; i++) {
		const struct lunatic_member *member = &type->members[i];
		void *at = (char *)value + member->offset;

		if (member->kind == LUNATIC_MEMBER_STRUCT) {
			clear(member->type, at);
		} else if (member->kind == LUNATIC_MEMBER_PROC) {
			lunatic_proc_drop(*(struct lunatic_proc *)at);
			*(struct lunatic_proc *)at = LUNATIC_NO_PROC;
		} else {
			memset(at, 0, member->size);
		}
	}
}

int lunatic_read_type(struct lunatic_reader *reader,
		      const struct lunatic_type *type, void *value)
{
	read_members(reader, type, value);
	if (reader->status != 0)
		clear(type, value);
	return reader->status;
}

int lunatic_read_whole(struct lunatic_reader *reader,
		       const struct lunatic_type *type, void *value)
{
	read_members(reader, type, value);
	if (lunatic_reader_end(reader) != 0)
		clear(type, value);
	return reader->status;
}

int lunatic_send(struct lunatic_proc to, int64_t tag,
		 const struct lunatic_type *type, const void *value)
{
	struct lunatic_writer mail;

	lunatic_mail_begin(&mail, tag);
	lunatic_write_type(&mail, type, value);
	return lunatic_mail_send(&mail, to);
}
