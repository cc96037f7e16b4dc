/* The runtime's own messages. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 960

static _Atomic int threshold = LN_LOG_WARN;

bool ln_log_init(void)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	const char *wanted = getenv("LUNATIC_LOG");

	if (wanted == NULL || wanted[0] == '\0')
		return true;
	for (int i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		if (strcmp(wanted, names[i]) == 0) {
			atomic_store_explicit(&threshold, i,
					      memory_order_relaxed);
			return true;
		}
	}
	return false;
}

bool ln_log_enabled(enum ln_log_level level)
{
	return (int)level <=
	       atomic_load_explicit(&threshold, memory_order_relaxed);
}

__attribute__((noinline)) static void write_line(const char *format,
						 va_list arguments)
{
	static const char prefix[] = "lunatic: ";
	size_t len = sizeof(prefix) - 1;
	char line[LINE];
	int n;

	memcpy(line, prefix, len);
	n = vsnprintf(line + len, sizeof(line) - len - 1, format, arguments);
	if (n < 0)
		return;
	len += (size_t)n;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	/* Nothing is left to do when standard error is gone. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void ln_log(enum ln_log_level level, const char *format, ...)
{
	va_list arguments;

	if (!ln_log_enabled(level))
		return;
	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}
