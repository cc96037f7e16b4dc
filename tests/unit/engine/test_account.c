/* src/engine/account.h: memory of many, in a tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/account.h"

static void charges_all_above(void **state)
{
	struct ln_account root = { .max = 100 };
	struct ln_account child = { .above = &root, .max = 60 };
	struct ln_account other = { .above = &root, .max = UINT64_MAX };

	(void)state;
	assert_true(ln_account_charge(NULL, UINT64_MAX));
	assert_true(ln_account_charge(&child, 60));
	assert_int_equal(root.used, 60);
	assert_false(ln_account_charge(&child, 1));
	assert_false(ln_account_charge(&other, 41));
	assert_false(ln_account_charge(&other, UINT64_MAX));
	assert_int_equal(other.used, 0);
	assert_int_equal(child.used, 60);
	assert_int_equal(root.used, 60);
	assert_true(ln_account_charge(&other, 40));
	assert_true(ln_account_charge(&other, 0));
	assert_int_equal(root.used, 100);
	ln_account_refund(&child, NULL, 60);
	ln_account_refund(&other, NULL, 40);
	ln_account_refund(NULL, NULL, 1);
	assert_int_equal(root.used, 0);
	assert_int_equal(child.used, 0);
	assert_int_equal(other.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charges_all_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
