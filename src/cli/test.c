/*
 * DESIGN
 * `lunatic test`, and `cargo test` (cli/cargo.h): each test is a process in its
 * own environment, so that processes that it leaves behind are found and ended,
 * and the output of the test and its children is kept apart. Those of `cargo
 * test` live until all tests have ended, as in lunatic 0.13, whose tests find
 * the server of another one at a fixed port. A few threads take
 * the tests in order: each makes the environment, spawns, and waits; the
 * processes run on the workers.
 *
 * The files with what tests print stay open until the runtime is gone, because
 * a process that outlived its test may still write there.
 *
 * Results are printed as tests end (cli/test_output.h).
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/cargo.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/plugins.h"
#include "cli/prepare.h"
#include "cli/test_list.h"
#include "cli/test_output.h"
#include "cli/verdict.h"
#include "process/add_module.h"
#include "process/env_module.h"
#include "process/environment.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/process.h"
#include "process/runtime.h"
#include "process/shutdown.h"
#include "process/wasm.h"

#define STATUS_FAILED 1

/* What takes longer is mentioned, where there is no bound, as cargo does. */
#define SLOW_SECONDS 60

/* How long to wait for the end of killed processes that a test left behind. */
#define CLEAR_TIME (2 * LN_NS_PER_S)

struct suite {
	/* Immutable while tests run. */
	const struct ln_cli_options *options;
	int failure; /* the program's status then */
	struct ln_runtime *runtime;
	struct ln_test *tests; /* those to be run first, then the others */
	size_t count;
	size_t chosen;
	size_t ignored;
	const uint8_t *bytes;
	size_t len;

	/* Under lock. */
	pthread_mutex_t lock;
	size_t next;
	size_t failed;
	struct ln_test_output output;

	/* Each under nothing: of the thread that runs the test. */
	struct ln_verdict *verdicts;
};

/* The verdict on the end of the test's process. */
static void judge(const struct ln_test *test, struct ln_verdict *verdict,
		  enum ln_outcome outcome, uint32_t exit_code)
{
	size_t len;
	char *text;

	if (test->panic == NULL) {
		if (outcome == LN_OUTCOME_EXITED)
			ln_verdict_fail(verdict, "exited with status %u",
					exit_code);
		else if (outcome == LN_OUTCOME_KILLED)
			ln_verdict_fail(
				verdict,
				"killed because a linked process failed");
		else if (outcome != LN_OUTCOME_NORMAL)
			ln_verdict_fail(verdict, "trapped");
		return;
	}
	if (outcome == LN_OUTCOME_NORMAL) {
		ln_verdict_fail(verdict, "it should have failed");
		return;
	}
	text = ln_verdict_text(verdict, &len);
	if (test->panic[0] != '\0' &&
	    (text == NULL ||
	     memmem(text, len, test->panic, strlen(test->panic)) == NULL))
		ln_verdict_fail(verdict, "it failed without printing '%.80s'",
				test->panic);
	free(text);
}

/* Waits for the end; without a bound tells that it takes long. */
static bool wait_for(struct suite *suite, const struct ln_test *test,
		     struct ln_process *process)
{
	uint32_t seconds = suite->options->test.timeout;

	if (seconds > 0)
		return ln_process_wait_until(
			process, ln_time_now() + seconds * LN_NS_PER_S);
	if (ln_process_wait_until(process,
				  ln_time_now() + SLOW_SECONDS * LN_NS_PER_S))
		return true;
	pthread_mutex_lock(&suite->lock);
	ln_test_output_slow(&suite->output, test, SLOW_SECONDS);
	pthread_mutex_unlock(&suite->lock);
	return ln_process_wait_until(process, INT64_MAX);
}

static void run_process(struct suite *suite, const struct ln_test *test,
			struct ln_verdict *verdict, struct ln_process *process)
{
	uint32_t exit_code = 0;
	enum ln_outcome outcome;

	if (!wait_for(suite, test, process)) {
		ln_verdict_fail(verdict, "still running after %u s",
				suite->options->test.timeout);
		ln_process_kill(process);
		(void)ln_process_wait_until(process,
					    ln_time_now() + CLEAR_TIME);
		return;
	}
	outcome = ln_process_wait(process, &exit_code);
	judge(test, verdict, outcome, exit_code);
}

/* Runs the test in an environment. */
static void run_in(struct suite *suite, const struct ln_test *test,
		   struct ln_verdict *verdict,
		   struct ln_environment *environment)
{
	struct ln_spawn spawn = { .function = test->entry,
				  .function_len = test->entry_len };
	struct ln_process *process = NULL;
	struct ln_module *module;
	char *error;
	int result;

	result = ln_environment_add_module(environment, suite->bytes,
					   suite->len, &module, &error);
	if (result == 0) {
		spawn.module = module;
		result = ln_wasm_spawn(&spawn, &process, &error);
		ln_module_release(module);
	}
	if (result < 0) {
		ln_verdict_fail(verdict, "cannot be started: %s",
				error != NULL ? error : ln_error_text(result));
		free(error);
		return;
	}
	run_process(suite, test, verdict, process);
	ln_process_release(process);
	if (!suite->options->test.cargo &&
	    !ln_runtime_clear(suite->runtime, environment,
			      ln_time_now() + CLEAR_TIME) &&
	    !verdict->failed)
		ln_verdict_fail(verdict,
				"it left processes that cannot be ended");
}

static void run_test(struct suite *suite, const struct ln_test *test,
		     struct ln_verdict *verdict)
{
	struct ln_environment *environment = NULL;
	struct ln_config *config;
	int error;

	/* The output is searched for the expected text, so it is kept. */
	if ((!suite->options->test.nocapture || test->panic != NULL) &&
	    !ln_verdict_capture(verdict)) {
		ln_verdict_fail(verdict,
				"no memory or descriptor for its output");
		return;
	}
	error = ln_config_clone(suite->options->config, &config);
	if (error == 0) {
		if (verdict->captured)
			config->console = &verdict->console;
		error = ln_environment_new(suite->runtime, NULL, config,
					   &environment);
		ln_config_free(config);
	}
	if (error < 0) {
		ln_verdict_fail(verdict, "no environment: %s",
				ln_error_text(error));
		return;
	}
	run_in(suite, test, verdict, environment);
	if (verdict->failed)
		verdict->lacks_directories = atomic_load_explicit(
			&environment->lacks_directories, memory_order_relaxed);
	ln_environment_release(environment);
}

/* Takes the next test and prints how the last one ended, in one step. */
static struct ln_test *step(struct suite *suite, const struct ln_test *done,
			    const struct ln_verdict *verdict, int64_t took)
{
	struct ln_test *next = NULL;

	pthread_mutex_lock(&suite->lock);
	if (done != NULL) {
		ln_test_output_ended(&suite->output, done, verdict, took);
		suite->failed += verdict->failed;
	}
	if (suite->next < suite->chosen)
		next = &suite->tests[suite->next++];
	pthread_mutex_unlock(&suite->lock);
	return next;
}

static void *run_tests(void *argument)
{
	struct suite *suite = argument;
	struct ln_test *test = step(suite, NULL, NULL, 0);

	while (test != NULL) {
		struct ln_verdict *verdict =
			&suite->verdicts[test - suite->tests];
		int64_t began = ln_time_now();

		run_test(suite, test, verdict);
		test = step(suite, test, verdict, ln_time_now() - began);
	}
	return NULL;
}

/* Runs them in several threads or, if none can be started, in this one. */
static void run_all(struct suite *suite)
{
	size_t max = suite->options->test.jobs;
	size_t started = 0;
	pthread_t *threads;

	if (max > suite->chosen)
		max = suite->chosen;
	threads = calloc(max, sizeof(*threads));
	while (threads != NULL && started < max &&
	       pthread_create(&threads[started], NULL, run_tests, suite) == 0)
		started++;
	if (started == 0)
		run_tests(suite);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

static bool is_chosen(const struct ln_test *test,
		      const struct ln_test_options *options)
{
	if (!ln_test_is_asked_for(test, options))
		return false;
	if (options->ignored == LN_TEST_ONLY_IGNORED)
		return test->ignored;
	return !test->ignored || options->ignored == LN_TEST_ALSO_IGNORED;
}

static bool is_ignored(const struct ln_test *test,
		       const struct ln_test_options *options)
{
	return test->ignored && !is_chosen(test, options) &&
	       ln_test_is_asked_for(test, options);
}

static int by_name(const void *a, const void *b)
{
	const struct ln_test *one = a;
	const struct ln_test *two = b;

	return strcmp(one->name, two->name);
}

/* Counts tests, and has cargo's in its order. */
static void count(struct suite *suite)
{
	const struct ln_test_options *options = &suite->options->test;
	size_t chosen = 0;

	if (options->style != LN_TEST_OWN && suite->count > 0)
		qsort(suite->tests, suite->count, sizeof(*suite->tests),
		      by_name);
	for (size_t i = 0; i < suite->count; i++) {
		chosen += is_chosen(&suite->tests[i], options);
		suite->ignored += is_ignored(&suite->tests[i], options);
	}
	ln_test_output_begin(&suite->output, options, chosen + suite->ignored);
}

/* Moves the tests to run to the front and tells which are ignored. */
static void choose(struct suite *suite)
{
	const struct ln_test_options *options = &suite->options->test;

	for (size_t i = 0; i < suite->count; i++) {
		struct ln_test test = suite->tests[i];

		if (is_ignored(&test, options))
			ln_test_output_ignored(&suite->output, &test);
		if (!is_chosen(&test, options))
			continue;
		suite->tests[i] = suite->tests[suite->chosen];
		suite->tests[suite->chosen++] = test;
	}
}

/* Cargo's harness lists ignored tests as well. */
static void list(const struct suite *suite)
{
	const struct ln_test_options *options = &suite->options->test;
	size_t listed = 0;

	for (size_t i = 0; i < suite->count; i++) {
		const struct ln_test *test = &suite->tests[i];

		if (!is_chosen(test, options) &&
		    (options->style == LN_TEST_OWN ||
		     !is_ignored(test, options)))
			continue;
		ln_test_output_name(&suite->output, test);
		listed++;
	}
	ln_test_output_names(&suite->output, listed);
}

static int run_suite(struct suite *suite)
{
	struct ln_test_results results = { .ignored = suite->ignored };
	int64_t began = ln_time_now();

	choose(suite);
	suite->verdicts = calloc(suite->chosen + 1, sizeof(*suite->verdicts));
	if (suite->verdicts == NULL) {
		ln_log_say("out of memory");
		return suite->failure;
	}
	run_all(suite);
	results.tests = suite->tests;
	results.verdicts = suite->verdicts;
	results.count = suite->chosen;
	results.failed = suite->failed;
	results.others = suite->count - suite->chosen - suite->ignored;
	results.took = ln_time_now() - began;
	ln_test_output_end(&suite->output, &results);
	return suite->failed > 0 ? suite->failure : 0;
}

/* Lists the tests of a module, or runs them. */
static int use_tests(struct suite *suite)
{
	int status = 0;

	if (suite->count == 0 && !suite->options->test.cargo) {
		ln_log_say("'%s' exports no tests: define them with "
			   "LUNATIC_TEST (see lunatic help refused)",
			   suite->options->file);
		return suite->failure;
	}
	count(suite);
	if (suite->options->test.list)
		list(suite);
	else
		status = run_suite(suite);
	return ln_cli_flush() ? status : suite->failure;
}

/* Compiles the module once and looks for its tests; the code stays in use, so
 * that each test's environment finds it. */
static int test_module(struct suite *suite, struct ln_environment *environment)
{
	const char *file = suite->options->file;
	struct ln_module *module;
	int status = suite->failure;
	char *error;
	int result;

	result = ln_environment_add_module(environment, suite->bytes,
					   suite->len, &module, &error);
	if (result < 0) {
		ln_cli_refuse("test", file, result, error);
		free(error);
		return suite->failure;
	}
	result = ln_test_list(module->module, &suite->tests, &suite->count);
	if (result < 0)
		ln_log_say("out of memory");
	else
		status = use_tests(suite);
	ln_module_release(module);
	return status;
}

static void free_suite(struct suite *suite)
{
	for (size_t i = 0; suite->verdicts != NULL && i < suite->chosen; i++)
		ln_verdict_deinit(&suite->verdicts[i]);
	free(suite->verdicts);
	ln_test_list_free(suite->tests, suite->count);
	free((void *)suite->bytes);
	pthread_mutex_destroy(&suite->lock);
}

static int test_file(struct suite *suite)
{
	const struct ln_cli_options *options = suite->options;
	struct ln_environment *environment;
	int status = suite->failure;

	suite->bytes = ln_cli_read_module(options, &suite->len);
	if (suite->bytes == NULL)
		return suite->failure;
	environment = ln_cli_first_environment(suite->runtime, options);
	if (environment == NULL)
		return suite->failure;
	if (ln_cli_check_heap_profile(options, suite->bytes, suite->len))
		status = test_module(suite, environment);
	ln_environment_release(environment);
	return status;
}

int ln_cli_test(const struct ln_cli_options *options)
{
	struct suite suite = {
		.options = options,
		.failure =
			options->test.cargo ? LN_CARGO_FAILED : STATUS_FAILED,
	};
	int status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	suite.runtime = ln_cli_start_runtime(options);
	if (suite.runtime == NULL)
		return suite.failure;
	pthread_mutex_init(&suite.lock, NULL);
	status = test_file(&suite);
	ln_runtime_free(suite.runtime);
	free_suite(&suite);
	return status;
}
