/*
 * What is told of a runtime, as data: a row is a number that a sample has, with
 * the name, unit and help of its metric. Metrics, the overview and charts
 * follow from it.
 */
#ifndef LN_OBSERVE_NUMBERS_H
#define LN_OBSERVE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "observe/openmetrics.h"

struct ln_bytes;
struct ln_sample;

struct ln_number {
	/* Without a name: one sample more of the family above it. */
	struct ln_family family;
	const char *label; /* its name; NULL: the sample has none */
	const char *value; /* of the label */
	bool charted;
	double (*read)(const struct ln_sample *sample);
};

/* All of them, to one without `read`. */
extern const struct ln_number ln_numbers[];

/* How many of them are charted. */
#define LN_NUMBERS_CHARTED 15

/* The name of a number in JSON: that of its family without "lunatic_", and the
 * value of its label behind a dot. */
void ln_number_name(const struct ln_number *number, struct ln_bytes *out);

/* Adds a number as JSON has it. */
void ln_number_put(double value, struct ln_bytes *out);

#endif
