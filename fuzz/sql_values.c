/* Values that guests pass to SQLite, and get from it: any bytes, read as a list
 * of binds and bound to a statement, whose row is then taken apart. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "sql/sql.h"

#define COLUMNS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool charge(void *unused, uint64_t bytes)
{
	(void)unused;
	return bytes < (uint64_t)64 << 20;
}

static void refund(void *unused, uint64_t bytes)
{
	(void)unused;
	(void)bytes;
}

static bool is_stopped(void *unused)
{
	(void)unused;
	return false;
}

static const char *find(void *unused, const char *path, int *dir,
			bool *read_only)
{
	(void)unused;
	(void)path;
	(void)dir;
	(void)read_only;
	return NULL;
}

/* Whether all of the list is well-formed; its elements are within the input. */
static bool read_list(const uint8_t *data, size_t size)
{
	struct ln_sql_reader reader;
	struct ln_sql_bind bind;

	if (!ln_sql_binds_begin(&reader, data, size))
		return false;
	while (reader.count > 0) {
		if (!ln_sql_binds_next(&reader, &bind))
			return false;
		if (reader.at < data || reader.at + reader.left != data + size)
			abort();
		if (bind.len > 0 &&
		    (bind.bytes < data || bind.bytes + bind.len > reader.at))
			abort();
		if (bind.type == LN_SQL_TEXT &&
		    !ln_utf8_valid(bind.bytes, bind.len))
			abort();
	}
	return true;
}

/* The values of a row lie one behind the other, and are all of it. */
static void check_row(const struct ln_sql_statement *statement)
{
	const uint8_t *row;
	size_t end = sizeof(uint64_t);
	size_t len;

	if (!ln_sql_row(statement, &row, &len))
		abort();
	for (uint32_t i = 0; i < COLUMNS; i++) {
		size_t start;
		size_t size;

		if (!ln_sql_row_value(row, len, i, &start, &size) ||
		    start != end)
			abort();
		end += size;
	}
	if (end != len)
		abort();
}

/* The input as a row: whatever it claims, values are within it. */
static void read_row(const uint8_t *data, size_t size)
{
	size_t start;
	size_t len;

	for (uint32_t i = 0; i < COLUMNS; i++) {
		if (ln_sql_row_value(data, size, i, &start, &len) &&
		    (start > size || len > size - start))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char query[] = "SELECT ?1, :b, ?3";
	static struct ln_sql *sql;
	const struct ln_sql_options options = {
		.owner = { NULL, charge, refund, is_stopped, find, NULL },
	};
	struct ln_sql_statement *statement;
	char message[LN_SQL_MESSAGE];
	uint64_t work = 0;
	int error;

	if (sql == NULL &&
	    ln_sql_open(&options, "", UINT64_MAX, &sql, &work, message) != 0)
		abort();
	read_row(data, size);
	if (ln_sql_prepare(sql, query, sizeof(query) - 1, &statement) != 0)
		abort();
	error = ln_sql_bind(statement, data, size);
	if (!read_list(data, size) && error == 0)
		abort();
	if (ln_sql_step(statement) != LN_SQL_ROW)
		abort();
	check_row(statement);
	ln_sql_statement_release(statement);
	return 0;
}
