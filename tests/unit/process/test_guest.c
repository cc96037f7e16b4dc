/* What host functions have from a guest: memory, traps, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/instance.h"
#include "process/environment.h"
#include "process/guest.h"
#include "support/bare.h"
#include "support/shortage.h"

static void memory(void **state)
{
	uint8_t bytes[100];
	struct ln_instance instance = { .memory_base = bytes,
					.memory_size = sizeof(bytes) };
	struct ln_guest guest = { .instance = &instance };

	(void)state;
	assert_ptr_equal(ln_guest_memory(&guest, 0, 100), bytes);
	assert_ptr_equal(ln_guest_memory(&guest, 99, 1), bytes + 99);
	assert_ptr_equal(ln_guest_memory(&guest, 100, 0), bytes + 100);
	assert_null(ln_guest_memory(&guest, 0, 101));
	assert_null(ln_guest_memory(&guest, 100, 1));
	assert_null(ln_guest_memory(&guest, 101, 0));
	assert_null(ln_guest_memory(&guest, UINT32_MAX, 1));
	assert_null(ln_guest_memory(&guest, 1, UINT64_MAX));
	instance.memory_base = NULL;
	assert_null(ln_guest_memory(&guest, 0, 0));
}

static void traps(void **state)
{
	struct ln_guest guest = test_bare_guest(10);
	int result;

	(void)state;
	assert_int_equal(ln_guest_trap(&guest, "%d of %s", 3, "four"),
			 LN_ETRAP);
	assert_string_equal(guest.trap_text, "3 of four");
	/* The last one counts. */
	assert_int_equal(ln_guest_trap(&guest, "again"), LN_ETRAP);
	assert_string_equal(guest.trap_text, "again");
	test_shortage_begin(TEST_SHORT_ALL, 0);
	result = ln_guest_trap(&guest, "lost");
	assert_true(test_shortage_end());
	assert_int_equal(result, LN_ETRAP);
	assert_null(guest.trap_text);
	test_bare_drop(&guest);
}

static void errors(void **state)
{
	struct ln_guest guest = test_bare_guest(3);
	char *taken;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(ln_guest_error(&guest, "error %u", i), i);
	assert_string_equal(ln_handles_get(&guest.errors, 1), "error 1");
	/* In a full table the oldest one makes room; those that the guest has
	 * dropped do not count. */
	taken = ln_handles_remove(&guest.errors, 0);
	ln_guest_free_error(taken);
	assert_int_equal(ln_guest_error(&guest, "error 3"), 3);
	assert_string_equal(ln_handles_get(&guest.errors, 1), "error 1");
	assert_int_equal(ln_guest_error(&guest, "error 4"), 4);
	assert_null(ln_handles_get(&guest.errors, 1));
	assert_string_equal(ln_handles_get(&guest.errors, 2), "error 2");
	assert_string_equal(ln_handles_get(&guest.errors, 4), "error 4");
	test_bare_drop(&guest);
}

static void no_errors(void **state)
{
	struct ln_guest guest = test_bare_guest(0);

	(void)state;
	assert_true(ln_guest_error(&guest, "x") == UINT64_MAX);
	assert_true(ln_guest_error(&guest, "x") == UINT64_MAX);
	test_bare_drop(&guest);
}

static void many_errors(void **state)
{
	struct ln_guest guest = test_bare_guest(UINT32_MAX);

	(void)state;
	for (unsigned i = 0; i < LN_GUEST_MOST_ERRORS + 10; i++)
		assert_int_equal(ln_guest_error(&guest, "x"), i);
	assert_int_equal(ln_handles_count(&guest.errors), LN_GUEST_MOST_ERRORS);
	assert_null(ln_handles_get(&guest.errors, 9));
	assert_non_null(ln_handles_get(&guest.errors, 10));
	test_bare_drop(&guest);
}

static void errors_without_memory(void **state)
{
	struct ln_guest guest = test_bare_guest(10);
	uint64_t id;

	(void)state;
	test_shortage_begin(TEST_SHORT_STRINGS, 0);
	id = ln_guest_error(&guest, "lost");
	assert_true(test_shortage_end());
	assert_int_equal(id, 0);
	assert_string_equal(ln_handles_get(&guest.errors, 0), "out of memory");
	/* It is nobody's to free. */
	ln_guest_free_error(ln_handles_remove(&guest.errors, 0));
	test_bare_drop(&guest);
	/* No table at all. */
	guest = test_bare_guest(10);
	test_shortage_begin(
		TEST_SHORT_CALLOC | TEST_SHORT_MALLOC | TEST_SHORT_REALLOC, 0);
	id = ln_guest_error(&guest, "lost");
	assert_true(test_shortage_end());
	assert_true(id == UINT64_MAX);
	test_bare_drop(&guest);
}

/* What is not metered does not even have a store that could be charged. */
static void payment(void **state)
{
	struct ln_guest guest = test_bare_guest(10);

	(void)state;
	ln_guest_pay(&guest, 100);
	ln_guest_charge(&guest, UINT64_MAX);
	guest.metered = true;
	ln_guest_pay(&guest, 0);
	ln_guest_charge(&guest, LN_BYTES_PER_FUEL - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(traps),
		cmocka_unit_test(errors),
		cmocka_unit_test(no_errors),
		cmocka_unit_test(many_errors),
		cmocka_unit_test(payment),
		cmocka_unit_test(errors_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
