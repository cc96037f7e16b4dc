/*
 * Draining: the end of a runtime in peace. Listeners are shut down, processes
 * that have asked are told by a message, and the runtime is drained when all of
 * these have ended. ln_runtime_stop is to follow (process/shutdown.h).
 */
#ifndef LN_PROCESS_DRAIN_H
#define LN_PROCESS_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct ln_drain_watch;
struct ln_process;
struct ln_runtime;

/* Has the running process told by an empty message with `tag`, at once when the
 * runtime is draining. Once told, it is never told again. Asking again changes
 * the tag of a message that has not been sent. LN_ENOMEM. */
int ln_drain_watch(struct ln_process *self, int64_t tag);

/* The running process does not want to be told any more, and nobody waits for
 * its end. False: it had not asked. */
bool ln_drain_unwatch(struct ln_process *self);

/* To be called for each process that ends and has a watch. Any thread. */
void ln_drain_forget(struct ln_runtime *runtime, struct ln_drain_watch *watch);

/* Begins to drain, once. Any thread that is no worker. */
void ln_runtime_drain(struct ln_runtime *runtime);

/* Whether everything is over that a drain waits for: the processes that have
 * asked, or, if none ever did, the accepted connections. Any thread. */
bool ln_runtime_drained(struct ln_runtime *runtime);

/* How many processes have asked and not ended. Any thread. */
uint64_t ln_runtime_drain_left(struct ln_runtime *runtime);

#endif
