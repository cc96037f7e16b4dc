/* Plugins: how they end, and what that means for the module. What they change
 * is for guests, which have the functions of lunatic::plugin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/environment.h"
#include "process/plugin.h"
#include "process/plugin_new.h"
#include "process/plugin_run.h"
#include "support/processes.h"
#include "support/traps.h"
#include "support/wat.h"

#define HOOK(body) \
	"(module (func (export \"lunatic_create_module_hook\") " body "))"

static const char module[] = "(module (func (export \"f\")))";

static struct ln_plugin *make(struct ln_environment *environment,
			      const char *name, const char *text)
{
	struct ln_plugin *plugin = NULL;
	char *error;

	assert_int_equal(ln_plugin_new(environment->runtime, NULL, name,
				       (const uint8_t *)text, strlen(text),
				       &plugin, &error),
			 0);
	assert_null(error);
	test_traps_are_the_engines();
	return plugin;
}

struct result {
	int code;
	uint8_t *bytes;
	size_t len;
	uint64_t fuel;
	char *error;
};

/* Plugins of these texts, over a module, as text or binary. */
static struct result apply(const char *name, const char *const *texts,
			   size_t count, const char *bytes,
			   const struct ln_plugin_bounds *bounds)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_plugin *plugins[4];
	struct result result = { 0 };

	for (size_t i = 0; i < count; i++)
		plugins[i] = make(environment, name, texts[i]);
	result.code = ln_plugins_apply(
		plugins, count, (const uint8_t *)bytes, strlen(bytes), bounds,
		&result.bytes, &result.len, &result.fuel, &result.error);
	assert_int_equal(result.bytes == NULL, result.code < 0);
	for (size_t i = 0; i < count; i++)
		ln_plugin_release(plugins[i]);
	test_environment_free(environment);
	return result;
}

static const struct ln_plugin_bounds wide = { .max = 1 << 16, .ms = 60000 };

/* They change nothing: the module as a binary comes out. */
static void check_unchanged(const char *const *texts, size_t count)
{
	struct result result = apply("x", texts, count, module, &wide);
	struct test_binary binary;

	assert_int_equal(result.code, 0);
	assert_null(result.error);
	binary = test_assemble(module);
	assert_int_equal(result.len, binary.size);
	assert_memory_equal(result.bytes, binary.data, binary.size);
	/* Looking at it has a price, also if nothing runs. */
	assert_true(result.fuel >= count * binary.size);
	test_binary_free(&binary);
	free(result.bytes);
}

static void unchanged(void **state)
{
	static const char *const texts[] = { HOOK(""), HOOK("nop") };

	(void)state;
	check_unchanged(NULL, 0);
	check_unchanged(texts, 2);
}

static void check_error(const char *name, const char *const *texts,
			size_t count, const char *bytes,
			const struct ln_plugin_bounds *bounds, int code,
			const char *error)
{
	struct result result = apply(name, texts, count, bytes, bounds);

	assert_int_equal(result.code, code);
	assert_non_null(result.error);
	if (strncmp(result.error, error, strlen(error)) != 0)
		fail_msg("\"%s\" is not: %s", error, result.error);
	assert_null(strchr(result.error, '\n'));
	free(result.error);
}

static void failures(void **state)
{
	static const char *const traps[] = { HOOK("unreachable") };
	static const char *const second[] = { HOOK(""), HOOK("unreachable") };
	static const char *const initialize[] = {
		"(module (memory 1) (data (i32.const 0) \"lunatic::plugin\")"
		" (func (export \"_initialize\") unreachable))"
	};
	static const char *const param[] = { HOOK("(param i32)") };

	(void)state;
	check_error("x", traps, 1, module, &wide, LN_ETRAP,
		    "plugin 'x' failed: wasm `unreachable` instruction");
	check_error(NULL, second, 2, module, &wide, LN_ETRAP,
		    "plugin 2 of 2 failed: ");
	/* Also of one that has nothing else. */
	check_error("x", initialize, 1, module, &wide, LN_ETRAP,
		    "plugin 'x' failed: ");
	check_error("x", param, 1, module, &wide, LN_EINVAL,
		    "plugin 'x' cannot be run: ");
}

static void bounds(void **state)
{
	static const char *const spins[] = { HOOK("(loop $l (br $l))") };
	static const char *const hungry[] = {
		"(module (memory 4097)"
		" (func (export \"lunatic_create_module_hook\")))"
	};
	const struct ln_plugin_bounds brief = { .max = 1 << 16, .ms = 20 };
	const struct ln_plugin_bounds small = { .max = 10, .ms = 60000 };
	struct result result;

	(void)state;
	check_error("x", spins, 1, module, &brief, LN_ETIMEDOUT,
		    "plugin 'x' did not finish within 20 milliseconds");
	/* What it computed is told all the same. */
	result = apply("x", spins, 1, module, &wide);
	assert_int_equal(result.code, LN_ETRAP);
	assert_non_null(strstr(result.error, "fuel"));
	assert_true(result.fuel >= 900000000);
	free(result.error);
	check_error("x", hungry, 1, module, &wide, LN_ELIMIT,
		    "plugin 'x' cannot be run: ");
	check_error("x", NULL, 0, module, &small, LN_ELIMIT, "the module");
}

/* The module is at fault, not the plugin. */
static void bad_modules(void **state)
{
	static const char *const texts[] = { HOOK("") };

	(void)state;
	check_error("x", texts, 1, "no module", &wide, LN_EFORMAT,
		    "not a WebAssembly module");
}

static void bad_plugins(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	static const struct {
		const char *text;
		int code;
	} cases[] = {
		{ "no module", LN_EFORMAT },
		{ "", LN_EFORMAT },
		{ "(module (import \"lunatic::process\" \"kill\" (func)))",
		  LN_EINVAL },
		{ "(module)", LN_EINVAL },
		{ "(module (func (export \"_initialize\")))", LN_EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ln_plugin *plugin = NULL;
		char *error = NULL;

		assert_int_equal(ln_plugin_new(environment->runtime, NULL, "x",
					       (const uint8_t *)cases[i].text,
					       strlen(cases[i].text), &plugin,
					       &error),
				 cases[i].code);
		assert_null(plugin);
		assert_non_null(error);
		free(error);
	}
	test_environment_free(environment);
}

static void what_is_known_of_them(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_plugin *named = make(environment, "named", HOOK(""));
	struct ln_plugin *plain = make(environment, NULL, HOOK(""));
	struct test_binary binary;
	const uint8_t *source;
	size_t len;

	(void)state;
	assert_ptr_equal(ln_plugin_retain(named), named);
	ln_plugin_release(named);
	assert_string_equal(ln_plugin_name(named), "named");
	assert_null(ln_plugin_name(plain));
	source = ln_plugin_source(named, &len);
	binary = test_assemble(HOOK(""));
	assert_int_equal(len, binary.size);
	assert_memory_equal(source, binary.data, len);
	test_binary_free(&binary);
	ln_plugin_release(named);
	ln_plugin_release(plain);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unchanged),
		cmocka_unit_test(failures),
		cmocka_unit_test(bounds),
		cmocka_unit_test(bad_modules),
		cmocka_unit_test(bad_plugins),
		cmocka_unit_test(what_is_known_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
