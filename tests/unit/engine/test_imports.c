/* src/engine/imports.c: which generation of the ABI a module is made for, and
 * what is said of one that is made for none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/host_table.h"
#include "engine/imports.h"
#include "engine/linker.h"
#include "engine/module.h"
#include "support/linked.h"

static const struct ln_host_function functions[] = {
	{ "wasi", "exit", "i", "", LN_ABI_ANY, test_host_never },
	{ "l::process", "both", "i", "i", LN_ABI_0_7, test_host_never },
	{ "l::process", "both", "i", "i", LN_ABI_0_13, test_host_never },
	{ "l::process", "changed", "i", "", LN_ABI_0_7, test_host_never },
	{ "l::process", "changed", "I", "", LN_ABI_0_13, test_host_never },
	{ "l::process", "old", "", "", LN_ABI_0_7, test_host_never },
	{ "l::metrics", "new", "fF", "F", LN_ABI_0_13, test_host_never },
};

static const struct ln_host_table table = {
	.functions = functions,
	.count = sizeof(functions) / sizeof(functions[0]),
};

static int set_up(void **state)
{
	static struct test_linked world;

	test_linked_init(&world, &table);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	test_linked_deinit(*state);
	return 0;
}

#define EXIT "(import \"wasi\" \"exit\" (func (param i32)))"
#define BOTH "(import \"l::process\" \"both\" (func (param i32) (result i32)))"
#define CHANGED_OLD "(import \"l::process\" \"changed\" (func (param i32)))"
#define CHANGED_NEW "(import \"l::process\" \"changed\" (func (param i64)))"
#define OLD "(import \"l::process\" \"old\" (func))"
#define NEW \
	"(import \"l::metrics\" \"new\" (func (param f32 f64) (result f64)))"

/* Loads a module with those imports: its error. It is linked as well, so that
 * the linker has what the check says is there. */
static int load(struct test_linked *world, const char *imports,
		enum ln_abi_generation *generation, char **error)
{
	const struct ln_compiled_limits limits = { .max_bytes = 1 << 20 };
	struct ln_compiled *module;
	char text[1024];
	int result;

	assert_true(strlen(imports) < sizeof(text) - 16);
	strcpy(text, "(module ");
	strcat(text, imports);
	strcat(text, ")");
	result = ln_compiled_new(world->engine, NULL, 0, world->linker,
				 (const uint8_t *)text, strlen(text), &limits,
				 &module, error);
	if (result == 0) {
		*generation = ln_compiled_generation(module);
		ln_compiled_release(module);
	}
	return result;
}

static void has(void **state, const char *imports,
		enum ln_abi_generation wanted)
{
	enum ln_abi_generation generation = LN_ABI_ANY;
	char *error = NULL;
	int result = load(*state, imports, &generation, &error);

	if (error != NULL)
		print_message("%s\n", error);
	assert_int_equal(result, 0);
	assert_int_equal(generation, wanted);
}

static void is_refused(void **state, const char *imports, const char *text)
{
	enum ln_abi_generation generation;
	char *error = NULL;

	assert_int_equal(load(*state, imports, &generation, &error), LN_EINVAL);
	assert_string_equal(error, text);
	free(error);
}

static void imports_tell_the_generation(void **state)
{
	has(state, "", LN_ABI_0_7);
	has(state, EXIT, LN_ABI_0_7);
	has(state, EXIT BOTH, LN_ABI_0_7);
	has(state, EXIT OLD BOTH, LN_ABI_0_7);
	has(state, BOTH NEW EXIT, LN_ABI_0_13);
	has(state, CHANGED_OLD BOTH, LN_ABI_0_7);
	has(state, BOTH CHANGED_NEW NEW, LN_ABI_0_13);
}

static void mixed_imports_are_refused(void **state)
{
	is_refused(state, BOTH OLD EXIT NEW,
		   "the module imports `l::process::old` of lunatic 0.7 and "
		   "`l::metrics::new` of lunatic 0.13; build all of it against "
		   "one version");
	is_refused(state, NEW CHANGED_OLD,
		   "the module imports `l::metrics::new` of lunatic 0.13 and "
		   "`l::process::changed` of lunatic 0.7; build all of it "
		   "against one version");
	is_refused(
		state, CHANGED_OLD CHANGED_NEW,
		"the module imports `l::process::changed` of lunatic 0.7 and "
		"`l::process::changed` of lunatic 0.13; build all of it "
		"against one version");
}

static void what_no_generation_has_is_refused(void **state)
{
	is_refused(state, NEW "(import \"l::process\" \"none\" (func))",
		   "the module imports `l::process::none`, which this version "
		   "of lunatic does not provide");
	is_refused(
		state, "(import \"l::metrics\" \"new\" (func (param f64)))",
		"the module imports `l::metrics::new` as (f64) -> (), but it "
		"is (f32, f64) -> f64; build it against the library for this "
		"version of lunatic");
}

static void generations_have_names(void **state)
{
	(void)state;
	assert_string_equal(ln_abi_name(LN_ABI_0_7), "0.7");
	assert_string_equal(ln_abi_name(LN_ABI_0_13), "0.13");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imports_tell_the_generation),
		cmocka_unit_test(mixed_imports_are_refused),
		cmocka_unit_test(what_no_generation_has_is_refused),
		cmocka_unit_test(generations_have_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
