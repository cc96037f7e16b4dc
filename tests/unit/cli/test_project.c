/* src/cli/project.c, watch.c: which project is found, what is a source of it,
 * which module a build has made, and which changes are seen. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/project.h"
#include "cli/watch.h"
#include "support/capture.h"

static char folder[64];

static int set_up(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/lunatic-project.XXXXXX");
	return mkdtemp(folder) != NULL && chdir(folder) == 0 &&
			       unsetenv("CARGO_TARGET_DIR") == 0
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

/* Makes a file that was changed at that second. */
static void touch(const char *name, time_t second)
{
	const struct timespec times[] = { { .tv_sec = second },
					  { .tv_sec = second } };
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void project_is_found(void **state)
{
	const struct ln_project *project;
	struct test_capture capture;
	char *text;

	(void)state;
	test_capture_begin(&capture, STDERR_FILENO);
	project = ln_project_find();
	text = test_capture_end(&capture);
	assert_null(project);
	assert_non_null(strstr(text, "no project in this folder"));
	free(text);
	touch("Makefile", 1);
	assert_string_equal(ln_project_find()->language, "C");
	touch("go.mod", 1);
	assert_string_equal(ln_project_find()->language, "Go");
	touch("Cargo.toml", 1);
	assert_string_equal(ln_project_find()->language, "Rust");
}

static void sources_are_known(void **state)
{
	const struct ln_project *project;

	(void)state;
	touch("go.mod", 1);
	project = ln_project_find();
	assert_true(ln_project_is_source(project, "main.go"));
	assert_true(ln_project_is_source(project, "go.mod"));
	assert_false(ln_project_is_source(project, "other.mod"));
	assert_false(ln_project_is_source(project, ".go"));
	assert_false(ln_project_is_source(project, ".main.go"));
	assert_false(ln_project_is_source(project, "main.go.swp"));
	assert_false(ln_project_is_source(project, "app.wasm"));
}

/* What a build that began at a second has made, with arguments to NULL. */
static void takes(const char *path, time_t begun, char **more)
{
	struct ln_build build = { .project = ln_project_find(),
				  .more = more,
				  .begun = { .tv_sec = begun } };
	char *module;

	while (more[build.more_count] != NULL)
		build.more_count++;
	module = ln_build_module(&build);
	assert_string_equal(module, path);
	free(module);
}

#define WORDS(...) ((char *[]){ __VA_ARGS__ })
#define BELOW "wasm32-wasip1"

static void profile_is_known(void **state)
{
	(void)state;
	touch("Cargo.toml", 1);
	assert_int_equal(mkdir("target", 0700), 0);
	assert_int_equal(mkdir("target/" BELOW, 0700), 0);
	assert_int_equal(mkdir("target/" BELOW "/debug", 0700), 0);
	assert_int_equal(mkdir("target/" BELOW "/release", 0700), 0);
	assert_int_equal(mkdir("target/" BELOW "/small", 0700), 0);
	touch("target/" BELOW "/debug/old.wasm", 100);
	touch("target/" BELOW "/debug/new.wasm", 300);
	touch("target/" BELOW "/debug/new.d", 500);
	touch("target/" BELOW "/release/new.wasm", 400);
	touch("target/" BELOW "/small/new.wasm", 200);
	/* As when nothing had to be built. */
	takes("target/" BELOW "/debug/new.wasm", 1000, WORDS(NULL));
	takes("target/" BELOW "/debug/new.wasm", 1000,
	      WORDS("--profile", "dev", NULL));
	takes("target/" BELOW "/release/new.wasm", 1000,
	      WORDS("--release", NULL));
	takes("target/" BELOW "/release/new.wasm", 1000, WORDS("-r", NULL));
	takes("target/" BELOW "/small/new.wasm", 1000,
	      WORDS("--profile=small", NULL));
	takes("target/" BELOW "/small/new.wasm", 1000,
	      WORDS("--profile", "small", NULL));
	takes("target/" BELOW "/debug/new.wasm", 1000,
	      WORDS("--profile", NULL));
	assert_int_equal(rename("target", "elsewhere"), 0);
	assert_int_equal(setenv("CARGO_TARGET_DIR", "elsewhere", 1), 0);
	takes("elsewhere/" BELOW "/release/new.wasm", 1000,
	      WORDS("--release", NULL));
}

static void built_module_is_taken(void **state)
{
	(void)state;
	touch("Makefile", 1);
	touch("test.wasm", 300);
	takes("./test.wasm", 1000, WORDS(NULL));
	touch("app.wasm", 200);
	assert_int_equal(mkdir("folder.wasm", 0700), 0);
	takes("./app.wasm", 1000, WORDS(NULL));
	takes("./test.wasm", 1000, WORDS("test.wasm", NULL));
	takes("./app.wasm", 1000, WORDS("folder.wasm", "none.wasm", NULL));
	/* One of them was built, or both. */
	takes("./test.wasm", 300, WORDS(NULL));
	takes("./app.wasm", 200, WORDS(NULL));
	touch("other.wasm", 400);
	takes("./other.wasm", 300, WORDS(NULL));
}

static void changes_are_seen(void **state)
{
	struct ln_watch watch;

	(void)state;
	touch("Makefile", 1);
	assert_int_equal(mkdir("below", 0700), 0);
	assert_int_equal(mkdir("build", 0700), 0);
	assert_true(ln_watch_begin(&watch, ln_project_find()));
	assert_false(ln_watch_read(&watch));
	touch("below/one.c", 1);
	assert_true(ln_watch_read(&watch));
	assert_false(ln_watch_read(&watch));
	touch("app.wasm", 1);
	touch("build/one.c", 1);
	touch(".hidden.c", 1);
	assert_false(ln_watch_read(&watch));
	assert_int_equal(rename("below/one.c", "below/two.txt"), 0);
	assert_true(ln_watch_read(&watch));
	assert_int_equal(mkdir("below/more", 0700), 0);
	assert_true(ln_watch_read(&watch));
	touch("below/more/three.h", 1);
	assert_true(ln_watch_read(&watch));
	assert_int_equal(unlink("below/more/three.h"), 0);
	assert_true(ln_watch_read(&watch));
	assert_int_equal(mkdir(".git", 0700), 0);
	assert_false(ln_watch_read(&watch));
	ln_watch_end(&watch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(project_is_found), TEST(sources_are_known),
		TEST(profile_is_known), TEST(built_module_is_taken),
		TEST(changes_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
