/*
 * The numbers of a runtime at one moment, for metrics and the overview. They
 * are read while all goes on, so they need not fit together.
 */
#ifndef LN_OBSERVE_SAMPLE_H
#define LN_OBSERVE_SAMPLE_H

#include <stdint.h>

#include "base/histogram.h"
#include "engine/code.h"
#include "engine/slots.h"
#include "engine/spares.h"
#include "process/directory.h"
#include "process/fold.h"
#include "sched/counters.h"

struct ln_runtime;

/* What the system says of this program. */
struct ln_sample_system {
	double cpu;        /* seconds of all threads */
	uint64_t resident; /* bytes */
	uint64_t open;     /* descriptors */
	uint64_t max_open; /* that it may have; 0: no limit */
};

/* What is known only by going through all processes. */
struct ln_sample_sums {
	uint64_t memory;   /* linear memory of all, bytes */
	uint64_t messages; /* in all mailboxes */
};

struct ln_sample {
	int64_t time; /* CLOCK_REALTIME, ns */
	int64_t age;  /* of the runtime, ns */
	uint64_t alive;
	uint64_t environments; /* ever made */
	uint64_t guest_metrics;
	uint64_t guest_metrics_lost;
	unsigned workers;
	double busy; /* the part of their time that workers spent in tasks, of
		      * late; set by who takes it */
	struct ln_sample_sums sums; /* likewise */
	struct ln_tally tally;
	struct ln_spares_tally spares;
	struct ln_codes_tally codes;
	struct ln_slots_tally slots;
	struct ln_fold_tally folding;
	struct ln_sched_counts sched;
	struct ln_histogram run_waits; /* seconds */
	struct ln_histogram message_waits;
	struct ln_sample_system system;
};

/* Takes one, but for what its caller sets. Blocks for some files of the system:
 * not on a fiber. NULL: memory is short. */
struct ln_sample *ln_sample_new(struct ln_runtime *runtime);

/* NULL is fine. */
void ln_sample_free(struct ln_sample *sample);

/* Goes through all processes, which go on meanwhile. Not on a fiber. */
void ln_sample_add_up(struct ln_runtime *runtime, struct ln_sample_sums *sums);

#endif
