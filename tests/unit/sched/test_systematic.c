/*
 * The scheduler, the mailbox and the process layer under thousands of
 * interleavings, each from a seed (see systematic.h).
 *
 *   test_sched_systematic                   all scenarios, many seeds
 *   LUNATIC_SCHED_SEED=N test_...           that seed only
 *   test_... --lost SCENARIO                a mistake was built in: a seed of
 *                                           the scenario must lose a wake-up
 *
 * Each scenario runs in a process of its own, since one that fails cannot be
 * cleaned up. They are held on one processor: only one thread runs anyway.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "sched/systematic.h"
#include "sched/world.h"

#if LN_TSAN
#define SEEDS 60
#elif LN_ASAN
#define SEEDS 200
#else
#define SEEDS 1000
#endif
#define SEEDS_FOR_MUTANTS 3000

#define MAX_SCENARIOS 40

static const struct scenario *scenarios[MAX_SCENARIOS];
static size_t scenario_count;

static void collect(const struct scenario *list)
{
	for (; list->name != NULL; list++) {
		if (scenario_count == MAX_SCENARIOS)
			abort();
		scenarios[scenario_count++] = list;
	}
}

static void stay_on_one_processor(void)
{
	cpu_set_t allowed;
	cpu_set_t one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &allowed)) {
			CPU_SET(i, &one);
			break;
		}
	}
	/* Without it the test is only slower. */
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return;
}

static uint64_t run_seed(const struct scenario *scenario, uint64_t seed)
{
	systematic_begin(scenario->name, seed, describe_world);
	scenario->run();
	return systematic_end();
}

/* Runs `count` seeds in a process of its own; its exit status. */
static int run_seeds(const struct scenario *scenario, uint64_t first,
		     uint64_t count)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		stay_on_one_processor();
		for (uint64_t seed = first; seed < first + count; seed++)
			run_seed(scenario, seed);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void passes(void **state)
{
	const struct scenario *scenario = *state;
	const char *seed = getenv("LUNATIC_SCHED_SEED");

	if (seed != NULL)
		assert_int_equal(
			run_seeds(scenario, strtoull(seed, NULL, 10), 1), 0);
	else
		assert_int_equal(run_seeds(scenario, 1, SEEDS), 0);
}

/* The same seed makes the same decisions, others make others. */
static void seeds_decide(void **state)
{
	uint64_t last = 0;
	int different = 0;

	(void)state;
	for (size_t i = 0; i < scenario_count; i++) {
		for (uint64_t seed = 1; seed <= 4; seed++) {
			uint64_t once = run_seed(scenarios[i], seed);

			if (run_seed(scenarios[i], seed) != once)
				fail_msg("%s, seed %llu: two different runs",
					 scenarios[i]->name,
					 (unsigned long long)seed);
			different += once != last;
			last = once;
		}
	}
	assert_true(different > (int)scenario_count * 2);
}

/* A mistake was built in; whether a seed of the scenario shows it. */
static int expect_loss(const char *name)
{
	for (size_t i = 0; i < scenario_count; i++) {
		int status;

		if (strcmp(scenarios[i]->name, name) != 0)
			continue;
		status = run_seeds(scenarios[i], 1, SEEDS_FOR_MUTANTS);
		if (status == SYSTEMATIC_LOST)
			return 0;
		fprintf(stderr, "%s: status %d, and no wake-up was lost\n",
			name, status);
		return 1;
	}
	fprintf(stderr, "%s: no such scenario\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[MAX_SCENARIOS + 1];

	collect(sched_scenarios);
	collect(process_scenarios);
	collect(fold_scenarios);
	if (argc == 3 && strcmp(argv[1], "--lost") == 0)
		return expect_loss(argv[2]);
	for (size_t i = 0; i < scenario_count; i++)
		tests[i] = (struct CMUnitTest){
			.name = scenarios[i]->name,
			.test_func = passes,
			.initial_state = (void *)(uintptr_t)scenarios[i],
		};
	tests[scenario_count] =
		(struct CMUnitTest)cmocka_unit_test(seeds_decide);
	/* What cmocka_run_group_tests does with an array of known length. */
	return _cmocka_run_group_tests("systematic", tests, scenario_count + 1,
				       NULL, NULL);
}
