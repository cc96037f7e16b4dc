/*
 * What guests count and measure (process/metrics.h) in the OpenMetrics format.
 *
 * A family has the guest's name with `_` for each character that a name may not
 * have. A name that begins with `lunatic_`, or with a digit, gets `guest_` in
 * front; one that ends like a sample of another family, `_value` at its end. A
 * counter's `_total` is part of its samples. A changed name has the original in
 * the label `name`. Where names of several kinds become the same family, it is
 * that of the first kind: counter, gauge, histogram; the others are left out.
 */
#ifndef LN_OBSERVE_GUEST_METRICS_H
#define LN_OBSERVE_GUEST_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct ln_bytes;
struct ln_metrics;

/* Adds all, sorted, while the text has at most `max` bytes. Stores how many are
 * left out: for want of room, or of a family of their kind. Not on a fiber.
 * Failures stick to the buffer. */
void ln_guest_metrics_add(const struct ln_metrics *metrics, size_t max,
			  struct ln_bytes *out, uint64_t *left_out);

#endif
