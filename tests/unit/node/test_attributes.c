/* src/node/attributes.c: queries, decoded, and what they match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/attributes.h"

static int parse(const char *query, char **lines)
{
	size_t len = strlen(query);
	uint8_t *exact = malloc(len > 0 ? len : 1);
	int error;

	assert_non_null(exact);
	memcpy(exact, query, len);
	error = ln_query_parse(exact, len, lines);
	free(exact);
	return error;
}

static void assert_lines(const char *query, const char *expected)
{
	char *lines = NULL;

	assert_int_equal(parse(query, &lines), 0);
	assert_string_equal(lines, expected);
	free(lines);
}

static void queries_are_decoded(void **state)
{
	(void)state;
	assert_lines("", "");
	assert_lines("&&", "");
	assert_lines("a=b", "a=b\n");
	assert_lines("a=b&c=d=e", "a=b\nc=d=e\n");
	assert_lines("a", "a=\n");
	assert_lines("a&b", "a=\nb=\n");
	assert_lines("a=x+y%20%c3%A4%26%3d", "a=x y \xc3\xa4&=\n");
}

static void what_no_node_has(void **state)
{
	char *lines = NULL;

	(void)state;
	assert_int_equal(parse("a=%", &lines), LN_EFORMAT);
	assert_int_equal(parse("a=%2", &lines), LN_EFORMAT);
	assert_int_equal(parse("a=%2g", &lines), LN_EFORMAT);
	assert_int_equal(parse("a=%0a", &lines), LN_ENOENT);
	assert_int_equal(parse("a%3d=b", &lines), LN_ENOENT);
	assert_int_equal(parse("a=%00", &lines), LN_ENOENT);
	assert_null(lines);
}

static void all_lines_must_match(void **state)
{
	static const char attributes[] = "name=one\nzone=eu=1\nempty=";

	(void)state;
	assert_true(ln_query_matches("", attributes));
	assert_true(ln_query_matches("name=one\n", attributes));
	assert_true(ln_query_matches("zone=eu=1\nname=one\n", attributes));
	assert_true(ln_query_matches("empty=\n", attributes));
	assert_false(ln_query_matches("name=on\n", attributes));
	assert_false(ln_query_matches("name=one1\n", attributes));
	assert_false(ln_query_matches("name=one\nzone=us\n", attributes));
	assert_false(ln_query_matches("ame=one\n", attributes));
	assert_false(ln_query_matches("a=\n", ""));
}

static void valid_attributes(void **state)
{
	(void)state;
	assert_true(ln_attribute_valid("a=b"));
	assert_true(ln_attribute_valid("a="));
	assert_true(ln_attribute_valid("a=b=c \xc3\xa4"));
	assert_false(ln_attribute_valid("=b"));
	assert_false(ln_attribute_valid("a"));
	assert_false(ln_attribute_valid("a=b\nc"));
	assert_false(ln_attribute_valid("a=\xff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_are_decoded),
		cmocka_unit_test(what_no_node_has),
		cmocka_unit_test(all_lines_must_match),
		cmocka_unit_test(valid_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
