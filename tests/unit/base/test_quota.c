/* src/base/quota.c: units of many, in a tree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/quota.h"

static void counts_in_all_above(void **state)
{
	struct ln_quota *root;
	struct ln_quota *child;
	struct ln_quota *other;

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 3, &root), 0);
	assert_int_equal(ln_quota_new(root, 2, &child), 0);
	assert_int_equal(ln_quota_new(root, UINT64_MAX, &other), 0);
	assert_true(ln_quota_take(child));
	assert_true(ln_quota_take(child));
	assert_false(ln_quota_take(child));
	assert_int_equal(ln_quota_used(child), 2);
	assert_int_equal(ln_quota_used(root), 2);
	assert_true(ln_quota_take(other));
	assert_false(ln_quota_take(other));
	assert_int_equal(ln_quota_used(other), 1);
	assert_int_equal(ln_quota_used(root), 3);
	ln_quota_give(child);
	assert_true(ln_quota_take(other));
	ln_quota_give(child);
	ln_quota_give(other);
	ln_quota_give(other);
	assert_int_equal(ln_quota_used(root), 0);
	ln_quota_release(child);
	ln_quota_release(other);
	ln_quota_release(root);
}

/* A unit may outlive whoever made the quota, and those above. */
static void units_stay_good(void **state)
{
	struct ln_quota *root;
	struct ln_quota *child;

	(void)state;
	assert_int_equal(ln_quota_new(NULL, 2, &root), 0);
	assert_int_equal(ln_quota_new(root, 1, &child), 0);
	assert_true(ln_quota_take(child));
	ln_quota_release(child);
	assert_int_equal(ln_quota_used(root), 1);
	assert_true(ln_quota_take(root));
	ln_quota_give(root);
	ln_quota_release(root);
	ln_quota_give(child);
}

static void none_is_no_bound(void **state)
{
	struct ln_quota *nothing;

	(void)state;
	assert_true(ln_quota_take(NULL));
	ln_quota_give(NULL);
	ln_quota_release(NULL);
	assert_int_equal(ln_quota_new(NULL, 0, &nothing), 0);
	assert_false(ln_quota_take(nothing));
	ln_quota_release(nothing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_in_all_above),
		cmocka_unit_test(units_stay_good),
		cmocka_unit_test(none_is_no_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
