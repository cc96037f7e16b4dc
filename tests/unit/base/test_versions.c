/* src/base/versions.c: entries in the order of their versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/versions.h"

/* In order; the last but one is there twice, as names of several nodes are. */
static const char *const texts[] = { "0.9.0",      "1.0.0", "1.2.0",
				     "2.0.0-rc.1", "2.0.0", "2.0.0" };

#define COUNT ((uint32_t)(sizeof(texts) / sizeof(texts[0])))

static struct ln_version parsed[COUNT];

static const struct ln_version *at(const void *list, uint32_t index)
{
	assert_true(index < COUNT);
	return &((const struct ln_version *)list)[index];
}

static const struct ln_versions all = { parsed, COUNT, at };
static const struct ln_versions none = { NULL, 0, at };

static struct ln_version version_of(const char *text)
{
	struct ln_semver_error error;
	struct ln_version version;

	assert_int_equal(ln_version_parse(text, strlen(text), &version, &error),
			 0);
	return version;
}

static int parse(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < COUNT; i++)
		parsed[i] = version_of(texts[i]);
	return 0;
}

static void positions(void **state)
{
	static const struct {
		const char *text;
		uint32_t position;
		bool there;
	} cases[] = {
		{ "0.0.1", 0, false },       { "0.9.0", 0, true },
		{ "1.0.0", 1, true },        { "1.1.0", 2, false },
		{ "2.0.0-alpha", 3, false }, { "2.0.0-rc.1", 3, true },
		{ "2.0.0", 4, true },        { "3.0.0", COUNT, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ln_version version = version_of(cases[i].text);

		assert_int_equal(ln_versions_position(&all, &version),
				 cases[i].position);
		assert_int_equal(
			ln_versions_has(&all, cases[i].position, &version),
			cases[i].there);
		assert_int_equal(ln_versions_position(&none, &version), 0);
		assert_false(ln_versions_has(&none, 0, &version));
	}
}

static void highest(void **state)
{
	static const struct {
		const char *query;
		int index; /* -1: none */
		uint32_t compared;
	} cases[] = {
		{ "*", 5, 1 },       { "^1", 2, 1 },
		{ "<1.0.0", 0, 2 },  { "=1.0.0", 1, 1 },
		{ "^3", -1, 1 },     { ">=1.2.0, <2.0.0", 2, 4 },
		{ "<0.1.0", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ln_requirement requirement;
		struct ln_semver_error error;
		uint32_t compared = 0;
		uint32_t index = COUNT;

		assert_int_equal(ln_requirement_parse(cases[i].query,
						      strlen(cases[i].query),
						      &requirement, &error),
				 0);
		assert_int_equal(ln_versions_highest(&all, &requirement,
						     &compared, &index),
				 cases[i].index >= 0);
		if (cases[i].index >= 0)
			assert_int_equal(index, cases[i].index);
		if (compared != cases[i].compared)
			fail_msg("%s: %u looked at", cases[i].query, compared);
		assert_false(ln_versions_highest(&none, &requirement, &compared,
						 &index));
		ln_requirement_deinit(&requirement);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions),
		cmocka_unit_test(highest),
	};

	return cmocka_run_group_tests(tests, parse, NULL);
}
