/* What host functions have from a guest: memory, traps, what it holds by ids,
 * errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/instance.h"
#include "process/config.h"
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

/* Charges of what is held are the guest's, and end with it. */
static void resources(void **state)
{
	struct ln_instance instance = { .limits = { .max_memory = 1000 } };
	struct ln_guest guest = test_bare_guest(2);
	struct ln_config *configs[3];
	uint64_t id;

	(void)state;
	guest.instance = &instance;
	guest.processes.charged = &instance;
	ln_guest_init_tables(&guest);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(ln_config_new(&configs[i]), 0);
		configs[i]->kept = 400 + i;
	}
	assert_null(ln_guest_get(&guest, LN_RESOURCE_CONFIG, 0));
	assert_int_equal(
		ln_guest_add(&guest, LN_RESOURCE_CONFIG, configs[0], &id), 0);
	assert_int_equal(id, 0);
	assert_true(ln_guest_has_room(&guest, LN_RESOURCE_CONFIG));
	assert_int_equal(
		ln_guest_add(&guest, LN_RESOURCE_CONFIG, configs[1], &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(guest.kept, 801);
	assert_int_equal(instance.memory_used, 801);
	/* No memory is looked at before the number of ids. */
	assert_false(ln_guest_has_room(&guest, LN_RESOURCE_CONFIG));
	assert_int_equal(
		ln_guest_add(&guest, LN_RESOURCE_CONFIG, configs[2], &id),
		LN_EMEMORY);
	instance.limits.max_memory = 2000;
	assert_int_equal(
		ln_guest_add(&guest, LN_RESOURCE_CONFIG, configs[2], &id),
		LN_ELIMIT);
	assert_int_equal(guest.kept, 801);
	/* Each kind has ids of its own. */
	assert_null(ln_guest_get(&guest, LN_RESOURCE_MODULE, 0));
	assert_false(ln_guest_drop(&guest, LN_RESOURCE_MODULE, 0));
	assert_ptr_equal(ln_guest_remove(&guest, LN_RESOURCE_CONFIG, 0),
			 configs[0]);
	assert_null(ln_guest_remove(&guest, LN_RESOURCE_CONFIG, 0));
	assert_int_equal(guest.kept, 401);
	assert_int_equal(
		ln_guest_add(&guest, LN_RESOURCE_CONFIG, configs[2], &id), 0);
	assert_int_equal(id, 2);
	assert_true(ln_guest_drop(&guest, LN_RESOURCE_CONFIG, 1));
	assert_false(ln_guest_drop(&guest, LN_RESOURCE_CONFIG, 1));
	assert_int_equal(guest.kept, 402);
	ln_config_free(configs[0]);
	test_bare_drop(&guest);
	ln_guest_forget_all(&guest);
	assert_int_equal(instance.memory_used, 0);
}

static uint64_t error(struct ln_guest *guest, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static uint64_t error(struct ln_guest *guest, const char *format, ...)
{
	va_list arguments;
	uint64_t id;

	va_start(arguments, format);
	id = ln_guest_error(guest, format, arguments);
	va_end(arguments);
	return id;
}

/* Texts count, also when the guest drops them itself. */
static void charged_errors(void **state)
{
	struct ln_instance instance = { .limits = { .max_memory = 1000 } };
	struct ln_guest guest = test_bare_guest(10);
	uint64_t kept;

	(void)state;
	guest.instance = &instance;
	guest.processes.charged = &instance;
	assert_int_equal(error(&guest, "%400s", "first"), 0);
	kept = guest.kept;
	assert_in_range(kept, 401, 500);
	assert_int_equal(guest.error_bytes, kept);
	assert_int_equal(error(&guest, "%400s", "second"), 1);
	assert_int_equal(guest.kept, 2 * kept);
	/* The oldest makes room. */
	assert_int_equal(error(&guest, "%400s", "third"), 2);
	assert_null(ln_guest_get(&guest, LN_RESOURCE_ERROR, 0));
	assert_int_equal(guest.kept, 2 * kept);
	assert_true(ln_guest_drop(&guest, LN_RESOURCE_ERROR, 2));
	assert_int_equal(guest.kept, kept);
	assert_int_equal(guest.error_bytes, kept);
	/* What has no room at all is told in a text that takes none. */
	assert_int_equal(error(&guest, "%2000s", "fourth"), 3);
	assert_int_equal(guest.kept, 0);
	assert_non_null(strstr(ln_guest_get(&guest, LN_RESOURCE_ERROR, 3),
			       "did not fit"));
	assert_true(ln_guest_drop(&guest, LN_RESOURCE_ERROR, 3));
	assert_int_equal(guest.error_bytes, 0);
	test_bare_drop(&guest);
}

static void errors(void **state)
{
	struct ln_guest guest = test_bare_guest(3);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(error(&guest, "error %u", i), i);
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 1),
			    "error 1");
	/* In a full table the oldest one makes room; those that the guest has
	 * dropped do not count. */
	assert_true(ln_guest_drop(&guest, LN_RESOURCE_ERROR, 0));
	assert_int_equal(error(&guest, "error 3"), 3);
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 1),
			    "error 1");
	assert_int_equal(error(&guest, "error 4"), 4);
	assert_null(ln_guest_get(&guest, LN_RESOURCE_ERROR, 1));
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 2),
			    "error 2");
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 4),
			    "error 4");
	test_bare_drop(&guest);
}

static void no_errors(void **state)
{
	struct ln_guest guest = test_bare_guest(0);

	(void)state;
	assert_true(error(&guest, "x") == UINT64_MAX);
	assert_true(error(&guest, "x") == UINT64_MAX);
	test_bare_drop(&guest);
}

static void many_errors(void **state)
{
	struct ln_guest guest = test_bare_guest(UINT32_MAX);

	(void)state;
	for (unsigned i = 0; i < LN_GUEST_MAX_ERRORS + 10; i++)
		assert_int_equal(error(&guest, "x"), i);
	assert_int_equal(
		ln_handles_count(ln_guest_table(&guest, LN_RESOURCE_ERROR)),
		LN_GUEST_MAX_ERRORS);
	assert_null(ln_guest_get(&guest, LN_RESOURCE_ERROR, 9));
	assert_non_null(ln_guest_get(&guest, LN_RESOURCE_ERROR, 10));
	test_bare_drop(&guest);
}

static void errors_without_memory(void **state)
{
	struct ln_guest guest = test_bare_guest(10);
	uint64_t id;

	(void)state;
	test_shortage_begin(TEST_SHORT_STRINGS, 0);
	id = error(&guest, "lost");
	assert_true(test_shortage_end());
	assert_int_equal(id, 0);
	assert_string_equal(ln_guest_get(&guest, LN_RESOURCE_ERROR, 0),
			    "out of memory");
	/* It is nobody's to free. */
	assert_true(ln_guest_drop(&guest, LN_RESOURCE_ERROR, 0));
	test_bare_drop(&guest);
	/* No table at all. */
	guest = test_bare_guest(10);
	test_shortage_begin(
		TEST_SHORT_CALLOC | TEST_SHORT_MALLOC | TEST_SHORT_REALLOC, 0);
	id = error(&guest, "lost");
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
		cmocka_unit_test(resources),
		cmocka_unit_test(errors),
		cmocka_unit_test(charged_errors),
		cmocka_unit_test(no_errors),
		cmocka_unit_test(many_errors),
		cmocka_unit_test(payment),
		cmocka_unit_test(errors_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
