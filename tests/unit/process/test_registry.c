/* The registry itself: limits, replacing, deaths across environments, and many
 * threads at once. */
#include "process/registry.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/semver.h"
#include "base/time.h"
#include "process/environment_new.h"
#include "process/runtime.h"
#include "sched/task.h"
#include "support/processes.h"

static enum ln_outcome wait_for_kill(struct ln_process *process)
{
	while (ln_task_wait(&process->task, LN_NEVER) != LN_EKILLED)
		;
	return LN_OUTCOME_NORMAL;
}

static struct ln_process *start(struct ln_environment *environment)
{
	return test_process_start(environment, wait_for_kill, NULL);
}

static void stop(struct ln_process *process)
{
	ln_process_kill(process);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_KILLED);
}

static int put(struct ln_environment *environment, const char *name,
	       const char *text, struct ln_process *process)
{
	struct ln_semver_error why;
	struct ln_version version;

	assert_int_equal(ln_version_parse(text, strlen(text), &version, &why),
			 0);
	return ln_registry_register(environment->registry, name, strlen(name),
				    &version, process);
}

static int forget(struct ln_environment *environment, const char *name,
		  const char *text)
{
	struct ln_semver_error why;
	struct ln_version version;

	assert_int_equal(ln_version_parse(text, strlen(text), &version, &why),
			 0);
	return ln_registry_unregister(environment->registry, name, strlen(name),
				      &version);
}

/* What is found; only to be compared. */
static const struct ln_process *find(struct ln_environment *environment,
				     const char *name, const char *query)
{
	struct ln_requirement requirement;
	struct ln_semver_error why;
	struct ln_process *found;
	uint32_t compared;

	assert_int_equal(
		ln_requirement_parse(query, strlen(query), &requirement, &why),
		0);
	found = ln_registry_lookup(environment->registry, name, strlen(name),
				   &requirement, &compared);
	ln_requirement_deinit(&requirement);
	if (found != NULL)
		ln_process_release(found);
	return found;
}

static void the_highest_version_wins(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *processes[40];
	char version[32];

	(void)state;
	for (int i = 0; i < 40; i++) {
		int k = i * 7 % 40; /* in no order */

		processes[k] = start(environment);
		snprintf(version, sizeof(version), "%d.%d.0%s", k / 10, k % 10,
			 k == 39 ? "-beta" : "");
		assert_int_equal(put(environment, "a", version, processes[k]),
				 0);
	}
	assert_ptr_equal(find(environment, "a", "*"), processes[38]);
	assert_ptr_equal(find(environment, "a", "^1"), processes[19]);
	assert_ptr_equal(find(environment, "a", "<2"), processes[19]);
	assert_ptr_equal(find(environment, "a", "~2.3"), processes[23]);
	assert_ptr_equal(find(environment, "a", "=0.0.0"), processes[0]);
	assert_ptr_equal(find(environment, "a", "^3.9.0-a"), processes[39]);
	assert_null(find(environment, "a", "4"));
	assert_null(find(environment, "a", "=2.3.1"));
	stop(processes[19]);
	assert_ptr_equal(find(environment, "a", "^1"), processes[18]);
	for (int i = 0; i < 40; i++) {
		if (i != 19)
			stop(processes[i]);
	}
	assert_null(find(environment, "a", "*"));
	test_environment_free(environment);
}

static void replaces_exactly_that_version(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *a = start(environment);
	struct ln_process *b = start(environment);

	(void)state;
	assert_int_equal(put(environment, "n", "1.0.0", a), 0);
	assert_int_equal(put(environment, "n", "1.0.0", b), 0);
	assert_ptr_equal(find(environment, "n", "1"), b);
	/* The one that was replaced takes nothing along. */
	stop(a);
	assert_ptr_equal(find(environment, "n", "1"), b);
	/* Itself, too. */
	assert_int_equal(put(environment, "n", "1.0.0", b), 0);
	assert_int_equal(forget(environment, "n", "1.0.0"), 0);
	assert_int_equal(forget(environment, "n", "1.0.0"), LN_ENOENT);
	assert_null(find(environment, "n", "1"));
	stop(b);
	test_environment_free(environment);
}

static void holds_so_many_entries(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct ln_process *process;

	(void)state;
	limits.max_registrations = 2;
	environment = test_environment_new(1, &limits);
	process = start(environment);
	assert_int_equal(put(environment, "a", "1.0.0", process), 0);
	assert_int_equal(put(environment, "b", "1.0.0", process), 0);
	assert_int_equal(put(environment, "c", "1.0.0", process), LN_ELIMIT);
	assert_int_equal(put(environment, "a", "1.0.1", process), LN_ELIMIT);
	/* Replacing needs no room. */
	assert_int_equal(put(environment, "a", "1.0.0", process), 0);
	assert_int_equal(forget(environment, "b", "1.0.0"), 0);
	assert_int_equal(put(environment, "a", "1.0.1", process), 0);
	assert_null(find(environment, "c", "*"));
	stop(process);
	process = start(environment);
	assert_int_equal(put(environment, "c", "1.0.0", process), 0);
	assert_int_equal(put(environment, "d", "1.0.0", process), 0);
	stop(process);
	test_environment_free(environment);
}

static void holds_so_many_bytes(void **state)
{
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct ln_process *process;
	char name[LN_REGISTRY_NAME_MAX + 2];

	(void)state;
	limits.max_registry_bytes = 3 * LN_REGISTRY_NAME_MAX;
	environment = test_environment_new(1, &limits);
	process = start(environment);
	memset(name, 'n', sizeof(name));
	name[LN_REGISTRY_NAME_MAX + 1] = '\0';
	assert_int_equal(put(environment, name, "1.0.0", process), LN_EINVAL);
	assert_int_equal(forget(environment, name, "1.0.0"), LN_ENOENT);
	assert_null(find(environment, name, "*"));
	name[LN_REGISTRY_NAME_MAX] = '\0';
	assert_int_equal(put(environment, name, "1.0.0", process), 0);
	assert_int_equal(put(environment, name, "1.0.1", process), 0);
	assert_int_equal(put(environment, name, "1.0.2", process), LN_ELIMIT);
	assert_int_equal(put(environment, name, "1.0.1", process), 0);
	assert_int_equal(forget(environment, name, "1.0.0"), 0);
	assert_int_equal(put(environment, name, "1.0.2", process), 0);
	stop(process);
	test_environment_free(environment);
}

static void a_name_has_so_many_versions(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *process = start(environment);
	char version[32];

	(void)state;
	for (int i = 0; i < LN_REGISTRY_VERSIONS_MAX; i++) {
		snprintf(version, sizeof(version), "0.0.%d", i);
		assert_int_equal(put(environment, "v", version, process), 0);
	}
	assert_int_equal(put(environment, "v", "1.0.0", process), LN_ELIMIT);
	assert_int_equal(put(environment, "v", "0.0.7", process), 0);
	assert_int_equal(forget(environment, "v", "0.0.7"), 0);
	assert_int_equal(put(environment, "v", "1.0.0", process), 0);
	stop(process);
	assert_null(find(environment, "v", "*"));
	test_environment_free(environment);
}

static void the_dead_are_not_registered(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *alive = start(environment);
	struct ln_process *dead = ln_process_retain(start(environment));

	(void)state;
	stop(dead);
	assert_int_equal(put(environment, "n", "1.0.0", dead), LN_EDEAD);
	assert_null(find(environment, "n", "*"));
	assert_int_equal(put(environment, "n", "1.0.0", alive), 0);
	assert_int_equal(put(environment, "n", "1.0.0", dead), LN_EDEAD);
	assert_null(find(environment, "n", "*"));
	ln_process_release(dead);
	stop(alive);
	test_environment_free(environment);
}

/* One process in the registries of two environments; either may go first. */
static void environments_may_go_first(void **state)
{
	struct ln_environment *home = test_environment_new(1, NULL);
	struct ln_environment *other[2];
	struct ln_process *process = start(home);
	struct ln_config *config;

	(void)state;
	assert_int_equal(ln_config_new(&config), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ln_environment_new(home->runtime, NULL, config,
						    &other[i]),
				 0);
		assert_int_equal(put(other[i], "n", "1.0.0", process), 0);
		assert_int_equal(put(other[i], "m", "1.0.0", process), 0);
	}
	ln_config_free(config);
	assert_int_equal(put(home, "n", "1.0.0", process), 0);
	ln_environment_release(other[0]);
	assert_ptr_equal(find(other[1], "n", "1"), process);
	stop(process);
	assert_null(find(other[1], "n", "1"));
	assert_null(find(home, "n", "1"));
	ln_environment_release(other[1]);
	test_environment_free(home);
}

#define NAMES 5000

static void finds_one_of_many_names(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_process *processes[3];
	char name[32];

	(void)state;
	for (int i = 0; i < 3; i++)
		processes[i] = start(environment);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		assert_int_equal(
			put(environment, name, "1.0.0", processes[i % 3]), 0);
	}
	stop(processes[1]);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "name-%d", i);
		assert_ptr_equal(find(environment, name, "1"),
				 i % 3 == 1 ? NULL : processes[i % 3]);
	}
	for (int i = 0; i < NAMES; i += 3) {
		snprintf(name, sizeof(name), "name-%d", i);
		assert_int_equal(forget(environment, name, "1.0.0"), 0);
	}
	stop(processes[0]);
	stop(processes[2]);
	assert_null(find(environment, "name-2", "1"));
	test_environment_free(environment);
}

#define THREADS 4
#define ROUNDS 400

/* Threads register, find, replace, unregister and kill under the same few names
 * in two environments, one of which is made and given back all the time. */
static void *contend(void *argument)
{
	struct ln_environment *shared = argument;
	struct ln_config *config;
	char name[16];

	if (ln_config_new(&config) < 0)
		return argument;
	for (int i = 0; i < ROUNDS; i++) {
		struct ln_process *process = start(shared);
		struct ln_environment *own = NULL;

		ln_environment_new(shared->runtime, NULL, config, &own);
		snprintf(name, sizeof(name), "n%d", i % 5);
		put(shared, name, "1.0.0", process);
		put(shared, name, i % 2 == 0 ? "1.1.0" : "1.2.0", process);
		put(own, name, "1.0.0", process);
		find(shared, name, "^1");
		if (i % 3 == 0)
			forget(shared, name, "1.0.0");
		ln_process_kill(process);
		put(shared, name, "2.0.0", process);
		find(shared, name, "*");
		/* While the process ends. */
		ln_environment_release(own);
		test_process_wait(process);
	}
	ln_config_free(config);
	return NULL;
}

static void many_threads(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, contend, environment),
			0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		assert_null(find(environment, name, "*"));
	}
	test_environment_free(environment);
}

#define LONG_LIST 200000

struct watch {
	struct ln_registry *registry;
	struct ln_requirement any;
	_Atomic bool saw_part;
};

static bool is_there(const struct watch *watch, const char *name)
{
	uint32_t compared;
	struct ln_process *found = ln_registry_lookup(
		watch->registry, name, strlen(name), &watch->any, &compared);

	if (found != NULL)
		ln_process_release(found);
	return found != NULL;
}

/* Looks, whenever it may run, until both ends of the list are gone. */
static enum ln_outcome look(struct ln_process *process)
{
	struct watch *watch = process->argument;
	bool first = true;
	bool last = true;

	while ((first || last) && !ln_task_interrupted(&process->task)) {
		first = is_there(watch, "n0");
		last = is_there(watch, "n199999");
		if (first != last)
			atomic_store(&watch->saw_part, true);
		ln_task_yield(&process->task);
	}
	return LN_OUTCOME_NORMAL;
}

/* Whether a process that runs on the same worker saw a part of the list. */
static bool goes_in_parts(void)
{
	static struct watch watch;
	struct ln_limits limits = ln_limits_default;
	struct ln_environment *environment;
	struct ln_process *process, *watching;
	struct ln_semver_error why;

	limits.max_registrations = LONG_LIST;
	environment = test_environment_new(1, &limits);
	watch.registry = environment->registry;
	assert_int_equal(ln_requirement_parse("*", 1, &watch.any, &why), 0);
	process = start(environment);
	for (int i = 0; i < LONG_LIST; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(put(environment, name, "1.0.0", process), 0);
	}
	watching = test_process_start(environment, look, &watch);
	stop(process);
	assert_int_equal(test_process_wait(watching), LN_OUTCOME_NORMAL);
	ln_requirement_deinit(&watch.any);
	test_environment_free(environment);
	return atomic_load(&watch.saw_part);
}

/* The end of a process with a long list does not keep the worker. On a busy
 * machine the ticker, which says when others may run, may be late. */
static void long_lists_go_in_parts(void **state)
{
	int attempts = 10;

	(void)state;
	while (!goes_in_parts())
		assert_int_not_equal(--attempts, 0);
}

static void registers_once(void **state)
{
	static const struct ln_version none = { 0 };
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_registry *registry = environment->registry;
	struct ln_process *first = start(environment);
	struct ln_process *second = start(environment);
	struct ln_process *there;

	(void)state;
	assert_null(ln_registry_unversioned(registry, "n", 1));
	assert_int_equal(ln_registry_register_new(registry, "n", 1, &none,
						  first, &there),
			 0);
	assert_null(there);
	assert_int_equal(ln_registry_register_new(registry, "n", 1, &none,
						  second, &there),
			 0);
	assert_ptr_equal(there, first);
	ln_process_release(there);
	/* Any version counts, and what has none is found before others. */
	assert_int_equal(put(environment, "n", "2.0.0", second), 0);
	assert_int_equal(put(environment, "n", "0.0.0-a", second), 0);
	there = ln_registry_unversioned(registry, "n", 1);
	assert_ptr_equal(there, first);
	ln_process_release(there);
	assert_int_equal(ln_registry_unregister(registry, "n", 1, &none), 0);
	assert_int_equal(put(environment, "n", "1.0.0", first), 0);
	assert_int_equal(ln_registry_register_new(registry, "n", 1, &none,
						  first, &there),
			 0);
	assert_ptr_equal(there, second);
	ln_process_release(there);
	stop(second);
	there = ln_registry_unversioned(registry, "n", 1);
	assert_ptr_equal(there, first);
	ln_process_release(there);
	stop(first);
	assert_null(ln_registry_unversioned(registry, "n", 1));
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_highest_version_wins),
		cmocka_unit_test(replaces_exactly_that_version),
		cmocka_unit_test(holds_so_many_entries),
		cmocka_unit_test(holds_so_many_bytes),
		cmocka_unit_test(a_name_has_so_many_versions),
		cmocka_unit_test(the_dead_are_not_registered),
		cmocka_unit_test(environments_may_go_first),
		cmocka_unit_test(registers_once),
		cmocka_unit_test(finds_one_of_many_names),
		cmocka_unit_test(many_threads),
		cmocka_unit_test(long_lists_go_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
