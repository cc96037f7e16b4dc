/* Ids that host functions give out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "host/result.h"
#include "process/environment.h"
#include "support/bare.h"
#include "support/shortage.h"

static void missing(void **state)
{
	struct ln_guest guest = test_bare_guest(1);

	(void)state;
	assert_int_equal(ln_host_missing(&guest, "process", UINT64_MAX),
			 LN_ETRAP);
	assert_string_equal(guest.trap_text,
			    "process 18446744073709551615 does not exist");
	test_bare_drop(&guest);
}

static void ignore(void *value)
{
	(void)value;
}

/* Up to its own bound, or the guest's if that is lower. */
static void check_scarce(uint32_t handles, uint32_t most, uint32_t held)
{
	struct ln_guest guest = test_bare_guest(handles);
	struct ln_handles table = { 0 };
	uint64_t id;

	for (uint32_t i = 0; i < held; i++) {
		assert_int_equal(ln_host_add_scarce(&guest, &table, "config",
						    most, &guest, &id),
				 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(
		ln_host_add_scarce(&guest, &table, "config", most, &guest, &id),
		LN_ETRAP);
	assert_string_equal(guest.trap_text,
			    "too many config ids: a limit was reached");
	ln_handles_deinit(&table, ignore);
	test_bare_drop(&guest);
}

static void scarce(void **state)
{
	(void)state;
	check_scarce(5, 2, 2);
	check_scarce(2, 5, 2);
	check_scarce(0, 5, 0);
}

static void errors(void **state)
{
	struct ln_guest guest = test_bare_guest(4);
	uint8_t bytes[10];
	uint64_t id;

	(void)state;
	memset(bytes, 0xaa, sizeof(bytes));
	ln_host_put_error(&guest, bytes + 1, "%s: %d", "first", 1);
	memcpy(&id, bytes + 1, sizeof(id));
	assert_int_equal(id, 0);
	assert_int_equal(bytes[0], 0xaa);
	assert_int_equal(bytes[9], 0xaa);
	/* Texts of others are no formats. */
	ln_host_put_error(&guest, bytes, "%s", "100%s %n");
	assert_string_equal(ln_handles_get(&guest.errors, 0), "first: 1");
	assert_string_equal(ln_handles_get(&guest.errors, 1), "100%s %n");
	test_bare_drop(&guest);
}

static void no_memory(void **state)
{
	struct ln_guest guest = test_bare_guest(4);
	uint8_t bytes[8];

	(void)state;
	test_shortage_begin(TEST_SHORT_STRINGS, 0);
	ln_host_put_error(&guest, bytes, "lost");
	assert_true(test_shortage_end());
	assert_string_equal(ln_handles_get(&guest.errors, 0), "out of memory");
	test_bare_drop(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing),
		cmocka_unit_test(scarce),
		cmocka_unit_test(errors),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
