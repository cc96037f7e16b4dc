/*
 * What failing checks do.
 */
#include <inttypes.h>
#include <lunatic/test.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"

#define LINE_SIZE 1100

void lunatic_panic(void)
{
	fflush(NULL);
	lunatic_fail();
}

void lunatic_panic_at(const char *file, int line, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list values;
	int len = snprintf(text, sizeof(text), "%s:%d: ", file, line);
	int more;

	if (len < 0 || len >= (int)sizeof(text) - 1)
		len = 0;
	va_start(values, format);
	more = vsnprintf(text + len, sizeof(text) - 1 - (size_t)len, format,
			 values);
	va_end(values);
	if (more > 0)
		len += more;
	if (len > (int)sizeof(text) - 2)
		len = (int)sizeof(text) - 2;
	text[len++] = '\n';
	/* Standard error has no buffer, so the parts would be written one by
	 * one. */
	fflush(NULL);
	(void)!write(STDERR_FILENO, text, (size_t)len);
	lunatic_panic();
}

void lunatic_check_eq(const char *file, int line, const char *what,
		      int64_t have, int64_t want)
{
	if (have == want)
		return;
	lunatic_panic_at(file, line, "failed: %s is %" PRId64 ", not %" PRId64,
			 what, have, want);
}
