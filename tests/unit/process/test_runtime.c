/* src/process/runtime.c, shutdown.c and trap_report.c: stopping while processes
 * live, and are made. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "base/uuid.h"
#include "engine/report.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "process/trap_report.h"
#include "sched/sched.h"
#include "support/processes.h"
#include "support/tasks.h"

static enum ln_outcome wait_for_a_kill(struct ln_process *self)
{
	ln_task_sleep(&self->task, LN_NEVER);
	return LN_OUTCOME_KILLED;
}

static void stop_kills_all(void **state)
{
	static struct ln_process *processes[200];
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_process *late = NULL;

	(void)state;
	for (int i = 0; i < 200; i++)
		processes[i] =
			test_process_start(environment, wait_for_a_kill, NULL);
	ln_runtime_stop(environment->runtime);
	assert_int_equal(ln_sched_live(environment->runtime->sched), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(test_process_wait(processes[i]),
				 LN_OUTCOME_KILLED);
	assert_int_equal(
		ln_process_new(environment, wait_for_a_kill, NULL, &late),
		LN_ESTOPPED);
	ln_runtime_stop(environment->runtime);
	test_environment_free(environment);
}

static _Atomic unsigned spawned;

/* Makes processes that do the same, until it is killed or none can be made. */
static enum ln_outcome spawn_on(struct ln_process *self)
{
	while (!ln_task_interrupted(&self->task)) {
		struct ln_process *child;

		if (ln_process_new(self->environment,
				   atomic_load(&spawned) % 2 ? spawn_on
							     : wait_for_a_kill,
				   NULL, &child) < 0)
			return LN_OUTCOME_NORMAL;
		if (ln_process_start(child) == 0)
			atomic_fetch_add(&spawned, 1);
		ln_process_release(child);
		ln_task_sleep(&self->task, ln_time_now() + 100000);
	}
	return LN_OUTCOME_KILLED;
}

static void stop_wins_over_spawning(void **state)
{
	(void)state;
	for (int round = 0; round < 5; round++) {
		struct ln_limits limits = ln_limits_default;
		struct ln_environment *environment;

		limits.max_processes = 500;
		environment = test_environment_new(3, &limits);
		atomic_store(&spawned, 0);
		for (int i = 0; i < 4; i++)
			ln_process_release(test_process_start(environment,
							      spawn_on, NULL));
		while (atomic_load(&spawned) < 50)
			test_nap();
		test_environment_free(environment);
	}
}

/* What ln_runtime_report prints for `count` failures of one process. */
static void reports(int count, char *text, size_t size, struct ln_process *of)
{
	int saved = dup(STDERR_FILENO);
	int fds[2];
	ssize_t n;

	assert_true(saved >= 0);
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	assert_true(dup2(fds[1], STDERR_FILENO) >= 0);
	for (int i = 0; i < count; i++)
		ln_runtime_report(of->environment->runtime, of,
				  ln_report_plain("it broke"));
	ln_log_flush();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(fds[0], text, size - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	close(fds[1]);
}

static int lines(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

static void reports_name_the_process(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	static char text[65536];
	char id[LN_UUID_TEXT];
	struct ln_process *process;

	(void)state;
	assert_int_equal(
		ln_process_new(environment, wait_for_a_kill, NULL, &process),
		0);
	ln_uuid_format(process->id, id);
	reports(1, text, sizeof(text), process);
	assert_int_equal(lines(text), 1);
	assert_non_null(strstr(text, id));
	assert_non_null(strstr(text, "it broke"));
	/* A flood is cut: it may last into a second or third second, but not
	 * a thousand lines long. What was left out is told. */
	reports(1000, text, sizeof(text), process);
	assert_true(lines(text) >= 1);
	assert_true(lines(text) < 500);
	assert_non_null(strstr(text, " more reports were left out\n"));
	ln_process_discard(process);
	test_environment_free(environment);
}

static void count_trap(void *argument, struct ln_process *process,
		       const char *text)
{
	int *count = argument;

	(void)process;
	assert_string_equal(text, "it broke");
	++*count;
}

/* With somebody who is told of traps, nothing is left for standard error, but a
 * console gets what happens in it. */
static void consoles_hear_of_traps_as_well(void **state)
{
	struct ln_environment *root = test_environment_new(1, NULL);
	struct ln_runtime *runtime = root->runtime;
	struct ln_environment *environment;
	struct ln_console console = { 0 };
	struct ln_process *process;
	struct ln_config *config;
	static char text[65536];
	int told = 0;
	int fds[2];
	ssize_t n;

	(void)state;
	runtime->on_trap = count_trap;
	runtime->on_trap_argument = &told;
	assert_int_equal(ln_process_new(root, wait_for_a_kill, NULL, &process),
			 0);
	reports(1, text, sizeof(text), process);
	assert_string_equal(text, "");
	assert_int_equal(told, 1);
	ln_process_discard(process);

	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	console.reports = fds[1];
	assert_int_equal(ln_config_new(&config), 0);
	config->console = &console;
	assert_int_equal(
		ln_environment_new(runtime, NULL, config, &environment), 0);
	ln_config_free(config);
	assert_int_equal(
		ln_process_new(environment, wait_for_a_kill, NULL, &process),
		0);
	reports(1, text, sizeof(text), process);
	assert_string_equal(text, "");
	assert_int_equal(told, 2);
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	assert_non_null(strstr(text, "it broke"));
	close(fds[0]);
	close(fds[1]);
	ln_process_discard(process);
	ln_environment_release(environment);
	test_environment_free(root);
}

static void runtimes_are_separate(void **state)
{
	struct ln_environment *environments[2];
	struct ln_process *processes[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		environments[i] = test_environment_new(1, NULL);
		processes[i] = test_process_start(environments[i],
						  wait_for_a_kill, NULL);
	}
	ln_runtime_stop(environments[0]->runtime);
	assert_int_equal(test_process_wait(processes[0]), LN_OUTCOME_KILLED);
	test_process_wait_parked(processes[1]);
	assert_int_equal(ln_sched_live(environments[1]->runtime->sched), 1);
	test_environment_free(environments[0]);
	ln_process_kill(processes[1]);
	assert_int_equal(test_process_wait(processes[1]), LN_OUTCOME_KILLED);
	test_environment_free(environments[1]);
	ln_runtime_free(NULL);
}

/* Each error has a sentence of its own, which says what to do. */
static void sentences(void **state)
{
	static const int errors[] = { LN_ENOMEM, LN_EIO, LN_ELIMIT, LN_EPERM,
				      LN_EUNSUP };

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const char *text = ln_runtime_refusal(errors[i]);

		assert_non_null(strchr(text, ';'));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(text,
						ln_runtime_refusal(errors[k]));
	}
	assert_string_equal(ln_runtime_refusal(LN_EINVAL),
			    ln_error_text(LN_EINVAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stop_kills_all),
		cmocka_unit_test(stop_wins_over_spawning),
		cmocka_unit_test(reports_name_the_process),
		cmocka_unit_test(consoles_hear_of_traps_as_well),
		cmocka_unit_test(runtimes_are_separate),
		cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
