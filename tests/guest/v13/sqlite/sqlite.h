/* What the cases of lunatic::sqlite share: the allocator that results are put
 * with, and values as they cross. */
#ifndef LUNATIC_TESTS_GUEST_V13_SQLITE_SQLITE_H
#define LUNATIC_TESTS_GUEST_V13_SQLITE_SQLITE_H

#include "../check.h"
#include "../trap/check.h"

#define ROW 100
#define DONE 101

/* Codes of SQLite. */
#define ERROR 1
#define BUSY 5
#define NOMEM 7
#define READONLY 8
#define CANTOPEN 14
#define TOOBIG 18
#define AUTH 23

#ifndef OWN_ALLOCATOR
__attribute__((export_name("lunatic_alloc"))) void *lunatic_alloc(uint32_t len)
{
	return malloc(len);
}
#endif

/* Opens a database that must open. */
static inline uint64_t open_database(const char *path)
{
	uint64_t database = UINT64_MAX;

	CHECK_EQ(lunatic_sqlite_open(path, strlen(path), &database), 0);
	return database;
}

/* The text of the error with which a path does not open. */
static inline const char *open_error(const char *path)
{
	static char text[1024];
	uint64_t error;
	uint32_t size;

	CHECK_EQ(lunatic_sqlite_open(path, strlen(path), &error), 1);
	size = lunatic_error_string_size(error);
	CHECK(size < sizeof(text));
	lunatic_error_to_string(error, text);
	text[size] = '\0';
	lunatic_error_drop(error);
	return text;
}

static inline uint32_t execute(uint64_t database, const char *statements)
{
	return lunatic_sqlite_execute(database, statements, strlen(statements));
}

static inline uint64_t prepare(uint64_t database, const char *query)
{
	return lunatic_sqlite_query_prepare(database, query, strlen(query));
}

/* Bytes that are being made, or read. */
static uint8_t bytes[1 << 16];
static size_t len;

static inline void put(const void *from, size_t size)
{
	memcpy(bytes + len, from, size);
	len += size;
}

static inline void put_u32(uint32_t number)
{
	put(&number, sizeof(number));
}

static inline void put_u64(uint64_t number)
{
	put(&number, sizeof(number));
}

static inline void put_text(const char *text)
{
	put_u64(strlen(text));
	put(text, strlen(text));
}

/* Begins a list of `count` binds. */
static inline void begin(uint64_t count)
{
	len = 0;
	put_u64(count);
}

static inline void key_number(uint64_t number)
{
	put_u32(1);
	put_u64(number);
}

static inline void key_name(const char *name)
{
	put_u32(2);
	put_text(name);
}

static inline void value_null(void)
{
	put_u32(0);
}

static inline void value_text(const char *text)
{
	put_u32(2);
	put_text(text);
}

static inline void value_double(double number)
{
	put_u32(3);
	put(&number, sizeof(number));
}

static inline void value_int(int32_t number)
{
	put_u32(4);
	put(&number, sizeof(number));
}

static inline void value_int64(int64_t number)
{
	put_u32(5);
	put(&number, sizeof(number));
}

static inline void bind(uint64_t statement)
{
	lunatic_sqlite_bind_value(statement, bytes, len);
}

/* Reads results: `at` goes on in what the last one put. */
static uint8_t *result;
static uint8_t *at;
static uint32_t result_len;

static inline void take_result(uint32_t address)
{
	free(result);
	result = (uint8_t *)(uintptr_t)address;
	at = result;
}

static inline void take(void *to, size_t size)
{
	CHECK(at + size <= result + result_len);
	memcpy(to, at, size);
	at += size;
}

static inline uint32_t take_u32(void)
{
	uint32_t number;

	take(&number, sizeof(number));
	return number;
}

static inline uint64_t take_u64(void)
{
	uint64_t number;

	take(&number, sizeof(number));
	return number;
}

static inline void expect_end(void)
{
	CHECK(at == result + result_len);
}

static inline void expect_text(const char *text)
{
	uint64_t size = take_u64();

	CHECK_EQ(size, strlen(text));
	CHECK(memcmp(at, text, size) == 0);
	at += size;
}

static inline void expect_integer(int64_t number)
{
	CHECK_EQ(take_u32(), 4);
	CHECK_EQ(take_u64(), number);
}

static inline void read_row(uint64_t statement)
{
	take_result(lunatic_sqlite_read_row(statement, &result_len));
}

static inline void read_column(uint64_t statement, uint32_t column)
{
	take_result(lunatic_sqlite_read_column(statement, column, &result_len));
}

/* The only number that a query gives. */
static inline int64_t number_of(uint64_t database, const char *query)
{
	uint64_t statement = prepare(database, query);
	int64_t number;

	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), ROW);
	read_column(statement, 0);
	CHECK_EQ(take_u32(), 4);
	number = (int64_t)take_u64();
	CHECK_EQ(lunatic_sqlite_sqlite3_step(statement), DONE);
	lunatic_sqlite_sqlite3_finalize(statement);
	return number;
}

#endif
