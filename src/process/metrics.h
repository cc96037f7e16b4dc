/*
 * What guests count and measure, by name: counters, gauges and histograms of
 * all processes of a runtime. A name means one of each kind. They stay until
 * the runtime ends, so their number and bytes are bounded; what finds no room
 * is dropped and counted. Any thread at any time; adding to one that exists
 * takes no lock.
 */
#ifndef LN_PROCESS_METRICS_H
#define LN_PROCESS_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

#define LN_METRIC_NAME_MAX 255              /* bytes of a name */
#define LN_METRICS_MAX 10000                /* of a runtime */
#define LN_METRICS_BYTES ((size_t)16 << 20) /* that they take up */

enum ln_metric_kind {
	LN_METRIC_COUNTER,
	LN_METRIC_GAUGE,
	LN_METRIC_HISTOGRAM,
};

struct ln_metrics;

/* One of them at one moment. */
struct ln_metric_value {
	enum ln_metric_kind kind;
	const char
		*name;   /* any UTF-8, not terminated; as long as the metrics */
	size_t name_len; /* bytes */
	union {
		uint64_t counter;
		double gauge;
		struct ln_histogram_summary histogram;
	};
	const struct ln_histogram *recorded; /* of a histogram; stays as long
					      * as the metrics */
};

/* NULL: memory is short. */
struct ln_metrics *ln_metrics_new(void);

/* When nobody uses them any more; NULL is fine. */
void ln_metrics_free(struct ln_metrics *metrics);

/* Add to a counter, which wraps around; set a gauge or add to it; and record a
 * value in a histogram. The name is UTF-8 of at most LN_METRIC_NAME_MAX bytes,
 * which the caller has checked. 1: the first time; 0: there was one. LN_ELIMIT,
 * LN_ENOMEM: there is no room for a new one. */
int ln_metrics_count(struct ln_metrics *metrics, const void *name, size_t len,
		     uint64_t value);
int ln_metrics_set(struct ln_metrics *metrics, const void *name, size_t len,
		   double value);
int ln_metrics_add(struct ln_metrics *metrics, const void *name, size_t len,
		   double value);
int ln_metrics_record(struct ln_metrics *metrics, const void *name, size_t len,
		      double value);

/* Calls `visit` for each of them, in no order, while others may add more. */
void ln_metrics_each(const struct ln_metrics *metrics,
		     void (*visit)(void *argument,
				   const struct ln_metric_value *value),
		     void *argument);

/* All of them by name, in an array that the caller frees. LN_ENOMEM. */
int ln_metrics_list(const struct ln_metrics *metrics,
		    struct ln_metric_value **values, size_t *count);

/* How many there are. */
uint64_t ln_metrics_known(struct ln_metrics *metrics);

/* How often something was dropped because there was no room. */
uint64_t ln_metrics_lost(const struct ln_metrics *metrics);

#endif
