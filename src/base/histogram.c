/*
 * DESIGN
 * The number of a bucket is the exponent of the value and the first three bits
 * of its fraction, as they stand in the double just below it: no logarithm is
 * computed, and a bucket has the values up to its bound, that included. Every
 * field is an atomic of its own and orders nothing: all are relaxed. The count
 * is that of all buckets, which only grow, so every percentile is found.
 */
#include "base/histogram.h"

#include <math.h>
#include <sched.h>
#include <string.h>

#define STEP_BITS 3
#define FRACTION_BITS 52
#define SHIFT (FRACTION_BITS - STEP_BITS)
#define EXPONENT_BIAS 1023
/* The number that a double of 2^-32 has. */
#define FIRST \
	((uint64_t)(EXPONENT_BIAS - LN_HISTOGRAM_OCTAVES / 2) << STEP_BITS)
#define ABOVE (LN_HISTOGRAM_BUCKETS - 1)

_Static_assert(1 << STEP_BITS == LN_HISTOGRAM_STEPS,
	       "each step has a number of its own");

_Atomic uint64_t *ln_cell_near(struct ln_cell cells[LN_CELLS])
{
	/* -1, where it is not known, is as good as any. */
	return &cells[(unsigned)sched_getcpu() % LN_CELLS].value;
}

double ln_cell_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

uint64_t ln_cell_bits(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

void ln_cell_add(_Atomic uint64_t *bits, double value)
{
	uint64_t old = atomic_load_explicit(bits, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(
		bits, &old, ln_cell_bits(ln_cell_double(old) + value),
		memory_order_relaxed, memory_order_relaxed))
		;
}

void ln_histogram_init(struct ln_histogram *histogram)
{
	memset(histogram, 0, sizeof(*histogram));
	atomic_init(&histogram->min, ln_cell_bits((double)INFINITY));
	atomic_init(&histogram->max, ln_cell_bits(-(double)INFINITY));
}

static size_t bucket_of(double value)
{
	uint64_t number;

	if (!(value > 0))
		return 0;
	number = (ln_cell_bits(value) - 1) >> SHIFT;
	if (number < FIRST)
		return 0;
	number -= FIRST;
	return number < ABOVE - 1 ? (size_t)number + 1 : ABOVE;
}

/* The values of a bucket that is neither the first nor the last are above
 * this. */
static double start_of(size_t bucket)
{
	return ln_cell_double((FIRST + bucket - 1) << SHIFT);
}

/* The last bucket whose values are at most 4^power. */
static size_t bucket_below(int power)
{
	return (size_t)(2 * power + LN_HISTOGRAM_OCTAVES / 2) *
	       LN_HISTOGRAM_STEPS;
}

static void lower(_Atomic uint64_t *min, double value)
{
	uint64_t old = atomic_load_explicit(min, memory_order_relaxed);

	while (value < ln_cell_double(old) &&
	       !atomic_compare_exchange_weak_explicit(
		       min, &old, ln_cell_bits(value), memory_order_relaxed,
		       memory_order_relaxed))
		;
}

static void raise(_Atomic uint64_t *max, double value)
{
	uint64_t old = atomic_load_explicit(max, memory_order_relaxed);

	while (value > ln_cell_double(old) &&
	       !atomic_compare_exchange_weak_explicit(
		       max, &old, ln_cell_bits(value), memory_order_relaxed,
		       memory_order_relaxed))
		;
}

void ln_histogram_record_many(struct ln_histogram *histogram, double value,
			      uint64_t weight)
{
	if (isnan(value))
		return;
	ln_assert(weight > 0);
	lower(&histogram->min, value);
	raise(&histogram->max, value);
	ln_cell_add(ln_cell_near(histogram->sums), value * (double)weight);
	atomic_fetch_add_explicit(&histogram->buckets[bucket_of(value)], weight,
				  memory_order_relaxed);
}

void ln_histogram_record(struct ln_histogram *histogram, double value)
{
	ln_histogram_record_many(histogram, value, 1);
}

/* The middle of a bucket, within what there is. */
static double middle_of(size_t bucket,
			const struct ln_histogram_summary *summary)
{
	double value = summary->max;

	if (bucket == 0)
		value = 0;
	else if (bucket != ABOVE)
		value = (start_of(bucket) + start_of(bucket + 1)) / 2;
	if (value < summary->min)
		return summary->min;
	return value < summary->max ? value : summary->max;
}

static uint64_t count_of(const struct ln_histogram *histogram, size_t bucket)
{
	return atomic_load_explicit(&histogram->buckets[bucket],
				    memory_order_relaxed);
}

/* The value that `percent` of all are not above. */
static double percentile(const struct ln_histogram *histogram,
			 const struct ln_histogram_summary *summary,
			 unsigned percent)
{
	/* Rounded up, without overflow. */
	uint64_t rank = summary->count / 100 * percent +
			(summary->count % 100 * percent + 99) / 100;
	uint64_t sum = 0;
	size_t i = 0;

	/* Buckets only grow, so it is reached. */
	for (; i < ABOVE; i++) {
		sum += count_of(histogram, i);
		if (sum >= rank)
			break;
	}
	return middle_of(i, summary);
}

uint64_t ln_histogram_powers(const struct ln_histogram *histogram,
			     uint64_t counts[LN_HISTOGRAM_POWERS])
{
	uint64_t sum = 0;
	size_t bucket = 0;

	for (int power = LN_HISTOGRAM_POWER_MIN;
	     power <= LN_HISTOGRAM_POWER_MAX; power++) {
		while (bucket <= bucket_below(power))
			sum += count_of(histogram, bucket++);
		counts[power - LN_HISTOGRAM_POWER_MIN] = sum;
	}
	while (bucket < LN_HISTOGRAM_BUCKETS)
		sum += count_of(histogram, bucket++);
	return sum;
}

void ln_histogram_sum_up(const struct ln_histogram *histogram,
			 struct ln_histogram_summary *summary)
{
	*summary = (struct ln_histogram_summary){ .count = 0 };
	for (size_t i = 0; i < LN_HISTOGRAM_BUCKETS; i++)
		summary->count += count_of(histogram, i);
	if (summary->count == 0)
		return;
	for (size_t i = 0; i < LN_CELLS; i++)
		summary->sum += ln_cell_double(atomic_load_explicit(
			&histogram->sums[i].value, memory_order_relaxed));
	summary->min = ln_cell_double(
		atomic_load_explicit(&histogram->min, memory_order_relaxed));
	summary->max = ln_cell_double(
		atomic_load_explicit(&histogram->max, memory_order_relaxed));
	summary->p50 = percentile(histogram, summary, 50);
	summary->p90 = percentile(histogram, summary, 90);
	summary->p99 = percentile(histogram, summary, 99);
}

void ln_histogram_add(struct ln_histogram *into,
		      const struct ln_histogram *from)
{
	lower(&into->min, ln_cell_double(atomic_load_explicit(
				  &from->min, memory_order_relaxed)));
	raise(&into->max, ln_cell_double(atomic_load_explicit(
				  &from->max, memory_order_relaxed)));
	for (size_t i = 0; i < LN_CELLS; i++)
		ln_cell_add(
			&into->sums[i].value,
			ln_cell_double(atomic_load_explicit(
				&from->sums[i].value, memory_order_relaxed)));
	for (size_t i = 0; i < LN_HISTOGRAM_BUCKETS; i++)
		atomic_fetch_add_explicit(&into->buckets[i], count_of(from, i),
					  memory_order_relaxed);
}

void ln_histogram_subtract(struct ln_histogram *histogram,
			   const struct ln_histogram *before)
{
	double min = (double)INFINITY;
	double max = -(double)INFINITY;

	for (size_t i = 0; i < LN_HISTOGRAM_BUCKETS; i++) {
		uint64_t count = count_of(histogram, i);
		uint64_t old = count_of(before, i);

		/* One that is no copy of it leaves nothing. */
		count = count > old ? count - old : 0;
		atomic_store_explicit(&histogram->buckets[i], count,
				      memory_order_relaxed);
		if (count == 0)
			continue;
		if (min > max)
			min = i > 0 ? ln_histogram_limit(i - 1) : 0;
		max = i < ABOVE ? ln_histogram_limit(i)
				: ln_cell_double(histogram->max);
	}
	for (size_t i = 0; i < LN_CELLS; i++)
		ln_cell_add(&histogram->sums[i].value,
			    -ln_cell_double(before->sums[i].value));
	atomic_store_explicit(&histogram->min, ln_cell_bits(min),
			      memory_order_relaxed);
	atomic_store_explicit(&histogram->max, ln_cell_bits(max),
			      memory_order_relaxed);
}

uint64_t ln_histogram_bucket(const struct ln_histogram *histogram,
			     size_t bucket)
{
	ln_assert(bucket < LN_HISTOGRAM_BUCKETS);
	return count_of(histogram, bucket);
}

double ln_histogram_limit(size_t bucket)
{
	ln_assert(bucket < LN_HISTOGRAM_BUCKETS);
	return bucket < ABOVE ? start_of(bucket + 1) : (double)INFINITY;
}
