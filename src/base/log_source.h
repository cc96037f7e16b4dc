/*
 * Where log lines of guests come from: a tree, a source for each environment
 * that logs. It says how much each may queue, and write in a second, so that
 * one that floods the log takes nothing from others: a source with those below
 * it has at most what is left of the one above, and that has as much again for
 * itself. Their lines are taken round robin (base/fair.h).
 *
 * The caller has one lock for a tree, and holds it in all calls.
 */
#ifndef LN_BASE_LOG_SOURCE_H
#define LN_BASE_LOG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

/* Bytes of all guests' lines that may wait, and that may be let in in a second.
 * Each source at the top has a quarter for itself. */
#define LN_LOG_GUESTS_QUEUED ((size_t)4 << 20)
#define LN_LOG_GUESTS_SECOND ((size_t)32 << 20)

/* What a line counts beside its text. */
#define LN_LOG_LINE_BYTES 256u

struct ln_tenant;

/* What is counted for a source and for all that are below it. */
struct ln_log_use {
	size_t own;
	size_t all; /* its own as well */
};

struct ln_log_source {
	struct ln_log_source *above; /* counted; NULL: the root */
	struct ln_tenant *tenant;
	uint64_t number; /* of the environment, for display */
	unsigned depth;
	uint32_t references;
	struct ln_log_use queued;
	struct ln_log_use second; /* let in since `window` */
	int64_t window;
	uint64_t left_out;     /* lines that were not told about */
	int64_t due;           /* when they are to be */
	struct ln_list noting; /* the caller's, while there are such lines */
};

/* With one reference. `above` is NULL for the root, from which no lines come.
 * NULL when memory is short. */
struct ln_log_source *ln_log_source_new(struct ln_log_source *above,
					uint64_t number);
void ln_log_source_retain(struct ln_log_source *source);

/* NULL is fine. */
void ln_log_source_release(struct ln_log_source *source);

/* Whether a line of `size` bytes may be queued at the time `now`, which counts
 * it. */
bool ln_log_source_admit(struct ln_log_source *source, size_t size,
			 int64_t now);

/* It has been written, or dropped. */
void ln_log_source_done(struct ln_log_source *source, size_t size);

#endif
