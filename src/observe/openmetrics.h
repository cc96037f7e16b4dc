/*
 * Text in the OpenMetrics format 1.0: families, each with its type, unit, help
 * and samples. Failures stick to the buffer (base/bytes.h). Any thread.
 */
#ifndef LN_OBSERVE_OPENMETRICS_H
#define LN_OBSERVE_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ln_bytes;

enum ln_family_type {
	LN_FAMILY_GAUGE,
	LN_FAMILY_COUNTER, /* its samples end in _total */
	LN_FAMILY_HISTOGRAM,
	LN_FAMILY_INFO, /* its sample ends in _info, and is 1 */
};

struct ln_family {
	const char *name; /* without the suffix of its samples */
	enum ln_family_type type;
	const char *unit; /* at the end of the name; NULL: none */
	const char *help; /* a sentence, with nothing to escape */
};

/* Begins a family: what its samples are. */
void ln_openmetrics_family(struct ln_bytes *out,
			   const struct ln_family *family);

/* Adds a sample of the family. `suffix` follows its name; NULL: that of its
 * type. `labels` are like a="b",c="d", with escaped values; NULL: none. */
void ln_openmetrics_sample(struct ln_bytes *out, const struct ln_family *family,
			   const char *suffix, const char *labels,
			   double value);

/* Adds `name="value"` to labels, behind a comma if there are some. The value is
 * UTF-8; what would break a line, control a terminal or cannot be seen, and
 * `%`, is written as `%` and two digits for each byte, and an empty one as `%`,
 * since an empty label is none. So different values stay different. */
void ln_openmetrics_label(struct ln_bytes *labels, const char *name,
			  const void *value, size_t len);

/* Writes a number as the format has it, at most 32 bytes with the end. */
#define LN_OPENMETRICS_NUMBER 32
void ln_openmetrics_number(char text[LN_OPENMETRICS_NUMBER], double value);

/* The end of the text. */
void ln_openmetrics_end(struct ln_bytes *out);

#endif
