/* src/base/table.c: tables against what was put into them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/table.h"

#define MOST 5000

static struct ln_table_entry entries[MOST];
static bool there[MOST];

static uint64_t key_of(uint32_t index)
{
	return index % 2 == 0 ? index : UINT64_MAX - ((uint64_t)index << 7);
}

static void check(const struct ln_table *table, uint32_t index)
{
	struct ln_table_entry *found = ln_table_find(table, key_of(index));

	assert_ptr_equal(found, there[index] ? &entries[index] : NULL);
}

/* Adds and removes at random, more of the first, then of the second. */
static void as_expected(void **state)
{
	struct ln_table table = { 0 };
	uint32_t count = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 100000; i++) {
		uint32_t index = (uint32_t)rand() % MOST;
		bool add = rand() % 8 < (i < 50000 ? 6 : 2);

		check(&table, index);
		if (add && !there[index]) {
			entries[index].key = key_of(index);
			assert_int_equal(ln_table_add(&table, &entries[index]),
					 0);
			there[index] = true;
			count++;
		} else if (!add) {
			assert_ptr_equal(ln_table_remove(&table, key_of(index)),
					 there[index] ? &entries[index] : NULL);
			count -= there[index];
			there[index] = false;
		}
		assert_int_equal(table.count, count);
		check(&table, (uint32_t)rand() % MOST);
	}
	while (count > 0) {
		uint32_t at = 0;
		struct ln_table_entry *entry;

		while ((entry = ln_table_take(&table, &at)) != NULL) {
			there[entry - entries] = false;
			count--;
		}
	}
	for (uint32_t i = 0; i < MOST; i++)
		assert_false(there[i]);
	ln_table_deinit(&table);
}

/* What is taken out while a table is being moved. */
static void taken_while_it_grows(void **state)
{
	(void)state;
	for (uint32_t size = 0; size < 300; size++) {
		struct ln_table table = { 0 };
		uint32_t at = 0;
		uint32_t count = 0;

		for (uint32_t i = 0; i < size; i++) {
			entries[i].key = i;
			assert_int_equal(ln_table_add(&table, &entries[i]), 0);
		}
		while (ln_table_take(&table, &at) != NULL)
			count++;
		assert_int_equal(count, size);
		assert_null(ln_table_find(&table, 0));
		ln_table_deinit(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_expected),
		cmocka_unit_test(taken_while_it_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
