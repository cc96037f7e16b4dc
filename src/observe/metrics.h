/* The metrics of a runtime in the OpenMetrics format: docs/observe.md. */
#ifndef LN_OBSERVE_METRICS_H
#define LN_OBSERVE_METRICS_H

#include <stddef.h>

struct ln_bytes;
struct ln_node;
struct ln_runtime;
struct ln_sample;

/* Bytes of a text; guests' metrics are left out above. */
#define LN_OBSERVE_METRICS_MAX ((size_t)8 << 20)

/* Adds those of a runtime, of the node that it is (NULL: none), and of its
 * guests. Failures stick to the buffer. Deep, and blocks: not on a fiber. */
void ln_observe_metrics(struct ln_runtime *runtime, struct ln_node *member,
			const struct ln_sample *sample, struct ln_bytes *out);

#endif
