/* src/process/handles.c: ids that are never used again, against a model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "process/handles.h"

#define STEPS 100000
#define NO_LIMIT UINT32_MAX

static char values[STEPS];
static unsigned released;
static uint64_t random_state;

static void release(void *value)
{
	assert_non_null(value);
	released++;
}

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
	return random_state >> 33;
}

static void empty_holds_nothing(void **state)
{
	struct ln_handles handles = { 0 };

	(void)state;
	assert_null(ln_handles_get(&handles, 0));
	assert_null(ln_handles_get(&handles, UINT64_MAX));
	assert_null(ln_handles_remove(&handles, 0));
	released = 0;
	ln_handles_deinit(&handles, release);
	assert_int_equal(released, 0);
}

static void ids_count_up(void **state)
{
	struct ln_handles handles = { 0 };
	uint64_t id;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(
			ln_handles_add(&handles, NO_LIMIT, &values[i], &id), 0);
		assert_int_equal(id, i);
		/* Half of them go at once: their ids do not come back. */
		if (i % 2 == 0) {
			assert_ptr_equal(ln_handles_remove(&handles, id),
					 &values[i]);
		}
	}
	for (uint64_t i = 0; i < 1000; i++)
		assert_ptr_equal(ln_handles_get(&handles, i),
				 i % 2 == 0 ? NULL : &values[i]);
	assert_null(ln_handles_get(&handles, 1000));
	assert_null(ln_handles_get(&handles, UINT64_MAX));
	assert_null(ln_handles_remove(&handles, UINT64_MAX));
	released = 0;
	ln_handles_deinit(&handles, release);
	assert_int_equal(released, 500);
}

static void removes_once(void **state)
{
	struct ln_handles handles = { 0 };
	uint64_t id;

	(void)state;
	assert_int_equal(ln_handles_add(&handles, NO_LIMIT, &values[7], &id),
			 0);
	assert_ptr_equal(ln_handles_remove(&handles, id), &values[7]);
	assert_null(ln_handles_remove(&handles, id));
	assert_null(ln_handles_get(&handles, id));
	ln_handles_deinit(&handles, release);
}

static void limit_counts_those_in_use(void **state)
{
	struct ln_handles handles = { 0 };
	uint64_t id;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(ln_handles_add(&handles, 3, &values[i], &id),
				 0);
	assert_int_equal(ln_handles_add(&handles, 3, &values[3], &id),
			 LN_ELIMIT);
	assert_ptr_equal(ln_handles_remove(&handles, 1), &values[1]);
	assert_int_equal(ln_handles_add(&handles, 3, &values[3], &id), 0);
	assert_int_equal(id, 3);
	assert_int_equal(ln_handles_add(&handles, 0, &values[4], &id),
			 LN_ELIMIT);
	released = 0;
	ln_handles_deinit(&handles, release);
	assert_int_equal(released, 3);
}

/* A table in which entries come and go stays as small as what it holds. */
static void removed_entries_make_room(void **state)
{
	struct ln_handles handles = { 0 };

	(void)state;
	for (uint64_t i = 0; i < STEPS; i++) {
		uint64_t id;

		assert_int_equal(
			ln_handles_add(&handles, NO_LIMIT, &values[i], &id), 0);
		if (i >= 10)
			assert_ptr_equal(ln_handles_remove(&handles, id - 10),
					 &values[i - 10]);
	}
	assert_int_equal(ln_handles_count(&handles), 10);
	assert_true(handles.table.bits <= 6);
	released = 0;
	ln_handles_deinit(&handles, release);
	assert_int_equal(released, 10);
}

/* Adds and removes at random; `model[id]` says what must be there. */
static void random_steps_match_a_model(void **state)
{
	static void *model[STEPS];
	struct ln_handles handles = { 0 };
	uint64_t next_id = 0;
	unsigned live = 0;

	(void)state;
	random_state = 7;
	for (int step = 0; step < STEPS; step++) {
		/* Waves: more additions, then more removals. */
		unsigned adds = step / 5000 % 2 == 0 ? 70 : 30;
		uint64_t id;

		if (next_random() % 100 < adds) {
			void *value = &values[step];

			assert_int_equal(
				ln_handles_add(&handles, NO_LIMIT, value, &id),
				0);
			assert_int_equal(id, next_id);
			model[next_id++] = value;
			live++;
		} else if (next_id > 0) {
			id = next_random() % next_id;
			assert_ptr_equal(ln_handles_remove(&handles, id),
					 model[id]);
			live -= model[id] != NULL;
			model[id] = NULL;
		}
		if (next_id > 0) {
			id = next_random() % next_id;
			assert_ptr_equal(ln_handles_get(&handles, id),
					 model[id]);
		}
		assert_int_equal(ln_handles_count(&handles), live);
	}
	for (uint64_t id = 0; id < next_id; id++)
		assert_ptr_equal(ln_handles_get(&handles, id), model[id]);
	released = 0;
	ln_handles_deinit(&handles, release);
	assert_int_equal(released, live);
	assert_null(handles.table.slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_holds_nothing),
		cmocka_unit_test(ids_count_up),
		cmocka_unit_test(removes_once),
		cmocka_unit_test(limit_counts_those_in_use),
		cmocka_unit_test(removed_entries_make_room),
		cmocka_unit_test(random_steps_match_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
