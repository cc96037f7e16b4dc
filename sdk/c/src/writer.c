/*
 * The MessagePack writer. It uses no host functions, so that it can be built
 * and fuzzed natively. Bytes are collected before `at`. For a message, this
 * happens in the writer's room, which is passed on when it is full; long
 * strings are passed on directly.
 */
#include <lunatic/status.h>
#include <lunatic/writer.h>
#include <string.h>

#include "internal.h"

void lunatic_writer_begin(struct lunatic_writer *writer, void *data,
			  size_t size)
{
	writer->start = data;
	writer->at = data;
	writer->end = writer->at + size;
	writer->pending = 1;
	writer->status = 0;
	writer->message = 0;
}

int lunatic_writer_end(struct lunatic_writer *writer, size_t *length)
{
	if (writer->status == 0 && writer->pending != 0)
		writer->status = LUNATIC_EMISUSE;
	if (writer->status == 0)
		*length = (size_t)(writer->at - writer->start);
	return writer->status;
}

void lunatic_writer_fail(struct lunatic_writer *writer, int status)
{
	if (writer->status == 0)
		writer->status = status;
	/* So it is enough to look whether there is room. */
	writer->end = writer->at;
}

int lunatic_writer_flush(struct lunatic_writer *writer, const void *more,
			 size_t size)
{
	if (writer->message == LUNATIC_SCRATCH_NOT_YET) {
		int status = writer->begin(writer);

		if (status != 0 || size == 0)
			return status;
	}
	if (writer->message == 0)
		return LUNATIC_ETOOLONG;
	if (writer->message != lunatic_scratch_message)
		return LUNATIC_EMISUSE;
	if (writer->at > writer->room)
		lunatic_scratch_write(writer->room,
				      (size_t)(writer->at - writer->room));
	if (size > 0)
		lunatic_scratch_write(more, size);
	writer->at = writer->room;
	return 0;
}

static __attribute__((noinline)) void
put_flushing(struct lunatic_writer *writer, const void *data, size_t size)
{
	int status;

	if (writer->status != 0)
		return;
	status = lunatic_writer_flush(writer, data, size);
	if (status != 0)
		lunatic_writer_fail(writer, status);
}

static void put(struct lunatic_writer *writer, const void *data, size_t size)
{
	if (size == 0)
		return;
	if ((size_t)(writer->end - writer->at) < size) {
		put_flushing(writer, data, size);
		return;
	}
	memcpy(writer->at, data, size);
	writer->at += size;
}

/* Begins a value, which `more` others must follow. */
static inline void begin_value(struct lunatic_writer *writer, uint64_t more)
{
	if (!LUNATIC_LIKELY(writer->pending > 0))
		lunatic_writer_fail(writer, LUNATIC_EMISUSE);
	writer->pending += more - 1;
}

static __attribute__((noinline)) void put_scarce(struct lunatic_writer *writer,
						 uint8_t marker,
						 uint64_t number, unsigned size)
{
	unsigned char bytes[9] = { marker };

	memcpy(bytes + 1, &number, sizeof(number));
	if (writer->message != 0)
		put_flushing(writer, NULL, 0);
	if (writer->end - writer->at >= (ptrdiff_t)sizeof(bytes)) {
		memcpy(writer->at, bytes, sizeof(bytes));
		writer->at += size + 1;
	} else {
		put(writer, bytes, size + 1);
	}
}

/* A marker and a big-endian number of `size` bytes. Where there is room for the
 * longest, all its bytes are written, and only `size` of them count. */
static inline void put_number(struct lunatic_writer *writer, uint8_t marker,
			      uint64_t number, unsigned size)
{
	number = size > 0 ? __builtin_bswap64(number << (64 - 8 * size)) : 0;
	if (LUNATIC_LIKELY(writer->end - writer->at >= 9)) {
		writer->at[0] = marker;
		memcpy(writer->at + 1, &number, sizeof(number));
		writer->at += size + 1;
	} else {
		put_scarce(writer, marker, number, size);
	}
}

static inline void put_byte(struct lunatic_writer *writer, unsigned byte)
{
	if (LUNATIC_LIKELY(writer->at < writer->end))
		*writer->at++ = (unsigned char)byte;
	else
		put_scarce(writer, (uint8_t)byte, 0, 0);
}

void lunatic_write_nil(struct lunatic_writer *writer)
{
	begin_value(writer, 0);
	put_byte(writer, 0xc0);
}

void lunatic_write_bool(struct lunatic_writer *writer, bool value)
{
	begin_value(writer, 0);
	put_byte(writer, value ? 0xc3 : 0xc2);
}

void lunatic_write_uint(struct lunatic_writer *writer, uint64_t value)
{
	begin_value(writer, 0);
	if (value < 0x80)
		put_byte(writer, (unsigned)value);
	else if (value <= UINT8_MAX)
		put_number(writer, 0xcc, value, 1);
	else if (value <= UINT16_MAX)
		put_number(writer, 0xcd, value, 2);
	else if (value <= UINT32_MAX)
		put_number(writer, 0xce, value, 4);
	else
		put_number(writer, 0xcf, value, 8);
}

void lunatic_write_int(struct lunatic_writer *writer, int64_t value)
{
	if (value >= 0) {
		lunatic_write_uint(writer, (uint64_t)value);
		return;
	}
	begin_value(writer, 0);
	if (value >= -32)
		put_byte(writer, (unsigned)value & 0xff);
	else if (value >= INT8_MIN)
		put_number(writer, 0xd0, (uint64_t)value, 1);
	else if (value >= INT16_MIN)
		put_number(writer, 0xd1, (uint64_t)value, 2);
	else if (value >= INT32_MIN)
		put_number(writer, 0xd2, (uint64_t)value, 4);
	else
		put_number(writer, 0xd3, (uint64_t)value, 8);
}

void lunatic_write_f32(struct lunatic_writer *writer, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	begin_value(writer, 0);
	put_number(writer, 0xca, bits, 4);
}

void lunatic_write_f64(struct lunatic_writer *writer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	begin_value(writer, 0);
	put_number(writer, 0xcb, bits, 8);
}

/* A length in the shortest of the forms `marker`, +1 and +2, for 8, 16 and 32
 * bits. Returns false when it is longer than all of them hold. */
static bool put_length(struct lunatic_writer *writer, uint8_t marker,
		       size_t length)
{
#if SIZE_MAX > UINT32_MAX
	if (length > UINT32_MAX) {
		lunatic_writer_fail(writer, LUNATIC_ETOOLONG);
		return false;
	}
#endif
	if (length <= UINT8_MAX)
		put_number(writer, marker, length, 1);
	else if (length <= UINT16_MAX)
		put_number(writer, marker + 1, length, 2);
	else
		put_number(writer, marker + 2, length, 4);
	return true;
}

void lunatic_write_strn(struct lunatic_writer *writer, const char *text,
			size_t length)
{
	begin_value(writer, 0);
	if (length < 32)
		put_byte(writer, 0xa0 | (unsigned)length);
	else if (!put_length(writer, 0xd9, length))
		return;
	put(writer, text, length);
}

void lunatic_write_str(struct lunatic_writer *writer, const char *text)
{
	lunatic_write_strn(writer, text, strlen(text));
}

void lunatic_write_bin(struct lunatic_writer *writer, const void *data,
		       size_t size)
{
	begin_value(writer, 0);
	if (put_length(writer, 0xc4, size))
		put(writer, data, size);
}

void lunatic_write_ext(struct lunatic_writer *writer, int8_t type,
		       const void *data, size_t size)
{
	begin_value(writer, 0);
	if (size != 0 && size <= 16 && (size & (size - 1)) == 0)
		put_byte(writer,
			 0xd4 + (unsigned)__builtin_ctz((unsigned)size));
	else if (!put_length(writer, 0xc7, size))
		return;
	put_byte(writer, (uint8_t)type);
	put(writer, data, size);
}

void lunatic_write_array(struct lunatic_writer *writer, uint32_t count)
{
	begin_value(writer, count);
	if (count < 16)
		put_byte(writer, 0x90 | count);
	else if (count <= UINT16_MAX)
		put_number(writer, 0xdc, count, 2);
	else
		put_number(writer, 0xdd, count, 4);
}

void lunatic_write_map(struct lunatic_writer *writer, uint32_t count)
{
	begin_value(writer, 2 * (uint64_t)count);
	if (count < 16)
		put_byte(writer, 0x80 | count);
	else if (count <= UINT16_MAX)
		put_number(writer, 0xde, count, 2);
	else
		put_number(writer, 0xdf, count, 4);
}

void lunatic_write_variant(struct lunatic_writer *writer, uint32_t index)
{
	lunatic_write_map(writer, 1);
	lunatic_write_uint(writer, index);
}

void lunatic_write_value(struct lunatic_writer *writer, const void *value,
			 size_t size)
{
	begin_value(writer, 0);
	put(writer, value, size);
}
