/*
 * Values as guests of lunatic 0.13 pass and get them: what the crate bincode
 * 1.3 makes of BindList, SqliteRow, SqliteValue and SqliteError of the crate
 * lunatic-sqlite-api. Numbers are little-endian; lengths and counts have eight
 * bytes, the number of an enum's variant four. src/sql/values.c has the
 * layouts.
 */
#ifndef LN_SQL_VALUES_H
#define LN_SQL_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of SQLite's allocator, which count for the run's connection. Zeros are
 * an empty one. */
struct ln_sql_buffer {
	uint8_t *data; /* owned */
	size_t len;    /* bytes in use */
	size_t room;   /* bytes allocated */
	bool failed;   /* memory was short: nothing is added any more */
};

void ln_sql_buffer_deinit(struct ln_sql_buffer *buffer);

void ln_sql_put(struct ln_sql_buffer *buffer, const void *bytes, size_t len);
void ln_sql_put_u32(struct ln_sql_buffer *buffer, uint32_t number);
void ln_sql_put_u64(struct ln_sql_buffer *buffer, uint64_t number);

/* A length and bytes. */
void ln_sql_put_bytes(struct ln_sql_buffer *buffer, const void *bytes,
		      size_t len);

/* The same for text: what is not UTF-8 becomes U+FFFD. */
void ln_sql_put_text(struct ln_sql_buffer *buffer, const void *text,
		     size_t len);

/* The variants of SqliteValue. */
enum ln_sql_type {
	LN_SQL_NULL,
	LN_SQL_BLOB,
	LN_SQL_TEXT,
	LN_SQL_DOUBLE,
	LN_SQL_INTEGER,
};

/* An SqliteError: Some(code), Some(message). */
void ln_sql_put_error(struct ln_sql_buffer *buffer, uint32_t code,
		      const char *message);

/* Where the value `index` of a row that was made here begins, and its length;
 * false: the row has fewer. */
bool ln_sql_row_value(const uint8_t *row, size_t len, uint32_t index,
		      size_t *start, size_t *size);

/* One element of a BindList. Texts are UTF-8; the bytes are the reader's. */
struct ln_sql_bind {
	enum { LN_SQL_KEY_NONE, LN_SQL_KEY_NUMBER, LN_SQL_KEY_NAME } key;
	uint64_t number;
	const char *name;
	size_t name_len;
	enum ln_sql_type type;
	const uint8_t *bytes; /* of a text or blob */
	size_t len;
	double real;
	int64_t integer;
};

struct ln_sql_reader {
	const uint8_t *at;
	size_t left;
	uint64_t count; /* elements that are still to come, as is claimed */
};

/* Begins to read a BindList. False: it is malformed. */
bool ln_sql_binds_begin(struct ln_sql_reader *reader, const uint8_t *data,
			size_t len);

/* Reads the next element, when `count` is not 0. False: it is malformed. */
bool ln_sql_binds_next(struct ln_sql_reader *reader, struct ln_sql_bind *bind);

#endif
