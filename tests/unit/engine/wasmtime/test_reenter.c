/* Calls of a guest from the host functions that it calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/report.h"
#include "support/guests.h"

/* `f` calls the host, which calls others, and counts in `counter` whether it
 * went on. */
static const char text[] =
	"(module (import \"test\" \"host\" (func $host))"
	" (import \"test\" \"stop\" (func $stop))"
	" (memory (export \"memory\") 1 20)"
	" (tag $tag)"
	" (func (export \"f\") (call $host)"
	"  (i32.store8 (i32.const 9) (i32.const 55)))"
	" (func (export \"swap\") (param i32 i64) (result i64 i32 i32)"
	"  (local.get 1) (local.get 0) (i32.const 3))"
	" (func (export \"add\") (param i32 i32) (result i32)"
	"  (i32.add (local.get 0) (local.get 1)))"
	" (func (export \"trap\") (i32.store8 (i32.const 8) (i32.const 77))"
	"  unreachable)"
	" (func (export \"divide\")"
	"  (drop (i32.div_u (i32.const 1) (i32.const 0))))"
	" (func $recurse (export \"recurse\") (call $recurse)"
	"  (call $recurse))"
	" (func (export \"throw\") (throw $tag))"
	" (func (export \"caught\") (block $h"
	"  (try_table (catch $tag $h) (throw $tag)) unreachable))"
	" (func (export \"guarded\") (block $h"
	"  (try_table (catch $tag $h) (call $host)"
	"   (i32.store8 (i32.const 9) (i32.const 55)) (return)))"
	"  unreachable)"
	" (func (export \"grow\") (drop (memory.grow (i32.const 3))))"
	" (func (export \"stop\") (call $stop))"
	" (func (export \"again\") (call $host))"
	" (func (export \"spin\") (loop $l (br $l)))"
	" (func (export \"calls\") (loop $l (call $host) (br $l)))"
	" (export \"imported\" (func $host)))";

static struct test_guests all;

/* Calls an export without a report, and with `values`. */
static int reenter(struct test_guest *guest, const char *name,
		   const char *params, char result, union ln_value *values)
{
	const struct ln_entry *entry =
		ln_instance_export(&guest->instance, name, params, result);

	if (entry == NULL)
		return LN_ENOENT;
	return ln_instance_reenter(&guest->instance, entry, values, NULL);
}

static void run(struct test_guest *guest, unsigned variant,
		bool (*host)(struct test_guest *guest))
{
	test_guest_init(&all, variant, text, guest);
	guest->host = host;
	test_guest_run(guest);
	assert_int_equal(guest->made, 0);
}

static void note_marks(struct test_guest *guest)
{
	guest->numbers[6] = guest->instance.memory_base[8];
	guest->numbers[7] = guest->instance.memory_base[9];
}

static bool call_and_return(struct test_guest *guest)
{
	union ln_value values[3] = { { .i32 = 5 }, { .i64 = 6 } };
	union ln_value sum[2] = { { .i32 = 40 }, { .i32 = 2 } };
	const struct ln_entry *swap =
		ln_instance_export(&guest->instance, "swap", "iI", 0);

	guest->numbers[0] = (uint64_t)reenter(guest, "add", "ii", 'i', sum);
	guest->numbers[1] = (uint64_t)sum[0].i32;
	/* Only one result can be asked for. */
	guest->numbers[2] = swap == NULL;
	guest->numbers[3] = (uint64_t)reenter(guest, "grow", "", 0, values);
	guest->numbers[4] = guest->instance.memory_size;
	return true;
}

static void results(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, 0, call_and_return);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_int_equal(guest.numbers[0], 0);
	assert_int_equal(guest.numbers[1], 42);
	assert_int_equal(guest.numbers[2], 1);
	assert_int_equal(guest.numbers[3], 0);
	assert_int_equal(guest.numbers[4], 4 << 16);
	test_guest_deinit(&guest);
}

static bool look_for_exports(struct test_guest *guest)
{
	static const struct {
		const char *name;
		const char *params;
		char result;
	} none[] = {
		{ "add", "ii", 'I' },  { "add", "ii", 0 },
		{ "add", "iI", 'i' },  { "add", "i", 'i' },
		{ "add", "iii", 'i' }, { "trap", "", 'i' },
		{ "memory", "", 0 },   { "none", "", 0 },
		{ "", "", 0 },         { "imported", "", 0 },
	};
	const struct ln_instance *instance = &guest->instance;

	guest->numbers[0] =
		ln_instance_export(instance, "add", "ii", 'i') != NULL &&
		ln_instance_export(instance, "trap", "", 0) != NULL;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		guest->numbers[1] += ln_instance_export(instance, none[i].name,
							none[i].params,
							none[i].result) != NULL;
	return true;
}

static void exports_by_type(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, 0, look_for_exports);
	assert_int_equal(guest.numbers[0], 1);
	assert_int_equal(guest.numbers[1], 0);
	test_guest_deinit(&guest);
}

static bool catch_traps(struct test_guest *guest)
{
	const struct ln_entry *divide =
		ln_instance_export(&guest->instance, "divide", "", 0);
	struct ln_report *report;

	guest->numbers[0] = (uint64_t)reenter(guest, "trap", "", 0, NULL);
	guest->numbers[1] = (uint64_t)reenter(guest, "recurse", "", 0, NULL);
	guest->numbers[2] = (uint64_t)reenter(guest, "throw", "", 0, NULL);
	guest->numbers[3] = (uint64_t)reenter(guest, "throw", "", 0, NULL);
	guest->numbers[4] = (uint64_t)ln_instance_reenter(
		&guest->instance, divide, NULL, &report);
	guest->texts[0] = strdup(ln_report_reason(report));
	ln_report_free(report);
	guest->numbers[5] = (uint64_t)reenter(guest, "grow", "", 0, NULL);
	return true;
}

static void traps_are_caught(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&all, 0, text, &guest);
	guest.host = catch_traps;
	guest.after = note_marks;
	test_guest_run(&guest);
	for (int i = 0; i < 5; i++)
		assert_int_equal((int)guest.numbers[i], LN_ETRAP);
	assert_string_equal(guest.texts[0], "integer divide by zero");
	assert_int_equal(guest.numbers[5], 0);
	assert_int_equal(guest.numbers[6], 77);
	assert_int_equal(guest.numbers[7], 55);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_null(guest.report);
	test_guest_deinit(&guest);
}

static bool throw(struct test_guest * guest)
{
	guest->numbers[0] = (uint64_t)reenter(guest, "throw", "", 0, NULL);
	guest->numbers[1] = (uint64_t)reenter(guest, "caught", "", 0, NULL);
	guest->numbers[2] = (uint64_t)reenter(guest, "trap", "", 0, NULL);
	guest->numbers[3] = (uint64_t)reenter(guest, "throw", "", 0, NULL);
	return true;
}

/* An exception goes no further than the call, whoever around it would catch it,
 * and is no other one's afterwards. */
static void exceptions_stay_inside(void **state)
{
	struct test_guest guest;

	(void)state;
	test_guest_init(&all, 0, text, &guest);
	guest.entry = "guarded";
	guest.host = throw;
	guest.after = note_marks;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_int_equal((int)guest.numbers[0], LN_ETRAP);
	assert_int_equal((int)guest.numbers[1], 0);
	assert_int_equal((int)guest.numbers[2], LN_ETRAP);
	assert_int_equal((int)guest.numbers[3], LN_ETRAP);
	assert_int_equal(guest.numbers[7], 55);
	test_guest_deinit(&guest);
}

/* Each level calls the guest that calls the host. */
static bool go_deeper(struct test_guest *guest)
{
	int error;

	guest->numbers[0]++;
	error = reenter(guest, "again", "", 0, NULL);
	if (error < 0 && guest->numbers[1] == 0)
		guest->numbers[1] = (uint64_t)error;
	guest->numbers[2]++;
	return true;
}

static void depth_is_bounded(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, 0, go_deeper);
	assert_int_equal(guest.numbers[0], LN_INSTANCE_REENTRIES + 1);
	assert_int_equal((int)guest.numbers[1], LN_EFULL);
	assert_int_equal(guest.numbers[2], LN_INSTANCE_REENTRIES + 1);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	/* And counted anew. */
	test_guest_run(&guest);
	test_guest_deinit(&guest);
}

static bool be_stopped(struct test_guest *guest)
{
	guest->numbers[0] = (uint64_t)reenter(guest, "stop", "", 0, NULL);
	if (guest->numbers[0] == 0)
		return true;
	ln_instance_record_trap("stopped", 7);
	return false;
}

static void stops_pass_on(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, 0, be_stopped);
	assert_int_equal((int)guest.numbers[0], LN_EKILLED);
	assert_int_equal(guest.stop, LN_STOP_HOST);
	assert_null(guest.report);
	test_guest_deinit(&guest);
}

/* The fuel of what traps is known, or the guest does not go on. */
static bool catch_metered(struct test_guest *guest)
{
	struct ln_instance *instance = &guest->instance;

	guest->numbers[0] = (uint64_t)reenter(guest, "recurse", "", 0, NULL);
	guest->numbers[1] = ln_instance_fuel_used(instance);
	guest->numbers[2] = (uint64_t)reenter(guest, "trap", "", 0, NULL);
	guest->numbers[3] = (uint64_t)reenter(guest, "throw", "", 0, NULL);
	guest->numbers[4] = (uint64_t)reenter(guest, "divide", "", 0, NULL);
	guest->numbers[5] = (uint64_t)reenter(guest, "trap", "", 0, NULL);
	return true;
}

static void fuel_is_not_lost(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, LN_VARIANT_METERED, catch_metered);
	assert_int_equal((int)guest.numbers[0], LN_ETRAP);
	assert_true(guest.numbers[1] > 1000);
	assert_int_equal((int)guest.numbers[2], LN_ETRAP);
	assert_int_equal((int)guest.numbers[3], LN_ETRAP);
	assert_int_equal((int)guest.numbers[4], LN_ELIMIT);
	/* From there on nothing is caught. */
	assert_int_equal((int)guest.numbers[5], LN_ELIMIT);
	test_guest_deinit(&guest);
}

static _Atomic bool inside;

/* The first call is of `f`, the others of `calls`. */
static bool spin_inside(struct test_guest *guest)
{
	int error;

	atomic_store(&inside, true);
	if (guest->numbers[1]++ > 0)
		return true;
	error = reenter(guest, guest->params[0].i32 == 0 ? "spin" : "calls", "",
			0, NULL);
	guest->numbers[0] = (uint64_t)error;
	if (error == 0)
		return true;
	ln_instance_record_trap("killed", 6);
	return false;
}

static void check_kill(struct test_guests *guests, int way)
{
	struct test_guest guest;

	test_guest_init(guests, 0, text, &guest);
	guest.host = spin_inside;
	guest.params[0].i32 = way;
	atomic_store(&inside, false);
	test_guest_start(&guest);
	while (!atomic_load(&inside))
		test_nap();
	test_nap();
	ln_task_interrupt(&guest.task.task);
	test_task_wait_over(&guest.task);
	assert_int_equal(guest.made, 0);
	assert_int_equal(guest.stop, LN_STOP_HOST);
	assert_int_equal((int)guest.numbers[0], LN_EKILLED);
	assert_null(guest.report);
	test_guest_deinit(&guest);
}

static void killed_inside(void **state)
{
	struct test_guests slow;

	(void)state;
	check_kill(&all, 0);
	test_guests_init(&slow, LN_PREEMPTION_EPOCHS);
	check_kill(&slow, 0);
	check_kill(&slow, 1);
	test_guests_deinit(&slow);
}

/* Two spin, one of them within a call of the host: both get turns, and end. */
static void turns_inside(void **state)
{
	struct test_guest guests[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		test_guest_init(&all, 0, text, &guests[i]);
		guests[i].host = spin_inside;
	}
	for (int i = 0; i < 2; i++) {
		atomic_store(&inside, false);
		test_guest_start(&guests[i]);
		while (!atomic_load(&inside))
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

/* Parks inside, where others run meanwhile. */
static bool park_inside(struct test_guest *guest)
{
	if (guest->numbers[1]++ == 0) {
		for (int i = 0; i < 20; i++)
			guest->numbers[0] |=
				(uint64_t)reenter(guest, "again", "", 0, NULL);
		guest->numbers[2] =
			(uint64_t)reenter(guest, "trap", "", 0, NULL);
		return true;
	}
	guest->numbers[0] |= (uint64_t)ln_task_sleep(guest->instance.task,
						     ln_time_after_ms(1));
	ln_instance_resumed(&guest->instance);
	return true;
}

static void parks_inside(void **state)
{
	struct test_guest guests[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		test_guest_init(&all, 0, text, &guests[i]);
		guests[i].host = park_inside;
		test_guest_start(&guests[i]);
	}
	for (int i = 0; i < 4; i++) {
		test_task_wait_over(&guests[i].task);
		assert_int_equal(guests[i].stop, LN_STOP_RETURNED);
		assert_int_equal(guests[i].numbers[0], 0);
		assert_int_equal(guests[i].numbers[1], 21);
		assert_int_equal((int)guests[i].numbers[2], LN_ETRAP);
		test_guest_deinit(&guests[i]);
	}
}

static int set_up(void **state)
{
	(void)state;
	test_guests_init(&all, LN_PREEMPTION_SIGNAL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_guests_deinit(&all);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
		cmocka_unit_test(exports_by_type),
		cmocka_unit_test(traps_are_caught),
		cmocka_unit_test(exceptions_stay_inside),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(stops_pass_on),
		cmocka_unit_test(fuel_is_not_lost),
		cmocka_unit_test(killed_inside),
		cmocka_unit_test(turns_inside),
		cmocka_unit_test(parks_inside),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
