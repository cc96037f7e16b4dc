/* All are relaxed. */
#include "engine/code_counts.h"

#include "base/time.h"

static void add(_Atomic uint64_t *count, uint64_t value)
{
	atomic_fetch_add_explicit(count, value, memory_order_relaxed);
}

static uint64_t read_one(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

void ln_code_count_compiled(struct ln_code_counts *counts, bool done,
			    int64_t started)
{
	add(done ? &counts->compiled : &counts->failed, 1);
	add(&counts->time, (uint64_t)(ln_time_now() - started));
}

void ln_code_count_loaded(struct ln_code_counts *counts)
{
	add(&counts->loaded, 1);
}

void ln_code_counts_tell(const struct ln_code_counts *counts,
			 struct ln_codes_tally *tally)
{
	*tally = (struct ln_codes_tally){
		.compiled = read_one(&counts->compiled),
		.failed = read_one(&counts->failed),
		.loaded = read_one(&counts->loaded),
		.time = read_one(&counts->time),
	};
}
