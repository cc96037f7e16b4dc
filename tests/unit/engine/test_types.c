/* Types as letters and in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <wasmtime.h>

#include "engine/types.h"
#include "support/shortage.h"

/* Vectors have no kind here: test_entries.c has one. */
static const wasm_valkind_t kinds[] = {
	WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_FUNCREF, WASM_EXTERNREF
};
static const char letters[] = "iIfFrr";

static void letter_of_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		wasm_valtype_t *type = wasm_valtype_new(kinds[i]);

		assert_int_equal(ln_type_letter(type), letters[i]);
		wasm_valtype_delete(type);
	}
}

/* So many of each: i32 parameters, i64 results. */
static void check_signature(size_t params, size_t results,
			    const char *param_letters,
			    const char *result_letters)
{
	struct ln_signature signature;
	wasm_valtype_vec_t in, out;
	wasm_functype_t *type;

	wasm_valtype_vec_new_uninitialized(&in, params);
	wasm_valtype_vec_new_uninitialized(&out, results);
	for (size_t i = 0; i < params; i++)
		in.data[i] = wasm_valtype_new(WASM_I32);
	for (size_t i = 0; i < results; i++)
		out.data[i] = wasm_valtype_new(WASM_I64);
	type = wasm_functype_new(&in, &out);
	memset(&signature, 'x', sizeof(signature));
	ln_signature_read(&signature, type);
	assert_string_equal(signature.params, param_letters);
	assert_string_equal(signature.results, result_letters);
	wasm_functype_delete(type);
}

static void signatures(void **state)
{
	(void)state;
	check_signature(0, 0, "", "");
	check_signature(2, 1, "ii", "I");
	/* All that are told, and one more. */
	check_signature(LN_SIGNATURE_MAX, 1, "iiiiiiiiiiiiiiii", "I");
	check_signature(LN_SIGNATURE_MAX + 1, 0, "iiiiiiiiiiiiiiii+", "");
	check_signature(1000, 1000, "iiiiiiiiiiiiiiii+", "IIIIIIIIIIIIIIII+");
}

static void check_text(const char *params, const char *results,
		       const char *expected)
{
	char *text = ln_signature_text(params, results);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void words(void **state)
{
	char *text;

	(void)state;
	check_text("", "", "() -> ()");
	check_text("iI", "i", "(i32, i64) -> i32");
	check_text("fFVr", "rV",
		   "(f32, f64, v128, reference) -> "
		   "(reference, v128)");
	check_text("i+", "+", "(i32, ...) -> ...");
	/* The longest that there is. */
	text = ln_signature_text("rrrrrrrrrrrrrrrr+", "rrrrrrrrrrrrrrrr+");
	assert_non_null(text);
	assert_int_equal(strlen(text),
			 2 * (sizeof("(, ...)") - 1 +
			      LN_SIGNATURE_MAX * strlen("reference") +
			      (LN_SIGNATURE_MAX - 1) * strlen(", ")) +
				 strlen(" -> "));
	free(text);
}

static void no_memory(void **state)
{
	unsigned failed = 0;
	char *text;

	(void)state;
	for (;; failed++) {
		test_shortage_begin(TEST_SHORT_ALL, failed);
		text = ln_signature_text("i", "I");
		if (!test_shortage_end())
			break;
		assert_null(text);
	}
	assert_true(failed >= 2);
	assert_string_equal(text, "(i32) -> i64");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letter_of_each),
		cmocka_unit_test(signatures),
		cmocka_unit_test(words),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
