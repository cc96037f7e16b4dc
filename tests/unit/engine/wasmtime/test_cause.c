/* What Wasmtime says of failures, as text for a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "base/error.h"
#include "engine/names.h"
#include "engine/report.h"
#include "engine/wasmtime/cause.h"
#include "support/shortage.h"
#include "support/traps.h"

static void check(const char *message, const char *expected)
{
	struct ln_report *report =
		ln_cause_report(wasmtime_error_new(message), NULL, NULL);
	char *text;

	assert_non_null(report);
	assert_string_equal(ln_report_reason(report), expected);
	text = ln_report_text(report);
	assert_string_equal(text, expected);
	free(text);
	ln_report_free(report);
}

/* A text of another form is kept: its first line. */
static void plain_errors(void **state)
{
	(void)state;
	check("", "");
	check("something failed", "something failed");
	check("first\nsecond", "first");
	check("wasm trap: out of fuel", "out of fuel");
	check("wasm trap: ", "wasm trap: ");
}

static void causes(void **state)
{
	(void)state;
	check("outer\n\nCaused by:\n    inner", "inner");
	check("outer\n\nCaused by:\n    0: middle\n    1: root", "root");
	check("outer\n\nCaused by:\n    0: middle\n    1: root\n\n", "root");
	check("outer\n\nCaused by:\n    wasm trap: unreachable", "unreachable");
	check("outer\n\nCaused by:\n    12 monkeys", "12 monkeys");
	check("outer\n\nCaused by:\n", "outer");
	check("outer\n\nCaused by:\n    7", "7");
}

static void other_words(void **state)
{
	(void)state;
	check("thrown Wasm exception", "uncaught exception");
	check("error while executing\n\nCaused by:\n"
	      "    wasm trap: allocation size too large",
	      "no memory for an object");
	check("a thrown Wasm exception", "a thrown Wasm exception");
}

/* Whatever is in it. */
static void reasons_are_clean_and_bounded(void **state)
{
	static char message[5000];
	struct ln_report *report;

	(void)state;
	check("a\x1b[2J\xc2\x9b"
	      "b",
	      "a?[2J?b");
	memset(message, 'a', sizeof(message) - 1);
	report = ln_cause_report(wasmtime_error_new(message), NULL, NULL);
	assert_int_equal(strlen(ln_report_reason(report)), 1023);
	ln_report_free(report);
}

static struct ln_names *names_of(const wasm_byte_vec_t *binary)
{
	static uint8_t bytes[4096]; /* which the names point into */
	struct ln_names *names;

	assert_true(binary->size <= sizeof(bytes));
	memcpy(bytes, binary->data, binary->size);
	assert_int_equal(ln_names_new(bytes, binary->size, 100, &names), 0);
	return names;
}

/* The trap of a function of the module, and its names. */
static wasm_trap_t *trap_in(const char *module_text, const char *name,
			    struct ln_names **names)
{
	wasm_engine_t *engine = wasm_engine_new();
	wasmtime_store_t *store = wasmtime_store_new(engine, NULL, NULL);
	wasmtime_context_t *context = wasmtime_store_context(store);
	wasmtime_instance_t instance;
	wasmtime_module_t *code;
	wasmtime_extern_t item;
	wasm_trap_t *trap = NULL;
	wasm_byte_vec_t binary;

	assert_null(
		wasmtime_wat2wasm(module_text, strlen(module_text), &binary));
	*names = names_of(&binary);
	assert_null(wasmtime_module_new(engine, (const uint8_t *)binary.data,
					binary.size, &code));
	test_traps_are_the_engines();
	assert_null(wasmtime_instance_new(context, code, NULL, 0, &instance,
					  &trap));
	assert_null(trap);
	assert_true(wasmtime_instance_export_get(context, &instance, name,
						 strlen(name), &item));
	assert_null(wasmtime_func_call(context, &item.of.func, NULL, 0, NULL, 0,
				       &trap));
	assert_non_null(trap);
	wasm_byte_vec_delete(&binary);
	wasmtime_module_delete(code);
	wasmtime_store_delete(store);
	wasm_engine_delete(engine);
	return trap;
}

static const char *const guest =
	"(module (func $inner unreachable)"
	" (func $outer (export \"outer\") (call $inner))"
	" (func (export \"unnamed\") (call $outer))"
	" (func $_ZN4core3fmt5write17h0123456789abcdefE (export \"mangled\")"
	"  (call $inner)))";

static void traps_of_guests(void **state)
{
	struct ln_names *names;
	wasm_trap_t *trap = trap_in(guest, "mangled", &names);
	struct ln_report *report = ln_cause_report(NULL, trap, names);
	const char *inner, *outer;
	char *text;

	(void)state;
	/* What it needs it has copied. */
	ln_names_free(names);
	assert_non_null(report);
	text = ln_report_text(report);
	assert_string_equal(ln_report_reason(report),
			    "wasm `unreachable` instruction executed");
	assert_memory_equal(text, "wasm `unreachable` instruction executed\n",
			    40);
	inner = strstr(text, "\n    0: ");
	outer = strstr(text, "\n    1: ");
	assert_non_null(inner);
	assert_non_null(outer);
	assert_non_null(strstr(inner, " - <unknown>!inner\n"));
	assert_string_equal(strchr(outer, '!'), "!core::fmt::write");
	assert_null(strstr(text, "Caused by"));
	assert_null(strstr(text, "\n\n"));
	free(text);
	ln_report_free(report);
}

static void without_names(void **state)
{
	struct ln_names *names;
	struct ln_report *report =
		ln_cause_report(NULL, trap_in(guest, "outer", &names), NULL);
	char *text = ln_report_text(report);

	(void)state;
	ln_names_free(names);
	assert_non_null(strstr(text, "!<wasm function 0>\n    1: "));
	assert_non_null(strstr(text, "!<wasm function 1>"));
	free(text);
	ln_report_free(report);
}

static void callers(void **state)
{
	struct ln_names *names;
	uint32_t functions[2] = { 9, 9 };

	(void)state;
	assert_int_equal(ln_cause_callers(trap_in(guest, "unnamed", &names),
					  functions, NULL, 2),
			 2);
	ln_names_free(names);
	assert_int_equal(functions[0], 1);
	assert_int_equal(functions[1], 2);
	assert_int_equal(ln_cause_callers(trap_in(guest, "unnamed", &names),
					  functions, NULL, 1),
			 1);
	ln_names_free(names);
	/* The trap's own function is the only one. */
	assert_int_equal(
		ln_cause_callers(
			trap_in("(module (func $f (export \"f\") unreachable))",
				"f", &names),
			functions, NULL, 2),
		0);
	ln_names_free(names);
	/* There is no backtrace. */
	assert_int_equal(ln_cause_callers(wasmtime_trap_new("made up", 7),
					  functions, NULL, 2),
			 0);
}

static void refusals(void **state)
{
	char *error;

	(void)state;
	assert_int_equal(ln_cause_refuse(&error, "the module is bad",
					 wasmtime_error_new("so\nit is")),
			 LN_EFORMAT);
	assert_string_equal(error, "the module is bad: so");
	free(error);
}

static void no_memory(void **state)
{
	unsigned failed = 0;
	char *error;
	int code;

	(void)state;
	for (;; failed++) {
		wasmtime_error_t *cause = wasmtime_error_new("cause");

		test_shortage_begin(TEST_SHORT_STRINGS, failed);
		code = ln_cause_refuse(&error, "what", cause);
		if (!test_shortage_end())
			break;
		assert_int_equal(code, LN_ENOMEM);
		assert_null(error);
	}
	assert_true(failed > 0);
	assert_string_equal(error, "what: cause");
	free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_errors),
		cmocka_unit_test(causes),
		cmocka_unit_test(reasons_are_clean_and_bounded),
		cmocka_unit_test(other_words),
		cmocka_unit_test(traps_of_guests),
		cmocka_unit_test(without_names),
		cmocka_unit_test(callers),
		cmocka_unit_test(refusals),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
