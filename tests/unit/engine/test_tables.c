/* src/engine/tables.c: each instruction that changes a table is found, and no
 * other is taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/tables.h"
#include "support/wat.h"

static bool changes(const char *instructions)
{
	char text[1024];
	struct test_binary binary;
	bool result;

	snprintf(text, sizeof(text),
		 "(module (memory 1) (table $t 9 funcref) (table $u 9 funcref)"
		 " (func $a) (elem $e func $a) (data $d \"data\")"
		 " (func $b (local i32 f64 i32) (drop (i32.const 38)))"
		 " (func (local v128) (drop (i32.const 0xfc)) %s))",
		 instructions);
	binary = test_assemble(text);
	result = ln_tables_change(binary.data, binary.size);
	/* What is cut off is not known. */
	for (size_t len = binary.size - 1; result && len > binary.size - 9;
	     len--)
		(void)ln_tables_change(binary.data, len);
	test_binary_free(&binary);
	return result;
}

static void found(void **state)
{
	(void)state;
	assert_true(changes("(table.set $t (i32.const 0) (ref.null func))"));
	assert_true(changes("(drop (table.grow $u (ref.func $a)"
			    " (i32.const 1)))"));
	assert_true(changes("(table.fill $t (i32.const 0) (ref.null func)"
			    " (i32.const 1))"));
	assert_true(changes("(table.copy $t $u (i32.const 0) (i32.const 0)"
			    " (i32.const 1))"));
	assert_true(changes("(table.init $t $e (i32.const 0) (i32.const 0)"
			    " (i32.const 1))"));
	assert_true(changes("(block (loop (br_if 1 (i32.const 1))"
			    " (table.set $t (i32.const 0) (ref.null func))))"));
}

static void not_found(void **state)
{
	struct test_binary binary = test_assemble("(module)");

	(void)state;
	assert_false(ln_tables_change(binary.data, binary.size));
	test_binary_free(&binary);
	assert_false(changes(""));
	assert_false(changes("(drop (table.get $t (i32.const 38)))"
			     "(drop (table.size $t)) (elem.drop $e)"));
	assert_false(changes("(call_indirect $t (i32.const 0x26))"));
	assert_false(changes("(memory.fill (i32.const 0) (i32.const 0)"
			     " (i32.const 1))"
			     "(memory.copy (i32.const 0) (i32.const 0)"
			     " (i32.const 1))"
			     "(memory.init $d (i32.const 0) (i32.const 0)"
			     " (i32.const 1)) (data.drop $d)"));
	assert_false(changes("(drop (i64.const 0x2626262626262626))"
			     "(drop (v128.const i64x2 0x2626 0xfc0f))"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
