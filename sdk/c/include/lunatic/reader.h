/*
 * Reading MessagePack: from memory with lunatic_reader_begin, from messages
 * with the functions of lunatic/mailbox.h and others that receive.
 *
 * A reader is strict: the value must have the requested type, numbers must fit,
 * text must be UTF-8, and nothing may follow the value. It trusts no length
 * before it has checked that as many bytes are there. It remembers its first
 * failure, and every read after that gives 0, false, "" or NULL, so checking
 * the end is enough.
 */
#ifndef LUNATIC_READER_H
#define LUNATIC_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_READER_ROOM 96

/* The members are private to the library. The caller chooses where a reader
 * lives; it must not be copied. */
struct lunatic_reader {
	const unsigned char *at;
	const unsigned char *end; /* of what was loaded; at, after a failure */
	uint64_t pending;         /* values that must still be read */
	uint64_t message;         /* which message it is, 0 for memory */
	uint64_t left;            /* bytes behind end */
	int status;
	unsigned char room[LUNATIC_READER_ROOM];
};

/* What the next value is. */
enum lunatic_kind {
	LUNATIC_KIND_NONE, /* the end, or a failure */
	LUNATIC_KIND_NIL,
	LUNATIC_KIND_BOOL,
	LUNATIC_KIND_INT, /* negative */
	LUNATIC_KIND_UINT,
	LUNATIC_KIND_F32,
	LUNATIC_KIND_F64,
	LUNATIC_KIND_STR,
	LUNATIC_KIND_BIN,
	LUNATIC_KIND_EXT,
	LUNATIC_KIND_ARRAY,
	LUNATIC_KIND_MAP,
};

/*
 * Begins to read one value from memory, which must not change meanwhile.
 *
 *	static const unsigned char bytes[] = { 0x92, 0xff, 0xa1, 'a' };
 *	struct lunatic_reader reader;
 *	char text[8];
 *
 *	lunatic_reader_begin(&reader, bytes, sizeof(bytes));
 *	if (lunatic_read_array(&reader) == 2) {
 *		printf("%d\n", (int)lunatic_read_i32(&reader));
 *		lunatic_read_str(&reader, text, sizeof(text));
 *	}
 *	if (lunatic_reader_end(&reader) == 0)
 *		puts(text);
 */
void lunatic_reader_begin(struct lunatic_reader *reader, const void *data,
			  size_t size);

/* Returns the first failure; LUNATIC_EMISUSE if the value was not read
 * completely; LUNATIC_EFORMAT if something follows it. */
int lunatic_reader_end(struct lunatic_reader *reader);

/* What comes next; nothing is consumed. */
enum lunatic_kind lunatic_peek(struct lunatic_reader *reader);

void lunatic_read_nil(struct lunatic_reader *reader);
bool lunatic_read_bool(struct lunatic_reader *reader);

/* Integers of any form; LUNATIC_ERANGE when the value does not fit. */
int64_t lunatic_read_int(struct lunatic_reader *reader);
uint64_t lunatic_read_uint(struct lunatic_reader *reader);
int32_t lunatic_read_i32(struct lunatic_reader *reader);
uint32_t lunatic_read_u32(struct lunatic_reader *reader);

/* lunatic_read_f64 accepts numbers of both sizes, lunatic_read_f32 only 32-bit
 * ones: nothing is rounded. */
float lunatic_read_f32(struct lunatic_reader *reader);
double lunatic_read_f64(struct lunatic_reader *reader);

/*
 * Copies a string and a terminating zero to `text` and returns its length.
 * LUNATIC_ETOOLONG when `size` is too small, LUNATIC_EFORMAT when the string is
 * not UTF-8 or has a zero inside. After a failure `text` is "".
 */
size_t lunatic_read_str(struct lunatic_reader *reader, char *text, size_t size);

/* The same for a string of up to `max` bytes in memory from malloc, which the
 * caller frees. NULL after a failure, LUNATIC_ENOMEM among them. */
char *lunatic_read_str_new(struct lunatic_reader *reader, size_t max);

/* Copies bytes and returns how many; LUNATIC_ETOOLONG when there are more than
 * `size`. */
size_t lunatic_read_bin(struct lunatic_reader *reader, void *data, size_t size);

/* The same for up to `max` bytes in memory from malloc, which the caller frees.
 * NULL after a failure. */
void *lunatic_read_bin_new(struct lunatic_reader *reader, size_t max,
			   size_t *size);

/* The same for an extension, whose type it stores. */
size_t lunatic_read_ext(struct lunatic_reader *reader, int8_t *type, void *data,
			size_t size);

/* The number of values in an array, which come next. */
uint32_t lunatic_read_array(struct lunatic_reader *reader);

/* The same, and it must be `count`: a struct or tuple of Rust. Returns whether
 * it is. */
bool lunatic_read_tuple(struct lunatic_reader *reader, uint32_t count);

/* The number of pairs of key and value that come next. */
uint32_t lunatic_read_map(struct lunatic_reader *reader);

/* An Option of Rust: consumes nil and returns false, or returns true when a
 * value comes next. */
bool lunatic_read_some(struct lunatic_reader *reader);

/* The variant of an enum of Rust; its content comes next as one value, nil for
 * a unit variant. */
uint32_t lunatic_read_variant(struct lunatic_reader *reader);

/* Reads any value as its bytes, for lunatic_write_value or a reader of memory.
 * The caller frees them, when the reader is no longer used: it goes on within
 * the same block. NULL after a failure; LUNATIC_ETOOLONG if what is left to
 * read is longer than `max`. Handles in it are numbers that mean nothing in
 * another message. */
void *lunatic_read_value_new(struct lunatic_reader *reader, size_t max,
			     size_t *size);

/* Skips one value of any type. Nesting costs no stack. */
void lunatic_skip(struct lunatic_reader *reader);

/* Makes the reader fail with `status`, unless it failed before: for a value
 * that is well-formed but wrong. */
void lunatic_reader_fail(struct lunatic_reader *reader, int status);

#ifdef __cplusplus
}
#endif

#endif
