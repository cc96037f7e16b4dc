/* Bytes of any content as a function's name, and as the module that names are
 * found in: what is shown of them is clean and short. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "engine/component.h"
#include "engine/demangle.h"
#include "engine/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t len, bool lines)
{
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t at = 0; at < len;) {
		size_t n = ln_utf8_sequence(bytes + at, len - at);
		uint32_t code;

		if (n == 0)
			abort();
		code = ln_utf8_decode(bytes + at, n);
		if (!ln_text_is_safe(code) && !(lines && code == '\n'))
			abort();
		at += n;
	}
}

static void show(const char *name, size_t len, size_t size)
{
	char text[LN_TEXT_NAME_SIZE];
	size_t shown = ln_demangle(text, size, name, len);

	if (shown >= size || text[shown] != '\0')
		abort();
	check(text, shown, false);
}

/* The rest of the input as a name of C++ or Rust. */
static void mangle(const char *prefix, const uint8_t *data, size_t size)
{
	char *name = malloc(size + 2);

	if (name == NULL)
		return;
	memcpy(name, prefix, 2);
	if (size > 0)
		memcpy(name + 2, data, size);
	show(name, size + 2, LN_TEXT_NAME_SIZE);
	free(name);
}

static void find(const uint8_t *data, size_t size)
{
	struct ln_names *names;
	uint8_t *hidden;

	if (ln_names_new(data, size, 100, &names) != 0)
		abort();
	for (uint32_t i = 0; i < 101; i++) {
		size_t len;
		const char *name = ln_names_function(names, i, &len);

		if (name != NULL)
			show(name, len, 16);
		free(ln_names_copy(names, i));
	}
	check(ln_names_module(names, 0), strlen(ln_names_module(names, 0)),
	      false);
	ln_names_free(names);
	if (ln_names_hide(data, size, &hidden) != 0)
		abort();
	free(hidden);
}

/* The same of a component. */
static void find_all(const uint8_t *data, size_t size)
{
	struct ln_names *names;

	if (!ln_component_is(data, size))
		return;
	if (ln_names_new_component(data, size, &names) != 0)
		abort();
	for (uint32_t i = 0; i < 101; i++) {
		const char *module = ln_names_module(names, i);

		check(module, strlen(module), false);
		free(ln_names_copy(names, i));
		if (ln_names_number_in(names, i, 0) != LN_NAMES_NOWHERE &&
		    ln_names_own_number(names,
					ln_names_number_in(names, i, 0)) != 0)
			abort();
		for (size_t at = 0; at < size && at < 100; at++)
			(void)ln_names_number(names, i, at);
	}
	ln_names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	show(copy, size, LN_TEXT_NAME_SIZE);
	mangle("_Z", data, size);
	mangle("_R", data, size);
	check(copy, ln_text_clean(copy, size, true), true);
	free(copy);
	find(data, size);
	find_all(data, size);
	return 0;
}
