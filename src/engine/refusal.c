/*
 * Texts of refusals.
 *
 * Job: one line, whatever is in it. Formatted first and cleaned as a whole
 * after, so that no part can be forgotten.
 * Threads: any; no state.
 */
#include "engine/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/report.h"

#define TEXT_MAX 1000 /* bytes of a text */
#define NAME_SHOWN 80 /* bytes of a name in it */

/* The largest length up to `len` that does not end inside a character. */
static size_t whole(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Whatever separates words becomes one space, and what is not printable '?'. */
static void make_line(char *text)
{
	size_t out = 0;

	for (const char *p = text; *p != '\0'; p++) {
		char c = *p;

		if (c == '\n' || c == '\t' || c == '\r')
			c = ' ';
		if ((unsigned char)c < ' ' || c == 0x7f)
			c = '?';
		if (c == ' ' && (out == 0 || text[out - 1] == ' '))
			continue;
		text[out++] = c;
	}
	if (out > TEXT_MAX)
		out = whole(text, TEXT_MAX);
	while (out > 0 && text[out - 1] == ' ')
		out--;
	text[out] = '\0';
}

int ln_refuse(char **error, int code, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vasprintf(error, format, arguments);
	va_end(arguments);
	if (n < 0) {
		*error = NULL;
		return LN_ENOMEM;
	}
	make_line(*error);
	return code;
}

int ln_refuse_engine(char **error, const char *what, wasmtime_error_t *cause)
{
	char *reason = ln_report_new(cause, NULL);
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
	if (name->size <= NAME_SHOWN)
		return (int)name->size;
	return (int)whole(name->data, NAME_SHOWN);
}
