/*
 * Writing MessagePack: into memory with lunatic_writer_begin, into messages
 * with the functions of lunatic/mailbox.h and others that begin one. Numbers
 * and lengths take their shortest form, like those of the Rust crate's
 * serializer; docs/guest-c.md shows how structs and enums of Rust are encoded.
 *
 * A writer remembers its first failure and ignores everything after it, so
 * checking the end is enough. Exactly one value must be written: an array or
 * map must be followed by as many values as it has announced. Writing more, or
 * ending with less, is LUNATIC_EMISUSE.
 */
#ifndef LUNATIC_WRITER_H
#define LUNATIC_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_WRITER_ROOM 96

/* The members are private to the library. The caller chooses where a writer
 * lives; it must not be copied. */
struct lunatic_writer {
	unsigned char *start; /* of the memory; for messages, of room */
	unsigned char *at;    /* where the next byte goes */
	unsigned char *end;   /* of the room; at, after a failure */
	uint64_t pending;     /* values that must still follow */
	uint64_t message;     /* which message it is, 0 for memory */
	int status;
	/* If not NULL, begins the message when its first byte is written. */
	int (*begin)(struct lunatic_writer *writer);
	void *context; /* of begin */
	int64_t tag;   /* of a request */
	unsigned char room[LUNATIC_WRITER_ROOM];
};

/*
 * Begins a value in memory. The writer uses the `size` bytes at `data` until
 * lunatic_writer_end; a value that does not fit is LUNATIC_ETOOLONG.
 *
 *	unsigned char bytes[64];
 *	struct lunatic_writer writer;
 *	size_t length;
 *
 *	lunatic_writer_begin(&writer, bytes, sizeof(bytes));
 *	lunatic_write_array(&writer, 2);
 *	lunatic_write_int(&writer, -1);
 *	lunatic_write_str(&writer, "two");
 *	if (lunatic_writer_end(&writer, &length) == 0)
 *		printf("%zu bytes\n", length);
 */
void lunatic_writer_begin(struct lunatic_writer *writer, void *data,
			  size_t size);

/* Ends a value in memory. Returns the first failure, or LUNATIC_EMISUSE if the
 * value is not complete; stores the number of bytes if it returns 0. */
int lunatic_writer_end(struct lunatic_writer *writer, size_t *length);

/* Nil: (), None and the contents of an enum's unit variant in Rust. */
void lunatic_write_nil(struct lunatic_writer *writer);

void lunatic_write_bool(struct lunatic_writer *writer, bool value);

/* Integers of all sizes, in the shortest form that holds the value. */
void lunatic_write_int(struct lunatic_writer *writer, int64_t value);
void lunatic_write_uint(struct lunatic_writer *writer, uint64_t value);

void lunatic_write_f32(struct lunatic_writer *writer, float value);
void lunatic_write_f64(struct lunatic_writer *writer, double value);

/* A string, which must be UTF-8: a Rust process fails on any other bytes. At
 * most 4 GiB - 1. */
void lunatic_write_str(struct lunatic_writer *writer, const char *text);
void lunatic_write_strn(struct lunatic_writer *writer, const char *text,
			size_t length);

/* Bytes, like those of serde_bytes. Rust's Vec<u8> is an array of numbers. */
void lunatic_write_bin(struct lunatic_writer *writer, const void *data,
		       size_t size);

/* An application's own type of value, as MessagePack's extensions. */
void lunatic_write_ext(struct lunatic_writer *writer, int8_t type,
		       const void *data, size_t size);

/* An array; `count` values must follow. Also a struct or tuple of Rust. */
void lunatic_write_array(struct lunatic_writer *writer, uint32_t count);

/* A map; `count` times a key and a value must follow. */
void lunatic_write_map(struct lunatic_writer *writer, uint32_t count);

/*
 * Variant `index` (from 0) of an enum of Rust; its content must follow as one
 * value: nil for a unit variant, the value of a newtype variant, an array for
 * the members of the others.
 *
 *	lunatic_write_variant(&writer, 2);
 *	lunatic_write_nil(&writer);
 */
void lunatic_write_variant(struct lunatic_writer *writer, uint32_t index);

/* Writes the bytes of one value, as lunatic_read_value_new reads them. */
void lunatic_write_value(struct lunatic_writer *writer, const void *value,
			 size_t size);

/* Makes the writer fail with `status`, unless it failed before. */
void lunatic_writer_fail(struct lunatic_writer *writer, int status);

#ifdef __cplusplus
}
#endif

#endif
