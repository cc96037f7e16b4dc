/* Native processes for tests. */
#include "support/processes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/host_table.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "support/tasks.h"

static const struct ln_host_table no_functions;

struct ln_environment *test_environment_new(unsigned workers,
					    const struct ln_limits *limits)
{
	const struct ln_runtime_options options = { .workers = workers,
						    .host = &no_functions };
	struct ln_config *config = NULL;
	struct ln_environment *environment = NULL;
	struct ln_runtime *runtime = NULL;

	assert_int_equal(ln_runtime_new(&options, &runtime), 0);
	assert_int_equal(ln_config_new(&config), 0);
	if (limits != NULL)
		config->limits = *limits;
	assert_int_equal(
		ln_environment_new(runtime, NULL, config, &environment), 0);
	ln_config_free(config);
	return environment;
}

void test_environment_free(struct ln_environment *environment)
{
	struct ln_runtime *runtime = environment->runtime;

	ln_runtime_stop(runtime);
	/* All references of processes are gone with them. */
	assert_int_equal(environment->references, 1);
	assert_int_equal(environment->processes, 0);
	ln_environment_release(environment);
	ln_runtime_free(runtime);
}

struct ln_process *
test_process_start(struct ln_environment *environment,
		   enum ln_outcome (*body)(struct ln_process *), void *argument)
{
	struct ln_process *process = NULL;

	assert_int_equal(ln_process_new(environment, body, argument, &process),
			 0);
	assert_int_equal(ln_process_start(process), 0);
	return process;
}

enum ln_outcome test_process_wait(struct ln_process *process)
{
	uint32_t code;
	enum ln_outcome outcome = ln_process_wait(process, &code);

	ln_process_release(process);
	return outcome;
}

void test_process_wait_parked(struct ln_process *process)
{
	uint32_t state;

	do {
		test_nap();
		state = atomic_load(&process->task.state);
	} while (state != LN_TASK_PARKED && state != LN_TASK_DONE);
}
