/* Why a host call traps, as the guest's report says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "host/trampoline.h"
#include "support/guests.h"

static const char text[] = "(module (import \"test\" \"host\" (func $host))"
			   " (func (export \"f\") (call $host)))";
static char long_name[400];
static const struct ln_host_function function = { .module = "lunatic::test",
						  .name = "call" };
static const struct ln_host_function endless = { .module = "lunatic::test",
						 .name = long_name };
static char own_text[] = "process 7 does not exist";

static bool raise(struct test_guest *guest, char *trap_text, int error)
{
	struct ln_guest side = { .instance = &guest->instance,
				 .trap_text = trap_text };

	return ln_host_raise(&side, &function, error);
}

static bool raise_own(struct test_guest *guest)
{
	return raise(guest, own_text, LN_ETRAP);
}

static bool raise_without_text(struct test_guest *guest)
{
	return raise(guest, NULL, LN_ETRAP);
}

/* A text from before is not this trap's. */
static bool raise_error(struct test_guest *guest)
{
	return raise(guest, own_text, LN_EINVAL);
}

static bool raise_killed(struct test_guest *guest)
{
	return raise(guest, NULL, LN_EKILLED);
}

static bool raise_exit(struct test_guest *guest)
{
	return raise(guest, NULL, LN_EEXIT);
}

static bool fault(struct test_guest *guest)
{
	struct ln_guest side = { .instance = &guest->instance };

	return ln_host_fault(&side, &function, "buffer");
}

static bool fault_endless(struct test_guest *guest)
{
	struct ln_guest side = { .instance = &guest->instance };

	return ln_host_fault(&side, &endless, "buffer");
}

static void check(bool (*host)(struct test_guest *), enum ln_stop stop,
		  const char *report)
{
	struct test_guest guest;

	test_guest_init(&test_guests_shared, 0, text, &guest);
	guest.host = host;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, stop);
	if (report == NULL)
		assert_null(guest.report);
	else
		assert_memory_equal(guest.report, report, strlen(report));
	test_guest_deinit(&guest);
}

static void reasons(void **state)
{
	(void)state;
	check(raise_own, LN_STOP_TRAPPED,
	      "process 7 does not exist (lunatic::test::call)\n");
	check(raise_without_text, LN_STOP_TRAPPED,
	      "the guest trapped (lunatic::test::call)\n");
	check(raise_error, LN_STOP_TRAPPED,
	      "invalid argument (lunatic::test::call)\n");
	check(fault, LN_STOP_TRAPPED,
	      "argument `buffer` points outside of the exported memory "
	      "(lunatic::test::call)\n");
}

/* No traps: the host ends the guest. */
static void ends(void **state)
{
	(void)state;
	check(raise_killed, LN_STOP_HOST, NULL);
	check(raise_exit, LN_STOP_HOST, NULL);
}

static void long_texts_are_cut(void **state)
{
	(void)state;
	memset(long_name, 'n', sizeof(long_name) - 1);
	check(fault_endless, LN_STOP_TRAPPED, "argument `buffer` points");
}

static void bounds(void **state)
{
	(void)state;
	assert_true(ln_host_inside(10, 0, 10));
	assert_true(ln_host_inside(10, 10, 0));
	assert_true(ln_host_inside(0, 0, 0));
	assert_false(ln_host_inside(10, 0, 11));
	assert_false(ln_host_inside(10, 11, 0));
	assert_false(ln_host_inside(10, UINT32_MAX, UINT64_C(1) << 48));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),
		cmocka_unit_test(ends),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, test_guests_set_up,
				      test_guests_tear_down);
}
