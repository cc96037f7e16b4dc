/* src/base/table.c: tables against what was put into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/table.h"

#define MANY 5000
#define LARGE 200000
#define STEPS 200000

static bool there[MANY];

static uint64_t key_of(uint32_t index)
{
	return index % 2 == 0 ? index + 1
			      : UINT64_MAX - 1 - ((uint64_t)index << 7);
}

static void add(struct ln_table *table, uint64_t key, uint64_t number)
{
	struct ln_table_slot *slot = ln_table_add(table, key);

	assert_non_null(slot);
	slot->number = number;
}

static void check(const struct ln_table *table, uint32_t index)
{
	struct ln_table_slot *slot = ln_table_find(table, key_of(index));

	assert_int_equal(slot != NULL, there[index]);
	if (slot != NULL) {
		assert_int_equal(slot->number, index);
		assert_null(ln_table_next(table, slot));
	}
}

/* Going through all slots shows each entry once. */
static void check_walk(const struct ln_table *table)
{
	static uint32_t seen[MANY];
	uint32_t slots = ln_table_slots(table);
	uint32_t live = 0;

	for (uint32_t i = 0; i < MANY; i++)
		seen[i] = 0;
	for (uint32_t i = 0; i < slots; i++) {
		struct ln_table_slot *slot = ln_table_at(table, i);

		if (slot == NULL)
			continue;
		assert_true(there[slot->number]);
		assert_int_equal(seen[slot->number]++, 0);
		live++;
	}
	assert_int_equal(live, table->live);
}

static void is_empty_at_first(void **state)
{
	struct ln_table table = { 0 };

	(void)state;
	assert_null(ln_table_find(&table, 0));
	assert_null(ln_table_find(&table, 1));
	assert_null(ln_table_find(&table, UINT64_MAX));
	assert_int_equal(ln_table_slots(&table), 0);
	add(&table, 1, 5);
	assert_null(ln_table_find(&table, 0));
	assert_null(ln_table_find(&table, UINT64_MAX));
	ln_table_remove(&table, ln_table_find(&table, 1));
	assert_null(ln_table_find(&table, UINT64_MAX));
	ln_table_deinit(&table, NULL);
	ln_table_deinit(&table, NULL);
}

/* Adds and removes at random, in phases of growing, shrinking, and of few
 * entries that come and go. */
static void random_steps(bool keyed)
{
	struct ln_table table = { .keyed = keyed };
	uint32_t live = 0;

	for (uint32_t i = 0; i < MANY; i++)
		there[i] = false;
	srand(1);
	for (int i = 0; i < STEPS; i++) {
		int phase = i * 6 / STEPS;
		uint32_t range = phase % 3 == 2 ? 20 : MANY;
		uint32_t index = (uint32_t)rand() % range;
		bool wants = rand() % 8 < (phase % 3 == 0 ? 6 : 2);

		check(&table, index);
		if (wants && !there[index]) {
			add(&table, key_of(index), index);
			there[index] = true;
			live++;
		} else if (!wants && there[index]) {
			ln_table_remove(&table,
					ln_table_find(&table, key_of(index)));
			there[index] = false;
			live--;
		}
		assert_int_equal(table.live, live);
		check(&table, (uint32_t)rand() % MANY);
		if (i % 1000 == 0)
			check_walk(&table);
	}
	for (uint32_t i = 0; i < MANY; i++)
		check(&table, i);
	ln_table_deinit(&table, NULL);
}

static void as_expected(void **state)
{
	(void)state;
	random_steps(false);
}

static void as_expected_when_keyed(void **state)
{
	(void)state;
	random_steps(true);
}

/* What is removed during a walk, while the table is being moved. */
static void emptied_while_it_grows(void **state)
{
	(void)state;
	for (uint32_t size = 0; size < 300; size++) {
		struct ln_table table = { 0 };
		uint32_t removed = 0;
		uint32_t slots;

		for (uint32_t i = 1; i <= size; i++)
			add(&table, i, i);
		slots = ln_table_slots(&table);
		for (uint32_t i = 0; i < slots; i++) {
			struct ln_table_slot *slot = ln_table_at(&table, i);

			if (slot == NULL)
				continue;
			ln_table_remove(&table, slot);
			removed++;
		}
		assert_int_equal(removed, size);
		assert_int_equal(table.live, 0);
		assert_null(ln_table_find(&table, 1));
		ln_table_deinit(&table, NULL);
	}
}

/* Entries with one key are all found, wherever they are. */
static void keys_may_be_equal(void **state)
{
	struct ln_table table = { 0 };
	uint32_t count[4] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		struct ln_table_slot *slot;
		uint32_t found = 0;
		uint64_t sum = 0;

		add(&table, 1 + i % 4, i);
		count[i % 4]++;
		slot = ln_table_find(&table, 1 + i % 4);
		for (; slot != NULL; slot = ln_table_next(&table, slot)) {
			found++;
			sum += slot->number;
		}
		assert_int_equal(found, count[i % 4]);
		/* i, i - 4, i - 8, ... */
		assert_int_equal(sum, (uint64_t)found * (i + i % 4) / 2);
	}
	for (uint32_t i = 0; i < 1000; i++)
		ln_table_remove(&table, ln_table_find(&table, 1 + i % 4));
	for (uint64_t key = 1; key <= 4; key++)
		assert_null(ln_table_find(&table, key));
	ln_table_deinit(&table, NULL);
}

/* Entries that come and go do not make it grow. */
static void removed_entries_make_room(void **state)
{
	struct ln_table table = { 0 };

	(void)state;
	for (uint64_t i = 1; i < STEPS; i++) {
		add(&table, i, i);
		if (i > 7)
			ln_table_remove(&table, ln_table_find(&table, i - 7));
	}
	assert_int_equal(table.live, 7);
	assert_true(ln_table_slots(&table) <= 64);
	ln_table_deinit(&table, NULL);
}

/* One entry leaves nothing behind. */
static void the_last_one_leaves_no_tombstone(void **state)
{
	struct ln_table table = { 0 };

	(void)state;
	for (uint64_t i = 1; i < 1000; i++) {
		add(&table, i, i);
		ln_table_remove(&table, ln_table_find(&table, i));
		assert_int_equal(table.used, 0);
	}
	assert_int_equal(ln_table_slots(&table), 4);
	ln_table_deinit(&table, NULL);
}

static unsigned rests;

static void rest(void)
{
	rests++;
}

static uint32_t old_slots(const struct ln_table *table)
{
	return ln_table_slots(table) - (UINT32_C(1) << table->bits);
}

/* Entries that are still to be moved. */
static uint32_t left_in_old(const struct ln_table *table)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < old_slots(table); i++)
		left += ln_table_at(table, i) != NULL;
	return left;
}

/* Enough for tables that are mappings. No addition moves more than some
 * entries, so for a while there are two tables, and all is found in either. */
static void large_ones_grow_step_by_step(void **state)
{
	struct ln_table table = { 0 };
	uint32_t with_two = 0;

	(void)state;
	for (uint64_t i = 1; i <= LARGE; i++) {
		bool looks = i % 1000 == 0 || (i > 49000 && i < 49200);
		uint32_t before = looks && i > 1000 ? left_in_old(&table) : 0;

		add(&table, i, i);
		if (old_slots(&table) == 0)
			continue;
		with_two++;
		if (before > 0)
			assert_in_range(left_in_old(&table), before - 16,
					before);
		assert_int_equal(ln_table_find(&table, (i + 1) / 2)->number,
				 (i + 1) / 2);
		assert_int_equal(ln_table_find(&table, 1)->number, 1);
	}
	assert_true(with_two > LARGE / 64);
	for (uint64_t i = 1; i <= LARGE; i++)
		assert_int_equal(ln_table_find(&table, i)->number, i);
	ln_table_deinit(&table, rest);
	assert_true(rests > 1);
	assert_int_equal(ln_table_slots(&table), 0);
}

/* What an addition was said to cost is what the table has more afterwards,
 * until the one before is gone. */
static void says_what_it_costs(void **state)
{
	struct ln_table table = { 0 };
	uint64_t slot_size = sizeof(struct ln_table_slot);

	(void)state;
	for (uint64_t i = 1; i < 2000; i++) {
		uint64_t before = ln_table_bytes(&table);
		uint64_t more = ln_table_growth(&table);
		uint32_t slots;

		add(&table, i, i);
		slots = ln_table_slots(&table);
		assert_true(ln_table_bytes(&table) <= before + more);
		if (old_slots(&table) > 0)
			continue;
		assert_int_equal(ln_table_bytes(&table),
				 slots > 64 ? slots * slot_size : 0);
	}
	assert_int_equal(ln_table_bytes(&table), 4096 * slot_size);
	ln_table_deinit(&table, NULL);
	assert_int_equal(ln_table_bytes(&table), 0);
}

static void hashes_are_keys(void **state)
{
	static const uint64_t secrets[2][2] = { { 1, 2 }, { 1, 3 } };
	uint64_t first = ln_table_hash(secrets[0], "name", 4);

	(void)state;
	assert_int_not_equal(first, 0);
	assert_int_equal(first, ln_table_hash(secrets[0], "name", 4));
	assert_int_not_equal(first, ln_table_hash(secrets[1], "name", 4));
	assert_int_not_equal(first, ln_table_hash(secrets[0], "nams", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_empty_at_first),
		cmocka_unit_test(as_expected),
		cmocka_unit_test(as_expected_when_keyed),
		cmocka_unit_test(emptied_while_it_grows),
		cmocka_unit_test(keys_may_be_equal),
		cmocka_unit_test(removed_entries_make_room),
		cmocka_unit_test(the_last_one_leaves_no_tombstone),
		cmocka_unit_test(large_ones_grow_step_by_step),
		cmocka_unit_test(says_what_it_costs),
		cmocka_unit_test(hashes_are_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
