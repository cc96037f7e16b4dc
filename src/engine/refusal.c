/*
 * Texts of refusals.
 *
 * Job: one line, whatever is in it. Formatted first and cleaned as a whole
 * after, so that no part can be forgotten.
 * Threads: any; no state.
 */
#include "engine/refusal.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/text.h"

#define NAME_SHOWN 80 /* bytes of a name in a text */

int ln_refuse(char **error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	ln_text_vformat(error, format, arguments);
	va_end(arguments);
	return *error != NULL ? code : LN_ENOMEM;
}

int ln_refuse_shown(const char *name, size_t len)
{
	return (int)ln_text_cut(name, len, NAME_SHOWN);
}
