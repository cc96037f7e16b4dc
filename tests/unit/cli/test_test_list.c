/* Tests that modules export: their names, and which of them are asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "cli/options.h"
#include "cli/test_list.h"
#include "engine/engine.h"
#include "engine/host_table.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "support/shortage.h"

/* From memory of that very length, since names are not terminated. */
static void check(const char *entry, size_t len, const char *name,
		  const char *panic, bool ignored)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct ln_test test;

	memcpy(copy, entry, len);
	assert_int_equal(ln_test_parse(copy, len, &test), 0);
	assert_string_equal(test.name, name);
	if (panic == NULL)
		assert_null(test.panic);
	else
		assert_string_equal(test.panic, panic);
	assert_int_equal(test.ignored, ignored);
	assert_ptr_equal(test.entry, copy);
	assert_int_equal(test.entry_len, len);
	free(test.name);
	free(test.panic);
	free(copy);
}

#define CHECK(entry, ...) check((entry), sizeof(entry) - 1, __VA_ARGS__)
#define MARK "#lunatic_test_"

static void names(void **state)
{
	(void)state;
	CHECK(MARK "suite::one", "suite::one", NULL, false);
	CHECK(MARK, "", NULL, false);
	CHECK(MARK "#other", "#other", NULL, false);
	CHECK(MARK "a\033[2J\177\nb", "a?[2J? b", NULL, false);
	CHECK(MARK "\xc3\xa4", "\xc3\xa4", NULL, false);
	/* Control characters of two bytes, which terminals obey as well. */
	CHECK(MARK "a\xc2\x9b"
		   "2J\xc2\x80\xc2\xa0",
	      "a?2J?\xc2\xa0", NULL, false);
	CHECK(MARK "a\xc2", "a?", NULL, false);
}

static void marks(void **state)
{
	(void)state;
	CHECK(MARK "#ignore_x", "x", NULL, true);
	CHECK(MARK "#ignore_", "", NULL, true);
	CHECK(MARK "#panic_boom#x", "x", "boom", false);
	CHECK(MARK "#panic_#x", "x", "", false);
	CHECK(MARK "#ignore_#panic_boom#x", "x", "boom", true);
	CHECK(MARK "#panic_boom##ignore_x", "x", "boom", true);
	/* A second text belongs to the name. */
	CHECK(MARK "#panic_a##panic_b#x", "#panic_b#x", "a", false);
	CHECK(MARK "x#ignore_", "x#ignore_", NULL, false);
}

static void escapes(void **state)
{
	(void)state;
	CHECK(MARK "#panic_a\\#b#x", "x", "a#b", false);
	CHECK(MARK "#panic_\\##x", "x", "#", false);
	CHECK(MARK "#panic_a\\b#x", "x", "a\\b", false);
	/* What has no end is read to the end. */
	CHECK(MARK "#panic_boom", "", "boom", false);
	CHECK(MARK "#panic_boom\\", "", "boom\\", false);
	CHECK(MARK "#panic_boom\\#", "", "boom#", false);
	CHECK(MARK "#panic_", "", "", false);
}

static void no_tests(void **state)
{
	static const char *const entries[] = {
		"",
		"_start",
		"lunatic_test_x",
		"#lunatic_test",
		"##lunatic_test_x",
		"#LUNATIC_TEST_x",
	};
	struct ln_test test;

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		assert_int_equal(
			ln_test_parse(entries[i], strlen(entries[i]), &test),
			LN_ENOENT);
}

static void no_memory(void **state)
{
	static const char entry[] = MARK "#panic_boom#x";
	struct ln_test test;
	unsigned failed = 0;
	int error;

	(void)state;
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_ALL, failed);
		error = ln_test_parse(entry, sizeof(entry) - 1, &test);
		if (!test_shortage_end())
			break;
		assert_int_equal(error, LN_ENOMEM);
	}
	assert_int_equal(failed, 2);
	assert_int_equal(error, 0);
	free(test.name);
	free(test.panic);
}

static const struct ln_host_table no_functions;

struct fixture {
	struct ln_engine *engine;
	struct ln_linker *linker;
	struct ln_compiled *module;
};

static void open_module(struct fixture *fixture, const char *text)
{
	const struct ln_compiled_limits limits = { .max_bytes = 1 << 16 };
	char *error;

	assert_int_equal(ln_engine_new(ln_engine_default(), &no_functions,
				       LN_PREEMPTION_SIGNAL, &fixture->engine),
			 0);
	assert_int_equal(
		ln_linker_new(fixture->engine, 0, NULL, NULL, &fixture->linker),
		0);
	assert_int_equal(ln_compiled_new(fixture->engine, NULL, 0,
					 fixture->linker, (const uint8_t *)text,
					 strlen(text), &limits,
					 &fixture->module, &error),
			 0);
}

static void close_module(struct fixture *fixture)
{
	ln_compiled_release(fixture->module);
	ln_linker_release(fixture->linker);
	ln_engine_free(fixture->engine);
}

static void of_modules(void **state)
{
	struct fixture fixture;
	struct ln_test *tests = NULL;
	unsigned failed = 0;
	size_t count = 7;
	int error;

	(void)state;
	open_module(&fixture, "(module (func (export \"#lunatic_test_b\"))"
			      " (memory (export \"#lunatic_test_memory\") 1)"
			      " (func (export \"_start\"))"
			      " (func (export \"#lunatic_test_#ignore_a\")))");
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_ALL, failed);
		error = ln_test_list(fixture.module, &tests, &count);
		if (!test_shortage_end())
			break;
		assert_int_equal(error, LN_ENOMEM);
	}
	assert_int_equal(failed, 3);
	assert_int_equal(error, 0);
	assert_int_equal(count, 2);
	assert_string_equal(tests[0].name, "b");
	assert_string_equal(tests[1].name, "a");
	assert_true(tests[1].ignored);
	ln_test_list_free(tests, count);
	close_module(&fixture);

	open_module(&fixture, "(module)");
	assert_int_equal(ln_test_list(fixture.module, &tests, &count), 0);
	assert_int_equal(count, 0);
	ln_test_list_free(tests, count);
	close_module(&fixture);
}

static bool asked_for(const char *name, bool exact, char *first, char *second)
{
	char *filters[] = { first, second };
	const struct ln_test_options options = {
		.exact = exact,
		.filters = filters,
		.filter_count = first == NULL    ? 0
				: second == NULL ? 1
						 : 2,
	};
	char copy[64] = "";
	const struct ln_test test = { .name = copy };

	strncat(copy, name, sizeof(copy) - 1);
	return ln_test_is_asked_for(&test, &options);
}

static void filters(void **state)
{
	char part[] = "uit";
	char whole[] = "suite::one";
	char other[] = "two";
	char none[] = "";

	(void)state;
	assert_true(asked_for("suite::one", false, NULL, NULL));
	assert_true(asked_for("suite::one", true, NULL, NULL));
	assert_true(asked_for("suite::one", false, part, NULL));
	assert_true(asked_for("suite::one", false, other, part));
	assert_false(asked_for("suite::one", false, other, NULL));
	assert_true(asked_for("suite::one", false, none, NULL));
	assert_false(asked_for("suite::one", true, part, NULL));
	assert_true(asked_for("suite::one", true, whole, NULL));
	assert_false(asked_for("suite::one1", true, whole, other));
	assert_false(asked_for("suite::one", true, none, NULL));
}

static void left_out(void **state)
{
	char name[] = "suite::one";
	char panic[] = "";
	const char *skips[] = { "two", "uit" };
	struct ln_test test = { .name = name };
	struct ln_test_options options = { .skips = skips, .skip_count = 1 };

	(void)state;
	assert_true(ln_test_is_asked_for(&test, &options));
	options.skip_count = 2;
	assert_false(ln_test_is_asked_for(&test, &options));
	options.exact = true;
	assert_true(ln_test_is_asked_for(&test, &options));
	skips[1] = name;
	assert_false(ln_test_is_asked_for(&test, &options));
	options.skip_count = 0;
	options.no_panics = true;
	assert_true(ln_test_is_asked_for(&test, &options));
	test.panic = panic;
	assert_false(ln_test_is_asked_for(&test, &options));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),     cmocka_unit_test(marks),
		cmocka_unit_test(escapes),   cmocka_unit_test(no_tests),
		cmocka_unit_test(no_memory), cmocka_unit_test(of_modules),
		cmocka_unit_test(filters),   cmocka_unit_test(left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
