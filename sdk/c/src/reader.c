/*
 * The MessagePack reader. It uses no host functions, so that it can be built
 * and fuzzed natively. A message is loaded in parts into the reader's room;
 * strings are copied from the message directly to their destination.
 *
 * `pending` counts the values that must still come. It limits what is read and
 * represents all nesting, so neither reading nor skipping needs a stack.
 */
#include <lunatic/reader.h>
#include <lunatic/status.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

uint64_t lunatic_scratch_message = 1;

void lunatic_reader_begin(struct lunatic_reader *reader, const void *data,
			  size_t size)
{
	reader->at = data;
	reader->end = reader->at + size;
	reader->pending = 1;
	reader->message = 0;
	reader->left = 0;
	reader->status = 0;
}

void lunatic_reader_fail(struct lunatic_reader *reader, int status)
{
	if (reader->status == 0)
		reader->status = status;
	/* So it is enough to look whether a byte is there. */
	reader->end = reader->at;
}

static size_t load_piece(struct lunatic_reader *reader, void *data, size_t size)
{
	size_t count = lunatic_scratch_read(data, size);

	reader->left -= count;
	return count;
}

/* Loads until `size` bytes (at most what the room holds) are there. */
static __attribute__((noinline)) bool load(struct lunatic_reader *reader,
					   size_t size)
{
	size_t have = (size_t)(reader->end - reader->at);

	if (reader->left > 0) {
		if (have > 0)
			memmove(reader->room, reader->at, have);
		reader->at = reader->room;
		reader->end = reader->room + have;
		reader->end += load_piece(reader, reader->room + have,
					  sizeof(reader->room) - have);
		have = (size_t)(reader->end - reader->at);
	}
	if (have < size)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0;
}

static inline bool need(struct lunatic_reader *reader, size_t size)
{
	if (LUNATIC_LIKELY((size_t)(reader->end - reader->at) >= size))
		return true;
	return reader->status == 0 && load(reader, size);
}

/* Whether `size` bytes are there, loaded or not. */
static bool has(struct lunatic_reader *reader, uint64_t size)
{
	uint64_t have = (uint64_t)(reader->end - reader->at);

	if (reader->status != 0)
		return false;
	if (have >= size)
		return true;
	if (have + reader->left < size)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0;
}

/* Copies `size` bytes, which has() has seen, or skips them. */
static void take(struct lunatic_reader *reader, void *data, size_t size)
{
	unsigned char *to = data;

	while (size > 0 && reader->status == 0) {
		size_t part = (size_t)(reader->end - reader->at);

		if (part > size)
			part = size;
		if (to != NULL && part > 0)
			memcpy(to, reader->at, part);
		reader->at += part;
		size -= part;
		if (to != NULL)
			to += part;
		if (to != NULL && size > sizeof(reader->room)) {
			/* The long rest goes where it is wanted. */
			part = load_piece(reader, to, size);
			to += part;
			size -= part;
			if (part == 0)
				lunatic_reader_fail(reader, LUNATIC_EFORMAT);
		} else if (size > 0) {
			need(reader, 1);
		}
	}
}

static uint64_t big_endian(struct lunatic_reader *reader, int size)
{
	uint64_t number = 0;

	if (size == 0 || !need(reader, (size_t)size))
		return 0;
	for (; size > 0; size--)
		number = number << 8 | *reader->at++;
	return number;
}

/* Whether the message is still there, if it is one. */
static inline bool is_fresh(const struct lunatic_reader *reader)
{
	return reader->message == lunatic_scratch_message ||
	       reader->message == 0;
}

static __attribute__((noinline)) uint8_t
load_marker(struct lunatic_reader *reader)
{
	if (reader->pending == 0 || !is_fresh(reader))
		lunatic_reader_fail(reader, LUNATIC_EMISUSE);
	return need(reader, 1) ? *reader->at : 0xc1;
}

/* The first byte of the next value, 0xc1 (which means nothing) for none. */
static inline uint8_t marker(struct lunatic_reader *reader)
{
	if (LUNATIC_LIKELY(reader->at < reader->end && reader->pending > 0 &&
			   is_fresh(reader)))
		return *reader->at;
	return load_marker(reader);
}

struct head {
	enum lunatic_kind kind;
	uint64_t number; /* value, bits, length, or count */
	int8_t type;     /* of an extension */
};

static const struct shape {
	uint8_t kind;
	uint8_t size; /* of the number that follows */
} shapes[] = {
	[0xc0 - 0xc0] = { LUNATIC_KIND_NIL, 0 },
	[0xc2 - 0xc0] = { LUNATIC_KIND_BOOL, 0 },
	[0xc3 - 0xc0] = { LUNATIC_KIND_BOOL, 0 },
	[0xc4 - 0xc0] = { LUNATIC_KIND_BIN, 1 },
	[0xc5 - 0xc0] = { LUNATIC_KIND_BIN, 2 },
	[0xc6 - 0xc0] = { LUNATIC_KIND_BIN, 4 },
	[0xc7 - 0xc0] = { LUNATIC_KIND_EXT, 1 },
	[0xc8 - 0xc0] = { LUNATIC_KIND_EXT, 2 },
	[0xc9 - 0xc0] = { LUNATIC_KIND_EXT, 4 },
	[0xca - 0xc0] = { LUNATIC_KIND_F32, 4 },
	[0xcb - 0xc0] = { LUNATIC_KIND_F64, 8 },
	[0xcc - 0xc0] = { LUNATIC_KIND_UINT, 1 },
	[0xcd - 0xc0] = { LUNATIC_KIND_UINT, 2 },
	[0xce - 0xc0] = { LUNATIC_KIND_UINT, 4 },
	[0xcf - 0xc0] = { LUNATIC_KIND_UINT, 8 },
	[0xd0 - 0xc0] = { LUNATIC_KIND_INT, 1 },
	[0xd1 - 0xc0] = { LUNATIC_KIND_INT, 2 },
	[0xd2 - 0xc0] = { LUNATIC_KIND_INT, 4 },
	[0xd3 - 0xc0] = { LUNATIC_KIND_INT, 8 },
	[0xd4 - 0xc0] = { LUNATIC_KIND_EXT, 0 },
	[0xd5 - 0xc0] = { LUNATIC_KIND_EXT, 0 },
	[0xd6 - 0xc0] = { LUNATIC_KIND_EXT, 0 },
	[0xd7 - 0xc0] = { LUNATIC_KIND_EXT, 0 },
	[0xd8 - 0xc0] = { LUNATIC_KIND_EXT, 0 },
	[0xd9 - 0xc0] = { LUNATIC_KIND_STR, 1 },
	[0xda - 0xc0] = { LUNATIC_KIND_STR, 2 },
	[0xdb - 0xc0] = { LUNATIC_KIND_STR, 4 },
	[0xdc - 0xc0] = { LUNATIC_KIND_ARRAY, 2 },
	[0xdd - 0xc0] = { LUNATIC_KIND_ARRAY, 4 },
	[0xde - 0xc0] = { LUNATIC_KIND_MAP, 2 },
	[0xdf - 0xc0] = { LUNATIC_KIND_MAP, 4 },
};

/* The kind of value that begins with this byte, before the value is known. */
static enum lunatic_kind kind_of(uint8_t byte)
{
	if (byte < 0x80)
		return LUNATIC_KIND_UINT;
	if (byte < 0x90)
		return LUNATIC_KIND_MAP;
	if (byte < 0xa0)
		return LUNATIC_KIND_ARRAY;
	if (byte < 0xc0)
		return LUNATIC_KIND_STR;
	if (byte < 0xe0)
		return (enum lunatic_kind)shapes[byte - 0xc0].kind;
	return LUNATIC_KIND_INT;
}

/* The number within the first byte of a short form. */
static uint64_t short_number(uint8_t byte)
{
	if (byte < 0x80)
		return byte;
	if (byte < 0xa0)
		return byte & 0x0f;
	if (byte < 0xc0)
		return byte & 0x1f;
	if (byte >= 0xe0)
		return (uint64_t)(int64_t)(int8_t)byte;
	if (byte >= 0xd4 && byte <= 0xd8)
		return 1u << (byte - 0xd4);
	return byte == 0xc3;
}

/* A signed number of `size` bytes; one that is not negative is a UINT. */
static void sign(struct head *head, int size)
{
	int shift = 64 - 8 * size;

	head->number = (uint64_t)((int64_t)(head->number << shift) >> shift);
	if ((int64_t)head->number >= 0)
		head->kind = LUNATIC_KIND_UINT;
}

/* Announced values that cannot all be there: each takes a byte at least. */
static inline void announce(struct lunatic_reader *reader, uint64_t count)
{
	if (count > (uint64_t)(reader->end - reader->at) && !has(reader, count))
		return;
	reader->pending += count;
}

/* Reads the head of the next value, whose first byte is known, but not the
 * bytes or values that follow. Returns false after a failure. */
static bool take_head(struct lunatic_reader *reader, uint8_t byte,
		      struct head *head)
{
	int size = 0;

	reader->at++;
	reader->pending--;
	head->kind = kind_of(byte);
	if (byte >= 0xc0 && byte < 0xe0)
		size = shapes[byte - 0xc0].size;
	head->number = size > 0 ? big_endian(reader, size) : short_number(byte);
	if (head->kind == LUNATIC_KIND_INT && size > 0)
		sign(head, size);
	if (head->kind == LUNATIC_KIND_EXT)
		head->type = (int8_t)big_endian(reader, 1);
	if (head->kind == LUNATIC_KIND_ARRAY)
		announce(reader, head->number);
	if (head->kind == LUNATIC_KIND_MAP)
		announce(reader, 2 * head->number);
	if (head->kind == LUNATIC_KIND_STR || head->kind == LUNATIC_KIND_BIN ||
	    head->kind == LUNATIC_KIND_EXT)
		has(reader, head->number);
	return reader->status == 0;
}

/* The same, whatever the value is. */
static bool read_head(struct lunatic_reader *reader, struct head *head)
{
	uint8_t byte = marker(reader);

	*head = (struct head){ .kind = LUNATIC_KIND_NONE };
	if (reader->status == 0 && byte == 0xc1)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0 && take_head(reader, byte, head);
}

/* Reads the head of a value that must be of a kind. */
static bool expect(struct lunatic_reader *reader, enum lunatic_kind kind,
		   struct head *head)
{
	uint8_t byte = marker(reader);

	if (reader->status == 0 && kind_of(byte) != kind)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0 && take_head(reader, byte, head);
}

enum lunatic_kind lunatic_peek(struct lunatic_reader *reader)
{
	uint8_t byte;
	enum lunatic_kind kind;

	if (reader->pending == 0)
		return LUNATIC_KIND_NONE;
	byte = marker(reader);
	if (reader->status != 0)
		return LUNATIC_KIND_NONE;
	kind = kind_of(byte);
	/* What has a sign, and is not negative. */
	if (byte >= 0xd0 && byte <= 0xd3 && need(reader, 2) &&
	    reader->at[1] < 0x80)
		kind = LUNATIC_KIND_UINT;
	if (kind == LUNATIC_KIND_NONE)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0 ? kind : LUNATIC_KIND_NONE;
}

int lunatic_reader_end(struct lunatic_reader *reader)
{
	if (reader->status == 0 && reader->pending != 0)
		lunatic_reader_fail(reader, LUNATIC_EMISUSE);
	if (reader->status == 0 &&
	    (reader->at != reader->end || reader->left != 0))
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status;
}

void lunatic_read_nil(struct lunatic_reader *reader)
{
	struct head head;

	expect(reader, LUNATIC_KIND_NIL, &head);
}

bool lunatic_read_bool(struct lunatic_reader *reader)
{
	struct head head;

	return expect(reader, LUNATIC_KIND_BOOL, &head) && head.number != 0;
}

/* The number behind an integer's marker, of 1, 2, 4 or 8 bytes. */
static inline uint64_t number_behind(const unsigned char *at, unsigned size)
{
	uint64_t number64;
	uint32_t number32;
	uint16_t number16;

	switch (size) {
	case 1:
		return at[1];
	case 2:
		memcpy(&number16, at + 1, sizeof(number16));
		return __builtin_bswap16(number16);
	case 4:
		memcpy(&number32, at + 1, sizeof(number32));
		return __builtin_bswap32(number32);
	default:
		memcpy(&number64, at + 1, sizeof(number64));
		return __builtin_bswap64(number64);
	}
}

/* An unsigned integer that lies there in whole. Returns whether it was one;
 * if not, nothing is consumed. */
static inline __attribute__((always_inline)) bool
read_near(struct lunatic_reader *reader, uint64_t *number)
{
	const unsigned char *at = reader->at;
	size_t have = (size_t)(reader->end - at);
	unsigned size = 0;

	if (have == 0 || reader->pending == 0 || !is_fresh(reader))
		return false;
	*number = *at;
	if (*number >= 0x80) {
		if (*number < 0xcc || *number > 0xcf)
			return false;
		size = 1u << (*number & 3);
		if (have <= size)
			return false;
		*number = number_behind(at, size);
	}
	reader->at = at + 1 + size;
	reader->pending--;
	return true;
}

/* The same for a negative one of 8 bytes, as tags for answers are. */
static inline __attribute__((always_inline)) bool
read_near_tag(struct lunatic_reader *reader, uint64_t *number)
{
	const unsigned char *at = reader->at;

	if (reader->end - at < 9 || reader->pending == 0 || !is_fresh(reader) ||
	    at[0] != 0xd3 || at[1] < 0x80)
		return false;
	*number = number_behind(at, 8);
	reader->at = at + 9;
	reader->pending--;
	return true;
}

static int64_t out_of_range(struct lunatic_reader *reader)
{
	lunatic_reader_fail(reader, LUNATIC_ERANGE);
	return 0;
}

/* An integer that does not, or another one. */
static bool read_integer(struct lunatic_reader *reader, struct head *head)
{
	uint8_t byte = marker(reader);
	enum lunatic_kind kind = kind_of(byte);

	if (reader->status == 0 && kind != LUNATIC_KIND_UINT &&
	    kind != LUNATIC_KIND_INT)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0 && take_head(reader, byte, head);
}

static __attribute__((noinline)) int64_t
read_int_within(struct lunatic_reader *reader, int64_t min, int64_t max)
{
	struct head head;

	if (!read_integer(reader, &head))
		return 0;
	if ((head.kind == LUNATIC_KIND_UINT && head.number > (uint64_t)max) ||
	    (head.kind == LUNATIC_KIND_INT && (int64_t)head.number < min))
		return out_of_range(reader);
	return (int64_t)head.number;
}

static __attribute__((noinline)) uint64_t
read_uint_within(struct lunatic_reader *reader, uint64_t max)
{
	struct head head;

	if (!read_integer(reader, &head))
		return 0;
	if (head.kind == LUNATIC_KIND_INT || head.number > max) {
		lunatic_reader_fail(reader, LUNATIC_ERANGE);
		return 0;
	}
	return head.number;
}

int64_t lunatic_read_int(struct lunatic_reader *reader)
{
	uint64_t number;

	if (LUNATIC_LIKELY(read_near(reader, &number))) {
		if (number > INT64_MAX)
			return out_of_range(reader);
		return (int64_t)number;
	}
	if (read_near_tag(reader, &number))
		return (int64_t)number;
	return read_int_within(reader, INT64_MIN, INT64_MAX);
}

uint64_t lunatic_read_uint(struct lunatic_reader *reader)
{
	uint64_t number;

	if (LUNATIC_LIKELY(read_near(reader, &number)))
		return number;
	return read_uint_within(reader, UINT64_MAX);
}

int32_t lunatic_read_i32(struct lunatic_reader *reader)
{
	return (int32_t)read_int_within(reader, INT32_MIN, INT32_MAX);
}

uint32_t lunatic_read_u32(struct lunatic_reader *reader)
{
	return (uint32_t)read_uint_within(reader, UINT32_MAX);
}

float lunatic_read_f32(struct lunatic_reader *reader)
{
	struct head head;
	uint32_t bits;
	float value;

	if (!expect(reader, LUNATIC_KIND_F32, &head))
		return 0;
	bits = (uint32_t)head.number;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

double lunatic_read_f64(struct lunatic_reader *reader)
{
	struct head head;
	double value;

	if (lunatic_peek(reader) == LUNATIC_KIND_F32)
		return (double)lunatic_read_f32(reader);
	if (!expect(reader, LUNATIC_KIND_F64, &head))
		return 0;
	memcpy(&value, &head.number, sizeof(value));
	return value;
}

uint32_t lunatic_read_array(struct lunatic_reader *reader)
{
	uint8_t byte = marker(reader);
	struct head head;

	/* A short one, all of whose values may be there. */
	if (LUNATIC_LIKELY((byte & 0xf0) == 0x90 &&
			   (byte & 0x0f) < reader->end - reader->at)) {
		reader->at++;
		reader->pending += (uint64_t)(byte & 0x0f) - 1;
		return byte & 0x0f;
	}
	if (!expect(reader, LUNATIC_KIND_ARRAY, &head))
		return 0;
	return (uint32_t)head.number;
}

bool lunatic_read_tuple(struct lunatic_reader *reader, uint32_t count)
{
	uint32_t have = lunatic_read_array(reader);

	if (reader->status == 0 && have != count)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return reader->status == 0;
}

uint32_t lunatic_read_map(struct lunatic_reader *reader)
{
	struct head head;

	if (!expect(reader, LUNATIC_KIND_MAP, &head))
		return 0;
	return (uint32_t)head.number;
}

bool lunatic_read_some(struct lunatic_reader *reader)
{
	enum lunatic_kind kind = lunatic_peek(reader);

	if (kind == LUNATIC_KIND_NONE)
		lunatic_reader_fail(reader, LUNATIC_EMISUSE);
	if (kind == LUNATIC_KIND_NIL)
		lunatic_read_nil(reader);
	return reader->status == 0 && kind != LUNATIC_KIND_NIL;
}

uint32_t lunatic_read_variant(struct lunatic_reader *reader)
{
	uint32_t pairs = lunatic_read_map(reader);

	if (reader->status == 0 && pairs != 1)
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
	return lunatic_read_u32(reader);
}

void lunatic_skip(struct lunatic_reader *reader)
{
	uint64_t until = reader->pending - 1;
	struct head head;

	do {
		if (!read_head(reader, &head))
			return;
		if (head.kind == LUNATIC_KIND_STR ||
		    head.kind == LUNATIC_KIND_BIN ||
		    head.kind == LUNATIC_KIND_EXT)
			take(reader, NULL, (size_t)head.number);
	} while (reader->status == 0 && reader->pending > until);
}

void *lunatic_read_value_new(struct lunatic_reader *reader, size_t max,
			     size_t *size)
{
	uint64_t rest = (uint64_t)(reader->end - reader->at) + reader->left;
	unsigned char *bytes = NULL;

	*size = 0;
	if (reader->status == 0 && rest > max)
		lunatic_reader_fail(reader, LUNATIC_ETOOLONG);
	if (reader->status == 0) {
		bytes = malloc((size_t)rest + 1);
		if (bytes == NULL)
			lunatic_reader_fail(reader, LUNATIC_ENOMEM);
	}
	take(reader, bytes, (size_t)rest);
	if (reader->status != 0) {
		free(bytes);
		return NULL;
	}
	reader->at = bytes;
	reader->end = bytes + rest;
	lunatic_skip(reader);
	*size = (size_t)(reader->at - bytes);
	if (reader->status == 0)
		return bytes;
	/* What has failed reads no more, but looks at where it is. */
	reader->at = reader->room;
	reader->end = reader->room;
	free(bytes);
	*size = 0;
	return NULL;
}

/* UTF-8 as RFC 3629 has it, without zeros. */
static bool is_text(const unsigned char *text, size_t length)
{
	static const uint32_t min[] = { 0, 0x80, 0x800, 0x10000 };
	size_t i = 0;

	while (i < length) {
		uint32_t code = text[i++];
		int more = code < 0x80   ? 0
			   : code < 0xe0 ? 1
			   : code < 0xf0 ? 2
					 : 3;

		if (code == 0 || (code >= 0x80 && code < 0xc2) || code > 0xf4)
			return false;
		if (length - i < (size_t)more)
			return false;
		code &= more == 0 ? 0x7f : 0x3fu >> more;
		for (int k = 0; k < more; k++) {
			if ((text[i] & 0xc0) != 0x80)
				return false;
			code = code << 6 | (text[i++] & 0x3f);
		}
		if (code < min[more] || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000))
			return false;
	}
	return true;
}

/* Takes the bytes behind a head, if there are at most `max`. */
static size_t take_bytes(struct lunatic_reader *reader, const struct head *head,
			 void *data, size_t max)
{
	if (head->number > max) {
		lunatic_reader_fail(reader, LUNATIC_ETOOLONG);
		return 0;
	}
	take(reader, data, (size_t)head->number);
	return reader->status == 0 ? (size_t)head->number : 0;
}

/* Takes a string; `text` has room for `max` bytes and a zero. */
static size_t take_text(struct lunatic_reader *reader, const struct head *head,
			char *text, size_t max)
{
	size_t length = take_bytes(reader, head, text, max);

	if (!is_text((const unsigned char *)text, length)) {
		lunatic_reader_fail(reader, LUNATIC_EFORMAT);
		length = 0;
	}
	text[length] = '\0';
	return length;
}

size_t lunatic_read_str(struct lunatic_reader *reader, char *text, size_t size)
{
	struct head head;

	if (size == 0) {
		lunatic_reader_fail(reader, LUNATIC_ETOOLONG);
		return 0;
	}
	text[0] = '\0';
	if (!expect(reader, LUNATIC_KIND_STR, &head))
		return 0;
	return take_text(reader, &head, text, size - 1);
}

/* Room for the bytes behind a head and a zero. */
static void *room_for(struct lunatic_reader *reader, const struct head *head,
		      size_t max)
{
	void *room;

	if (head->number > max || head->number >= SIZE_MAX) {
		lunatic_reader_fail(reader, LUNATIC_ETOOLONG);
		return NULL;
	}
	room = malloc((size_t)head->number + 1);
	if (room == NULL)
		lunatic_reader_fail(reader, LUNATIC_ENOMEM);
	return room;
}

char *lunatic_read_str_new(struct lunatic_reader *reader, size_t max)
{
	struct head head;
	char *text;

	if (!expect(reader, LUNATIC_KIND_STR, &head))
		return NULL;
	text = room_for(reader, &head, max);
	if (text == NULL)
		return NULL;
	take_text(reader, &head, text, max);
	if (reader->status != 0) {
		free(text);
		return NULL;
	}
	return text;
}

size_t lunatic_read_bin(struct lunatic_reader *reader, void *data, size_t size)
{
	struct head head;

	if (!expect(reader, LUNATIC_KIND_BIN, &head))
		return 0;
	return take_bytes(reader, &head, data, size);
}

void *lunatic_read_bin_new(struct lunatic_reader *reader, size_t max,
			   size_t *size)
{
	struct head head;
	void *data;

	*size = 0;
	if (!expect(reader, LUNATIC_KIND_BIN, &head))
		return NULL;
	data = room_for(reader, &head, max);
	if (data == NULL)
		return NULL;
	*size = take_bytes(reader, &head, data, max);
	if (reader->status != 0) {
		free(data);
		return NULL;
	}
	return data;
}

size_t lunatic_read_ext(struct lunatic_reader *reader, int8_t *type, void *data,
			size_t size)
{
	struct head head;

	*type = 0;
	if (!expect(reader, LUNATIC_KIND_EXT, &head))
		return 0;
	*type = head.type;
	return take_bytes(reader, &head, data, size);
}
