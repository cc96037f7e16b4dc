/* Types as letters and in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/binary.h"
#include "engine/types.h"
#include "support/shortage.h"

static void letter_of_each(void **state)
{
	static const uint8_t types[] = {
		0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f, 0x63, 0x64,
	};
	static const char letters[] = "iIfFVrrrr";

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++)
		assert_int_equal(ln_type_letter(types[i]), letters[i]);
}

/* A type of several bytes is one letter. */
static void letters_of_many(void **state)
{
	static const uint8_t bytes[] = { 0x7f, 0x63, 0x81, 0x01, 0x7e };
	const struct ln_types types = { { bytes, bytes + sizeof(bytes) }, 3 };
	char letters[4] = "....";

	(void)state;
	assert_int_equal(ln_types_letters(&types, letters, 4), 3);
	assert_memory_equal(letters, "irI.", 4);
	memset(letters, '.', 4);
	assert_int_equal(ln_types_letters(&types, letters, 2), 2);
	assert_memory_equal(letters, "ir..", 4);
}

/* So many of each: i32 parameters, i64 results. */
static void check_signature(size_t params, size_t results,
			    const char *param_letters,
			    const char *result_letters)
{
	static uint8_t in[1000], out[1000];
	const struct ln_functype type = {
		.params = { { in, in + params }, params },
		.results = { { out, out + results }, results },
	};
	struct ln_signature signature;

	memset(in, 0x7f, sizeof(in));
	memset(out, 0x7e, sizeof(out));
	memset(&signature, 'x', sizeof(signature));
	ln_signature_read(&signature, &type);
	assert_string_equal(signature.params, param_letters);
	assert_string_equal(signature.results, result_letters);
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
		cmocka_unit_test(letters_of_many),
		cmocka_unit_test(signatures),
		cmocka_unit_test(words),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
