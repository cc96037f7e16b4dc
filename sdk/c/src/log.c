/* Lines of the program's log. */
#include <lunatic/abi.h>
#include <lunatic/log.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool lunatic_log_enabled(enum lunatic_log level)
{
	return (uint32_t)level <= lunatic_log_level();
}

void lunatic_log(enum lunatic_log level, const char *format, ...)
{
	char short_text[256];
	char *text = NULL;
	va_list arguments;
	int len;

	if (!lunatic_log_enabled(level))
		return;
	va_start(arguments, format);
	len = vsnprintf(short_text, sizeof(short_text), format, arguments);
	va_end(arguments);
	if (len < 0)
		return;
	if ((size_t)len < sizeof(short_text)) {
		lunatic_log_write(level, short_text, (size_t)len);
		return;
	}
	va_start(arguments, format);
	len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len >= 0)
		lunatic_log_write(level, text, (size_t)len);
	free(text);
}
