/*
 * What a runtime has counted, at one moment, for who shows it: the control
 * socket, metrics, reports. It costs some microseconds for each worker and
 * touches no process. What single processes do is told by process/inspect.h,
 * the last deaths by process/deaths.h. What is exact and what is sampled is
 * told by sched/counters.h.
 */
#ifndef LN_PROCESS_OBSERVE_H
#define LN_PROCESS_OBSERVE_H

#include <stdint.h>

#include "base/histogram.h"
#include "process/directory.h"
#include "sched/counters.h"

struct ln_runtime;

/* Some KiB: not on a fiber's stack. */
struct ln_observation {
	int64_t now; /* CLOCK_MONOTONIC, ns */
	int64_t age; /* of the runtime, ns */
	unsigned workers;
	uint64_t alive; /* processes */
	/* Started and ended, by outcome: exact. Its messages and drops are
	 * those of processes that have ended: see `counts` for all. */
	struct ln_tally tally;
	struct ln_sched_counts counts;     /* of all workers */
	struct ln_histogram run_waits;     /* seconds */
	struct ln_histogram message_waits; /* likewise */
};

/* Any thread, also a worker's, on its own stack. The counts of a single worker
 * are told by ln_sched_counts_of. */
void ln_observe(struct ln_runtime *runtime, struct ln_observation *observation);

#endif
