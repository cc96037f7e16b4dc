/*
 * The numbers of a runtime at one moment, for metrics and the overview. They
 * are read while all goes on, so they need not fit together.
 */
#ifndef LN_OBSERVE_SAMPLE_H
#define LN_OBSERVE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/code.h"
#include "engine/spares.h"
#include "process/directory.h"

struct ln_runtime;

/* What the system says of this program. */
struct ln_sample_system {
	double cpu;        /* seconds of all threads */
	uint64_t resident; /* bytes */
	uint64_t open;     /* descriptors */
	uint64_t max_open; /* that it may have; 0: no limit */
};

struct ln_sample {
	int64_t time; /* CLOCK_REALTIME, ns */
	int64_t age;  /* of the runtime, ns */
	uint64_t alive;
	uint64_t memory;       /* linear memory of all, bytes */
	uint64_t waiting;      /* messages in all mailboxes */
	uint64_t environments; /* ever made */
	uint64_t guest_metrics;
	uint64_t guest_metrics_lost;
	unsigned workers;
	struct ln_tally tally;
	struct ln_spares_tally spares;
	struct ln_codes_tally codes;
	struct ln_sample_system system;
};

/* Takes one. Blocks for some files of the system, and goes through all
 * processes: not on a fiber. LN_ENOMEM. */
int ln_sample_take(struct ln_runtime *runtime, struct ln_sample *sample);

#endif
