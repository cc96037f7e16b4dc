/*
 * DESIGN
 * Names of tests: "#lunatic_test_", then in any order "#ignore_" and
 * "#panic_TEXT#", then the name that people know. In TEXT a '#' is written
 * "\#". Names come from the module and are shown, so they are cleaned, and cut
 * where they are too long.
 */
#include "cli/test_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/options.h"
#include "engine/module.h"

#define NAME_MAX_BYTES 512

/* Skips a prefix; false when it is not there. */
static bool skip(const char **at, const char *end, const char *prefix)
{
	size_t len = strlen(prefix);

	if ((size_t)(end - *at) < len || memcmp(*at, prefix, len) != 0)
		return false;
	*at += len;
	return true;
}

/* Reads TEXT up to its '#'; what has no end is read to the end. */
static char *read_panic(const char **at, const char *end)
{
	char *text = malloc((size_t)(end - *at) + 1);
	size_t len = 0;

	if (text == NULL)
		return NULL;
	for (; *at < end && **at != '#'; (*at)++) {
		if (**at == '\\' && end - *at > 1 && (*at)[1] == '#')
			(*at)++;
		text[len++] = **at;
	}
	if (*at < end)
		(*at)++;
	text[len] = '\0';
	return text;
}

int ln_test_parse(const char *entry, size_t len, struct ln_test *test)
{
	const char *end = entry + len;
	const char *at = entry;

	*test = (struct ln_test){ .entry = entry, .entry_len = len };
	if (!skip(&at, end, "#lunatic_test_"))
		return LN_ENOENT;
	for (;;) {
		if (skip(&at, end, "#ignore_")) {
			test->ignored = true;
		} else if (test->panic == NULL && skip(&at, end, "#panic_")) {
			test->panic = read_panic(&at, end);
			if (test->panic == NULL)
				return LN_ENOMEM;
		} else {
			break;
		}
	}
	test->name = ln_text_new(at, (size_t)(end - at), NAME_MAX_BYTES);
	if (test->name != NULL)
		return 0;
	free(test->panic);
	test->panic = NULL;
	return LN_ENOMEM;
}

void ln_test_list_free(struct ln_test *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(tests[i].name);
		free(tests[i].panic);
	}
	free(tests);
}

int ln_test_list(const struct ln_compiled *module, struct ln_test **tests,
		 size_t *count)
{
	const struct ln_entry *entry;
	size_t max = 0;

	*count = 0;
	while (ln_compiled_entry_at(module, max) != NULL)
		max++;
	*tests = calloc(max + 1, sizeof(**tests));
	if (*tests == NULL)
		return LN_ENOMEM;
	for (size_t i = 0; i < max; i++) {
		int error;

		entry = ln_compiled_entry_at(module, i);
		error = ln_test_parse(entry->name, entry->name_len,
				      &(*tests)[*count]);
		if (error == LN_ENOMEM) {
			ln_test_list_free(*tests, *count);
			return error;
		}
		if (error == 0)
			++*count;
	}
	return 0;
}

static bool fits(const struct ln_test *test, const char *filter, bool exact)
{
	return exact ? strcmp(test->name, filter) == 0
		     : strstr(test->name, filter) != NULL;
}

bool ln_test_is_asked_for(const struct ln_test *test,
			  const struct ln_test_options *options)
{
	if (options->no_panics && test->panic != NULL)
		return false;
	for (size_t i = 0; i < options->skip_count; i++) {
		if (fits(test, options->skips[i], options->exact))
			return false;
	}
	for (size_t i = 0; i < options->filter_count; i++) {
		if (fits(test, options->filters[i], options->exact))
			return true;
	}
	return options->filter_count == 0;
}
