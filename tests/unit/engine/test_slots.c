/* Slots of the fast tier: whatever a life writes, the next one begins with the
 * content of the backing; and how many there are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "engine/backing.h"
#include "engine/fault.h"
#include "engine/slots.h"
#include "engine/sweep.h"
#include "support/addresses.h"
#include "support/refusal.h"

/* Of the system's pages, and whole ones of wasm. */
#define PAGES ((size_t)384)
#define SIZE (PAGES * page)

static struct ln_sweep sweep;
static struct ln_slots *slots;
static size_t page;
static uint8_t *first; /* what a life begins with */
static bool handles;   /* our handler is there; cmocka installs its own for
			* each test */

static uint8_t content(size_t at)
{
	size_t number = at / page;

	/* Runs of pages with gaps, more than there are extents. */
	return number % 100 < 3 ? (uint8_t)(at * 7 + number) : 0;
}

static int set_up(void **state)
{
	(void)state;
	handles = false;
	ln_sweep_init(&sweep);
	page = sweep.page;
	assert_int_equal(ln_slots_new(&sweep, &slots), 0);
	first = aligned_alloc(page, SIZE);
	assert_non_null(first);
	for (size_t i = 0; i < SIZE; i++)
		first[i] = content(i);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	test_refuse(0, 0);
	assert_int_equal(ln_slots_taken(slots), 0);
	ln_slots_free(slots);
	ln_sweep_deinit(&sweep);
	free(first);
	return 0;
}

static struct ln_backing *back(void)
{
	size_t bytes;
	struct ln_backing *backing =
		ln_backing_new(&sweep, first, SIZE, SIZE * 2, &bytes);

	assert_non_null(backing);
	if (!handles)
		ln_fault_install();
	handles = true;
	return backing;
}

static struct ln_slot *take(struct ln_backing *backing, uint8_t **base)
{
	struct ln_slot *slot =
		ln_slot_take(slots, backing, backing != NULL ? SIZE : 0, false);
	size_t size;

	assert_non_null(slot);
	*base = ln_slot_base(slot, &size);
	assert_int_equal(size, backing != NULL ? SIZE : 0);
	return slot;
}

static void end_and_begin(struct ln_slot *slot, struct ln_backing *backing)
{
	size_t size;
	const uint8_t *base = ln_slot_base(slot, &size);

	assert_true(ln_slot_end(slot, backing, NULL));
	assert_memory_equal(base, first, SIZE);
	assert_true(ln_slot_begin(slot));
	(void)ln_slot_base(slot, &size);
	assert_int_equal(size, SIZE);
}

/* Whether a page has to be opened before it is written; opens it. */
static bool faults(const uint8_t *base, size_t number)
{
	return ln_slots_fault((uintptr_t)base + number * page);
}

static void finish(struct ln_slot *slot, struct ln_backing *backing)
{
	ln_slot_give(slot, NULL);
	ln_slots_forget(slots, backing);
	ln_backing_free(backing);
}

static void learns(void **state)
{
	struct ln_backing *backing = back();
	struct ln_slot *slots_of[2];
	uint8_t *base, *other;

	(void)state;
	slots_of[0] = take(backing, &base);
	assert_memory_equal(base, first, SIZE);
	/* At the edges of pages, and of the memory. */
	base[2 * page] = 200;
	base[3 * page - 1] = 201;
	base[SIZE - 1] = 202;
	assert_false(faults(base, 2));
	end_and_begin(slots_of[0], backing);
	assert_false(faults(base, 2));
	assert_false(faults(base, PAGES - 1));
	/* Others know. */
	slots_of[1] = take(backing, &other);
	assert_true(base != other);
	assert_memory_equal(other, first, SIZE);
	assert_false(faults(other, 2));
	assert_false(faults(other, PAGES - 1));
	assert_true(faults(other, 20));
	memset(other + 20 * page, 9, page);
	/* The first one catches up when its next life begins. */
	end_and_begin(slots_of[0], backing);
	assert_false(faults(base, 20));
	end_and_begin(slots_of[1], backing);
	/* What is no page of a memory is not opened. */
	assert_false(faults(base, PAGES));
	assert_false(ln_slots_fault((uintptr_t)base + LN_SLOT_RESERVED));
	assert_false(ln_slots_fault((uintptr_t)first));
	assert_false(ln_slots_fault(0));
	ln_slot_give(slots_of[1], NULL);
	finish(slots_of[0], backing);
}

/* Writes many pages in some order, again and again. */
static void check_pattern(size_t count, size_t step)
{
	struct ln_backing *backing = back();
	uint8_t *base;
	struct ln_slot *slot = take(backing, &base);

	for (int life = 0; life < 70; life++) {
		for (size_t i = 0; i < count; i++) {
			size_t at = i * step % PAGES * page;

			memset(base + at + 8, life + 1, 16);
			base[at + page - 1] = 77;
		}
		end_and_begin(slot, backing);
	}
	finish(slot, backing);
}

static void patterns(void **state)
{
	(void)state;
	check_pattern(5, 1);
	check_pattern(16, 1);
	check_pattern(17, 1);
	check_pattern(300, 1);
	check_pattern(300, PAGES - 1); /* downwards */
	check_pattern(40, 19);         /* more spans than there may be */
	check_pattern(PAGES, 1);
	check_pattern(PAGES, 3 * 11);
}

/* Whether the kernel can read a byte. */
static bool is_there(const uint8_t *at)
{
	int ends[2];
	bool there;

	assert_int_equal(pipe(ends), 0);
	there = write(ends[1], at, 1) == 1;
	close(ends[0]);
	close(ends[1]);
	return there;
}

static void grows(void **state)
{
	struct ln_backing *backing = back();
	size_t more[] = { 65536, 3 << 20, 65536, 40 << 20 };
	uint8_t *base;
	struct ln_slot *slot = take(backing, &base);

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		size_t size = SIZE + more[i % 4];

		assert_true(ln_slot_grow(slot, size));
		for (size_t at = SIZE; at < size; at += page) {
			assert_int_equal(base[at], 0);
			base[at] = 1;
			base[at + page - 1] = 2;
		}
		base[SIZE - 1] = 3;
		end_and_begin(slot, backing);
		assert_false(is_there(base + SIZE));
		assert_true(is_there(base + SIZE - 1));
	}
	assert_false(ln_slot_grow(slot, LN_SLOT_RESERVED + page));
	finish(slot, backing);
}

/* One life that writes much does not make all later ones pay. */
static void unlearns(void **state)
{
	struct ln_backing *backing = back();
	uint8_t *base;
	struct ln_slot *slot = take(backing, &base);

	(void)state;
	memset(base, 5, 350 * page);
	end_and_begin(slot, backing);
	assert_false(faults(base, 349));
	for (int life = 0; life < 70; life++) {
		base[7] = 1;
		base[9 * page] = 1;
		end_and_begin(slot, backing);
	}
	assert_false(faults(base, 9));
	assert_true(faults(base, 300));
	end_and_begin(slot, backing);
	finish(slot, backing);
}

/* A life that writes more than is learned may write all of it. */
static void overflows(void **state)
{
	size_t size = (size_t)(LN_LEARNED_PAGES_MAX + 500) * page, bytes, n;
	uint8_t *large = aligned_alloc(page, size);
	struct ln_backing *backing;
	struct ln_slot *slot;
	uint8_t *base;

	(void)state;
	assert_non_null(large);
	memset(large, 0, size);
	large[5 * page] = 1;
	ln_backing_free(back());
	backing = ln_backing_new(&sweep, large, size, size, &bytes);
	assert_non_null(backing);
	/* Only what is not zero is kept. */
	assert_true(bytes < 64 * page);
	slot = ln_slot_take(slots, backing, size, false);
	assert_non_null(slot);
	base = ln_slot_base(slot, &n);
	for (int life = 0; life < 80; life++) {
		if (life == 0)
			memset(base, 6, size);
		base[100 * page] = 7;
		if (life == 1)
			assert_false(faults(base, 2000));
		assert_true(ln_slot_end(slot, backing, NULL));
		assert_memory_equal(base, large, size);
		assert_true(ln_slot_begin(slot));
	}
	/* Then it is learned anew; where the kernel takes nothing back, what
	 * the first life wrote is still known. */
	assert_false(faults(base, 100));
	assert_true(state == NULL || faults(base, 2000));
	finish(slot, backing);
	free(large);
}

static void kernel_writes(void **state)
{
	static const char text[] = "from the kernel";
	struct ln_backing *backing = back();
	uint8_t *base;
	struct ln_slot *slot = take(backing, &base);
	int ends[2];
	ssize_t n = (ssize_t)sizeof(text);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	for (int life = 0; life < 3; life++) {
		/* Over an edge. */
		uint8_t *at = base + (size_t)(30 + life) * page - 4;

		assert_int_equal(write(ends[1], text, sizeof(text)), n);
		if (life == 0) {
			assert_int_equal(read(ends[0], at, sizeof(text)), -1);
			assert_int_equal(errno, EFAULT);
		}
		ln_slots_open(at, sizeof(text));
		assert_int_equal(read(ends[0], at, sizeof(text)), n);
		assert_memory_equal(at, text, sizeof(text));
		end_and_begin(slot, backing);
	}
	/* Nothing, what is outside, and what is longer than the memory. */
	ln_slots_open(base + SIZE, 100);
	ln_slots_open(base, 0);
	ln_slots_open(first, 100);
	ln_slots_open(base + SIZE - 1, SIZE);
	assert_false(faults(base, PAGES - 1));
	close(ends[0]);
	close(ends[1]);
	finish(slot, backing);
}

/* Slots without a backing are zero, of whatever size. */
static void plain(void **state)
{
	static const size_t sizes[] = { 65536, 0, 1 << 20, 65536, 9 << 20 };

	(void)state;
	for (size_t i = 0; i < 15; i++) {
		size_t size = sizes[i % 5];
		size_t wanted = i < 10 ? size : 0;
		struct ln_slot *slot = ln_slot_take(slots, NULL, wanted, false);
		uint8_t *base;
		size_t n;

		assert_non_null(slot);
		base = ln_slot_base(slot, &n);
		assert_int_equal(n, wanted);
		assert_true(ln_slot_fit(slot, size));
		assert_true(ln_slot_grow(slot, size + 65536));
		for (size_t at = 0; at < size + 65536; at += 64) {
			assert_int_equal(base[at], 0);
			base[at] = 1;
		}
		ln_slot_give(slot, NULL);
	}
}

/* A slot that served a module without a known content gets one. */
static void becomes_mapped(void **state)
{
	struct ln_backing *backing = back();
	struct ln_slot *slot = ln_slot_take(slots, NULL, 65536, false);
	uint8_t *base;
	size_t n;

	(void)state;
	assert_non_null(slot);
	base = ln_slot_base(slot, &n);
	memset(base, 8, 65536);
	assert_true(ln_slot_grow(slot, 8 * SIZE));
	memset(base, 8, 8 * SIZE);
	end_and_begin(slot, backing);
	finish(slot, backing);
}

/* Ready slots go to those that need them, and are blank for others. */
static void changes_hands(void **state)
{
	struct ln_backing *backings[2];
	struct ln_slot *slot;
	uint8_t *base, *again;

	(void)state;
	backings[0] = back();
	memset(first, 1, SIZE);
	backings[1] = back();
	slot = take(backings[0], &base);
	base[0] = 99;
	ln_slot_give(slot, NULL);
	/* The other module takes another one. */
	slot = take(backings[1], &again);
	assert_true(base != again);
	assert_memory_equal(again, first, SIZE);
	ln_slot_give(slot, NULL);
	for (size_t i = 0; i < SIZE; i++)
		first[i] = content(i);
	slot = take(backings[0], &again);
	assert_ptr_equal(base, again);
	assert_memory_equal(base, first, SIZE);
	ln_slot_give(slot, NULL);
	for (int i = 0; i < 2; i++) {
		ln_slots_forget(slots, backings[i]);
		ln_backing_free(backings[i]);
	}
	slot = ln_slot_take(slots, NULL, SIZE, false);
	assert_non_null(slot);
	base = ln_slot_base(slot, &(size_t){ 0 });
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(base[i], 0);
	ln_slot_give(slot, NULL);
}

/* Where the kernel refuses, content is right all the same. */
static void refused(void **state)
{
	(void)state;
	test_refuse(TEST_REFUSE_MADVISE, 0);
	check_pattern(300, 1);
	overflows(NULL);
	assert_true(test_refused() > 0);
	test_refuse(TEST_REFUSE_SCAN, 0);
	check_pattern(300, 1);
	grows(NULL);
	test_refuse(TEST_REFUSE_SCAN | TEST_REFUSE_MADVISE, 0);
	grows(NULL);
	assert_true(test_refused() > 0);
	test_refuse(0, 0);
}

/* A write that cannot be allowed stays a fault, and the slot is given up. */
static void not_opened(void **state)
{
	struct ln_backing *backing = back();
	uint8_t *base;
	struct ln_slot *slot = take(backing, &base);

	(void)state;
	base[3 * page] = 1;
	test_refuse(TEST_REFUSE_MPROTECT, 0);
	assert_false(faults(base, 50));
	assert_true(test_refused() > 0);
	test_refuse(0, 0);
	assert_false(ln_slot_end(slot, backing, NULL));
	ln_slot_give(slot, NULL);
	slot = take(backing, &base);
	assert_memory_equal(base, first, SIZE);
	finish(slot, backing);
}

/* Half of the addresses that are left, where these are limited. */
static void limited(void **state)
{
	struct ln_backing *backing;
	struct ln_slot *taken[8];
	struct rlimit limit, tight;
	struct ln_slots *few;

	(void)state;
	if (LN_ASAN || LN_TSAN)
		skip(); /* they have taken more than there is */
	if (!test_addresses_are_limited())
		skip();
	backing = back();
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	tight = limit;
	tight.rlim_cur =
		test_addresses() + 7 * (LN_SLOT_RESERVED + LN_SLOT_GUARD);
	assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
	assert_int_equal(ln_slots_new(&sweep, &few), 0);
	assert_int_equal(ln_slots_max(few), 3);
	for (int i = 0; i < 3; i++) {
		taken[i] =
			ln_slot_take(few, i > 0 ? backing : NULL, SIZE, false);
		assert_non_null(taken[i]);
	}
	assert_int_equal(ln_slots_taken(few), 3);
	assert_null(ln_slot_take(few, backing, SIZE, false));
	/* Others may be had as long as there are addresses. */
	taken[3] = ln_slot_take(few, NULL, SIZE, true);
	assert_non_null(taken[3]);
	for (int i = 4; i < 8; i++)
		taken[i] = ln_slot_take(few, NULL, SIZE, true);
	assert_null(taken[7]);
	for (int i = 0; i < 8; i++) {
		if (taken[i] != NULL)
			ln_slot_give(taken[i], NULL);
	}
	assert_int_equal(ln_slots_taken(few), 0);
	/* One that waits for its module serves another one. */
	for (int i = 0; i < 3; i++)
		taken[i] = ln_slot_take(few, backing, SIZE, false);
	for (int i = 0; i < 3; i++)
		ln_slot_give(taken[i], NULL);
	for (int i = 0; i < 3; i++) {
		taken[i] = ln_slot_take(few, NULL, SIZE, false);
		assert_non_null(taken[i]);
	}
	for (int i = 0; i < 3; i++)
		ln_slot_give(taken[i], NULL);
	ln_slots_forget(few, backing);
	ln_slots_free(few);
	tight.rlim_cur = test_addresses() + ((size_t)1 << 30);
	assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
	assert_int_equal(ln_slots_new(&sweep, &few), 0);
	assert_int_equal(ln_slots_max(few), 0);
	assert_null(ln_slot_take(few, NULL, SIZE, false));
	assert_null(ln_slot_take(few, NULL, SIZE, true));
	ln_slots_free(few);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	ln_backing_free(backing);
}

static void held(void **state)
{
	struct ln_backing *backing = back();
	uint8_t *base;
	struct ln_slot *slot = take(backing, &base);

	(void)state;
	memset(base, 5, 10 * page);
	assert_true(ln_slot_end(slot, backing, NULL));
	assert_int_equal(ln_slots_held(slots), 0);
	assert_true(ln_slot_begin(slot));
	memset(base, 5, 300 * page);
	assert_true(ln_slot_end(slot, backing, NULL));
	assert_in_range(ln_slots_held(slots), 300 * page, 500 * page);
	assert_true(ln_slot_begin(slot));
	assert_int_equal(ln_slots_held(slots), 0);
	memset(base, 5, 300 * page);
	ln_slot_give(slot, NULL);
	assert_true(ln_slots_held(slots) > 0);
	ln_slots_forget(slots, backing);
	assert_int_equal(ln_slots_held(slots), 0);
	ln_backing_free(backing);
}

static void none(void **state)
{
	(void)state;
	assert_true(ln_slots_max(slots) > 0);
	ln_slots_free(NULL);
	ln_backing_free(NULL);
	ln_slots_forget(slots, NULL);
	assert_null(ln_slot_take(slots, NULL, LN_SLOT_RESERVED + 1, true));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(learns),   TEST(patterns),       TEST(grows),
		TEST(unlearns), TEST(overflows),      TEST(kernel_writes),
		TEST(plain),    TEST(becomes_mapped), TEST(changes_hands),
		TEST(refused),  TEST(not_opened),     TEST(limited),
		TEST(held),     TEST(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
