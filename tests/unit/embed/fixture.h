/*
 * What the tests of the embedding API share. Assertions leave by longjmp, which
 * a native process must not: it notes what it saw, and the test checks that
 * after it has ended.
 */
#ifndef LN_TEST_EMBED_FIXTURE_H
#define LN_TEST_EMBED_FIXTURE_H

#include <lunatic/runtime.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct fixture {
	lunatic_rt *runtime;
	lunatic_rt_environment *environment;
};

/* cmocka handles these signals itself while a test runs; the engine recognises
 * traps by them, and the first writes into pages of memories. The set-up notes
 * the engine's handlers; compile puts them back, and a test that makes guests
 * in another way begins by doing so. */
static const int trap_signals[] = { SIGSEGV, SIGILL, SIGFPE };
static struct sigaction trap_actions[3];
static bool trap_actions_known; /* the engine installs its handlers once */

static inline void let_guests_trap(void)
{
	for (int i = 0; i < 3; i++)
		sigaction(trap_signals[i], &trap_actions[i], NULL);
}

static inline int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (fixture == NULL)
		return -1;
	*state = fixture;
	if (lunatic_rt_new(NULL, &fixture->runtime) < 0)
		return -1;
	if (lunatic_rt_environment_new(fixture->runtime, NULL,
				       &fixture->environment) < 0)
		return -1;
	for (int i = 0; i < 3 && !trap_actions_known; i++)
		sigaction(trap_signals[i], NULL, &trap_actions[i]);
	trap_actions_known = true;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *fixture = *state;

	lunatic_rt_environment_release(fixture->environment);
	lunatic_rt_free(fixture->runtime);
	free(fixture);
	return 0;
}

static inline lunatic_rt_process *start(lunatic_rt_environment *environment,
					lunatic_rt_function function,
					void *argument)
{
	lunatic_rt_process *process;

	assert_int_equal(lunatic_rt_process_spawn_native(environment, function,
							 argument, NULL, 0,
							 &process),
			 0);
	assert_non_null(process);
	return process;
}

/* Waits for a process, releases it, and says how it ended. */
static inline lunatic_rt_outcome finish(lunatic_rt_process *process)
{
	lunatic_rt_outcome outcome;

	assert_int_equal(lunatic_rt_process_wait(process, -1, &outcome, NULL),
			 0);
	lunatic_rt_process_release(process);
	return outcome;
}

/* Runs a native process to its end; it must be a normal one. */
static inline void run(lunatic_rt_environment *environment,
		       lunatic_rt_function function, void *argument)
{
	assert_int_equal(finish(start(environment, function, argument)),
			 LUNATIC_RT_OUTCOME_NORMAL);
}

/* A module from wasm text. */
static inline lunatic_rt_module *compile(lunatic_rt_environment *environment,
					 const char *text)
{
	lunatic_rt_module *module;
	char *error;

	let_guests_trap();
	assert_int_equal(lunatic_rt_module_new(environment, text, strlen(text),
					       &module, &error),
			 0);
	assert_null(error);
	return module;
}

/* A process of an export that takes no parameters. */
static inline lunatic_rt_process *spawn_export(lunatic_rt_module *module,
					       const char *name)
{
	lunatic_rt_process *process;

	assert_int_equal(lunatic_rt_process_spawn(module, name, NULL, 0, 0,
						  &process, NULL),
			 0);
	return process;
}

static inline void nap(void)
{
	const struct timespec time = { .tv_nsec = 1000000 };

	nanosleep(&time, NULL);
}

/* Sends a message of that tag with nothing in it. */
static inline int send_tag(lunatic_rt_process *process, int64_t tag)
{
	lunatic_rt_message *message;
	int error = lunatic_rt_message_new(tag, &message);

	return error < 0 ? error : lunatic_rt_send(process, message);
}

/* A native process that waits until it is killed. */
static inline int wait_for_ever(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;

	(void)self;
	(void)argument;
	while (lunatic_rt_receive(NULL, 0, -1, &message) == 0)
		lunatic_rt_message_free(message);
	return 0;
}

#endif
