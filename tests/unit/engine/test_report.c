/* What Wasmtime says of failures, as text for a person. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "engine/report.h"
#include "support/traps.h"

static void check(const char *message, const char *expected)
{
	char *text = ln_report_new(wasmtime_error_new(message), NULL);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
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

static void frames(void **state)
{
	(void)state;
	check("error while executing at wasm backtrace:\n"
	      "    0:   0x3c - <unknown>!f\n"
	      "    1:   0x41 - <unknown>!g\n"
	      "\n"
	      "Caused by:\n"
	      "    wasm trap: integer divide by zero",
	      "integer divide by zero\n"
	      "    0:   0x3c - <unknown>!f\n"
	      "    1:   0x41 - <unknown>!g");
	check("wasm backtrace:\n", "wasm backtrace:");
	check("wasm backtrace:\n    not a frame\n    0: f", "wasm backtrace:");
}

static void many_frames_are_cut_off(void **state)
{
	char message[4096] = "at wasm backtrace:\n";
	size_t len = strlen(message);
	unsigned lines = 0;
	char *text;

	(void)state;
	for (unsigned i = 0; i < 33; i++)
		len += (size_t)snprintf(message + len, sizeof(message) - len,
					"    %u:   0x1 - <unknown>!f\n", i);
	text = ln_report_new(wasmtime_error_new(message), NULL);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(lines, 33);
	assert_non_null(strstr(text, "\n    31:   0x1"));
	assert_null(strstr(text, "\n    32:"));
	assert_string_equal(text + strlen(text) - 8, "\n    ...");
	free(text);
}

/* The trap of a function of the module. */
static wasm_trap_t *trap_in(const char *module_text, const char *name)
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
	char *text = ln_report_new(NULL, trap_in(guest, "unnamed"));
	const char *inner, *outer;

	(void)state;
	assert_non_null(text);
	assert_memory_equal(text, "wasm `unreachable` instruction executed\n",
			    40);
	inner = strstr(text, "!inner");
	outer = strstr(text, "!outer");
	assert_non_null(inner);
	assert_non_null(outer);
	assert_true(inner < outer);
	assert_null(strstr(text, "Caused by"));
	assert_null(strstr(text, "\n\n"));
	free(text);
}

static void callers(void **state)
{
	char *text = ln_report_caller(trap_in(guest, "outer"));

	(void)state;
	assert_string_equal(text, "outer");
	free(text);
	text = ln_report_caller(trap_in(guest, "mangled"));
	assert_string_equal(text, "core::fmt::write::h0123456789abcdef");
	free(text);
	/* The trap's own function is the only one. */
	text = ln_report_caller(
		trap_in("(module (func $f (export \"f\") unreachable))", "f"));
	assert_null(text);
	/* There is no backtrace. */
	text = ln_report_caller(wasmtime_trap_new("made up", 7));
	assert_null(text);
}

static void unnamed_callers(void **state)
{
	char *text =
		ln_report_caller(trap_in("(module (func unreachable)"
					 " (func (export \"f\") (call 0)))",
					 "f"));

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, "<wasm function 1>");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_errors),
		cmocka_unit_test(causes),
		cmocka_unit_test(frames),
		cmocka_unit_test(other_words),
		cmocka_unit_test(many_frames_are_cut_off),
		cmocka_unit_test(traps_of_guests),
		cmocka_unit_test(callers),
		cmocka_unit_test(unnamed_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
