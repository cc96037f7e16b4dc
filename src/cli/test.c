/*
 * DESIGN
 * `lunatic test`: each test is a process in its own environment, so that
 * processes that it leaves behind are found and ended, and the output of the
 * test and its children is kept apart. A few threads take the tests in order:
 * each makes the environment, spawns, and waits; the processes run on the
 * workers.
 *
 * Output goes to a file in memory that cannot grow beyond CAPTURE_MAX: a test
 * that prints endlessly gets an error. Both streams and the reports of traps
 * share its position. These files stay open until the runtime is gone, because
 * a process that outlived its test may still write there.
 *
 * Results are printed as tests end; failures with their output come last.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/plugins.h"
#include "cli/prepare.h"
#include "cli/test_list.h"
#include "host/stdio.h"
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
#define CAPTURE_MAX ((off_t)1 << 20)

/* How long to wait for the end of killed processes that a test left behind. */
#define CLEAR_TIME (2 * LN_NS_PER_S)

struct verdict {
	struct ln_console console;
	bool captured; /* the console is there */
	bool failed;
	char reason[160];       /* why, in a few words */
	bool lacks_directories; /* it looked for one and was given none */
};

struct suite {
	/* Immutable while tests run. */
	const struct ln_cli_options *options;
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

	/* Each under nothing: of the thread that runs the test. */
	struct verdict *verdicts;
};

static void fail(struct verdict *verdict, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct verdict *verdict, const char *format, ...)
{
	va_list args;

	verdict->failed = true;
	va_start(args, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
	va_end(args);
	/* It may quote text of the module, and may be cut. */
	verdict->reason[ln_text_clean(verdict->reason, strlen(verdict->reason),
				      false)] = '\0';
}

static bool capture(struct verdict *verdict)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return false;
	if (ftruncate(fd, CAPTURE_MAX) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
		verdict->console.streams = ln_stdio_new(fd);
	if (verdict->console.streams == NULL) {
		ln_fd_close(fd);
		return false;
	}
	verdict->console.reports = fd;
	verdict->captured = true;
	return true;
}

/* What was printed, to be freed; NULL when there is nothing. */
static char *captured_text(const struct verdict *verdict, size_t *len)
{
	off_t size = 0;
	char *text;
	ssize_t got;

	*len = 0;
	if (verdict->captured)
		size = lseek(verdict->console.reports, 0, SEEK_CUR);
	if (size <= 0)
		return NULL;
	if (size > CAPTURE_MAX)
		size = CAPTURE_MAX;
	text = malloc((size_t)size);
	if (text == NULL)
		return NULL;
	got = pread(verdict->console.reports, text, (size_t)size, 0);
	*len = got > 0 ? (size_t)got : 0;
	return text;
}

static void print_captured(const struct verdict *verdict)
{
	size_t len;
	char *text = captured_text(verdict, &len);

	if (len > 0) {
		fwrite(text, 1, len, stdout);
		if (text[len - 1] != '\n')
			putchar('\n');
	}
	if ((off_t)len == CAPTURE_MAX)
		puts("(the rest was not kept)");
	free(text);
}

/* The verdict on the end of the test's process. */
static void judge(const struct ln_test *test, struct verdict *verdict,
		  enum ln_outcome outcome, uint32_t exit_code)
{
	size_t len;
	char *text;

	if (test->panic == NULL) {
		if (outcome == LN_OUTCOME_EXITED)
			fail(verdict, "exited with status %u", exit_code);
		else if (outcome == LN_OUTCOME_KILLED)
			fail(verdict, "killed because a linked process failed");
		else if (outcome != LN_OUTCOME_NORMAL)
			fail(verdict, "trapped");
		return;
	}
	if (outcome == LN_OUTCOME_NORMAL) {
		fail(verdict, "it should have failed");
		return;
	}
	text = captured_text(verdict, &len);
	if (test->panic[0] != '\0' &&
	    (text == NULL ||
	     memmem(text, len, test->panic, strlen(test->panic)) == NULL))
		fail(verdict, "it failed without printing '%.80s'",
		     test->panic);
	free(text);
}

static void run_process(struct suite *suite, const struct ln_test *test,
			struct verdict *verdict, struct ln_process *process)
{
	uint32_t seconds = suite->options->test.timeout;
	int64_t deadline =
		seconds > 0 ? ln_time_now() + seconds * LN_NS_PER_S : INT64_MAX;
	uint32_t exit_code = 0;
	enum ln_outcome outcome;

	if (!ln_process_wait_until(process, deadline)) {
		fail(verdict, "still running after %u s", seconds);
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
		   struct verdict *verdict, struct ln_environment *environment)
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
		fail(verdict, "cannot be started: %s",
		     error != NULL ? error : ln_error_text(result));
		free(error);
		return;
	}
	run_process(suite, test, verdict, process);
	ln_process_release(process);
	if (!ln_runtime_clear(suite->runtime, environment,
			      ln_time_now() + CLEAR_TIME) &&
	    !verdict->failed)
		fail(verdict, "it left processes that cannot be ended");
}

static void run_test(struct suite *suite, const struct ln_test *test,
		     struct verdict *verdict)
{
	struct ln_environment *environment = NULL;
	struct ln_config *config;
	int error;

	/* The output is searched for the expected text, so it is kept. */
	if ((!suite->options->test.nocapture || test->panic != NULL) &&
	    !capture(verdict)) {
		fail(verdict, "no memory or descriptor for its output");
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
		fail(verdict, "no environment: %s", ln_error_text(error));
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
			    const struct verdict *verdict, int64_t took)
{
	struct ln_test *next = NULL;

	pthread_mutex_lock(&suite->lock);
	if (done != NULL) {
		printf("test %s%s ... %s (%" PRId64 " ms)\n", done->name,
		       done->panic != NULL ? " - should fail" : "",
		       verdict->failed ? "FAILED" : "ok", took / LN_NS_PER_MS);
		if (suite->options->test.nocapture)
			print_captured(verdict);
		fflush(stdout);
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
		struct verdict *verdict = &suite->verdicts[test - suite->tests];
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

/* Moves the tests to run to the front and prints which are ignored. */
static void choose(struct suite *suite)
{
	const struct ln_test_options *options = &suite->options->test;

	for (size_t i = 0; i < suite->count; i++) {
		struct ln_test test = suite->tests[i];

		if (is_chosen(&test, options)) {
			suite->tests[i] = suite->tests[suite->chosen];
			suite->tests[suite->chosen++] = test;
			if (options->list)
				printf("%s\n", test.name);
		} else if (test.ignored &&
			   ln_test_is_asked_for(&test, options)) {
			suite->ignored++;
			if (!options->list)
				printf("test %s ... ignored\n", test.name);
		}
	}
}

static void print_failures(const struct suite *suite)
{
	if (suite->failed > 0)
		printf("\nfailures:\n");
	for (size_t i = 0; i < suite->chosen; i++) {
		const struct verdict *verdict = &suite->verdicts[i];

		if (!verdict->failed)
			continue;
		printf("\n---- %s: %s ----\n", suite->tests[i].name,
		       verdict->reason);
		if (!suite->options->test.nocapture)
			print_captured(verdict);
		if (verdict->lacks_directories)
			puts("(it looked for a directory and was given none; "
			     "see lunatic help files)");
	}
}

static void print_summary(const struct suite *suite, int64_t took)
{
	size_t others = suite->count - suite->chosen - suite->ignored;

	printf("\n%zu passed, %zu failed, %zu ignored",
	       suite->chosen - suite->failed, suite->failed, suite->ignored);
	if (others > 0)
		printf(", %zu left out", others);
	printf(" in %" PRId64 ".%02" PRId64 " s\n", took / LN_NS_PER_S,
	       took % LN_NS_PER_S / (LN_NS_PER_S / 100));
}

static int run_suite(struct suite *suite)
{
	int64_t began = ln_time_now();

	choose(suite);
	if (!suite->options->test.list) {
		suite->verdicts =
			calloc(suite->chosen + 1, sizeof(*suite->verdicts));
		if (suite->verdicts == NULL) {
			ln_log_say("out of memory");
			return STATUS_FAILED;
		}
		run_all(suite);
		print_failures(suite);
		print_summary(suite, ln_time_now() - began);
	}
	if (!ln_cli_flush() || suite->failed > 0)
		return STATUS_FAILED;
	return 0;
}

/* Compiles the module once and looks for its tests; the code stays in use, so
 * that each test's environment finds it. */
static int test_module(struct suite *suite, struct ln_environment *environment)
{
	const char *file = suite->options->file;
	struct ln_module *module;
	int status = STATUS_FAILED;
	char *error;
	int result;

	result = ln_environment_add_module(environment, suite->bytes,
					   suite->len, &module, &error);
	if (result < 0) {
		ln_cli_refuse("test", file, result, error);
		free(error);
		return STATUS_FAILED;
	}
	result = ln_test_list(module->module, &suite->tests, &suite->count);
	if (result < 0) {
		ln_log_say("out of memory");
	} else {
		if (suite->count > 0)
			status = run_suite(suite);
		else
			ln_log_say("'%s' exports no tests: define them "
				   "with LUNATIC_TEST (see lunatic help "
				   "refused)",
				   file);
	}
	ln_module_release(module);
	return status;
}

static void free_suite(struct suite *suite)
{
	for (size_t i = 0; suite->verdicts != NULL && i < suite->chosen; i++) {
		if (!suite->verdicts[i].captured)
			continue;
		ln_stdio_free(suite->verdicts[i].console.streams);
		ln_fd_close(suite->verdicts[i].console.reports);
	}
	free(suite->verdicts);
	ln_test_list_free(suite->tests, suite->count);
	free((void *)suite->bytes);
	pthread_mutex_destroy(&suite->lock);
}

static int test_file(struct suite *suite)
{
	const struct ln_cli_options *options = suite->options;
	struct ln_environment *environment;
	int status = STATUS_FAILED;

	suite->bytes = ln_cli_read_module(options, &suite->len);
	if (suite->bytes == NULL)
		return STATUS_FAILED;
	environment = ln_cli_first_environment(suite->runtime, options);
	if (environment == NULL)
		return STATUS_FAILED;
	if (ln_cli_check_heap_profile(options, suite->bytes, suite->len))
		status = test_module(suite, environment);
	ln_environment_release(environment);
	return status;
}

int ln_cli_test(const struct ln_cli_options *options)
{
	struct suite suite = { .options = options };
	int status;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	suite.runtime = ln_cli_start_runtime(options);
	if (suite.runtime == NULL)
		return STATUS_FAILED;
	pthread_mutex_init(&suite.lock, NULL);
	status = test_file(&suite);
	ln_runtime_free(suite.runtime);
	free_suite(&suite);
	return status;
}
