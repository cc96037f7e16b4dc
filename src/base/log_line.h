/*
 * A line of the log, in the form that LUNATIC_LOG_FORMAT chooses: text for
 * people, or an object of JSON. docs/service.md has the members.
 */
#ifndef LN_BASE_LOG_LINE_H
#define LN_BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ln_log_level { LN_LOG_ERROR, LN_LOG_WARN, LN_LOG_INFO, LN_LOG_DEBUG };

/* "error", ... */
const char *ln_log_level_name(enum ln_log_level level);

/* Finds a level by its name; false: there is none. */
bool ln_log_level_find(const char *name, enum ln_log_level *level);

/* What a line is about, beside its text. */
struct ln_log_about {
	const char *process;  /* its id, as a text; NULL: no process */
	const char *name;     /* what people know it by; NULL: nothing */
	uint64_t environment; /* of the process */
	bool guest;           /* it says so itself */
	int64_t time;         /* CLOCK_REALTIME, ns; 0: now */
	const char *json; /* a member, `"name":value`, put behind; or NULL */
};

/* The format for all lines: before there are threads. */
void ln_log_set_json(bool json);
bool ln_log_is_json(void);

/* The name of this node, which is in each line of JSON from now on; it is
 * copied, and cut at 255 bytes. Any thread. */
void ln_log_set_node(const char *name);

/* CLOCK_REALTIME, in nanoseconds. */
int64_t ln_log_now(void);

/* A line with its end, clean, to be freed by the caller; NULL when memory is
 * short. `about` may be NULL. In JSON a text may have several lines, of which
 * all but the first are the member `trace`. */
char *ln_log_line(enum ln_log_level level, const struct ln_log_about *about,
		  const char *text, size_t len, size_t *line_len);

#endif
