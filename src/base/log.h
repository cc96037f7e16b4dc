/*
 * Messages of the runtime itself, to standard error, a line each. The level
 * comes from LUNATIC_LOG (error, warn, info, debug; default warn).
 */
#ifndef LN_BASE_LOG_H
#define LN_BASE_LOG_H

#include <stdbool.h>

enum ln_log_level { LN_LOG_ERROR, LN_LOG_WARN, LN_LOG_INFO, LN_LOG_DEBUG };

/* Reads LUNATIC_LOG; an unknown word leaves the default and returns false. */
bool ln_log_init(void);

bool ln_log_enabled(enum ln_log_level level);

/* Writes "lunatic: text\n" in one piece, cut at about 1,000 bytes. It uses more
 * stack than a fiber should give: there, call it through
 * ln_task_on_worker_stack. Any thread. */
void ln_log(enum ln_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
