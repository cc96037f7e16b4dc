/*
 * The last minutes of a runtime, for charts: some of its numbers, taken once a
 * second. One thread at a time.
 */
#ifndef LN_OBSERVE_HISTORY_H
#define LN_OBSERVE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "observe/numbers.h"

#define LN_HISTORY_POINTS 900 /* seconds */

struct ln_bytes;
struct ln_sample;

/* Zeros are an empty one. */
struct ln_history {
	double points[LN_HISTORY_POINTS][LN_NUMBERS_CHARTED];
	size_t next;
	size_t count;
};

void ln_history_add(struct ln_history *history, const struct ln_sample *sample);

/* Adds all as JSON, the oldest first: {"names":[...],"points":[[...],...]}. */
void ln_history_put(const struct ln_history *history, struct ln_bytes *out);

#endif
