/* src/cli/cargo.c: which modules are tests of cargo's. */
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

#include "cli/cargo.h"

#define HEAD "\0asm\1\0\0\0"
/* An export section: its size, the number of exports, and those. */
#define EXPORTS(size, count) "\7" size count
#define START "\6_start\0\0"
#define TEST "\17#lunatic_test_a\0\0"
#define MEMORY "\17#lunatic_test_a\2\0"

static char folder[] = "/tmp/test_cargo.XXXXXX";

static int setup(void **state)
{
	(void)state;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return -1;
	return mkdir("deps", 0700) + mkdir("examples", 0700) +
	       setenv("CARGO_MANIFEST_DIR", "", 1);
}

static int teardown(void **state)
{
	(void)state;
	return system("rm -r ./*") + chdir("/") + rmdir(folder);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}
#define WRITE(path, bytes) write_file(path, bytes, sizeof(bytes) - 1)

static bool is_test(const char *path)
{
	return ln_cargo_is_test(path, NULL, 0);
}

static void paths(void **state)
{
	char path[100];

	(void)state;
	WRITE("deps/a.wasm", HEAD EXPORTS("\23", "\1") TEST);
	WRITE("deps/a.wat", HEAD EXPORTS("\23", "\1") TEST);
	WRITE("examples/a.wasm", HEAD EXPORTS("\23", "\1") TEST);
	WRITE("a.wasm", HEAD EXPORTS("\23", "\1") TEST);
	assert_true(is_test("deps/a.wasm"));
	assert_true(is_test("./deps/a.wasm"));
	snprintf(path, sizeof(path), "%s/deps/a.wasm", folder);
	assert_true(is_test(path));
	assert_false(is_test("deps/a.wat"));
	assert_false(is_test("examples/a.wasm"));
	assert_false(is_test("a.wasm"));
	assert_false(is_test("deps/none.wasm"));
	assert_false(is_test("deps"));
	assert_false(is_test("/deps/"));
	assert_false(is_test(""));
	assert_int_equal(mkdir("deps/b.wasm", 0700), 0);
	assert_false(is_test("deps/b.wasm"));
	assert_int_equal(mkfifo("deps/c.wasm", 0600), 0);
	assert_false(is_test("deps/c.wasm"));
	unsetenv("CARGO_MANIFEST_DIR");
	assert_false(is_test("deps/a.wasm"));
}

static void arguments(void **state)
{
	char *args[] = { "x", "--bench-it", "--bench" };

	(void)state;
	WRITE("deps/a.wasm", HEAD EXPORTS("\23", "\1") TEST);
	assert_true(ln_cargo_is_test("deps/a.wasm", args, 2));
	assert_false(ln_cargo_is_test("deps/a.wasm", args, 3));
}

static void modules(void **state)
{
	(void)state;
	/* Its own harness. */
	WRITE("deps/a.wasm", HEAD EXPORTS("\12", "\1") START);
	assert_false(is_test("deps/a.wasm"));
	WRITE("deps/a.wasm", HEAD EXPORTS("\34", "\2") START MEMORY);
	assert_false(is_test("deps/a.wasm"));
	/* Both, in any order. */
	WRITE("deps/a.wasm", HEAD EXPORTS("\34", "\2") START TEST);
	assert_true(is_test("deps/a.wasm"));
	WRITE("deps/a.wasm", HEAD EXPORTS("\34", "\2") TEST START);
	assert_true(is_test("deps/a.wasm"));
	/* Nothing that could be run. */
	WRITE("deps/a.wasm", HEAD);
	assert_true(is_test("deps/a.wasm"));
	WRITE("deps/a.wasm", HEAD EXPORTS("\1", "\0"));
	assert_true(is_test("deps/a.wasm"));
	/* Cut off: whoever tests it says so. */
	WRITE("deps/a.wasm", HEAD EXPORTS("\34", "\2") START "\17#lun");
	assert_true(is_test("deps/a.wasm"));
	WRITE("deps/a.wasm", HEAD EXPORTS("\12", "\77") START);
	assert_false(is_test("deps/a.wasm"));
	WRITE("deps/a.wasm", "no module");
	assert_true(is_test("deps/a.wasm"));
	WRITE("deps/a.wasm", "");
	assert_false(is_test("deps/a.wasm"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(paths, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(modules, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
