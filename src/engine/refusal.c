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
#include "engine/report.h"

#define NAME_SHOWN 80 /* bytes of a name in a text */

int ln_refuse(char **error, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	ln_text_vformat(error, format, arguments);
	va_end(arguments);
	return *error != NULL ? code : LN_ENOMEM;
}

int ln_refuse_engine(char **error, const char *what, wasmtime_error_t *cause)
{
	char *reason = ln_report_take_reason(cause, NULL);
	int code;

	if (reason == NULL) {
		*error = NULL;
		return LN_ENOMEM;
	}
	code = ln_refuse(error, LN_EFORMAT, "%s: %s", what, reason);
	free(reason);
	return code;
}

int ln_refuse_shown(const wasm_name_t *name)
{
	return (int)ln_text_cut(name->data, name->size, NAME_SHOWN);
}
