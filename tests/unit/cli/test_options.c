/* The command line: each option, what it refuses, and what stands behind the
 * file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "cli/options.h"
#include "process/config.h"
#include "support/capture.h"

#define MAX_WORDS 16

/* A command line, and what became of it. */
struct line {
	char text[256];
	char *words[MAX_WORDS + 1];
	int count;
	struct ln_cli_options options;
	int result;
	char *said; /* on standard error */
};

/* Words are separated by spaces. */
static void parse(struct line *line, const char *text)
{
	struct test_capture capture;
	char *rest = line->text;

	snprintf(line->text, sizeof(line->text), "lunatic %s", text);
	line->count = 0;
	while (line->count < MAX_WORDS &&
	       (line->words[line->count] = strsep(&rest, " ")) != NULL) {
		if (line->words[line->count][0] != '\0')
			line->count++;
	}
	line->words[line->count] = NULL;
	test_capture_begin(&capture, STDERR_FILENO);
	line->result = ln_cli_parse(line->count, line->words, &line->options);
	line->said = test_capture_end(&capture);
}

static void drop(struct line *line)
{
	ln_cli_options_deinit(&line->options);
	free(line->said);
}

/* Parses what has to be fine. */
static struct ln_cli_options *expect_options(struct line *line,
					     const char *text)
{
	parse(line, text);
	if (line->result != 0)
		fail_msg("'%s': %s", text, line->said);
	assert_string_equal(line->said, "");
	return &line->options;
}

/* Whether the text is one line for a person that has this part. */
static void check_said(const char *said, const char *part)
{
	assert_memory_equal(said, "lunatic: ", 9);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	if (strstr(said, part) == NULL)
		fail_msg("\"%s\" does not tell \"%s\"", said, part);
}

static void refuse(const char *text, const char *part)
{
	struct line line;

	parse(&line, text);
	if (line.result != LN_EINVAL)
		fail_msg("'%s' gives %d", text, line.result);
	check_said(line.said, part);
	drop(&line);
}

static void defaults(void **state)
{
	struct line line;
	const struct ln_cli_options *options = expect_options(&line, "a.wasm");

	(void)state;
	assert_int_equal(options->action, LN_CLI_RUN);
	assert_int_equal(options->workers, 0);
	assert_false(options->epochs);
	assert_int_equal(options->plugin_count, 0);
	assert_false(options->some_envs);
	assert_null(options->heap_profiles);
	assert_int_equal(options->report, LN_REPORT_NONE);
	assert_int_equal(options->report_max, 50);
	assert_string_equal(options->file, "a.wasm");
	assert_int_equal(options->arg_count, 1);
	assert_int_equal(options->config->strategy, LN_MEMORY_AUTO);
	assert_memory_equal(&options->config->limits, &ln_limits_default,
			    sizeof(ln_limits_default));
	drop(&line);
}

/* What is behind the file is the guest's, whatever it looks like. */
static void arguments(void **state)
{
	struct line line;
	const struct ln_cli_options *options = expect_options(
		&line, "--workers 2 a.wasm --workers 3 -- --help");

	(void)state;
	assert_int_equal(options->action, LN_CLI_RUN);
	assert_int_equal(options->workers, 2);
	assert_int_equal(options->arg_count, 5);
	assert_string_equal(options->args[0], "a.wasm");
	assert_string_equal(options->args[1], "--workers");
	assert_string_equal(options->args[3], "--");
	assert_string_equal(options->args[4], "--help");
	drop(&line);
	options = expect_options(&line, "-w 2 -- --help");
	assert_int_equal(options->action, LN_CLI_RUN);
	assert_string_equal(options->file, "--help");
	drop(&line);
	/* Standard input, or a file of that name. */
	options = expect_options(&line, "- x");
	assert_string_equal(options->file, "-");
	assert_int_equal(options->arg_count, 2);
	drop(&line);
}

static void actions(void **state)
{
	static const char *const helps[] = { "--help", "-h", "-w 2 --help -x",
					     "test --help",
					     "test a.wasm --help" };
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof(helps) / sizeof(helps[0]); i++) {
		assert_int_equal(expect_options(&line, helps[i])->action,
				 LN_CLI_HELP);
		drop(&line);
	}
	assert_int_equal(expect_options(&line, "--version")->action,
			 LN_CLI_VERSION);
	drop(&line);
	assert_int_equal(expect_options(&line, "-V --nonsense")->action,
			 LN_CLI_VERSION);
	drop(&line);
}

static void usage(void **state)
{
	(void)state;
	refuse("", "no file to run");
	refuse("-w 2", "no file to run");
	refuse("--", "no file to run");
	refuse("test", "no file to test");
	refuse("--nonsense a.wasm", "unknown option '--nonsense'");
	refuse("-x a.wasm", "unknown option '-x'");
	refuse("--work 2 a.wasm", "'--work'; did you mean --workers? See");
	refuse("--job 2 a.wasm", "unknown option '--job'; see");
	refuse("test --job 2 a.wasm", "did you mean --jobs?");
	refuse("--workres=2 a.wasm", "did you mean --workers?");
	refuse("--workersx=2 a.wasm", "unknown option");
	refuse("--help=1 a.wasm", "no value is taken by '--help'");
	refuse("--workers", "a value is missing after '--workers'");
	refuse("-w", "a value is missing after '--workers'");
	/* Options of another command. */
	refuse("--jobs 2 a.wasm", "unknown option '--jobs'");
	refuse("test --jobs", "a value is missing after '--jobs'");
}

#define LIMIT(option, field, text, value)            \
	{ option, offsetof(struct ln_limits, field), \
	  sizeof(((struct ln_limits *)0)->field), text, value }

static const struct {
	const char *option;
	size_t offset;
	size_t size;
	const char *text;
	uint64_t value;
} limit_options[] = {
	LIMIT("--max-memory", max_memory, "64K", 65536),
	LIMIT("--max-total-memory", max_total_memory, "3m", 3 << 20),
	LIMIT("--max-fuel", max_fuel, "7", 700000),
	LIMIT("--max-processes", max_processes, "1", 1),
	LIMIT("--max-environments", max_environments, "0", 0),
	LIMIT("--max-nesting", max_nesting, "4294967295", UINT32_MAX),
	LIMIT("--max-descriptors", max_descriptors, "12", 12),
	LIMIT("--max-handles", max_handles, "1", 1),
	LIMIT("--max-links", max_links, "0", 0),
	LIMIT("--max-messages", max_messages, "18446744073709551615",
	      UINT64_MAX),
	LIMIT("--max-mailbox", max_mailbox_bytes, "2g", UINT64_C(2) << 30),
	LIMIT("--max-message", max_message_bytes, "0", 0),
	LIMIT("--max-module", max_module_bytes, "1k", 1024),
	LIMIT("--max-plugin-time", max_plugin_ms, "1", 1),
};

/* Each sets its own limit and no other, with a value in the same word or the
 * next one. */
static void limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limit_options) / sizeof(limit_options[0]);
	     i++) {
		for (int equals = 0; equals < 2; equals++) {
			struct ln_limits expected = ln_limits_default;
			uint64_t value = limit_options[i].value;
			struct line line;
			char text[128];

			/* Little-endian, as all that the program runs on. */
			memcpy((char *)&expected + limit_options[i].offset,
			       &value, limit_options[i].size);
			snprintf(text, sizeof(text), "%s%c%s a.wasm",
				 limit_options[i].option, equals ? '=' : ' ',
				 limit_options[i].text);
			if (memcmp(&expect_options(&line, text)->config->limits,
				   &expected, sizeof(expected)) != 0)
				fail_msg("'%s'", text);
			drop(&line);
		}
	}
}

static void refused_values(void **state)
{
	static const char *const texts[] = {
		"--workers 0",
		"--workers 257",
		"--workers -1",
		"--workers 2x",
		"--workers=",
		"--preemption never",
		"--memory-strategy big",
		"--max-memory 65535",
		"--max-memory 64Ki",
		"--max-fuel 92233720368548",
		"--max-fuel 1K",
		"--max-processes 0",
		"--max-nesting 4294967296",
		"--max-handles 0",
		"--max-handles 4294967296",
		"--max-links x",
		"--max-messages 18446744073709551616",
		"--max-module 0",
		"--max-plugin-time 0",
		"--dir=",
		"--dir ::guest",
		"--dir host::",
		"--dir :ro",
		"--env=",
		"--env =x",
		"--env LUNATIC_TEST_THAT_NOBODY_SETS",
		"--heap-profile=",
		"--report=xml",
		"--report-most x",
		"test --jobs 0",
		"test --jobs 257",
		"test --timeout 4294967296",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s a.wasm", texts[i]);
		refuse(text, "is not a valid value of --");
	}
}

/* Whether the text has the range, whatever its lines. */
static bool tells(const char *help, const char *range, size_t len)
{
	char line[512];

	snprintf(line, sizeof(line), "%s", help);
	for (char *c = line; *c != '\0'; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	return memmem(line, strlen(line), range, len) != NULL;
}

/* The length of "1 to 256" or "1 or more" at the beginning. */
static size_t range_len(const char *values)
{
	size_t len = 0;

	for (int word = 0; word < 3; word++) {
		len += strspn(values + len, " ");
		len += strcspn(values + len, " ,");
	}
	return len;
}

/* What values are is said when one is wrong, and ranges in the help, too. */
static void check_values(const struct ln_cli_option *at, const char *command)
{
	for (; at->help != NULL; at++) {
		char help[LN_CLI_TEXT], values[LN_CLI_TEXT];
		char text[128];

		if (at->name == NULL)
			continue;
		ln_cli_option_help(at, help);
		ln_cli_option_values(at, values);
		assert_int_equal(values[0] == '\0', at->argument == NULL);
		if (values[0] == '\0')
			continue;
		if (values[0] >= '0' && values[0] <= '9' &&
		    !tells(help, values, range_len(values)))
			fail_msg("the help of %s lacks: %s", at->name, values);
		if (strcmp(at->name, "--plugin") == 0)
			continue; /* any word is one */
		if (strcmp(at->name, "--tcplisten") == 0)
			continue; /* looked at when it is listened at */
		snprintf(text, sizeof(text), "%s%s= a.wasm", command, at->name);
		refuse(text, values);
	}
}

static void values(void **state)
{
	(void)state;
	check_values(ln_cli_options, "");
	check_values(ln_cli_test_options, "test ");
	check_values(ln_cli_cargo_options, "test ");
}

static void other_options(void **state)
{
	struct line line;
	const struct ln_cli_options *options = expect_options(
		&line,
		"-w 256 --preemption epoch --memory-strategy guard -P p.wasm "
		"--plugin=q=r.wasm --heap-profile out --report=json "
		"--report-most 0 a.wasm");

	(void)state;
	assert_int_equal(options->workers, 256);
	assert_true(options->epochs);
	assert_int_equal(options->config->strategy, LN_MEMORY_GUARD);
	assert_int_equal(options->plugin_count, 2);
	assert_string_equal(options->plugins[0], "p.wasm");
	assert_string_equal(options->plugins[1], "q=r.wasm");
	assert_string_equal(options->heap_profiles, "out");
	assert_int_equal(options->report, LN_REPORT_JSON);
	assert_int_equal(options->report_max, 0);
	drop(&line);
	/* Its value is never the next word; the last one counts. */
	options = expect_options(&line,
				 "--report=json --preemption epoch "
				 "--preemption signal --memory-strategy slab "
				 "--tcplisten 127.0.0.1:0 --report a.wasm");
	assert_int_equal(options->report, LN_REPORT_TABLE);
	assert_false(options->epochs);
	assert_string_equal(options->file, "a.wasm");
	assert_int_equal(options->config->listeners.count, 1);
	assert_string_equal(options->config->listeners.list[0], "127.0.0.1:0");
	drop(&line);
}

static void directories(void **state)
{
	static const struct {
		const char *text;
		const char *host;
		const char *guest;
		bool read_only;
	} cases[] = {
		{ "/srv", "/srv", "/srv", false },
		{ "/srv::/data", "/srv", "/data", false },
		{ "/srv:ro", "/srv", "/srv", true },
		{ "/srv::/data:ro", "/srv", "/data", true },
		{ "/srv:ro:rw", "/srv:ro", "/srv:ro", false },
		{ "/srv:rw:ro", "/srv:rw", "/srv:rw", true },
		{ "a::b::c", "a", "b::c", false },
		{ "a:b", "a:b", "a:b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ln_preopen *preopen;
		struct line line;
		char text[64];

		snprintf(text, sizeof(text), "--dir %s a.wasm", cases[i].text);
		expect_options(&line, text);
		assert_int_equal(line.options.config->preopen_count, 1);
		preopen = &line.options.config->preopens[0];
		assert_string_equal(preopen->host, cases[i].host);
		assert_string_equal(preopen->guest, cases[i].guest);
		assert_int_equal(preopen->read_only, cases[i].read_only);
		drop(&line);
	}
}

static void variables(void **state)
{
	struct line line;
	const struct ln_cli_options *options;

	(void)state;
	setenv("LUNATIC_TEST_ONE", "first", 1);
	setenv("LUNATIC_TEST_ONE_MORE", "second", 1);
	options = expect_options(&line, "--env A=b=c --env B= a.wasm");
	assert_true(options->some_envs);
	assert_int_equal(options->config->envs.count, 2);
	assert_string_equal(options->config->envs.list[0], "A=b=c");
	assert_string_equal(options->config->envs.list[1], "B=");
	drop(&line);
	options = expect_options(&line, "--env LUNATIC_TEST_ONE a.wasm");
	assert_true(options->some_envs);
	assert_int_equal(options->config->envs.count, 1);
	assert_string_equal(options->config->envs.list[0],
			    "LUNATIC_TEST_ONE=first");
	drop(&line);
	options = expect_options(&line, "--no-env a.wasm");
	assert_true(options->some_envs);
	assert_int_equal(options->config->envs.count, 0);
	drop(&line);
	options = expect_options(&line, "--no-env --env A=b --no-env a.wasm");
	assert_int_equal(options->config->envs.count, 1);
	drop(&line);
	options = expect_options(&line, "a.wasm");
	assert_false(options->some_envs);
	drop(&line);
}

static void tests_of_modules(void **state)
{
	struct line line;
	const struct ln_test_options *test =
		&expect_options(&line, "test --timeout 0 a.wasm one -j 3 two "
				       "--nocapture --exact --list -w 4 three")
			 ->test;

	(void)state;
	assert_int_equal(line.options.action, LN_CLI_TEST);
	assert_string_equal(line.options.file, "a.wasm");
	assert_int_equal(line.options.arg_count, 1);
	assert_int_equal(line.options.workers, 4);
	assert_int_equal(test->timeout, 0);
	assert_int_equal(test->jobs, 3);
	assert_true(test->nocapture && test->exact && test->list);
	assert_int_equal(test->ignored, LN_TEST_NOT_IGNORED);
	assert_int_equal(test->filter_count, 3);
	assert_string_equal(test->filters[0], "one");
	assert_string_equal(test->filters[1], "two");
	assert_string_equal(test->filters[2], "three");
	drop(&line);
	test = &expect_options(&line, "test --ignored a.wasm")->test;
	assert_int_equal(test->timeout, 60);
	assert_int_equal(test->jobs, 8);
	assert_int_equal(test->ignored, LN_TEST_ONLY_IGNORED);
	assert_int_equal(test->filter_count, 0);
	drop(&line);
	test = &expect_options(&line, "test a.wasm --include-ignored")->test;
	assert_int_equal(test->ignored, LN_TEST_ALSO_IGNORED);
	drop(&line);
	refuse("test a.wasm one --jobs", "a value is missing");
	refuse("test a.wasm one --nonsense", "unknown option");
}

static void options_of_cargo(void **state)
{
	struct line line;
	const struct ln_test_options *test =
		&expect_options(
			 &line,
			 "test --skip a --color=always b.wasm --skip=c "
			 "--format pretty --show-output --test-threads 2 "
			 "--exclude-should-panic")
			 ->test;

	(void)state;
	assert_false(test->cargo);
	assert_int_equal(test->style, LN_TEST_PRETTY);
	assert_int_equal(test->color, LN_TEST_COLOR_ALWAYS);
	assert_int_equal(test->jobs, 2);
	assert_true(test->show_output && test->no_panics);
	assert_int_equal(test->skip_count, 2);
	assert_string_equal(test->skips[0], "a");
	assert_string_equal(test->skips[1], "c");
	drop(&line);
	test = &expect_options(&line,
			       "test a.wasm -q --no-capture --color never")
			->test;
	assert_int_equal(test->style, LN_TEST_TERSE);
	assert_int_equal(test->color, LN_TEST_COLOR_NEVER);
	assert_true(test->nocapture);
	drop(&line);
	test = &expect_options(&line, "test a.wasm")->test;
	assert_int_equal(test->style, LN_TEST_OWN);
	drop(&line);
	refuse("test a.wasm --format json", "pretty or terse");
	refuse("-q a.wasm", "unknown option");
}

static void run_as_of_0_13(void **state)
{
	struct line line;
	const struct ln_cli_options *options = expect_options(
		&line, "run --dir x folder/a.wasm b --bench -- c");

	(void)state;
	assert_int_equal(options->action, LN_CLI_RUN);
	assert_true(options->run);
	assert_false(options->bench);
	assert_string_equal(options->file, "folder/a.wasm");
	assert_int_equal(options->arg_count, 5);
	assert_string_equal(options->args[0], "a.wasm");
	assert_string_equal(options->args[1], "b");
	assert_string_equal(options->args[2], "--bench");
	assert_string_equal(options->args[3], "--");
	assert_int_equal(options->config->preopen_count, 1);
	drop(&line);
	options = expect_options(&line, "run --bench -- --a.wasm/ -h");
	assert_true(options->bench);
	assert_string_equal(options->file, "--a.wasm/");
	assert_string_equal(options->args[0], "--a.wasm/");
	assert_int_equal(options->arg_count, 2);
	drop(&line);
	options = expect_options(&line, "folder/run b");
	assert_false(options->run);
	assert_string_equal(options->args[0], "folder/run");
	drop(&line);
	refuse("run", "no file to run was given");
	refuse("run --exact a.wasm", "unknown option");
}

/* What cargo runs as a test, tests/unit/cli/test_cargo.c says. */
static void tests_of_cargo(void **state)
{
	static const uint8_t module[] = "\0asm\1\0\0";
	char folder[] = "/tmp/test_options.XXXXXX";
	char text[200];
	const struct ln_test_options *test;
	struct line line;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(mkdir("deps", 0700), 0);
	file = fopen("deps/a.wasm", "w");
	assert_non_null(file);
	fwrite(module, 1, sizeof(module), file);
	fclose(file);
	setenv("CARGO_MANIFEST_DIR", "/", 1);
	setenv("RUST_TEST_THREADS", "3", 1);
	setenv("RUST_TEST_NOCAPTURE", "1", 1);
	snprintf(text, sizeof(text),
		 "run --dir x %s/deps/a.wasm one --skip two -q three", folder);
	test = &expect_options(&line, text)->test;
	assert_int_equal(line.options.action, LN_CLI_TEST);
	assert_true(line.options.run && test->cargo && test->nocapture);
	assert_int_equal(test->jobs, 3);
	assert_int_equal(test->timeout, 0);
	assert_int_equal(test->style, LN_TEST_TERSE);
	assert_int_equal(test->filter_count, 2);
	assert_string_equal(test->filters[1], "three");
	assert_int_equal(line.options.arg_count, 1);
	assert_string_equal(line.options.args[0], "a.wasm");
	drop(&line);
	setenv("RUST_TEST_THREADS", "100000", 1);
	setenv("RUST_TEST_NOCAPTURE", "0", 1);
	test = &expect_options(&line, "deps/a.wasm")->test;
	assert_int_equal(line.options.action, LN_CLI_TEST);
	assert_true(test->cargo && !test->nocapture);
	assert_int_equal(test->jobs, LN_TEST_JOBS_MAX);
	assert_int_equal(test->style, LN_TEST_PRETTY);
	drop(&line);
	setenv("RUST_TEST_THREADS", "x", 1);
	test = &expect_options(&line, "deps/a.wasm --test-threads 5")->test;
	assert_int_equal(test->jobs, 5);
	drop(&line);
	refuse("deps/a.wasm --nonsense", "unknown option");
	refuse("--node 127.0.0.1:1 --node-name a deps/a.wasm", "'--node-name'");
	expect_options(&line, "--bench deps/a.wasm");
	assert_int_equal(line.options.action, LN_CLI_RUN);
	drop(&line);
	expect_options(&line, "deps/a.wasm --bench");
	assert_int_equal(line.options.action, LN_CLI_RUN);
	assert_int_equal(line.options.arg_count, 2);
	drop(&line);
	unsetenv("CARGO_MANIFEST_DIR");
	expect_options(&line, "deps/a.wasm --test-threads 5");
	assert_int_equal(line.options.action, LN_CLI_RUN);
	drop(&line);
	assert_int_equal(unlink("deps/a.wasm") + rmdir("deps") + chdir("/") +
				 rmdir(folder),
			 0);
}

/* Behind `--` everything is a filter, however it begins. */
static void filters_that_look_like_options(void **state)
{
	struct line line;
	const struct ln_test_options *test =
		&expect_options(&line, "test a.wasm one -- --list -x --")->test;

	(void)state;
	assert_false(test->list);
	assert_int_equal(test->filter_count, 4);
	assert_string_equal(test->filters[1], "--list");
	assert_string_equal(test->filters[2], "-x");
	assert_string_equal(test->filters[3], "--");
	drop(&line);
	test = &expect_options(&line, "test a.wasm --")->test;
	assert_int_equal(test->filter_count, 0);
	drop(&line);
}

/* Wherever it stands. */
static void tests_do_not_listen(void **state)
{
	(void)state;
	refuse("test --tcplisten 127.0.0.1:0 a.wasm", "'--tcplisten'");
	refuse("test a.wasm --tcplisten 127.0.0.1:0", "'--tcplisten'");
}

/* What is refused is in tests/cli/nodes.sh. */
static void nodes(void **state)
{
	static const struct {
		const char *text;
		int64_t heartbeat;
	} times[] = {
		{ "100ms", INT64_C(100000000) },
		{ "1s", INT64_C(1000000000) },
		{ "1500ms", INT64_C(1500000000) },
		{ "3600s", INT64_C(3600000000000) },
		{ "3600000ms", INT64_C(3600000000000) },
	};
	const struct ln_cli_options *options;
	struct line line;
	char text[128];

	(void)state;
	options = expect_options(&line, "hello.wasm");
	assert_null(options->node.address);
	assert_false(options->no_entry);
	drop(&line);
	options = expect_options(&line,
				 "--node h:0 --node-name a --peer b:1 --peer "
				 "[::1]:2 --cluster-key k hello.wasm --node x");
	assert_string_equal(options->node.address, "h:0");
	assert_string_equal(options->node.name, "a");
	assert_int_equal(options->node.peer_count, 2);
	assert_string_equal(options->node.peers[0], "b:1");
	assert_string_equal(options->node.peers[1], "[::1]:2");
	assert_string_equal(options->node.cluster_key, "k");
	assert_int_equal(options->node.heartbeat, 0);
	assert_int_equal(options->arg_count, 3);
	drop(&line);
	options = expect_options(&line,
				 "--node h:0 --node-name a --node-attribute "
				 "zone=eu --node-attribute a= hello.wasm");
	assert_string_equal(options->node.attributes, "zone=eu\na=");
	drop(&line);
	options = expect_options(&line,
				 "--node h:1 --node-name a --cert c --key k "
				 "--ca d --no-entry");
	assert_string_equal(options->node.files.certificate, "c");
	assert_string_equal(options->node.files.key, "k");
	assert_string_equal(options->node.files.authority, "d");
	assert_true(options->no_entry);
	assert_null(options->file);
	drop(&line);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(text, sizeof(text),
			 "--node h:1 --node-name a --heartbeat %s hello.wasm",
			 times[i].text);
		options = expect_options(&line, text);
		assert_int_equal(options->node.heartbeat, times[i].heartbeat);
		drop(&line);
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "65536", 65536 },
		{ "64K", 65536 },
		{ "64k", 65536 },
		{ "10M", 10 << 20 },
		{ "2G", UINT64_C(2) << 30 },
		{ "0G", 0 },
		{ "18446744073709551615", UINT64_MAX },
		{ "17179869183G", UINT64_C(17179869183) << 30 },
	};
	static const char *const bad[] = {
		"",    "K",   " 1",           "+1",   "-1",
		"1KB", "1.5", "1T",           "0x10", "18446744073709551616",
		"1 K", "1K ", "17179869184G",
	};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(ln_cli_parse_size(good[i].text, &bytes));
		assert_true(bytes == good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (ln_cli_parse_size(bad[i], &bytes))
			fail_msg("'%s' is a size", bad[i]);
	}
}

/* What the help text is made from. */
static void check_table(const struct ln_cli_option *table)
{
	for (const struct ln_cli_option *at = table; at->help != NULL; at++) {
		char help[LN_CLI_TEXT];
		size_t width = 0;

		assert_true((at->kind == LN_CLI_OTHER) == (at->apply != NULL));
		if (at->name != NULL && at->kind != LN_CLI_OTHER)
			assert_true(at->place.size > 0);
		ln_cli_option_help(at, help);
		assert_null(strchr(help, '%'));
		if (at->name != NULL)
			assert_memory_equal(at->name, "--", 2);
		if (at->alias != NULL)
			assert_true(at->alias[0] == '-' &&
				    strlen(at->alias) == 2);
		for (const char *c = help; *c != '\0'; c++) {
			width = *c == '\n' ? 0 : width + 1;
			assert_true(width <= 50);
		}
	}
}

static void tables(void **state)
{
	(void)state;
	check_table(ln_cli_options);
	check_table(ln_cli_test_options);
	check_table(ln_cli_cargo_options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(arguments),
		cmocka_unit_test(actions),
		cmocka_unit_test(usage),
		cmocka_unit_test(limits),
		cmocka_unit_test(refused_values),
		cmocka_unit_test(values),
		cmocka_unit_test(other_options),
		cmocka_unit_test(directories),
		cmocka_unit_test(variables),
		cmocka_unit_test(tests_of_modules),
		cmocka_unit_test(options_of_cargo),
		cmocka_unit_test(run_as_of_0_13),
		cmocka_unit_test(tests_of_cargo),
		cmocka_unit_test(filters_that_look_like_options),
		cmocka_unit_test(tests_do_not_listen),
		cmocka_unit_test(nodes),
		cmocka_unit_test(sizes),
		cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
