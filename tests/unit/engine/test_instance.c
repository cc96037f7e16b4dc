/* Instances: what they may use, how their calls end, and that nothing is left
 * of them; where.c of src/engine/wasmtime with them, and with the spinning ones
 * preempt.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/account.h"
#include "engine/instance.h"
#include "support/guests.h"

#define PAGE UINT64_C(65536)
#define LARGE_DATA ((size_t)2 << 20)

static void check_report(const struct test_guest *guest, const char *part)
{
	assert_non_null(guest->report);
	if (strstr(guest->report, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, guest->report);
}

static void charges(void **state)
{
	struct ln_account account = { .max = 100 };
	_Atomic uint64_t shown = 0;
	struct ln_instance instance = { .limits = { .max_memory = 150,
						    .memory_shown = &shown } };

	(void)state;
	assert_true(ln_instance_charge(&instance, 100));
	assert_true(ln_instance_charge(&instance, 50));
	assert_int_equal(shown, 150);
	assert_false(ln_instance_charge(&instance, 1));
	assert_false(ln_instance_charge(&instance, UINT64_MAX));
	assert_true(ln_instance_charge(&instance, 0));
	assert_int_equal(instance.memory_used, 150);
	ln_instance_refund(&instance, 150);
	assert_int_equal(shown, 0);
	/* What the account refuses, the instance does not have. */
	instance.limits.account = &account;
	assert_false(ln_instance_charge(&instance, 101));
	assert_int_equal(instance.memory_used, 0);
	assert_int_equal(account.used, 0);
	assert_true(ln_instance_charge(&instance, 100));
	assert_int_equal(account.used, 100);
	ln_instance_refund(&instance, 100);
	assert_int_equal(account.used, 0);
	assert_int_equal(ln_instance_fuel_used(&instance), 0);
}

static void note_view(struct test_guest *guest)
{
	uint8_t *base;
	uint64_t size;

	if (!ln_instance_view(&guest->instance, &base, &size))
		return;
	guest->numbers[0] = size;
	guest->numbers[1] = base[8];
	guest->numbers[2] = guest->instance.memory_used;
}

static void calls_return(void **state)
{
	struct ln_account account = { .max = 10 * PAGE };
	_Atomic uint64_t shown = 0;
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, 0,
			"(module (memory 1) (memory (export \"memory\") 2)"
			" (func (export \"f\") (param i32 i64 i32 i32 i32)"
			"  (result i32 i32 i32 i32 i32 i32)"
			"  (i32.store8 1 (i32.const 8) (local.get 4))"
			"  (i32.const 1) (i32.const 1) (i32.const 1)"
			"  (i32.const 1) (i32.const 1) (i32.const 1)))",
			&guest);
	guest.limits.account = &account;
	guest.limits.memory_shown = &shown;
	guest.params[4].i32 = 77;
	guest.after = note_view;
	test_guest_run(&guest);
	assert_int_equal(guest.made, 0);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_null(guest.report);
	/* Hosts see the memory that is exported. */
	assert_int_equal(guest.numbers[0], 2 * PAGE);
	assert_int_equal(guest.numbers[1], 77);
	assert_int_equal(guest.numbers[2], 3 * PAGE);
	/* All is given back. */
	assert_int_equal(account.used, 0);
	assert_int_equal(shown, 0);
	assert_int_equal(guest.instance.memory_used, 0);
	test_guest_deinit(&guest);
}

static void note_data(struct test_guest *guest)
{
	uint8_t *base;
	uint64_t size;

	if (!ln_instance_view(&guest->instance, &base, &size))
		return;
	guest->numbers[0] = size;
	guest->numbers[1] = 0;
	for (uint64_t i = 0; i < LARGE_DATA; i++)
		guest->numbers[1] += base[i] == 'x';
}

/* A module with a data segment of LARGE_DATA bytes at `offset`. */
static char *with_large_data(unsigned offset)
{
	static const char head[] = "(module (memory (export \"memory\") 40)"
				   " (func (export \"f\"))"
				   " (data (i32.const %u) \"";
	char *text = malloc(sizeof(head) + LARGE_DATA + 20);
	int len;

	assert_non_null(text);
	len = sprintf(text, head, offset);
	memset(text + len, 'x', LARGE_DATA);
	memcpy(text + len + LARGE_DATA, "\"))", 4);
	return text;
}

/* Those are copied in another thread, which ends in the same ways. */
static void large_data(void **state)
{
	char *fitting = with_large_data(0);
	char *overlong = with_large_data(40 * PAGE - LARGE_DATA + 1);
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, 0, fitting, &guest);
	guest.after = note_data;
	for (int i = 0; i < 2; i++) {
		test_guest_run(&guest);
		assert_int_equal(guest.made, 0);
		assert_int_equal(guest.stop, LN_STOP_RETURNED);
		assert_int_equal(guest.numbers[0], 40 * PAGE);
		assert_int_equal(guest.numbers[1], LARGE_DATA);
		assert_int_equal(guest.instance.memory_used, 0);
	}
	guest.limits.max_memory = 39 * PAGE;
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_ELIMIT);
	check_report(&guest, "memory limit");
	test_guest_deinit(&guest);
	test_guest_init(&test_guests_shared, 0, overlong, &guest);
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_ETRAP);
	check_report(&guest, "out of bounds");
	assert_int_equal(guest.instance.memory_used, 0);
	test_guest_deinit(&guest);
	free(fitting);
	free(overlong);
}

static void without_a_memory(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, 0,
			"(module (memory 1) (func (export \"f\")))", &guest);
	guest.after = note_view;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_int_equal(guest.numbers[0], 0);
	test_guest_deinit(&guest);
}

static bool record(struct test_guest *guest)
{
	(void)guest;
	ln_instance_record_trap("the host refuses", 16);
	return false;
}

static const char calling[] =
	"(module (import \"test\" \"host\" (func $host))"
	" (import \"test\" \"stop\" (func $stop))"
	" (func $inner (call $host)) (func (export \"f\") (call $inner))"
	" (func (export \"stop\") (call $stop))"
	" (func (export \"trap\") (drop (i32.div_u (i32.const 1)"
	"  (i32.const 0)))))";

static void calls_trap(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, 0, calling, &guest);
	guest.entry = "trap";
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_TRAPPED);
	check_report(&guest, "integer divide by zero\n    0:");
	/* The host's words, and where the guest was. */
	guest.entry = "f";
	guest.host = record;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_TRAPPED);
	check_report(&guest, "the host refuses\n");
	check_report(&guest, "!inner");
	/* What the host ends is no trap. */
	guest.entry = "stop";
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_HOST);
	assert_null(guest.report);
	test_guest_deinit(&guest);
}

static void start_functions(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, 0,
			"(module (memory (export \"memory\") 1)"
			" (func $s (i32.store8 (i32.const 8) (i32.const 5)))"
			" (start $s) (func (export \"f\")))",
			&guest);
	guest.after = note_view;
	test_guest_run(&guest);
	assert_int_equal(guest.made, 0);
	assert_int_equal(guest.numbers[1], 5);
	test_guest_deinit(&guest);
	test_guest_init(&test_guests_shared, 0,
			"(module (func $s unreachable) (start $s)"
			" (func (export \"f\")))",
			&guest);
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_ETRAP);
	check_report(&guest, "unreachable");
	test_guest_deinit(&guest);
	test_guest_init(&test_guests_shared, 0,
			"(module (import \"test\" \"stop\" (func $stop))"
			" (start $stop) (func (export \"f\")))",
			&guest);
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_EKILLED);
	test_guest_deinit(&guest);
}

/* A module that needs this does not get an instance. */
static void check_limit(const char *text, uint64_t max_memory, const char *part)
{
	struct ln_account account = { .max = UINT64_MAX };
	struct test_guest guest;

	test_guest_init(&test_guests_shared, 0, text, &guest);
	guest.limits.max_memory = max_memory;
	guest.limits.account = &account;
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_ELIMIT);
	check_report(&guest, part);
	assert_int_equal(account.used, 0);
	test_guest_deinit(&guest);
}

static void limits(void **state)
{
	struct ln_account account = { .max = 3 * PAGE };
	struct test_guest guest;

	(void)state;
	check_limit("(module (memory 2) (func (export \"f\")))", 2 * PAGE - 1,
		    "memory limit");
	/* The first one fits. */
	check_limit("(module (memory 1) (memory 1) (func (export \"f\")))",
		    2 * PAGE - 1, "memory limit");
	check_limit("(module (table 1000 funcref) (func (export \"f\")))", 10,
		    "tables of the module exceed");
	check_limit("(module (table 1001 funcref) (func (export \"f\")))",
		    UINT64_C(1) << 32, "tables of the module exceed");
	test_guest_init(&test_guests_shared, 0,
			"(module (memory 4) (func (export \"f\")))", &guest);
	guest.limits.account = &account;
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_ELIMIT);
	assert_int_equal(account.used, 0);
	account.max++;
	test_guest_run(&guest);
	assert_int_equal(guest.made, LN_ELIMIT);
	account.max = 4 * PAGE;
	test_guest_run(&guest);
	assert_int_equal(guest.made, 0);
	assert_int_equal(account.used, 0);
	test_guest_deinit(&guest);
}

static void note_fuel(struct test_guest *guest)
{
	guest->numbers[0] = ln_instance_fuel_used(&guest->instance);
}

static bool burn(struct test_guest *guest)
{
	ln_instance_burn(&guest->instance, guest->numbers[7]);
	return true;
}

static void fuel(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, LN_VARIANT_METERED,
			"(module (import \"test\" \"host\" (func $host))"
			" (func (export \"f\") (param $n i32)"
			"  (loop $l (local.set $n (i32.sub (local.get $n)"
			"    (i32.const 1)))"
			"   (br_if $l (local.get $n))))"
			" (func (export \"host\") (call $host) (call $host)))",
			&guest);
	guest.after = note_fuel;
	guest.params[0].i32 = 1000;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_in_range(guest.numbers[0], 1000, 20000);
	guest.limits.max_fuel = 500;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_TRAPPED);
	check_report(&guest, "fuel");
	assert_in_range(guest.numbers[0], 1, 500);
	/* Nothing is burnt; see below for more than there is. */
	guest.entry = "host";
	guest.host = burn;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	test_guest_deinit(&guest);
}

static bool burn_all(struct test_guest *guest)
{
	ln_instance_burn(&guest->instance, UINT64_MAX);
	return true;
}

static void burnt_fuel(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, LN_VARIANT_METERED,
			"(module (import \"test\" \"host\" (func $host))"
			" (func (export \"f\") (call $host)"
			"  (loop $l (br $l))))",
			&guest);
	guest.host = burn_all;
	guest.after = note_fuel;
	guest.limits.max_fuel = 100000;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_TRAPPED);
	check_report(&guest, "fuel");
	assert_int_equal(guest.numbers[0], 100000);
	test_guest_deinit(&guest);
	/* One that is not metered has none to lose. */
	test_guest_init(&test_guests_shared, 0, calling, &guest);
	guest.host = burn_all;
	guest.after = note_fuel;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_int_equal(guest.numbers[0], 0);
	test_guest_deinit(&guest);
}

static const char spinning[] =
	"(module (import \"test\" \"host\" (func $host))"
	" (func (export \"f\") (call $host) (loop $l (br $l)))"
	" (func (export \"calls\") (loop $l (call $host) (br $l)))"
	" (func $leaf (export \"deep\") (loop $l (call $nothing) (br $l)))"
	" (func $nothing))";

static _Atomic bool spins;

static bool note_spin(struct test_guest *guest)
{
	(void)guest;
	atomic_store(&spins, true);
	return true;
}

static void check_kill(struct test_guests *guests, const char *entry)
{
	struct test_guest guest;

	test_guest_init(guests, 0, spinning, &guest);
	guest.entry = entry;
	guest.host = note_spin;
	atomic_store(&spins, strcmp(entry, "deep") == 0);
	test_guest_start(&guest);
	while (!atomic_load(&spins))
		test_nap();
	ln_task_interrupt(&guest.task.task);
	test_task_wait_over(&guest.task);
	/* Also when it had not been made when it was killed. */
	if (guest.made == 0) {
		assert_int_equal(guest.stop, LN_STOP_HOST);
		assert_null(guest.report);
	}
	test_guest_deinit(&guest);
}

static void killed_by_signal(void **state)
{
	(void)state;
	check_kill(&test_guests_shared, "f");
	check_kill(&test_guests_shared, "deep");
}

static void killed_by_epoch(void **state)
{
	struct test_guests slow;

	(void)state;
	test_guests_init(&slow, LN_PREEMPTION_EPOCHS);
	check_kill(&slow, "f");
	check_kill(&slow, "calls");
	check_kill(&slow, "deep");
	test_guests_deinit(&slow);
}

static bool spin_until_told(struct test_guest *guest)
{
	(void)guest;
	atomic_store(&spins, true);
	return true;
}

/* Two that never end share the one worker: each gets a turn. */
static void turns_are_taken(void **state)
{
	struct test_guest guests[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		test_guest_init(&test_guests_shared, 0, spinning, &guests[i]);
		guests[i].host = spin_until_told;
	}
	for (int i = 0; i < 2; i++) {
		atomic_store(&spins, false);
		test_guest_start(&guests[i]);
		while (!atomic_load(&spins))
			test_nap();
	}
	for (int i = 0; i < 2; i++)
		ln_task_interrupt(&guests[i].task.task);
	for (int i = 0; i < 2; i++) {
		test_task_wait_over(&guests[i].task);
		assert_int_equal(guests[i].stop, LN_STOP_HOST);
		test_guest_deinit(&guests[i]);
	}
}

static bool note_function(struct test_guest *guest)
{
	guest->texts[0] =
		ln_instance_function(&guest->instance, &guest->numbers[0]);
	/* Again: what it needs is there now. */
	guest->texts[1] =
		ln_instance_function(&guest->instance, &guest->numbers[1]);
	return true;
}

/* In a host call; interrupted ones are asked in tests/unit/embed. */
static void where_they_are(void **state)
{
	struct test_guests own;
	struct test_guest guest;
	struct ln_instance none = { 0 };
	uint64_t left = 7;

	(void)state;
	assert_null(ln_instance_function(&none, &left));
	assert_int_equal(left, 0);
	test_guests_init(&own, LN_PREEMPTION_SIGNAL);
	test_guest_init(&own, LN_VARIANT_METERED, calling, &guest);
	guest.host = note_function;
	guest.after = note_fuel;
	/* Nobody has prepared for it. */
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_null(guest.texts[0]);
	ln_engine_prepare_probes(own.engine);
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_string_equal(guest.texts[0], "inner");
	assert_string_equal(guest.texts[1], "inner");
	test_guest_deinit(&guest);
	test_guests_deinit(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charges),
		cmocka_unit_test(calls_return),
		cmocka_unit_test(large_data),
		cmocka_unit_test(without_a_memory),
		cmocka_unit_test(calls_trap),
		cmocka_unit_test(start_functions),
		cmocka_unit_test(limits),
		cmocka_unit_test(fuel),
		cmocka_unit_test(burnt_fuel),
		cmocka_unit_test(killed_by_signal),
		cmocka_unit_test(killed_by_epoch),
		cmocka_unit_test(turns_are_taken),
		cmocka_unit_test(where_they_are),
	};

	return cmocka_run_group_tests(tests, test_guests_set_up,
				      test_guests_tear_down);
}
