/* src/base/semver.c and semver_parse.c: versions and requirements, against
 * the table that the Rust crate made (semver_oracle.h), and properties that no
 * table shows. */
#include "base/semver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/semver_oracle.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Parses a copy of exactly that length, so that a sanitizer sees one byte more
 * being read. The result points into *copy, which the caller frees. */
static int parse_version(const char *text, size_t len, char **copy,
			 struct ln_version *version, char *error)
{
	struct ln_semver_error why;
	int result;

	*copy = malloc(len > 0 ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, text, len);
	result = ln_version_parse(*copy, len, version, &why);
	error[0] = '\0';
	if (result < 0) {
		assert_int_equal(result, LN_EFORMAT);
		ln_semver_error_text(&why, error);
	}
	return result;
}

static int parse_requirement(const char *text, size_t len, char **copy,
			     struct ln_requirement *requirement, char *error)
{
	struct ln_semver_error why;
	int result;

	*copy = malloc(len > 0 ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, text, len);
	result = ln_requirement_parse(*copy, len, requirement, &why);
	error[0] = '\0';
	if (result < 0) {
		assert_int_equal(result, LN_EFORMAT);
		ln_semver_error_text(&why, error);
	}
	return result;
}

static struct ln_version version_of(const char *text)
{
	struct ln_semver_error why;
	struct ln_version version;

	if (ln_version_parse(text, strlen(text), &version, &why) < 0)
		fail_msg("%s is no version", text);
	return version;
}

static void versions_parse_like_the_crate(void **state)
{
	char error[LN_SEMVER_ERROR_TEXT];
	struct ln_version version;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(version_cases); i++) {
		const struct semver_case *it = &version_cases[i];
		int result = parse_version(it->text, it->len, &copy, &version,
					   error);

		if ((result == 0) != (it->error == NULL) ||
		    (result < 0 && strcmp(error, it->error) != 0))
			fail_msg("\"%s\": %d \"%s\" instead of \"%s\"",
				 it->text, result, error,
				 it->error != NULL ? it->error : "");
		free(copy);
	}
}

static void requirements_parse_like_the_crate(void **state)
{
	char error[LN_SEMVER_ERROR_TEXT];
	struct ln_requirement requirement;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(requirement_cases); i++) {
		const struct semver_case *it = &requirement_cases[i];
		int result = parse_requirement(it->text, it->len, &copy,
					       &requirement, error);

		if ((result == 0) != (it->error == NULL) ||
		    (result < 0 && strcmp(error, it->error) != 0))
			fail_msg("\"%s\": %d \"%s\" instead of \"%s\"",
				 it->text, result, error,
				 it->error != NULL ? it->error : "");
		if (result == 0)
			ln_requirement_deinit(&requirement);
		free(copy);
	}
}

static void versions_are_ordered_like_the_crate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(valid_versions); i++) {
		struct ln_version a = version_of(valid_versions[i].text);

		for (size_t k = 0; k < COUNT(valid_versions); k++) {
			struct ln_version b =
				version_of(valid_versions[k].text);
			int order = ln_version_compare(&a, &b);
			char sign = order < 0 ? '<' : order > 0 ? '>' : '=';

			if (sign != valid_versions[i].order[k])
				fail_msg("%s %c %s", valid_versions[i].text,
					 sign, valid_versions[k].text);
		}
	}
}

static void versions_match_like_in_the_crate(void **state)
{
	char error[LN_SEMVER_ERROR_TEXT];
	struct ln_requirement requirement;
	struct ln_version min;
	struct ln_version max;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(valid_requirements); i++) {
		const char *text = valid_requirements[i].text;

		assert_int_equal(parse_requirement(text, strlen(text), &copy,
						   &requirement, error),
				 0);
		ln_requirement_range(&requirement, &min, &max);
		for (size_t k = 0; k < COUNT(valid_versions); k++) {
			struct ln_version version =
				version_of(valid_versions[k].text);
			bool matches =
				ln_requirement_matches(&requirement, &version);

			if (matches !=
			    (valid_requirements[i].matches[k] == 'y'))
				fail_msg("%s %s %s", text,
					 matches ? "matches" : "does not match",
					 valid_versions[k].text);
			/* The range leaves out none that matches. */
			if (matches &&
			    (ln_version_compare_numbers(&version, &min) < 0 ||
			     ln_version_compare_numbers(&version, &max) > 0))
				fail_msg("%s is outside the range of %s",
					 valid_versions[k].text, text);
		}
		ln_requirement_deinit(&requirement);
		free(copy);
	}
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

static void order_is_total(void **state)
{
	struct ln_version all[COUNT(valid_versions)];
	const size_t count = COUNT(all);

	(void)state;
	for (size_t i = 0; i < count; i++)
		all[i] = version_of(valid_versions[i].text);
	for (size_t a = 0; a < count; a++) {
		for (size_t b = 0; b < count; b++) {
			int ab = ln_version_compare(&all[a], &all[b]);

			assert_int_equal(
				sign(ln_version_compare(&all[b], &all[a])),
				-sign(ab));
			if (ab > 0)
				continue;
			for (size_t c = 0; c < count; c++) {
				if (ln_version_compare(&all[b], &all[c]) <= 0)
					assert_true(ln_version_compare(
							    &all[a], &all[c]) <=
						    0);
			}
		}
	}
}

static bool selects(const char *text, const struct ln_version *version)
{
	struct ln_requirement requirement;
	struct ln_semver_error why;
	bool matches;

	if (ln_requirement_parse(text, strlen(text), &requirement, &why) < 0)
		fail_msg("%s is no requirement", text);
	matches = ln_requirement_matches(&requirement, version);
	ln_requirement_deinit(&requirement);
	return matches;
}

/* For versions without suffixes the operators are those of the order. */
static void operators_follow_the_order(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++) {
		char bound[32];

		snprintf(bound, sizeof(bound), "%d.%d.%d", i >> 4, i >> 2 & 3,
			 i & 3);
		for (int k = 0; k < 64; k++) {
			struct ln_version version = {
				.major = (unsigned)k >> 4,
				.minor = (unsigned)k >> 2 & 3,
				.patch = (unsigned)k & 3,
			};
			char text[80];

			snprintf(text, sizeof(text), "=%s", bound);
			assert_int_equal(selects(text, &version), k == i);
			snprintf(text, sizeof(text), ">%s", bound);
			assert_int_equal(selects(text, &version), k > i);
			snprintf(text, sizeof(text), ">=%s", bound);
			assert_int_equal(selects(text, &version), k >= i);
			snprintf(text, sizeof(text), "<%s", bound);
			assert_int_equal(selects(text, &version), k < i);
			snprintf(text, sizeof(text), "<=%s", bound);
			assert_int_equal(selects(text, &version), k <= i);
			/* ~I.J.K: >=I.J.K, <I.(J+1).0 */
			snprintf(text, sizeof(text), "~%s", bound);
			assert_int_equal(selects(text, &version),
					 k >= i && k >> 2 == i >> 2);
			/* A comma is "and". */
			snprintf(text, sizeof(text), ">=%s, <%s", bound, bound);
			assert_false(selects(text, &version));
		}
	}
}

static void long_texts_are_refused(void **state)
{
	static const char version[] = "1.0.0-";
	char text[LN_REQUIREMENT_MAX + 1];
	char error[LN_SEMVER_ERROR_TEXT];
	struct ln_requirement requirement;
	struct ln_version parsed;
	char *copy;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, version, sizeof(version) - 1);
	assert_int_equal(
		parse_version(text, LN_VERSION_MAX, &copy, &parsed, error), 0);
	assert_int_equal(parsed.pre.len, LN_VERSION_MAX - 6);
	free(copy);
	assert_int_equal(
		parse_version(text, LN_VERSION_MAX + 1, &copy, &parsed, error),
		LN_EFORMAT);
	assert_string_equal(error, "the text is too long");
	free(copy);
	assert_int_equal(parse_requirement(text, LN_REQUIREMENT_MAX, &copy,
					   &requirement, error),
			 0);
	ln_requirement_deinit(&requirement);
	free(copy);
	assert_int_equal(parse_requirement(text, LN_REQUIREMENT_MAX + 1, &copy,
					   &requirement, error),
			 LN_EFORMAT);
	assert_string_equal(error, "the text is too long");
	free(copy);
}

/* Whoever forgot to check is not led outside of the text. */
static void broken_utf8_is_a_character(void **state)
{
	static const char *const texts[] = { "\xff", "\x80", "\xe6\x97",
					     "\xf0\x9f", "\xf8" };
	char error[LN_SEMVER_ERROR_TEXT];
	struct ln_version version;
	char *copy;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		assert_int_equal(parse_version(texts[i], strlen(texts[i]),
					       &copy, &version, error),
				 LN_EFORMAT);
		assert_string_equal(error,
				    "unexpected character '\xef\xbf\xbd' while "
				    "parsing major version number");
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_parse_like_the_crate),
		cmocka_unit_test(requirements_parse_like_the_crate),
		cmocka_unit_test(versions_are_ordered_like_the_crate),
		cmocka_unit_test(versions_match_like_in_the_crate),
		cmocka_unit_test(order_is_total),
		cmocka_unit_test(operators_follow_the_order),
		cmocka_unit_test(long_texts_are_refused),
		cmocka_unit_test(broken_utf8_is_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
