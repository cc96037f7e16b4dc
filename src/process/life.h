/* How processes begin, end, and are waited for. */
#ifndef LN_PROCESS_LIFE_H
#define LN_PROCESS_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "process/process.h"

/* Starts it. On failure it has ended without `body` being called. */
int ln_process_start(struct ln_process *process);

/* Ends a process that was never started, and drops the caller's reference. Its
 * links are not told. */
void ln_process_discard(struct ln_process *process);

/* Waits, in a thread that is no worker, until the process and its teardown are
 * over; returns its outcome, and in *exit_code what it exited with. Only for
 * local processes, as the next one. */
enum ln_outcome ln_process_wait(struct ln_process *process,
				uint32_t *exit_code);

/* Waits likewise, until `deadline` at most; false: it has not ended. */
bool ln_process_wait_until(struct ln_process *process, int64_t deadline);

#endif
