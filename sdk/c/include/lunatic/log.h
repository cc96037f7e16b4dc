/*
 * The program's log: lines on standard error with a level, the process and its
 * environment, as text or JSON, as whoever started the program wants it. What
 * is written may change while it runs (`lunatic log LEVEL`).
 */
#ifndef LUNATIC_LOG_H
#define LUNATIC_LOG_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lunatic_log {
	LUNATIC_LOG_ERROR = 0,
	LUNATIC_LOG_WARN = 1, /* lines up to here are written by default */
	LUNATIC_LOG_INFO = 2,
	LUNATIC_LOG_DEBUG = 3,
};

/*
 * Writes a line, with the format of printf, cut after 8,192 bytes. It is not
 * even made when its level is not wanted. It never waits; of an environment
 * that writes too much, lines are left out.
 *
 *	static void check(int free_slots)
 *	{
 *		if (free_slots < 10)
 *			lunatic_log(LUNATIC_LOG_WARN, "only %d slots are free",
 *				    free_slots);
 *	}
 */
void lunatic_log(enum lunatic_log level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether lines of the level are written. */
bool lunatic_log_enabled(enum lunatic_log level);

#ifdef __cplusplus
}
#endif

#endif
