/* src/cli/init_cargo.c: what is added to a configuration of cargo, and which
 * ones are left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/init_cargo.h"

#define BUILD "[build]\ntarget = \"wasm32-wasip1\"\n"
#define RUN "[target.wasm32-wasip1]\nrunner = \"lunatic run\"\n"

static void adds(const char *text, const char *expected)
{
	char *added;
	char *again;

	assert_int_equal(ln_cargo_config_add(text, &added), LN_CARGO_LACKS);
	assert_non_null(added);
	assert_string_equal(added, expected);
	/* Once is enough. */
	assert_int_equal(ln_cargo_config_add(added, &again), LN_CARGO_COMPLETE);
	assert_null(again);
	free(added);
}

static void leaves(const char *text, enum ln_cargo_config why)
{
	char *added;
	enum ln_cargo_config found = ln_cargo_config_add(text, &added);

	if (found != why)
		fail_msg("%d instead of %d for: %s", (int)found, (int)why,
			 text);
	assert_null(added);
}

static void added(void **state)
{
	(void)state;
	adds("", BUILD "\n" RUN);
	adds(BUILD, BUILD "\n" RUN);
	adds(RUN, RUN "\n" BUILD);
	adds("[build]", BUILD "\n" RUN);
	adds("[build]\n", BUILD "\n" RUN);
	adds("# build.target\n[build] # ours\njobs = 2\n\n[env]\nA = \"b\"",
	     "# build.target\n[build] # ours\ntarget = \"wasm32-wasip1\"\n"
	     "jobs = 2\n\n[env]\nA = \"b\"\n\n" RUN);
	adds("[target.wasm32-wasip1]\nrustflags = [\n  \"-C\",\n]\n"
	     "[target.x86_64-unknown-linux-gnu]\nrunner = \"x\"\n",
	     RUN "rustflags = [\n  \"-C\",\n]\n"
		 "[target.x86_64-unknown-linux-gnu]\nrunner = \"x\"\n\n" BUILD);
	adds("[ target . \"wasm32-wasip1\" ]\r\n[ build ]\r\n",
	     "[ target . \"wasm32-wasip1\" ]\r\nrunner = \"lunatic run\"\n"
	     "[ build ]\r\ntarget = \"wasm32-wasip1\"\n");
	adds("[[unstable]]\ntarget = \"x\"\n",
	     "[[unstable]]\ntarget = \"x\"\n\n" BUILD "\n" RUN);
}

static void complete(void **state)
{
	(void)state;
	leaves(BUILD RUN, LN_CARGO_COMPLETE);
	leaves(BUILD "[target.wasm32-wasip1]\nrunner = 'lunatic'\n",
	       LN_CARGO_COMPLETE);
	leaves(BUILD "[target.wasm32-wasip1]\n"
		     "runner=\"/opt/bin/lunatic run --dir x\"",
	       LN_CARGO_COMPLETE);
	leaves(BUILD "[target.wasm32-wasip1]\nrunner = [\"lunatic\", \"run\"]",
	       LN_CARGO_COMPLETE);
	leaves("build.target = \"wasm32-wasip1\"\n"
	       "target.wasm32-wasip1.runner = \"lunatic\"\n",
	       LN_CARGO_COMPLETE);
	leaves(BUILD "[target]\nwasm32-wasip1.runner = \"lunatic\"\n",
	       LN_CARGO_COMPLETE);
}

static void others(void **state)
{
	(void)state;
	leaves("[build]\ntarget = \"wasm32-wasi\"\n" RUN, LN_CARGO_TARGET);
	leaves("[build]\ntarget = [\"x86_64-unknown-linux-gnu\"]\n",
	       LN_CARGO_TARGET);
	leaves("[build]\ntarget = \n", LN_CARGO_TARGET);
	leaves("build.target = \"x\"", LN_CARGO_TARGET);
	leaves(BUILD "[target.wasm32-wasip1]\nrunner = \"wasmtime\"\n",
	       LN_CARGO_RUNNER);
	leaves(BUILD "[target.wasm32-wasip1]\nrunner = \"lunatic2 run\"\n",
	       LN_CARGO_RUNNER);
	leaves(BUILD "[target.wasm32-wasip1]\nrunner = \"\n", LN_CARGO_RUNNER);
	leaves("build = { jobs = 2 }\n", LN_CARGO_UNKNOWN);
	leaves("build.jobs = 2\n", LN_CARGO_UNKNOWN);
	leaves("target = { }\n", LN_CARGO_UNKNOWN);
	leaves("[target]\nwasm32-wasip1 = { }\n", LN_CARGO_UNKNOWN);
	leaves("[env]\nA = \"\"\"\n[build]\n\"\"\"\n", LN_CARGO_UNKNOWN);
}

/* Names without end, quotes without end, nothing but marks. */
static void strange(void **state)
{
	static const char *const texts[] = {
		"[",      "[[",         "[[[",  "]",  "=",
		"==",     "[]",         "\"",   "'",  "a",
		"[build", "[\"build\"", "\r\n", "\t", "[?]\n?=?",
	};
	char text[1000];
	char *added;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(ln_cargo_config_add(texts[i], &added),
				 LN_CARGO_LACKS);
		assert_memory_equal(added, texts[i], strlen(texts[i]));
		free(added);
	}
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[0] = '[';
	text[500] = ']';
	text[501] = '\n';
	text[900] = '=';
	assert_int_equal(ln_cargo_config_add(text, &added), LN_CARGO_LACKS);
	free(added);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added),
		cmocka_unit_test(complete),
		cmocka_unit_test(others),
		cmocka_unit_test(strange),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
