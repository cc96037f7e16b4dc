/*
 * What making code has done, and how long that took: of an engine. Any thread;
 * just numbers, which order nothing.
 */
#ifndef LN_ENGINE_CODE_COUNTS_H
#define LN_ENGINE_CODE_COUNTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ln_code_counts {
	_Atomic uint64_t compiled;
	_Atomic uint64_t failed;
	_Atomic uint64_t loaded;
	_Atomic uint64_t time;
};

/* What has been made since the start. */
struct ln_codes_tally {
	uint64_t compiled; /* modules */
	uint64_t failed;   /* that could not be compiled */
	uint64_t loaded;   /* from the cache on disk */
	uint64_t time;     /* of compiling, also failed ones, together: ns */
};

/* One was compiled, or could not be, which began at `started`. */
void ln_code_count_compiled(struct ln_code_counts *counts, bool done,
			    int64_t started);

/* One came from the cache on disk. */
void ln_code_count_loaded(struct ln_code_counts *counts);

void ln_code_counts_tell(const struct ln_code_counts *counts,
			 struct ln_codes_tally *tally);

#endif
