/* What the program does before its first process runs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/options.h"
#include "cli/plugins.h"
#include "cli/prepare.h"
#include "process/config.h"
#include "process/listeners.h"
#include "support/capture.h"
#include "support/processes.h"
#include "support/shortage.h"

struct place {
	char folder[64];
	char path[80];
	struct test_capture capture;
	char *said;
};

static void make_place(struct place *place)
{
	snprintf(place->folder, sizeof(place->folder), "/tmp/lunatic-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	snprintf(place->path, sizeof(place->path), "%s/file", place->folder);
}

static void drop_place(struct place *place)
{
	unlink(place->path);
	assert_int_equal(rmdir(place->folder), 0);
}

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

/* Whether it is one line for a person that has this part. Frees it. */
static void check_said(char *said, const char *part)
{
	assert_true(strncmp(said, "lunatic: ", 9) == 0);
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	if (strstr(said, part) == NULL)
		fail_msg("\"%s\" does not tell \"%s\"", said, part);
	free(said);
}

/* Reads what can be read; nothing is said. */
static void check_read(const char *path, size_t max, const char *text,
		       size_t len)
{
	struct test_capture capture;
	uint8_t *bytes;
	size_t got;
	char *said;

	test_capture_begin(&capture, STDERR_FILENO);
	bytes = ln_cli_read_file(path, max, &got);
	said = test_capture_end(&capture);
	assert_string_equal(said, "");
	assert_non_null(bytes);
	assert_int_equal(got, len);
	assert_memory_equal(bytes, text, len);
	free(bytes);
	free(said);
}

static void check_not_read(const char *path, size_t max, const char *part)
{
	struct test_capture capture;
	uint8_t *bytes;
	size_t len;

	test_capture_begin(&capture, STDERR_FILENO);
	bytes = ln_cli_read_file(path, max, &len);
	check_said(test_capture_end(&capture), part);
	assert_null(bytes);
}

static void files(void **state)
{
	struct place place;

	(void)state;
	make_place(&place);
	write_file(place.path, "", 0);
	check_read(place.path, 10, "", 0);
	write_file(place.path, "0123456789", 10);
	check_read(place.path, 100, "0123456789", 10);
	check_read(place.path, 10, "0123456789", 10);
	check_read(place.path, SIZE_MAX, "0123456789", 10);
	check_not_read(place.path, 9,
		       "too large: it has 10 bytes, at most 9 are allowed");
	check_not_read(place.path, 0,
		       "too large: it has 10 bytes, at most 0 are allowed");
	drop_place(&place);
}

static void files_that_cannot_be_read(void **state)
{
	struct place place;

	(void)state;
	make_place(&place);
	check_not_read(place.path, 100, "cannot open '/tmp/lunatic-");
	check_not_read(place.folder, 100, "Is a directory");
	drop_place(&place);
}

/* A regular file that says it is empty, and is not. */
static void files_without_a_size(void **state)
{
	struct test_capture capture;
	uint8_t *bytes;
	size_t len;
	char *said;

	(void)state;
	test_capture_begin(&capture, STDERR_FILENO);
	bytes = ln_cli_read_file("/proc/self/status", 1 << 16, &len);
	said = test_capture_end(&capture);
	assert_string_equal(said, "");
	assert_non_null(bytes);
	assert_true(len > 100);
	assert_memory_equal(bytes, "Name:", 5);
	free(bytes);
	free(said);
}

#define LONG ((size_t)300000)

static void *fill(void *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	char piece[1000];

	memset(piece, 'x', sizeof(piece));
	for (size_t done = 0; done < LONG; done += sizeof(piece)) {
		if (write(fd, piece, sizeof(piece)) != (ssize_t)sizeof(piece))
			break;
	}
	close(fd);
	return NULL;
}

/* Whatever the bound, even if there is not that much memory. */
static void pipes(void **state)
{
	static const size_t bounds[] = { 1 << 20, LONG, SIZE_MAX };
	char *text = malloc(LONG);

	(void)state;
	memset(text, 'x', LONG);
	for (size_t i = 0; i < 3; i++) {
		struct place place;
		pthread_t thread;

		make_place(&place);
		assert_int_equal(mkfifo(place.path, 0600), 0);
		assert_int_equal(
			pthread_create(&thread, NULL, fill, place.path), 0);
		check_read(place.path, bounds[i], text, LONG);
		pthread_join(thread, NULL);
		drop_place(&place);
	}
	free(text);
}

static void no_memory_for_files(void **state)
{
	struct test_capture capture;
	struct place place;
	uint8_t *bytes;
	size_t len;

	(void)state;
	make_place(&place);
	write_file(place.path, "text", 4);
	test_capture_begin(&capture, STDERR_FILENO);
	test_shortage_begin(TEST_SHORT_REALLOC, 0);
	bytes = ln_cli_read_file(place.path, 100, &len);
	assert_true(test_shortage_end());
	check_said(test_capture_end(&capture), "cannot read");
	assert_null(bytes);
	drop_place(&place);
}

static void descriptor_limit(void **state)
{
	struct rlimit before, after;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	after = before;
	after.rlim_cur = before.rlim_max > 64 ? 64 : before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &after), 0);
	ln_cli_raise_descriptor_limit();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_true(after.rlim_cur == before.rlim_max);
	ln_cli_raise_descriptor_limit();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_true(after.rlim_cur == before.rlim_max);
	setrlimit(RLIMIT_NOFILE, &before);
}

/* How often a variable is set, whatever to. */
static unsigned count_variable(const struct ln_config *config, const char *name)
{
	size_t len = strlen(name);
	unsigned count = 0;

	for (size_t i = 0; i < config->envs.count; i++)
		count += strncmp(config->envs.list[i], name, len) == 0 &&
			 config->envs.list[i][len] == '=';
	return count;
}

static void configurations(void **state)
{
	char file[] = "a.wasm", argument[] = "";
	char *args[] = { file, argument };
	struct ln_cli_options options = { .args = args, .arg_count = 2 };

	(void)state;
	setenv("LUNATIC_TEST", "inherited", 1);
	setenv("LUNATIC_TEST_LONGER", "too", 1);
	assert_int_equal(ln_config_new(&options.config), 0);
	assert_int_equal(ln_cli_complete_config(&options), 0);
	/* Everything is allowed. */
	assert_int_equal(options.config->allowed.count, 1);
	assert_string_equal(options.config->allowed.list[0], "");
	assert_int_equal(options.config->args.count, 2);
	assert_string_equal(options.config->args.list[0], "a.wasm");
	assert_string_equal(options.config->args.list[1], "");
	/* All variables of the program are inherited. */
	assert_int_equal(count_variable(options.config, "LUNATIC_TEST"), 1);
	assert_int_equal(count_variable(options.config, "LUNATIC_TEST_LONGER"),
			 1);
	ln_config_free(options.config);
}

/* Once one was named, only those are there. */
static void some_variables(void **state)
{
	struct ln_cli_options options = { .some_envs = true };

	(void)state;
	setenv("LUNATIC_TEST", "inherited", 1);
	assert_int_equal(ln_config_new(&options.config), 0);
	assert_int_equal(ln_config_add_env(options.config, "LUNATIC_TEST=own"),
			 0);
	assert_int_equal(ln_cli_complete_config(&options), 0);
	assert_int_equal(options.config->envs.count, 1);
	assert_string_equal(options.config->envs.list[0], "LUNATIC_TEST=own");
	assert_int_equal(options.config->args.count, 0);
	ln_config_free(options.config);
}

static void no_memory_for_configurations(void **state)
{
	char file[] = "a.wasm";
	char *args[] = { file };
	struct ln_cli_options options = { .args = args,
					  .arg_count = 1,
					  .some_envs = true };
	unsigned failed = 0;
	int error;

	(void)state;
	for (;; failed++) {
		assert_int_equal(ln_config_new(&options.config), 0);
		test_shortage_begin(TEST_SHORT_ALL, failed);
		error = ln_cli_complete_config(&options);
		ln_config_free(options.config);
		if (!test_shortage_end())
			break;
		assert_int_equal(error, LN_ENOMEM);
	}
	assert_true(failed >= 2);
	assert_int_equal(error, 0);
}

static void directories(void **state)
{
	struct ln_config *config;
	struct place place;

	(void)state;
	make_place(&place);
	assert_int_equal(ln_config_new(&config), 0);
	assert_true(ln_cli_check_directories(config));
	assert_int_equal(ln_config_preopen(config, place.folder, "/", false),
			 0);
	assert_true(ln_cli_check_directories(config));
	/* A file is none. */
	write_file(place.path, "", 0);
	assert_int_equal(ln_config_preopen(config, place.path, "/x", true), 0);
	test_capture_begin(&place.capture, STDERR_FILENO);
	assert_false(ln_cli_check_directories(config));
	check_said(test_capture_end(&place.capture), "Not a directory");
	ln_config_free(config);
	drop_place(&place);
}

/* Whether an address can be listened at, and what is said if not. */
static void check_listener(const char *address, const char *part)
{
	struct test_capture capture;
	struct ln_config *config;
	char *said;
	bool fine;

	assert_int_equal(ln_config_new(&config), 0);
	assert_int_equal(ln_config_listen(config, address), 0);
	test_capture_begin(&capture, STDERR_FILENO);
	fine = ln_cli_check_listeners(config);
	said = test_capture_end(&capture);
	assert_int_equal(fine, part == NULL);
	if (part != NULL) {
		check_said(said, part);
	} else {
		assert_string_equal(said, "");
		free(said);
	}
	ln_config_free(config);
}

static void listeners(void **state)
{
	(void)state;
	check_listener("127.0.0.1:0", NULL);
	check_listener("localhost:80", "is not an IP address and port");
	check_listener("127.0.0.1", "is not an IP address and port");
	check_listener("192.0.2.1:80", "cannot listen at '192.0.2.1:80'");
}

static void refusals(void **state)
{
	struct test_capture capture;

	(void)state;
	test_capture_begin(&capture, STDERR_FILENO);
	ln_cli_refuse("run", "a.wasm", LN_EFORMAT, "the module is bad");
	check_said(test_capture_end(&capture),
		   "cannot run 'a.wasm': the module is bad (see "
		   "lunatic help refused)");
	test_capture_begin(&capture, STDERR_FILENO);
	ln_cli_refuse("test", "a.wasm", LN_ENOMEM, NULL);
	check_said(test_capture_end(&capture),
		   "cannot test 'a.wasm': out of memory (see");
}

static void add_plugins(const char *path, bool *fine, char **said)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_cli_options options = { .plugins = &path, .plugin_count = 1 };
	struct test_capture capture;

	assert_int_equal(ln_config_new(&options.config), 0);
	test_capture_begin(&capture, STDERR_FILENO);
	*fine = ln_cli_add_plugins(environment->runtime, &options);
	/* Lines are written by a thread while there is a runtime. */
	ln_log_flush();
	*said = test_capture_end(&capture);
	assert_int_equal(options.config->plugin_count, *fine ? 1 : 0);
	ln_config_free(options.config);
	test_environment_free(environment);
}

static void plugins(void **state)
{
	static const char module[] =
		"(module (func (export \"lunatic_create_module_hook\")))";
	struct place place;
	char *said;
	bool fine;

	(void)state;
	make_place(&place);
	add_plugins(place.path, &fine, &said);
	assert_false(fine);
	check_said(said, "cannot open");
	write_file(place.path, "no module", 9);
	add_plugins(place.path, &fine, &said);
	assert_false(fine);
	check_said(said, "cannot load the plugin '/tmp/lunatic-");
	write_file(place.path, "(module)", 8);
	add_plugins(place.path, &fine, &said);
	assert_false(fine);
	check_said(said, "it is not a plugin: it exports no function "
			 "`lunatic_create_module_hook`");
	add_plugins("no-plugin-of-this-name", &fine, &said);
	assert_false(fine);
	check_said(said, "neither such a file nor an installed plugin");
	write_file(place.path, module, sizeof(module) - 1);
	add_plugins(place.path, &fine, &said);
	assert_string_equal(said, "");
	assert_true(fine);
	free(said);
	drop_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(files_without_a_size),
		cmocka_unit_test(pipes),
		cmocka_unit_test(no_memory_for_files),
		cmocka_unit_test(descriptor_limit),
		cmocka_unit_test(configurations),
		cmocka_unit_test(some_variables),
		cmocka_unit_test(no_memory_for_configurations),
		cmocka_unit_test(directories),
		cmocka_unit_test(listeners),
		cmocka_unit_test(refusals),
		cmocka_unit_test(plugins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
