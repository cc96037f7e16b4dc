/* Types of functions by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/binary.h"
#include "engine/signatures.h"
#include "engine/types.h"
#include "support/wat.h"

static struct ln_signatures *make(const uint8_t *bytes, size_t len)
{
	struct ln_signatures *signatures = NULL;

	assert_int_equal(ln_signatures_new(bytes, len, &signatures), 0);
	assert_non_null(signatures);
	return signatures;
}

static void check(bool found, const struct ln_functype *type,
		  const char *params, const char *results)
{
	struct ln_signature signature;

	assert_true(found);
	ln_signature_read(&signature, type);
	assert_string_equal(signature.params, params);
	assert_string_equal(signature.results, results);
}

/* Types in groups, of other forms, and of functions that are imported. */
static void by_number(void **state)
{
	struct test_binary binary = test_assemble(
		"(module (type (func (param i64)))"
		" (rec (type $node (sub (struct (field (ref null $node)))))"
		"  (type (func (result f32 f64))))"
		" (type (array i8))"
		" (type $last (sub (func (param v128 i32) (result i64))))"
		" (import \"m\" \"g\" (global i32))"
		" (import \"m\" \"f\" (func (type $last)))"
		" (func (type 0)) (func (type 2) unreachable))");
	struct ln_signatures *signatures = make(binary.data, binary.size);
	struct ln_functype type;

	(void)state;
	check(ln_signatures_type(signatures, 0, &type), &type, "I", "");
	assert_false(ln_signatures_type(signatures, 1, &type));
	check(ln_signatures_type(signatures, 2, &type), &type, "", "fF");
	assert_false(ln_signatures_type(signatures, 3, &type));
	check(ln_signatures_type(signatures, 4, &type), &type, "Vi", "I");
	assert_false(ln_signatures_type(signatures, 5, &type));
	assert_false(ln_signatures_type(signatures, UINT32_MAX, &type));
	check(ln_signatures_function(signatures, 0, &type), &type, "Vi", "I");
	check(ln_signatures_function(signatures, 1, &type), &type, "I", "");
	check(ln_signatures_function(signatures, 2, &type), &type, "", "fF");
	assert_false(ln_signatures_function(signatures, 3, &type));
	assert_false(ln_signatures_function(signatures, UINT32_MAX, &type));
	ln_signatures_free(signatures);
	ln_signatures_free(NULL);
	test_binary_free(&binary);
}

static void none(void **state)
{
	struct test_binary binary = test_assemble("(module)");
	struct ln_signatures *signatures = make(binary.data, binary.size);
	struct ln_functype type;

	(void)state;
	assert_false(ln_signatures_type(signatures, 0, &type));
	assert_false(ln_signatures_function(signatures, 0, &type));
	ln_signatures_free(signatures);
	test_binary_free(&binary);
}

/* Each byte may be the last one, and each may be another one. */
static void any_bytes(void **state)
{
	struct test_binary binary = test_assemble(
		"(module (type (func (param i64))) (type (array i8))"
		" (import \"m\" \"f\" (func (param f32))) (func (type 0)))");

	(void)state;
	for (size_t len = 0; len <= binary.size; len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		assert_non_null(copy);
		memcpy(copy, binary.data, len);
		for (size_t i = 0; i <= len; i++) {
			struct ln_signatures *signatures;
			struct ln_functype type;

			if (i < len)
				copy[i] ^= 0xff;
			signatures = make(copy, len);
			for (uint32_t k = 0; k < 4; k++)
				(void)ln_signatures_function(signatures, k,
							     &type);
			ln_signatures_free(signatures);
			if (i < len)
				copy[i] ^= 0xff;
		}
		free(copy);
	}
	test_binary_free(&binary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_number),
		cmocka_unit_test(none),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
