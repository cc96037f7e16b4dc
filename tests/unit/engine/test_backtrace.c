/* Backtraces that a guest takes of itself, by calling what traps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "engine/backtrace.h"
#include "engine/module.h"
#include "engine/names.h"
#include "support/guests.h"

static const char text[] =
	"(module (import \"test\" \"host\" (func $host))"
	" (import \"test\" \"stop\" (func $stop))"
	" (func (export \"trap\") unreachable)"
	" (func (export \"nothing\"))"
	" (func (export \"stop\") (call $stop))"
	" (func (export \"param\") (param i32) unreachable)"
	" (func (export \"result\") (result i32) unreachable)"
	" (global (export \"global\") i32 (i32.const 0))"
	" (func $inner (call $host))"
	" (func (export \"unnamed\") (call $inner))"
	" (func $\"a;b\\0ac\" (call 8))"
	" (func (export \"f\") (call $\"a;b\\0ac\")))";

/* Takes one with the export `name`; numbers: found, result, frames, index of
 * the first; texts: names. */
static void take(struct test_guest *guest, const char *name)
{
	const struct ln_names *names = ln_compiled_names(guest->module);
	const struct ln_entry *trapping =
		ln_backtrace_find(&guest->instance, name);
	uint32_t functions[8];
	size_t count = 0;

	guest->numbers[0] = trapping != NULL;
	if (trapping == NULL)
		return;
	guest->numbers[1] = (uint64_t)ln_backtrace_take(
		&guest->instance, trapping, functions, 8, &count);
	if (guest->numbers[1] != 0)
		return;
	guest->numbers[2] = count;
	guest->numbers[3] = functions[0];
	for (size_t i = 0; i < count; i++)
		guest->texts[i] = ln_names_copy(names, functions[i]);
	/* Only as many as there is room for. */
	guest->numbers[4] = (uint64_t)ln_backtrace_take(
		&guest->instance, trapping, functions, 2, &count);
	guest->numbers[5] = count;
}

static bool take_trap(struct test_guest *guest)
{
	take(guest, "trap");
	return true;
}

static bool take_nothing(struct test_guest *guest)
{
	take(guest, "nothing");
	return true;
}

static bool take_stop(struct test_guest *guest)
{
	take(guest, "stop");
	ln_instance_record_trap("stopped", 7);
	return false;
}

static bool find_others(struct test_guest *guest)
{
	static const char *const names[] = { "param", "result", "global",
					     "none", "" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		guest->numbers[0] +=
			ln_backtrace_find(&guest->instance, names[i]) != NULL;
	guest->numbers[1] = 1;
	return true;
}

static struct test_guests all;

static void run(struct test_guest *guest,
		bool (*host)(struct test_guest *guest))
{
	test_guests_init(&all, LN_PREEMPTION_SIGNAL);
	test_guest_init(&all, 0, text, guest);
	guest->host = host;
	test_guest_run(guest);
	assert_int_equal(guest->made, 0);
}

static void drop(struct test_guest *guest)
{
	test_guest_deinit(guest);
	test_guests_deinit(&all);
}

/* The guest goes on afterwards. */
static void frames_and_names(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, take_trap);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_int_equal(guest.numbers[0], 1);
	assert_int_equal(guest.numbers[1], 0);
	assert_int_equal(guest.numbers[2], 4);
	assert_int_equal(guest.numbers[3], 7);
	assert_int_equal(guest.numbers[4], 0);
	assert_int_equal(guest.numbers[5], 2);
	assert_string_equal(guest.texts[0], "inner");
	assert_string_equal(guest.texts[1], "<wasm function 8>");
	/* As it is: clean it is where it is shown. */
	assert_string_equal(guest.texts[2], "a;b\nc");
	assert_string_equal(guest.texts[3], "<wasm function 10>");
	drop(&guest);
}

static void what_does_not_trap(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, take_nothing);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	assert_int_equal(guest.numbers[0], 1);
	assert_int_equal((int)guest.numbers[1], LN_EINVAL);
	drop(&guest);
}

static void what_was_ended(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, take_stop);
	assert_int_equal(guest.stop, LN_STOP_HOST);
	assert_int_equal((int)guest.numbers[1], LN_EKILLED);
	drop(&guest);
}

static void what_cannot_be_called(void **state)
{
	struct test_guest guest;

	(void)state;
	run(&guest, find_others);
	assert_int_equal(guest.numbers[1], 1);
	assert_int_equal(guest.numbers[0], 0);
	drop(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_and_names),
		cmocka_unit_test(what_does_not_trap),
		cmocka_unit_test(what_was_ended),
		cmocka_unit_test(what_cannot_be_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
