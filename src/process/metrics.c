/*
 * DESIGN
 * A hash table of fixed size with chains, which only grow, at their heads: who
 * looks something up follows a chain without a lock. A new entry is complete
 * before its chain leads to it; the lock is for those who make one. Guests
 * choose the names, so the hash is keyed.
 *
 * A counter is the sum of its cells, of which each processor has its own, so
 * that threads that count the same do not wait for each other. A gauge is one
 * word, since it can be set.
 */
#include "process/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/siphash.h"

#define CHAINS 4096

struct metric {
	/* Immutable once a chain leads to it. */
	struct metric *next;
	uint64_t hash;
	enum ln_metric_kind kind;
	size_t name_len;
	char *name; /* behind the value */

	/* Any thread. */
	union {
		struct ln_cell counter[LN_CELLS];
		_Atomic uint64_t gauge; /* bits of a double */
		struct ln_histogram histogram;
	};
};

struct ln_metrics {
	uint64_t secret[2];
	pthread_mutex_t lock;  /* of those who add to a chain */
	size_t count;          /* under lock */
	size_t bytes;          /* under lock; that they take up */
	_Atomic uint64_t lost; /* for want of room */
	_Atomic(struct metric *) chains[CHAINS];
};

struct ln_metrics *ln_metrics_new(void)
{
	struct ln_metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		return NULL;
	ln_random_bytes(metrics->secret, sizeof(metrics->secret));
	pthread_mutex_init(&metrics->lock, NULL);
	return metrics;
}

void ln_metrics_free(struct ln_metrics *metrics)
{
	if (metrics == NULL)
		return;
	for (size_t i = 0; i < CHAINS; i++) {
		struct metric *metric = atomic_load_explicit(
			&metrics->chains[i], memory_order_relaxed);

		while (metric != NULL) {
			struct metric *next = metric->next;

			free(metric);
			metric = next;
		}
	}
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

static struct metric *search(struct metric *metric, enum ln_metric_kind kind,
			     uint64_t hash, const void *name, size_t len)
{
	for (; metric != NULL; metric = metric->next) {
		if (metric->hash == hash && metric->kind == kind &&
		    metric->name_len == len &&
		    memcmp(metric->name, name, len) == 0)
			return metric;
	}
	return NULL;
}

/* The bytes of one without its name. */
static size_t size_of(enum ln_metric_kind kind)
{
	size_t size = offsetof(struct metric, counter);

	if (kind == LN_METRIC_COUNTER)
		return size + sizeof(((struct metric *)0)->counter);
	if (kind == LN_METRIC_GAUGE)
		return size + sizeof(((struct metric *)0)->gauge);
	return size + sizeof(((struct metric *)0)->histogram);
}

static struct metric *make(enum ln_metric_kind kind, size_t bytes,
			   uint64_t hash, const void *name, size_t len)
{
	struct metric *metric = aligned_alloc(LN_CACHE_LINE, bytes);

	if (metric == NULL)
		return NULL;
	memset(metric, 0, bytes);
	metric->hash = hash;
	metric->kind = kind;
	metric->name_len = len;
	metric->name = (char *)metric + size_of(kind);
	memcpy(metric->name, name, len);
	if (kind == LN_METRIC_HISTOGRAM)
		ln_histogram_init(&metric->histogram);
	return metric;
}

/* Adds one to its chain, under the lock. */
static int add(struct ln_metrics *metrics, enum ln_metric_kind kind,
	       uint64_t hash, const void *name, size_t len, struct metric **out)
{
	_Atomic(struct metric *) *chain = &metrics->chains[hash % CHAINS];
	size_t bytes = size_of(kind) + len;
	struct metric *metric;

	bytes = (bytes + LN_CACHE_LINE - 1) / LN_CACHE_LINE * LN_CACHE_LINE;
	if (metrics->count == LN_METRICS_MAX ||
	    metrics->bytes + bytes > LN_METRICS_BYTES)
		return LN_ELIMIT;
	metric = make(kind, bytes, hash, name, len);
	if (metric == NULL)
		return LN_ENOMEM;
	metric->next = atomic_load_explicit(chain, memory_order_relaxed);
	metrics->count++;
	metrics->bytes += bytes;
	/* Pairs with those who follow the chain: they see what it has. */
	atomic_store_explicit(chain, metric, memory_order_release);
	*out = metric;
	return 1;
}

/* There was no room: counts it, and says so once. */
static void lose(struct ln_metrics *metrics)
{
	if (atomic_fetch_add_explicit(&metrics->lost, 1,
				      memory_order_relaxed) == 0)
		ln_log(LN_LOG_WARN,
		       "there is no room for more metrics: at most %d names "
		       "and %zu MiB are kept; what has a new name is dropped, "
		       "and counted in reports",
		       LN_METRICS_MAX, LN_METRICS_BYTES >> 20);
}

/* Finds one or makes it. 1: made. LN_ELIMIT, LN_ENOMEM. */
static int find(struct ln_metrics *metrics, enum ln_metric_kind kind,
		const void *name, size_t len, struct metric **out)
{
	uint64_t hash = ln_siphash(metrics->secret, name, len);
	_Atomic(struct metric *) *chain = &metrics->chains[hash % CHAINS];
	int result;

	ln_assert(len <= LN_METRIC_NAME_MAX);
	/* Pairs with the store of `add`. */
	*out = search(atomic_load_explicit(chain, memory_order_acquire), kind,
		      hash, name, len);
	if (LN_LIKELY(*out != NULL))
		return 0;
	pthread_mutex_lock(&metrics->lock);
	/* The lock orders it. */
	*out = search(atomic_load_explicit(chain, memory_order_relaxed), kind,
		      hash, name, len);
	result = *out != NULL ? 0 : add(metrics, kind, hash, name, len, out);
	pthread_mutex_unlock(&metrics->lock);
	if (result < 0)
		lose(metrics);
	return result;
}

int ln_metrics_count(struct ln_metrics *metrics, const void *name, size_t len,
		     uint64_t value)
{
	struct metric *metric;
	int result = find(metrics, LN_METRIC_COUNTER, name, len, &metric);

	if (result >= 0)
		atomic_fetch_add_explicit(ln_cell_near(metric->counter), value,
					  memory_order_relaxed);
	return result;
}

int ln_metrics_set(struct ln_metrics *metrics, const void *name, size_t len,
		   double value)
{
	struct metric *metric;
	int result = find(metrics, LN_METRIC_GAUGE, name, len, &metric);

	if (result >= 0)
		atomic_store_explicit(&metric->gauge, ln_cell_bits(value),
				      memory_order_relaxed);
	return result;
}

int ln_metrics_add(struct ln_metrics *metrics, const void *name, size_t len,
		   double value)
{
	struct metric *metric;
	int result = find(metrics, LN_METRIC_GAUGE, name, len, &metric);

	if (result >= 0)
		ln_cell_add(&metric->gauge, value);
	return result;
}

int ln_metrics_record(struct ln_metrics *metrics, const void *name, size_t len,
		      double value)
{
	struct metric *metric;
	int result = find(metrics, LN_METRIC_HISTOGRAM, name, len, &metric);

	if (result >= 0)
		ln_histogram_record(&metric->histogram, value);
	return result;
}

static uint64_t sum_of(const struct ln_cell cells[LN_CELLS])
{
	uint64_t sum = 0;

	for (size_t i = 0; i < LN_CELLS; i++)
		sum += atomic_load_explicit(&cells[i].value,
					    memory_order_relaxed);
	return sum;
}

static void read_value(const struct metric *metric,
		       struct ln_metric_value *value)
{
	*value = (struct ln_metric_value){
		.kind = metric->kind,
		.name = metric->name,
		.name_len = metric->name_len,
	};
	if (metric->kind == LN_METRIC_COUNTER) {
		value->counter = sum_of(metric->counter);
	} else if (metric->kind == LN_METRIC_GAUGE) {
		value->gauge = ln_cell_double(atomic_load_explicit(
			&metric->gauge, memory_order_relaxed));
	} else {
		ln_histogram_sum_up(&metric->histogram, &value->histogram);
		value->recorded = &metric->histogram;
	}
}

void ln_metrics_each(const struct ln_metrics *metrics,
		     void (*visit)(void *argument,
				   const struct ln_metric_value *value),
		     void *argument)
{
	struct ln_metric_value value;

	for (size_t i = 0; i < CHAINS; i++) {
		/* Pairs with the store of `add`. */
		const struct metric *metric = atomic_load_explicit(
			&metrics->chains[i], memory_order_acquire);

		for (; metric != NULL; metric = metric->next) {
			read_value(metric, &value);
			visit(argument, &value);
		}
	}
}

struct list {
	struct ln_metric_value *values; /* as many as there may be */
	size_t count;
};

static void collect(void *argument, const struct ln_metric_value *value)
{
	struct list *list = argument;

	ln_assert(list->count < LN_METRICS_MAX);
	list->values[list->count++] = *value;
}

static int by_name(const void *a, const void *b)
{
	const struct ln_metric_value *one = a;
	const struct ln_metric_value *two = b;
	size_t len =
		one->name_len < two->name_len ? one->name_len : two->name_len;
	int order = memcmp(one->name, two->name, len);

	if (order != 0)
		return order;
	if (one->name_len != two->name_len)
		return one->name_len < two->name_len ? -1 : 1;
	return (int)one->kind - (int)two->kind;
}

int ln_metrics_list(const struct ln_metrics *metrics,
		    struct ln_metric_value **values, size_t *count)
{
	struct list list = {
		.values = calloc(LN_METRICS_MAX, sizeof(*list.values)),
	};

	*values = NULL;
	*count = 0;
	if (list.values == NULL)
		return LN_ENOMEM;
	ln_metrics_each(metrics, collect, &list);
	qsort(list.values, list.count, sizeof(*list.values), by_name);
	*values = list.values;
	*count = list.count;
	return 0;
}

uint64_t ln_metrics_known(struct ln_metrics *metrics)
{
	uint64_t count;

	pthread_mutex_lock(&metrics->lock);
	count = metrics->count;
	pthread_mutex_unlock(&metrics->lock);
	return count;
}

uint64_t ln_metrics_lost(const struct ln_metrics *metrics)
{
	return atomic_load_explicit(&metrics->lost, memory_order_relaxed);
}
