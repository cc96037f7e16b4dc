/* Two lines: a version, and a version or requirement, as any bytes. What is
 * accepted must hold together. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/semver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of just that length: one byte more is seen. */
static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size > 0 ? size : 1);

	if (text == NULL)
		exit(0);
	memcpy(text, data, size);
	return text;
}

static void check_error(const struct ln_semver_error *error)
{
	char text[LN_SEMVER_ERROR_TEXT];

	ln_semver_error_text(error, text);
	if (text[0] == '\0' || strlen(text) >= sizeof(text))
		abort();
}

static void check_match(const struct ln_requirement *requirement,
			const struct ln_version *version)
{
	struct ln_version min;
	struct ln_version max;

	ln_requirement_range(requirement, &min, &max);
	if (ln_requirement_matches(requirement, version) &&
	    (ln_version_compare_numbers(version, &min) < 0 ||
	     ln_version_compare_numbers(version, &max) > 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size);
	size_t first_len = line != NULL ? (size_t)(line - data) : size;
	size_t second_len = line != NULL ? size - first_len - 1 : 0;
	char *first = copy(data, first_len);
	char *second = copy(data + size - second_len, second_len);
	struct ln_requirement requirement;
	struct ln_semver_error error;
	struct ln_version a;
	struct ln_version b;
	int is_version = ln_version_parse(first, first_len, &a, &error);

	if (is_version < 0)
		check_error(&error);
	if (is_version == 0 && ln_version_compare(&a, &a) != 0)
		abort();
	if (ln_version_parse(second, second_len, &b, &error) < 0) {
		check_error(&error);
	} else if (is_version == 0) {
		int order = ln_version_compare(&a, &b);
		int back = ln_version_compare(&b, &a);

		if ((order < 0) != (back > 0) || (order == 0) != (back == 0))
			abort();
	}
	if (ln_requirement_parse(second, second_len, &requirement, &error) <
	    0) {
		check_error(&error);
	} else {
		if (is_version == 0)
			check_match(&requirement, &a);
		ln_requirement_deinit(&requirement);
	}
	free(first);
	free(second);
	return 0;
}
