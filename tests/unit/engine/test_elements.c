/* src/engine/elements.c: functions by their index in the table, and binaries
 * that end anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/elements.h"
#include "support/wat.h"

static struct ln_elements *read_text(const char *text)
{
	struct ln_elements *elements = NULL;
	struct test_binary binary = test_assemble(text);

	assert_int_equal(ln_elements_new(binary.data, binary.size, &elements),
			 0);
	test_binary_free(&binary);
	return elements;
}

static void functions_of_segments(void **state)
{
	struct ln_elements *elements =
		read_text("(module (table 200 funcref) (func $a) (func $b)"
			  " (func $c) (elem (i32.const 1) $b $a)"
			  " (elem (i32.const 130) $c))");
	uint32_t function;

	(void)state;
	assert_true(ln_elements_function(elements, 1, &function));
	assert_int_equal(function, 1);
	assert_true(ln_elements_function(elements, 2, &function));
	assert_int_equal(function, 0);
	assert_true(ln_elements_function(elements, 130, &function));
	assert_int_equal(function, 2);
	assert_false(ln_elements_function(elements, 0, &function));
	assert_false(ln_elements_function(elements, 3, &function));
	assert_false(ln_elements_function(elements, 131, &function));
	assert_false(ln_elements_function(elements, UINT32_MAX, &function));
	ln_elements_free(elements);
}

static void none(void **state)
{
	uint32_t function;

	(void)state;
	assert_null(read_text("(module)"));
	assert_null(read_text("(module (table 2 funcref))"));
	/* Forms that are not looked into. */
	assert_null(read_text("(module (table 2 funcref) (func $a)"
			      " (elem func $a))"));
	assert_null(
		read_text("(module (table 9 funcref) (func $a) (global $g"
			  " i32 (i32.const 1)) (elem (global.get $g) $a))"));
	assert_null(read_text("(module (table 2 funcref) (func $a)"
			      " (elem (i32.const -1) $a))"));
	assert_false(ln_elements_function(NULL, 0, &function));
	ln_elements_free(NULL);
}

static void what_is_known_is_bounded(void **state)
{
	struct ln_elements *elements =
		read_text("(module (table 70000 funcref) (func $a)"
			  " (elem (i32.const 65534) $a $a $a $a))");
	uint32_t function;

	(void)state;
	assert_true(ln_elements_function(elements, 65535, &function));
	assert_false(ln_elements_function(elements, 65536, &function));
	ln_elements_free(elements);
}

/* Each byte may be the last one, and each may be another one. */
static void any_bytes(void **state)
{
	struct test_binary binary = test_assemble(
		"(module (table 200 funcref) (func $a) (elem"
		" (i32.const 1) $a $a) (elem (i32.const 99) $a))");
	struct ln_elements *elements;
	uint8_t *copy;

	(void)state;
	for (size_t len = 0; len <= binary.size; len++) {
		copy = malloc(len > 0 ? len : 1);
		assert_non_null(copy);
		memcpy(copy, binary.data, len);
		assert_int_equal(ln_elements_new(copy, len, &elements), 0);
		ln_elements_free(elements);
		for (size_t i = 0; i < len; i++) {
			copy[i] ^= 0xff;
			assert_int_equal(ln_elements_new(copy, len, &elements),
					 0);
			ln_elements_free(elements);
			copy[i] ^= 0xff;
		}
		free(copy);
	}
	test_binary_free(&binary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_segments),
		cmocka_unit_test(none),
		cmocka_unit_test(what_is_known_is_bounded),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
