/* src/process/lookup.c: processes by id, and all of them, while others start
 * and are killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"
#include "process/environment_new.h"
#include "process/life.h"
#include "process/lookup.h"
#include "process/process.h"
#include "sched/task.h"
#include "support/processes.h"

static enum ln_outcome wait_for_a_kill(struct ln_process *self)
{
	ln_task_sleep(&self->task, LN_NEVER);
	return LN_OUTCOME_KILLED;
}

static void ids_find_those_who_live(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_runtime *runtime = environment->runtime;
	struct ln_process *process =
		test_process_start(environment, wait_for_a_kill, NULL);
	struct ln_process *other =
		test_process_start(environment, wait_for_a_kill, NULL);
	struct ln_process *unstarted;
	uint64_t id = ln_process_number(process);
	struct ln_process *found = ln_process_find(runtime, id);

	(void)state;
	assert_int_not_equal(id, ln_process_number(other));
	assert_ptr_equal(found, process);
	ln_process_kill(found);
	ln_process_release(found);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
	assert_null(ln_process_find(runtime, id));
	assert_null(ln_process_find(runtime, 0));
	assert_int_equal(
		ln_process_new(environment, wait_for_a_kill, NULL, &unstarted),
		0);
	assert_int_equal(ln_process_number(unstarted), 0);
	ln_process_discard(unstarted);
	ln_process_kill(other);
	test_process_wait(other);
	test_environment_free(environment);
}

static size_t count_in(struct ln_runtime *runtime,
		       const struct ln_environment *environment)
{
	struct ln_directory_walk walk = { 0 };
	struct ln_process *list[LN_DIRECTORY_STEP];
	size_t all = 0;
	size_t count;

	while ((count = ln_process_list(runtime, environment, &walk, list)) >
	       0) {
		for (size_t i = 0; i < count; i++)
			ln_process_release(list[i]);
		all += count;
	}
	return all;
}

static void environments_have_their_own(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_runtime *runtime = environment->runtime;
	struct ln_environment *below;
	struct ln_process *above[100];
	struct ln_process *in_it[70];

	(void)state;
	assert_int_equal(ln_environment_new(runtime, environment,
					    environment->config, &below),
			 0);
	assert_int_equal(count_in(runtime, NULL), 0);
	for (int i = 0; i < 100; i++)
		above[i] =
			test_process_start(environment, wait_for_a_kill, NULL);
	for (int i = 0; i < 70; i++)
		in_it[i] = test_process_start(below, wait_for_a_kill, NULL);
	assert_int_equal(count_in(runtime, NULL), 170);
	assert_int_equal(count_in(runtime, environment), 170);
	assert_int_equal(count_in(runtime, below), 70);
	for (int i = 0; i < 100; i++) {
		ln_process_kill(above[i]);
		test_process_wait(above[i]);
	}
	assert_int_equal(count_in(runtime, environment), 70);
	for (int i = 0; i < 70; i++) {
		ln_process_kill(in_it[i]);
		test_process_wait(in_it[i]);
	}
	assert_int_equal(count_in(runtime, NULL), 0);
	ln_environment_release(below);
	test_environment_free(environment);
}

/* ---- Spawning, killing and looking up at the same time ---- */

enum { SPAWNERS = 4, CHILDREN = 300 };

static _Atomic uint64_t newest[SPAWNERS];
static _Atomic unsigned over;

/* Starts children one after the other, and kills every other one by its id. */
static enum ln_outcome spawn(struct ln_process *self)
{
	_Atomic uint64_t *own = self->argument;

	for (int i = 0; i < CHILDREN; i++) {
		struct ln_process *child;
		struct ln_process *found;
		uint64_t id;

		if (ln_process_new(self->environment, wait_for_a_kill, NULL,
				   &child) < 0 ||
		    ln_process_start(child) < 0)
			return LN_OUTCOME_EXITED;
		id = ln_process_number(child);
		atomic_store(own, id);
		if (i % 4 == 0)
			ln_task_sleep(&self->task, ln_time_now() + 10000);
		found = ln_process_find(self->environment->runtime, id);
		/* Whoever walks may have killed it. */
		if (found != NULL) {
			if (found != child)
				return LN_OUTCOME_EXITED;
			ln_process_kill(found);
			ln_process_release(found);
		}
		ln_process_release(child);
	}
	atomic_fetch_add(&over, 1);
	return LN_OUTCOME_NORMAL;
}

static void lookups_race_with_ends(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_runtime *runtime = environment->runtime;
	struct ln_process *spawners[SPAWNERS];

	(void)state;
	for (int i = 0; i < SPAWNERS; i++)
		spawners[i] = test_process_start(environment, spawn,
						 (void *)&newest[i]);
	for (unsigned i = 0; atomic_load(&over) < SPAWNERS; i++) {
		struct ln_process *found = ln_process_find(
			runtime, atomic_load(&newest[i % SPAWNERS]));

		if (found != NULL) {
			if (i % 3 == 0)
				ln_process_kill(found);
			ln_process_release(found);
		}
		if (i % 64 == 0)
			assert_true(count_in(runtime, environment) <=
				    SPAWNERS * (CHILDREN + 1));
	}
	for (int i = 0; i < SPAWNERS; i++)
		assert_int_equal(test_process_wait(spawners[i]),
				 LN_OUTCOME_NORMAL);
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_find_those_who_live),
		cmocka_unit_test(environments_have_their_own),
		cmocka_unit_test(lookups_race_with_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
