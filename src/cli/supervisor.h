/*
 * The program under a supervisor such as systemd (base/notify.h): a thread that
 * tells when it is ready and when it stops, what it does, and, as long as the
 * scheduler makes progress, that it lives.
 */
#ifndef LN_CLI_SUPERVISOR_H
#define LN_CLI_SUPERVISOR_H

#include <stdint.h>

struct ln_runtime;
struct ln_supervisor;

/* NULL when nobody is to be told, after a line about a wrong variable or a
 * failure. `drain` is how long a drain may take, nanoseconds; 0: there is none.
 * The thread blocks all signals. */
struct ln_supervisor *ln_supervisor_start(struct ln_runtime *runtime,
					  int64_t drain);

/* Has it look at the runtime's state now. Any thread; NULL is fine, also below.
 */
void ln_supervisor_wake(struct ln_supervisor *supervisor);

/* Tells the last state and ends the thread. Before the runtime is freed. */
void ln_supervisor_stop(struct ln_supervisor *supervisor);

#endif
