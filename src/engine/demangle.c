/* Names are demangled by the engine library (engine/src/demangle.rs), which
 * bounds the work and the text. */
#include "engine/demangle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/names.h"

/* Exported by the engine library. */
size_t lunatic_engine_demangle(const uint8_t *name, size_t len, uint8_t *out,
			       size_t size, bool *cut);

/* A name that was cut is not what it was. */
static bool is_mangled(const char *name, size_t len)
{
	return len > 2 && len < LN_NAMES_FUNCTION_MAX && name[0] == '_' &&
	       (name[1] == 'Z' || name[1] == 'R');
}

size_t ln_demangle(char *out, size_t size, const char *name, size_t len)
{
	char text[LN_TEXT_NAME_SIZE + 4]; /* what fills it is cut below */
	size_t shown = 0;
	bool cut = false;

	if (is_mangled(name, len))
		shown = lunatic_engine_demangle((const uint8_t *)name, len,
						(uint8_t *)text, sizeof(text),
						&cut);
	/* With room left, it was cut because it takes too much work. */
	if (shown > 0 && (!cut || shown >= LN_TEXT_NAME_SIZE))
		return ln_text_copy(out, size, text, shown);
	return ln_text_copy(out, size, name, len);
}

char *ln_demangle_text(char *name)
{
	char text[LN_TEXT_NAME_SIZE];
	char *copy;

	if (name == NULL)
		return NULL;
	ln_demangle(text, sizeof(text), name, strlen(name));
	copy = strdup(text);
	if (copy == NULL) {
		name[ln_text_clean(name, strlen(name), false)] = '\0';
		return name;
	}
	free(name);
	return copy;
}
