/*
 * Why a guest failed: the reason, and where it was. Made on a worker, where it
 * takes little time and memory, whatever the guest's functions are called; made
 * into a text elsewhere.
 */
#ifndef LN_ENGINE_REPORT_H
#define LN_ENGINE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_names;
struct ln_report;

/* Frames that a report has at most. */
#define LN_REPORT_FRAMES 32

/* A function that was being called. */
struct ln_frame {
	uint32_t function; /* its number, of a component see engine/names.h */
	size_t offset;     /* in the module's bytes; SIZE_MAX: not known */
};

/* The reason is any text of `len` bytes; the frames are innermost first, and
 * `more`: there were more of them. Copies, also what it needs of `names` (NULL:
 * there are none). NULL when memory is short. Needs the stack of a thread, as
 * all that follows but for the reason and the size. */
struct ln_report *ln_report_new(const char *reason, size_t len,
				const struct ln_frame *frames, size_t count,
				bool more, const struct ln_names *names);

/* With a reason only, which is copied. */
struct ln_report *ln_report_plain(const char *reason);

/* Another reference to it. A report does not change, and any thread may have
 * one. */
struct ln_report *ln_report_retain(struct ln_report *report);

/* Gives a reference back, of which the maker has the first; NULL is fine. */
void ln_report_free(struct ln_report *report);

/* A clean line that lives as long as the report. */
const char *ln_report_reason(const struct ln_report *report);

/* The memory that it takes, bytes: at most 40 KiB. */
size_t ln_report_size(const struct ln_report *report);

/* Looks up files and lines, if that was not done, and lets go of where they
 * are: not on a worker. ln_report_text does so. By one thread at a time. */
void ln_report_look_up(struct ln_report *report);

/* The reason in the first line, then a line for each wasm frame, innermost
 * first, with names demangled (engine/demangle.h): not on a worker. Clean. To
 * be freed by the caller; NULL when memory is short. */
char *ln_report_text(struct ln_report *report);

#endif
