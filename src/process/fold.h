/*
 * Folded processes: a wasm process that has waited for some time for a message,
 * a timer or a socket is kept as what its stack and its memories hold, and the
 * pages of both go back to the kernel. Nobody notices but by the time that it
 * takes to wake it.
 */
#ifndef LN_PROCESS_FOLD_H
#define LN_PROCESS_FOLD_H

#include <stdint.h>

struct ln_process;
struct ln_runtime;

/* How many are folded, and have been. */
struct ln_fold_tally {
	uint64_t folded;   /* processes, now */
	uint64_t bytes;    /* that these are folded into */
	uint64_t folds;    /* ever */
	uint64_t unfolds;  /* ever, those that were killed as well */
	uint64_t refusals; /* times that a process could not be folded */
};

/* Has processes folded that have waited for `after` nanoseconds, more than 0.
 * Once for a runtime, before it has processes. LN_ENOMEM. Not on a fiber. */
int ln_folding_start(struct ln_runtime *runtime, int64_t after);

/* Ends that, when the runtime is stopping. No effect where it was not started,
 * or the second time. Any thread. */
void ln_folding_stop(struct ln_runtime *runtime);

/* Any thread. Zeros where it was not started. */
void ln_folding_tell(struct ln_runtime *runtime, struct ln_fold_tally *tally);

/* Bytes that a process is folded into now; 0: it is not. Any thread. */
uint64_t ln_process_folded(const struct ln_process *process);

#endif
