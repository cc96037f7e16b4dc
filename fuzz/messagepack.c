/*
 * The guest library's MessagePack reader and writer against msgpack-c. Both
 * must agree on what is one well-formed value, and what that says; writing what
 * was read and reading that again must give the same. They differ in purpose
 * where the library is strict: nothing may follow the value, text must be UTF-8
 * without zeros (where both are asked for text).
 *
 * The rest of the runtime is not involved: sdk/c/src/reader.c and writer.c are
 * compiled for this machine.
 */
#include <assert.h>
#include <lunatic/reader.h>
#include <lunatic/status.h>
#include <lunatic/writer.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* msgpack-c allocates as much as an array announces. It takes NULL well. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=64";
}

static void compare(struct lunatic_reader *reader,
		    struct lunatic_writer *writer,
		    const msgpack_object *object);

static void compare_bytes(struct lunatic_reader *reader,
			  struct lunatic_writer *writer, const void *data,
			  size_t size, msgpack_object_type type)
{
	unsigned char *copy;
	int8_t ext = 0;
	size_t got;

	if (type == MSGPACK_OBJECT_STR) {
		/* Not text for all of them: passed over, not compared. */
		assert(lunatic_peek(reader) == LUNATIC_KIND_STR);
		lunatic_skip(reader);
		lunatic_write_strn(writer, data, size);
		return;
	}
	if (type == MSGPACK_OBJECT_BIN) {
		copy = lunatic_read_bin_new(reader, size, &got);
		assert(copy != NULL && got == size);
		assert(memcmp(copy, data, size) == 0);
		lunatic_write_bin(writer, copy, got);
		free(copy);
		return;
	}
	copy = malloc(size + 1);
	assert(copy != NULL);
	got = lunatic_read_ext(reader, &ext, copy, size);
	assert(got == size && memcmp(copy, data, size) == 0);
	lunatic_write_ext(writer, ext, copy, got);
	free(copy);
}

static void compare_f64(struct lunatic_reader *reader,
			struct lunatic_writer *writer,
			const msgpack_object *object)
{
	double value = lunatic_read_f64(reader);

	assert(memcmp(&value, &object->via.f64, sizeof(value)) == 0 ||
	       value != value);
	lunatic_write_f64(writer, value);
}

static void compare_map(struct lunatic_reader *reader,
			struct lunatic_writer *writer,
			const msgpack_object_map *map)
{
	assert(lunatic_read_map(reader) == map->size);
	lunatic_write_map(writer, map->size);
	for (uint32_t i = 0; i < map->size; i++) {
		compare(reader, writer, &map->ptr[i].key);
		compare(reader, writer, &map->ptr[i].val);
	}
}

static void compare_array(struct lunatic_reader *reader,
			  struct lunatic_writer *writer,
			  const msgpack_object_array *array)
{
	assert(lunatic_read_array(reader) == array->size);
	lunatic_write_array(writer, array->size);
	for (uint32_t i = 0; i < array->size; i++)
		compare(reader, writer, &array->ptr[i]);
}

/* Reads what msgpack-c has read, and writes it. */
static void compare(struct lunatic_reader *reader,
		    struct lunatic_writer *writer, const msgpack_object *object)
{
	bool flag;

	switch (object->type) {
	case MSGPACK_OBJECT_NIL:
		assert(lunatic_peek(reader) == LUNATIC_KIND_NIL);
		lunatic_read_nil(reader);
		lunatic_write_nil(writer);
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		assert(lunatic_peek(reader) == LUNATIC_KIND_BOOL);
		flag = lunatic_read_bool(reader);
		assert(flag == object->via.boolean);
		lunatic_write_bool(writer, flag);
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		assert(lunatic_peek(reader) == LUNATIC_KIND_UINT);
		assert(lunatic_read_uint(reader) == object->via.u64);
		lunatic_write_uint(writer, object->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		assert(lunatic_peek(reader) == LUNATIC_KIND_INT);
		assert(lunatic_read_int(reader) == object->via.i64);
		lunatic_write_int(writer, object->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_FLOAT64:
		compare_f64(reader, writer, object);
		break;
	case MSGPACK_OBJECT_STR:
		compare_bytes(reader, writer, object->via.str.ptr,
			      object->via.str.size, object->type);
		break;
	case MSGPACK_OBJECT_BIN:
		compare_bytes(reader, writer, object->via.bin.ptr,
			      object->via.bin.size, object->type);
		break;
	case MSGPACK_OBJECT_EXT:
		compare_bytes(reader, writer, object->via.ext.ptr,
			      object->via.ext.size, object->type);
		break;
	case MSGPACK_OBJECT_MAP:
		compare_map(reader, writer, &object->via.map);
		break;
	case MSGPACK_OBJECT_ARRAY:
		compare_array(reader, writer, &object->via.array);
		break;
	}
	assert(reader->status == 0 && writer->status == 0);
}

/* What was written must be what was read; NaNs may differ in their bits, so
 * only msgpack-c is asked whether it is one value again. */
static void compare_written(const unsigned char *data, size_t size)
{
	msgpack_unpacked value;
	size_t end = 0;

	msgpack_unpacked_init(&value);
	assert(msgpack_unpack_next(&value, (const char *)data, size, &end) ==
	       MSGPACK_UNPACK_SUCCESS);
	assert(end == size);
	msgpack_unpacked_destroy(&value);
}

static void compare_all(const uint8_t *data, size_t size,
			const msgpack_object *object)
{
	/* A float becomes a double, and nothing else becomes longer. */
	size_t room = 2 * size + 16;
	unsigned char *bytes = malloc(room);
	struct lunatic_writer writer;
	struct lunatic_reader reader;
	size_t length = 0;

	assert(bytes != NULL);
	lunatic_reader_begin(&reader, data, size);
	lunatic_writer_begin(&writer, bytes, room);
	compare(&reader, &writer, object);
	assert(lunatic_reader_end(&reader) == 0);
	assert(lunatic_writer_end(&writer, &length) == 0);
	compare_written(bytes, length);
	free(bytes);
}

/* A value as its bytes is what skipping goes over, and what follows is read. */
static void take_value(const uint8_t *data, size_t size)
{
	struct lunatic_reader reader, skipping;
	unsigned char *copy = malloc(size + 1);
	struct lunatic_writer writer;
	size_t len, written;
	void *value;

	assert(copy != NULL);
	lunatic_reader_begin(&reader, data, size);
	lunatic_reader_begin(&skipping, data, size);
	lunatic_skip(&skipping);
	value = lunatic_read_value_new(&reader, size, &len);
	assert((value != NULL) == (skipping.status == 0));
	if (value != NULL) {
		assert(len == (size_t)(skipping.at - data));
		assert(memcmp(value, data, len) == 0);
		assert(lunatic_reader_end(&reader) ==
		       lunatic_reader_end(&skipping));
		lunatic_writer_begin(&writer, copy, size);
		lunatic_write_value(&writer, value, len);
		assert(lunatic_writer_end(&writer, &written) == 0);
		assert(written == len && memcmp(copy, data, len) == 0);
	} else {
		assert(lunatic_reader_end(&reader) != 0);
	}
	free(value);
	free(copy);
}

/* Calls every kind of read on the bytes, whatever they are. */
static void read_blindly(const uint8_t *data, size_t size)
{
	struct lunatic_reader reader;
	char text[16];

	for (size_t i = 0; i < size; i++) {
		char *copy;

		lunatic_reader_begin(&reader, data + i, size - i);
		lunatic_read_str(&reader, text, sizeof(text));
		lunatic_reader_begin(&reader, data + i, size - i);
		copy = lunatic_read_str_new(&reader, SIZE_MAX);
		assert((copy != NULL) == (reader.status == 0));
		free(copy);
		lunatic_reader_begin(&reader, data + i, size - i);
		lunatic_read_variant(&reader);
		lunatic_read_some(&reader);
		lunatic_read_i32(&reader);
		lunatic_reader_end(&reader);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	msgpack_unpacked value;
	struct lunatic_reader reader;
	msgpack_unpack_return result;
	size_t end = 0;
	int status;

	if (size > 4096)
		return 0;
	read_blindly(data, size);
	take_value(data, size);
	lunatic_reader_begin(&reader, data, size);
	lunatic_skip(&reader);
	status = lunatic_reader_end(&reader);
	msgpack_unpacked_init(&value);
	result = msgpack_unpack_next(&value, (const char *)data, size, &end);
	/* It gives up on deep nesting, for which it allocates a stack. */
	if (result == MSGPACK_UNPACK_SUCCESS) {
		assert((status == 0) == (end == size));
		if (status == 0)
			compare_all(data, size, &value.data);
	} else if (result == MSGPACK_UNPACK_PARSE_ERROR ||
		   result == MSGPACK_UNPACK_CONTINUE) {
		assert(status != 0 || size > 32);
	}
	msgpack_unpacked_destroy(&value);
	return 0;
}
