/* Linear memories of both strategies: growth, limits, and that nobody sees what
 * another guest has left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/account.h"
#include "engine/memory.h"
#include "engine/spares.h"
#include "support/guests.h"
#include "support/refusal.h"

#define PAGE UINT64_C(65536)

/* Grows by `n` pages and stores the result at 0; marks the last byte before and
 * the last byte after that. */
static const char growing[] =
	"(module (memory (export \"memory\") 1)"
	" (func (export \"f\") (param $n i32)"
	"  (i32.store8 (i32.const 65535) (i32.const 7))"
	"  (i32.store (i32.const 0) (memory.grow (local.get $n)))"
	"  (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536))"
	"    (i32.const 1)) (i32.const 9))))";

static void note(struct test_guest *guest)
{
	uint8_t *base;
	uint64_t size;
	int32_t result;

	if (!ln_instance_view(&guest->instance, &base, &size))
		return;
	memcpy(&result, base, sizeof(result));
	guest->numbers[0] = (uint64_t)result;
	guest->numbers[1] = size;
	guest->numbers[2] = guest->instance.memory_used;
	guest->numbers[3] = base[65535];
	guest->numbers[4] = base[size - 1];
	/* Whether all between is zero. */
	guest->numbers[5] = 1;
	for (uint64_t i = 65536; i + 1 < size; i++) {
		if (base[i] != 0)
			guest->numbers[5] = 0;
	}
}

/* Grows by `pages`, of which all, or none, are given. */
static void check_growth(struct test_guest *guest, uint32_t pages, bool given)
{
	uint64_t size = given ? (pages + 1) * PAGE : PAGE;

	guest->params[0].i32 = (int32_t)pages;
	guest->after = note;
	test_guest_run(guest);
	assert_int_equal(guest->made, 0);
	assert_int_equal(guest->stop, LN_STOP_RETURNED);
	assert_int_equal((int32_t)guest->numbers[0], given ? 1 : -1);
	assert_int_equal(guest->numbers[1], size);
	assert_int_equal(guest->numbers[2], size);
	assert_int_equal(guest->numbers[3], given && pages > 0 ? 7 : 9);
	assert_int_equal(guest->numbers[4], 9);
	assert_int_equal(guest->numbers[5], 1);
	/* And is given back. */
	assert_int_equal(guest->instance.memory_used, 0);
}

static void check_strategy(unsigned variant)
{
	struct test_guest guest;

	test_guest_init(&test_guests_shared, variant, growing, &guest);
	check_growth(&guest, 0, true);
	check_growth(&guest, 1, true);
	/* Over several sizes of slots, often: slots that others have used. */
	for (uint32_t i = 0; i < 60; i++)
		check_growth(&guest, i % 20, true);
	/* More pages than are swept one by one. */
	check_growth(&guest, 300, true);
	check_growth(&guest, 300, true);
	guest.limits.max_memory = 3 * PAGE;
	check_growth(&guest, 2, true);
	check_growth(&guest, 3, false);
	check_growth(&guest, 65535, false);
	check_growth(&guest, UINT32_MAX, false);
	test_guest_deinit(&guest);
}

static void slabs(void **state)
{
	(void)state;
	check_strategy(0);
}

static void guard_pages(void **state)
{
	(void)state;
	check_strategy(LN_VARIANT_GUARD);
}

/* Fills 200 pages, grows, and does so again: what is moved is moved in pieces,
 * and what is left behind is cleared in pieces. */
static const char moving[] =
	"(module (memory (export \"memory\") 1)"
	" (func $more"
	"  (drop (memory.grow (i32.const 200)))"
	"  (memory.fill (i32.const 8) (i32.const 5)"
	"   (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8))))"
	" (func (export \"f\")"
	"  (call $more) (call $more) (drop (memory.grow (i32.const 400)))))";

static void note_moved(struct test_guest *guest)
{
	uint8_t *base;
	uint64_t size;

	if (!ln_instance_view(&guest->instance, &base, &size))
		return;
	guest->numbers[0] = size;
	guest->numbers[1] = 0;
	for (uint64_t i = 8; i < size; i++)
		guest->numbers[1] += base[i] != (i < 401 * PAGE ? 5 : 0);
}

static void check_moves(unsigned variant)
{
	struct test_guest guest;

	test_guest_init(&test_guests_shared, variant, moving, &guest);
	guest.after = note_moved;
	for (int i = 0; i < 3; i++) {
		test_guest_run(&guest);
		assert_int_equal(guest.stop, LN_STOP_RETURNED);
		assert_int_equal(guest.numbers[0], 801 * PAGE);
		assert_int_equal(guest.numbers[1], 0);
		assert_int_equal(guest.instance.memory_used, 0);
	}
	test_guest_deinit(&guest);
}

static void large_ones_move(void **state)
{
	(void)state;
	check_moves(0);
	check_moves(LN_VARIANT_GUARD);
	test_refuse(TEST_REFUSE_MADVISE | TEST_REFUSE_SCAN, 0);
	check_moves(0);
	test_refuse(0, 0);
}

/* Whatever the kernel refuses, nobody sees what another one has left. */
static void check_refusals(unsigned variant)
{
	static const unsigned refused[] = {
		TEST_REFUSE_MADVISE,
		TEST_REFUSE_SCAN,
		TEST_REFUSE_MADVISE | TEST_REFUSE_SCAN,
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		test_refuse(refused[i], 0);
		check_strategy(variant);
		if (variant == 0)
			assert_true(test_refused() > 0);
		test_refuse(0, 0);
	}
}

static void refused_in_slabs(void **state)
{
	(void)state;
	check_refusals(0);
}

static void refused_in_slots(void **state)
{
	static const char other[] =
		"(module (memory (export \"memory\") 7) (func (export \"f\")))";
	struct test_guest guest;

	(void)state;
	check_refusals(LN_VARIANT_GUARD);
	test_guest_init(&test_guests_shared, LN_VARIANT_GUARD, growing, &guest);
	check_growth(&guest, 1, true);
	/* What cannot be made accessible is not given. */
	test_refuse(TEST_REFUSE_MPROTECT, 2 * PAGE);
	check_growth(&guest, 2, false);
	assert_int_equal(test_refused(), 1);
	test_refuse(0, 0);
	check_growth(&guest, 2, true);
	test_guest_deinit(&guest);
	test_guest_init(&test_guests_shared, LN_VARIANT_GUARD, other, &guest);
	test_refuse(TEST_REFUSE_MPROTECT, PAGE);
	test_guest_run(&guest);
	assert_true(guest.made < 0);
	assert_int_equal(guest.instance.memory_used, 0);
	test_refuse(0, 0);
	test_guest_run(&guest);
	assert_int_equal(guest.made, 0);
	test_guest_deinit(&guest);
}

static void accounts(void **state)
{
	struct ln_account account = { .max = 3 * PAGE };
	struct test_guest guest;

	(void)state;
	test_guest_init(&test_guests_shared, 0, growing, &guest);
	guest.limits.account = &account;
	check_growth(&guest, 3, false);
	check_growth(&guest, 2, true);
	assert_int_equal(account.used, 0);
	test_guest_deinit(&guest);
}

/* What is behind a memory is out of reach, also right behind it. */
static void check_end(unsigned variant)
{
	static const char beyond[] = "(module (memory (export \"memory\") 1 2)"
				     " (func (export \"f\") (param $at i32)"
				     "  (drop (i32.load8_u (local.get $at)))))";
	static const uint32_t out[] = { 65536, 65537, 131072, UINT32_MAX };
	struct test_guest guest;

	test_guest_init(&test_guests_shared, variant, beyond, &guest);
	guest.params[0].i32 = 65535;
	test_guest_run(&guest);
	assert_int_equal(guest.stop, LN_STOP_RETURNED);
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		guest.params[0].i32 = (int32_t)out[i];
		test_guest_run(&guest);
		assert_int_equal(guest.stop, LN_STOP_TRAPPED);
		assert_non_null(strstr(guest.report, "out of bounds memory"));
	}
	test_guest_deinit(&guest);
}

static void ends(void **state)
{
	(void)state;
	check_end(0);
	check_end(LN_VARIANT_GUARD);
}

static void none(void **state)
{
	struct ln_memories *memories = NULL;

	(void)state;
	assert_int_equal(ln_memories_new(&memories), 0);
	ln_memories_free(memories);
	ln_memories_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slabs),
		cmocka_unit_test(large_ones_move),
		cmocka_unit_test(guard_pages),
		cmocka_unit_test(accounts),
		cmocka_unit_test(ends),
		cmocka_unit_test(none),
		cmocka_unit_test(refused_in_slabs),
		cmocka_unit_test(refused_in_slots),
	};

	return cmocka_run_group_tests(tests, test_guests_set_up,
				      test_guests_tear_down);
}
