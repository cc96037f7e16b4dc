/* The end of a runtime, and of all that is in an environment. */
#ifndef LN_PROCESS_SHUTDOWN_H
#define LN_PROCESS_SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

struct ln_environment;
struct ln_runtime;

/* Kills all processes that are there and refuses new ones, without waiting: no
 * process sees another one end and goes on. ln_runtime_stop is to follow. Any
 * thread that is no worker. */
void ln_runtime_begin_stop(struct ln_runtime *runtime);

/* Kills all processes and refuses new ones; returns when none is left. Not from
 * a process. */
void ln_runtime_stop(struct ln_runtime *runtime);

/* Kills all processes of an environment and of those below it, until none is
 * left or `deadline` has passed: then false. Not from a process. */
bool ln_runtime_clear(struct ln_runtime *runtime,
		      struct ln_environment *environment, int64_t deadline);

/* Kills all processes, waits for their end, and drops the caller's reference;
 * NULL is fine. Not from a process. */
void ln_runtime_free(struct ln_runtime *runtime);

#endif
