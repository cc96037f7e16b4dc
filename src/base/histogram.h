/*
 * Histograms of numbers, with the same buckets for all: each power of two from
 * 2^-32 to 2^32 has eight, to which the upper bound belongs. A percentile is
 * exact to 1/16 of its value, and never outside the smallest and the largest
 * value; beyond these powers only those are known. Any thread at any time.
 */
#ifndef LN_BASE_HISTOGRAM_H
#define LN_BASE_HISTOGRAM_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#define LN_HISTOGRAM_OCTAVES 64
#define LN_HISTOGRAM_STEPS 8 /* buckets of one power of two */
/* One more below, also for all that is not positive, and one above. */
#define LN_HISTOGRAM_BUCKETS (LN_HISTOGRAM_OCTAVES * LN_HISTOGRAM_STEPS + 2)

/* What many threads add to, each to that of its processor. */
#define LN_CELLS 8

struct ln_cell {
	alignas(LN_CACHE_LINE) _Atomic uint64_t value;
};

struct ln_histogram {
	struct ln_cell sums[LN_CELLS]; /* bits of doubles */
	_Atomic uint64_t min, max;     /* likewise */
	_Atomic uint64_t buckets[LN_HISTOGRAM_BUCKETS];
};

struct ln_histogram_summary {
	uint64_t count;
	double sum;
	/* 0 when there are no values. */
	double min, max;
	double p50, p90, p99;
};

/* The cell of this thread's processor. */
_Atomic uint64_t *ln_cell_near(struct ln_cell cells[LN_CELLS]);

/* Adds to a double that is kept as its bits. */
void ln_cell_add(_Atomic uint64_t *bits, double value);

/* The double of which these are the bits, and back. */
double ln_cell_double(uint64_t bits);
uint64_t ln_cell_bits(double value);

void ln_histogram_init(struct ln_histogram *histogram);

/* The values until now that are at most 4^power, in counts[power -
 * LN_HISTOGRAM_POWER_MIN] for each power, each with those of the lower ones;
 * returns how many there are in all. */
#define LN_HISTOGRAM_POWER_MIN (-10)
#define LN_HISTOGRAM_POWER_MAX 15
#define LN_HISTOGRAM_POWERS \
	(LN_HISTOGRAM_POWER_MAX - LN_HISTOGRAM_POWER_MIN + 1)
uint64_t ln_histogram_powers(const struct ln_histogram *histogram,
			     uint64_t counts[LN_HISTOGRAM_POWERS]);

/* Adds a value; one that is no number is left out. */
void ln_histogram_record(struct ln_histogram *histogram, double value);

/* The same for one that stands for `weight` of them, at least 1. */
void ln_histogram_record_many(struct ln_histogram *histogram, double value,
			      uint64_t weight);

/* Adds all that `from` has. Nobody else uses `into` meanwhile. */
void ln_histogram_add(struct ln_histogram *into,
		      const struct ln_histogram *from);

/* Takes away what `before`, an earlier copy of the histogram, has; the least
 * and the largest value are then those of the buckets that are left. Nobody
 * else uses it meanwhile. */
void ln_histogram_subtract(struct ln_histogram *histogram,
			   const struct ln_histogram *before);

/* How many values are in a bucket, and what they are at most; infinity for the
 * last one. */
uint64_t ln_histogram_bucket(const struct ln_histogram *histogram,
			     size_t bucket);
double ln_histogram_limit(size_t bucket);

/* What was recorded until now. Values that come meanwhile may be in a part of
 * it only. */
void ln_histogram_sum_up(const struct ln_histogram *histogram,
			 struct ln_histogram_summary *summary);

#endif
