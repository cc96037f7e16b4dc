/*
 * Numbers with names, of all processes of the program, for those who watch it:
 * `lunatic --observe` serves them as metrics, and `--report` shows them. A name
 * is UTF-8, of at most 255 bytes; of these, letters, digits and `_` reach
 * Prometheus as they are. One name is one number of each kind. The program
 * keeps 10,000 of them; further ones are dropped, and counted.
 *
 *	static void answer(void)
 *	{
 *		lunatic_counter_add("requests_total", 1);
 *		lunatic_gauge_set("queue_length", 12);
 *		lunatic_histogram_record("request_seconds", 0.0042);
 *	}
 *
 * All of these trap if the name is not UTF-8 or is longer.
 */
#ifndef LUNATIC_METRICS_H
#define LUNATIC_METRICS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Adds to a counter, which begins at 0 and never falls. */
void lunatic_counter_add(const char *name, uint64_t value);

/* Sets a gauge. */
void lunatic_gauge_set(const char *name, double value);

/* Records a value in a histogram, in the base unit: seconds, bytes. */
void lunatic_histogram_record(const char *name, double value);

#ifdef __cplusplus
}
#endif

#endif
