/*
 * A runtime and an environment for tests of native processes: without host
 * functions, since nothing here runs wasm unless a test asks for it.
 */
#ifndef LN_TEST_SUPPORT_PROCESSES_H
#define LN_TEST_SUPPORT_PROCESSES_H

#include <stdint.h>

#include "process/environment.h"
#include "process/process.h"

struct ln_runtime;

/* A runtime with `workers` threads, and an environment in it with `limits`
 * (NULL: the default). The test fails when there is none. */
struct ln_environment *test_environment_new(unsigned workers,
					    const struct ln_limits *limits);

/* Frees both; processes must have been released. */
void test_environment_free(struct ln_environment *environment);

/* Starts a native process; the caller has a reference. */
struct ln_process *
test_process_start(struct ln_environment *environment,
		   enum ln_outcome (*body)(struct ln_process *),
		   void *argument);

/* Waits for its end, and drops the caller's reference. */
enum ln_outcome test_process_wait(struct ln_process *process);

/* Sleeps until the process waits for something, or has ended. */
void test_process_wait_parked(struct ln_process *process);

#endif
