/*
 * Messages of the runtime itself, and of guests, to standard error, a line
 * each. The level comes from LUNATIC_LOG (error, warn, info, debug; default
 * warn), the form from LUNATIC_LOG_FORMAT (text, json; base/log_line.h).
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

#include "base/log_line.h"

struct ln_log_item;
struct ln_log_source;

/* Reads LUNATIC_LOG and LUNATIC_LOG_FORMAT; an unknown word leaves the default
 * and returns false. */
bool ln_log_init(void);

/* Chooses by a word; false: there is no such one. */
bool ln_log_set_level(const char *name);
bool ln_log_set_format(const char *name);

/* The highest level that is written. */
enum ln_log_level ln_log_threshold(void);

bool ln_log_enabled(enum ln_log_level level);

/* Writes "lunatic: text\n", or JSON, in one piece, cut at about 1,000 bytes. It
 * uses more stack than a fiber should give: there, call it through
 * ln_task_on_worker_stack. Any thread. */
void ln_log(enum ln_log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same whatever the level is, for what the program has to say to its user,
 * cut at about 8,000 bytes: about an error, or something else. */
void ln_log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ln_log_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes a text of whole lines as it is, but clean. Any thread. */
void ln_log_text(const char *text, size_t len);

/* Writes a line of JSON that has a value, which is JSON without line ends, as
 * the member `name`. Any thread. */
void ln_log_value(const char *name, const char *value, size_t len);

/* Whether the report of a trap may follow now, by ln_log_push; if not, it is
 * counted. Between ln_log_start and ln_log_stop, as that. */
bool ln_log_admits_report(void);
bool ln_log_admits_warning(void); /* about a process, likewise */
void ln_log_push(struct ln_log_item *item);

/* The same for what is about a guest: behind its own lines, if it has written
 * any (`source` is not NULL). */
void ln_log_push_behind(struct ln_log_source *source, struct ln_log_item *item);

/* Lines of guests, as those of log_writer.h without its first argument. Between
 * ln_log_start and ln_log_stop. */
struct ln_log_source *ln_log_source_open(struct ln_log_source *above,
					 uint64_t number);
void ln_log_source_close(struct ln_log_source *source); /* NULL is fine */
bool ln_log_admits_guest(struct ln_log_source *source, size_t size);
void ln_log_push_guest(struct ln_log_source *source, struct ln_log_item *item);
void ln_log_drop_guest(struct ln_log_source *source, size_t size);

/* Starts the thread, on the first call. LN_ENOMEM, LN_EIO. */
int ln_log_start(void);

/* Writes the queued texts, for about a second if nobody reads them; the last
 * call, as many as of ln_log_start, ends the thread. Not on a fiber. */
void ln_log_stop(void);

/* Waits until all earlier texts are written; gives up if nobody reads for a
 * second. Not on a fiber. */
void ln_log_flush(void);

#endif
