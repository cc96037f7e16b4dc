/*
 * Messages of the runtime itself, to standard error, a line each. The level
 * comes from LUNATIC_LOG (error, warn, info, debug; default warn).
 *
 * While a runtime lives, a separate thread writes them (base/log_writer.h), so
 * that nobody waits for the reader of standard error. Before and after that
 * they are written at once. Texts are cleaned (base/text.h).
 */
#ifndef LN_BASE_LOG_H
#define LN_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_log_item;

enum ln_log_level { LN_LOG_ERROR, LN_LOG_WARN, LN_LOG_INFO, LN_LOG_DEBUG };

/* Reads LUNATIC_LOG; an unknown word leaves the default and returns false. */
bool ln_log_init(void);

bool ln_log_enabled(enum ln_log_level level);

/* Writes "lunatic: text\n" in one piece, cut at about 1,000 bytes. It uses more
 * stack than a fiber should give: there, call it through
 * ln_task_on_worker_stack. Any thread. */
void ln_log(enum ln_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same at any level, for what the program has to say to its user, cut at
 * about 8,000 bytes. */
void ln_log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes a text of whole lines as it is, but clean. Any thread. */
void ln_log_text(const char *text, size_t len);

/* Whether the report of a trap may follow now, by ln_log_push; if not, it is
 * counted. Between ln_log_start and ln_log_stop, as that. */
bool ln_log_admits_report(void);
bool ln_log_admits_warning(void); /* about a process, likewise */
void ln_log_push(struct ln_log_item *item);

/* Starts the thread, on the first call. LN_ENOMEM, LN_EIO. */
int ln_log_start(void);

/* Writes the queued texts, for about a second if nobody reads them; the last
 * call, as many as of ln_log_start, ends the thread. Not on a fiber. */
void ln_log_stop(void);

/* Waits until all earlier texts are written; gives up if nobody reads for a
 * second. Not on a fiber. */
void ln_log_flush(void);

#endif
