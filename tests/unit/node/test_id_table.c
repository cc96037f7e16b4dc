/* src/node/id_table.c, ends.c: tables by id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/id_table.h"
#include "node/tombstones.h"

#define MANY 5000

static void make_id(uint8_t id[16], uint32_t number)
{
	memset(id, 0, 16);
	memcpy(id + 12, &number, sizeof(number));
}

static void entries_are_found(void **state)
{
	static struct ln_id_entry entries[MANY];
	static bool seen[MANY];
	struct ln_id_entry *entry;
	struct ln_id_table table;
	uint32_t at = 0;
	uint8_t id[16];
	int count = 0;

	(void)state;
	ln_id_table_init(&table);
	make_id(id, 0);
	assert_null(ln_id_table_find(&table, id));
	assert_null(ln_id_table_walk(&table, &at));
	assert_null(ln_id_table_take(&table, &at));
	assert_false(ln_id_table_remove(&table, &entries[0]));
	for (uint32_t i = 0; i < MANY; i++) {
		make_id(entries[i].id, i);
		assert_int_equal(ln_id_table_add(&table, &entries[i]), 0);
	}
	assert_int_equal(ln_id_table_count(&table), MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		make_id(id, i);
		assert_ptr_equal(ln_id_table_find(&table, id), &entries[i]);
		assert_null(ln_id_table_next(&table, &entries[i]));
	}
	while ((entry = ln_id_table_walk(&table, &at)) != NULL) {
		assert_false(seen[entry - entries]);
		seen[entry - entries] = true;
		count++;
	}
	assert_int_equal(count, MANY);
	for (uint32_t i = 0; i < MANY; i += 2) {
		assert_true(ln_id_table_remove(&table, &entries[i]));
		assert_false(ln_id_table_remove(&table, &entries[i]));
	}
	for (uint32_t i = 0; i < MANY; i++) {
		make_id(id, i);
		assert_ptr_equal(ln_id_table_find(&table, id),
				 i % 2 == 0 ? NULL : &entries[i]);
	}
	for (uint32_t i = 1; i < MANY / 2; i += 2)
		assert_true(ln_id_table_remove(&table, &entries[i]));
	/* From whatever place on. */
	at = 3 * MANY / 4;
	while ((entry = ln_id_table_take(&table, &at)) != NULL) {
		assert_true(seen[entry - entries]);
		seen[entry - entries] = false;
	}
	assert_int_equal(ln_id_table_count(&table), 0);
	ln_id_table_deinit(&table);
}

static void equal_ids_are_all_there(void **state)
{
	struct ln_id_entry entries[3];
	struct ln_id_entry *at;
	struct ln_id_table table;
	int count = 0;

	(void)state;
	ln_id_table_init(&table);
	for (int i = 0; i < 3; i++) {
		make_id(entries[i].id, 7);
		assert_int_equal(ln_id_table_add(&table, &entries[i]), 0);
	}
	for (at = ln_id_table_find(&table, entries[0].id); at != NULL;
	     at = ln_id_table_next(&table, at))
		count++;
	assert_int_equal(count, 3);
	assert_true(ln_id_table_remove(&table, &entries[1]));
	at = ln_id_table_find(&table, entries[0].id);
	assert_ptr_not_equal(at, &entries[1]);
	assert_ptr_not_equal(ln_id_table_next(&table, at), &entries[1]);
	assert_null(ln_id_table_next(&table, ln_id_table_next(&table, at)));
	assert_true(ln_id_table_remove(&table, &entries[0]));
	assert_true(ln_id_table_remove(&table, &entries[2]));
	ln_id_table_deinit(&table);
}

static void the_latest_ends_are_known(void **state)
{
	static const uint32_t bounds[] = { 1, 2, 64, 128, 1024 };

	(void)state;
	for (size_t b = 0; b < sizeof(bounds) / sizeof(bounds[0]); b++) {
		uint32_t max = bounds[b];
		struct ln_tombstones ends;
		struct ln_end end;
		uint8_t id[16];

		ln_tombstones_init(&ends, max);
		make_id(id, 1);
		assert_int_equal(ln_tombstones_find(&ends, id).reason,
				 LN_REASON_NO_PROCESS);
		for (uint32_t i = 0; i < 5 * max + 3; i++) {
			make_id(id, i);
			end.reason = LN_REASON_EXITED;
			end.code = i;
			ln_tombstones_add(&ends, id, &end);
			/* What is known stays, and does not count again. */
			end.reason = LN_REASON_KILLED;
			ln_tombstones_add(&ends, id, &end);
			for (uint32_t j = 0; j <= i; j += 1 + i / 50) {
				bool known = i - j < max;

				make_id(id, j);
				end = ln_tombstones_find(&ends, id);
				assert_int_equal(end.reason,
						 known ? LN_REASON_EXITED
						       : LN_REASON_NO_PROCESS);
				assert_int_equal(end.code, known ? j : 0);
			}
		}
		ln_tombstones_deinit(&ends);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found),
		cmocka_unit_test(equal_ids_are_all_there),
		cmocka_unit_test(the_latest_ends_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
