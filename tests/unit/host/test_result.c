/* Ids that host functions give out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/instance.h"
#include "host/result.h"
#include "process/config.h"
#include "process/environment.h"
#include "process/process.h"
#include "support/bare.h"
#include "support/processes.h"
#include "support/shortage.h"

static void missing(void **state)
{
	struct ln_guest guest = test_bare_guest(1);

	(void)state;
	assert_int_equal(
		ln_host_missing(&guest, LN_RESOURCE_PROCESS, UINT64_MAX),
		LN_ETRAP);
	assert_string_equal(guest.trap_text,
			    "process 18446744073709551615 does not exist");
	assert_int_equal(ln_host_drop(&guest, LN_RESOURCE_TCP_STREAM, 3),
			 LN_ETRAP);
	assert_string_equal(guest.trap_text, "tcp stream 3 does not exist");
	assert_int_equal(ln_host_clone(&guest, LN_RESOURCE_TCP_STREAM, 4, NULL),
			 LN_ETRAP);
	assert_string_equal(guest.trap_text, "tcp stream 4 does not exist");
	test_bare_drop(&guest);
}

static struct ln_config *make_config(uint64_t kept)
{
	struct ln_config *config;

	assert_int_equal(ln_config_new(&config), 0);
	config->kept = kept;
	return config;
}

/* Up to the bound of its class, or the guest's if that is lower. */
static void check_bound(uint32_t handles, uint32_t held)
{
	struct ln_guest guest = test_bare_guest(handles);
	uint64_t id;

	for (uint32_t i = 0; i < held; i++) {
		assert_int_equal(ln_host_check_room(&guest, LN_RESOURCE_CONFIG),
				 0);
		assert_int_equal(ln_host_add(&guest, LN_RESOURCE_CONFIG,
					     make_config(0), &id),
				 0);
		assert_int_equal(id, i);
	}
	assert_int_equal(ln_host_check_room(&guest, LN_RESOURCE_CONFIG),
			 LN_ETRAP);
	assert_string_equal(guest.trap_text,
			    "too many configuration ids: a limit was reached");
	/* What cannot be added is released. */
	assert_int_equal(
		ln_host_add(&guest, LN_RESOURCE_CONFIG, make_config(0), &id),
		LN_ETRAP);
	assert_string_equal(guest.trap_text,
			    "too many configuration ids: a limit was reached");
	test_bare_drop(&guest);
}

static void bounds(void **state)
{
	(void)state;
	check_bound(0, 0);
	check_bound(2, 2);
	check_bound(UINT32_MAX, ln_resource_class(LN_RESOURCE_CONFIG)->max);
}

/* That it weighs too much is not for want of ids. */
static void too_heavy(void **state)
{
	struct ln_instance instance = { .limits = { .max_memory = 1000 } };
	struct ln_guest guest = test_bare_guest(2);
	uint64_t id;

	(void)state;
	guest.instance = &instance;
	guest.processes.charged = &instance;
	assert_int_equal(
		ln_host_add(&guest, LN_RESOURCE_CONFIG, make_config(1001), &id),
		LN_EMEMORY);
	assert_null(guest.trap_text);
	test_bare_drop(&guest);
}

static void given(void **state)
{
	struct ln_guest guest = test_bare_guest(2);
	uint8_t bytes[10];
	uint32_t result = 5;
	uint64_t id;

	(void)state;
	memset(bytes, 0xaa, sizeof(bytes));
	assert_int_equal(ln_host_give(&guest, LN_RESOURCE_CONFIG,
				      make_config(0), bytes + 1, &result),
			 0);
	assert_int_equal(result, 0);
	result = 5;
	assert_int_equal(ln_host_give(&guest, LN_RESOURCE_CONFIG,
				      make_config(0), bytes + 1, &result),
			 0);
	memcpy(&id, bytes + 1, sizeof(id));
	assert_int_equal(id, 1);
	assert_int_equal(bytes[0], 0xaa);
	assert_int_equal(bytes[9], 0xaa);
	result = 5;
	assert_int_equal(ln_host_give(&guest, LN_RESOURCE_CONFIG,
				      make_config(0), bytes, &result),
			 LN_ETRAP);
	assert_int_equal(result, 5);
	assert_int_equal(ln_host_drop(&guest, LN_RESOURCE_CONFIG, 0), 0);
	test_bare_drop(&guest);
}

static enum ln_outcome return_at_once(struct ln_process *self)
{
	(void)self;
	return LN_OUTCOME_NORMAL;
}

/* Another one of the same. */
static void cloned(void **state)
{
	struct ln_environment *home = test_environment_new(1, NULL);
	struct ln_guest guest = test_bare_guest(2);
	struct ln_process *process =
		test_process_start(home, return_at_once, NULL);
	uint64_t id;

	(void)state;
	assert_int_equal(ln_host_add(&guest, LN_RESOURCE_PROCESS, process, &id),
			 0);
	assert_int_equal(ln_host_clone(&guest, LN_RESOURCE_PROCESS, id, &id),
			 0);
	assert_int_equal(id, 1);
	assert_ptr_equal(ln_guest_get(&guest, LN_RESOURCE_PROCESS, 1), process);
	assert_int_equal(ln_host_clone(&guest, LN_RESOURCE_PROCESS, id, &id),
			 LN_ETRAP);
	assert_string_equal(guest.trap_text,
			    "too many process ids: a limit was reached");
	assert_int_equal(ln_host_drop(&guest, LN_RESOURCE_PROCESS, 0), 0);
	assert_ptr_equal(ln_guest_get(&guest, LN_RESOURCE_PROCESS, 1), process);
	test_bare_drop(&guest);
	test_environment_free(home);
}

static void deadlines(void **state)
{
	int64_t before = ln_time_now();

	(void)state;
	assert_true(ln_host_deadline(0) == LN_NEVER);
	assert_in_range(ln_host_deadline(1), before + LN_NS_PER_MS,
			before + 10000 * LN_NS_PER_MS);
	assert_true(ln_host_deadline(UINT32_MAX) < LN_NEVER);
}

static void errors(void **state)
{
	struct ln_guest guest = test_bare_guest(4);
	uint8_t bytes[10];
	uint32_t result = 5;
	uint64_t id;

	(void)state;
	memset(bytes, 0xaa, sizeof(bytes));
	assert_int_equal(
		ln_host_fail(&guest, bytes + 1, &result, "%s: %d", "first", 1),
		0);
	assert_int_equal(result, 1);
	memcpy(&id, bytes + 1, sizeof(id));
	assert_int_equal(id, 0);
	assert_int_equal(bytes[0], 0xaa);
	assert_int_equal(bytes[9], 0xaa);
	/* Texts of others are no formats. */
	ln_host_fail(&guest, bytes, &result, "%s", "100%s %n");
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 0),
			    "first: 1");
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 1),
			    "100%s %n");
	test_bare_drop(&guest);
}

static void no_memory(void **state)
{
	struct ln_guest guest = test_bare_guest(4);
	uint8_t bytes[8];
	uint32_t result;

	(void)state;
	test_shortage_begin(TEST_SHORT_STRINGS, 0);
	ln_host_fail(&guest, bytes, &result, "lost");
	assert_true(test_shortage_end());
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 0),
			    "out of memory");
	test_bare_drop(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing),   cmocka_unit_test(bounds),
		cmocka_unit_test(too_heavy), cmocka_unit_test(given),
		cmocka_unit_test(cloned),    cmocka_unit_test(deadlines),
		cmocka_unit_test(errors),    cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
