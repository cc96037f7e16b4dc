/* The state of a runtime as JSON, for the head of the page and its charts. */
#ifndef LN_OBSERVE_OVERVIEW_H
#define LN_OBSERVE_OVERVIEW_H

struct ln_bytes;
struct ln_node;
struct ln_observe;
struct ln_runtime;
struct ln_sample;

/* Adds an object: what runs, its state, all numbers (observe/numbers.h) in
 * `numbers`, percentiles of waits in `waits`, and the nodes. */
void ln_overview_put(struct ln_observe *observe, const struct ln_sample *sample,
		     struct ln_node *member, struct ln_bytes *out);

/* What the runtime is doing: starting, ready, draining or stopping. */
const char *ln_observe_state_word(const struct ln_runtime *runtime);

#endif
