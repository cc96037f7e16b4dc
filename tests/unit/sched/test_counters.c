/* src/sched/counters.c: samplers, and what workers count of their tasks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "base/time.h"
#include "sched/counters.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define EVENTS 100000
#define ROUNDS 50
#define SPIN (5 * LN_NS_PER_MS)

/* Whatever is measured, the weights are all events, and few are measured. */
static void weights_are_all_events(void **state)
{
	struct ln_sampler sampler = { 0 };
	uint64_t weights = 0;
	uint32_t last = 0;
	int samples = 0;

	(void)state;
	assert_int_equal(ln_sampler_total(&sampler), 0);
	for (int i = 1; i <= EVENTS; i++) {
		if (ln_sampler_due(&sampler)) {
			ln_sampler_take(&sampler, &last);
			assert_in_range(last, 1, LN_SAMPLER_MAX);
			weights += last;
			samples++;
			assert_int_equal(weights, i);
		}
		assert_int_equal(ln_sampler_total(&sampler), i);
	}
	assert_in_range(samples, 2, EVENTS / 2);
}

static void a_sleep_ends_the_count(void **state)
{
	struct ln_sampler sampler = { 0 };
	uint32_t weight = 0;
	uint64_t before;

	(void)state;
	for (int i = 0; i < EVENTS; i++) {
		if (ln_sampler_due(&sampler))
			ln_sampler_take(&sampler, &weight);
	}
	/* Two at least are left, so the next one is not measured anyway. */
	while (sampler.left < 2) {
		if (ln_sampler_due(&sampler))
			ln_sampler_take(&sampler, &weight);
	}
	assert_false(ln_sampler_due(&sampler));
	before = ln_sampler_total(&sampler);
	ln_sampler_look(&sampler, false);
	assert_true(sampler.left > 0);
	ln_sampler_look(&sampler, true);
	assert_int_equal(ln_sampler_total(&sampler), before);
	assert_true(ln_sampler_due(&sampler));
	ln_sampler_take(&sampler, &weight);
	assert_int_equal(ln_sampler_total(&sampler), before + 1);
}

static void rare_events_are_measured(void **state)
{
	struct ln_sampler sampler = { 0 };
	uint32_t weight = 0;

	(void)state;
	while (sampler.left < 2) {
		if (ln_sampler_due(&sampler))
			ln_sampler_take(&sampler, &weight);
	}
	for (int i = 0; i < 10; i++)
		ln_sampler_look(&sampler, false);
	assert_true(ln_sampler_due(&sampler));
}

static void spin(void *argument)
{
	int64_t until = ln_time_now() + SPIN;

	(void)argument;
	while (ln_time_now() < until)
		;
}

static uint64_t cpu_of(const struct test_task *task)
{
	return atomic_load(&task->task.cpu);
}

/* What is not the scheduler's own time is that of some task. */
static void time_is_that_of_tasks(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct test_task tasks[3] = { 0 };
	struct ln_sched_counts counts;
	int64_t began = ln_time_now();
	uint64_t sum = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		test_task_start(sched, &tasks[i], spin, NULL);
	for (int i = 0; i < 3; i++)
		test_task_wait_over(&tasks[i]);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < 3; i++) {
		assert_true(cpu_of(&tasks[i]) >= (uint64_t)SPIN);
		sum += cpu_of(&tasks[i]);
	}
	ln_sched_counts(sched, &counts);
	assert_int_equal(counts.in_tasks, sum);
	assert_true(counts.awake >= sum);
	assert_int_equal(counts.switches, 3);
	/* It is one worker, and began before the test did. */
	assert_true(counts.awake - sum < (uint64_t)(ln_time_now() - began) ||
		    counts.asleep > 0);
	ln_sched_free(sched);
}

struct pair {
	struct test_task tasks[2];
	_Atomic bool turn;
};

static void take_turns(struct pair *pair, bool own)
{
	struct ln_task *self = ln_task_current();

	for (int i = 0; i < ROUNDS; i++) {
		while (atomic_load(&pair->turn) != own)
			ln_task_park(self);
		atomic_store(&pair->turn, !own);
		ln_task_wake(&pair->tasks[!own].task);
	}
}

static void ping(void *argument)
{
	take_turns(argument, false);
}

static void pong(void *argument)
{
	take_turns(argument, true);
}

static void switches_and_waits(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_histogram runs;
	struct ln_histogram_summary summary;
	struct ln_sched_counts counts;
	struct ln_sched_counts one;
	struct pair pair = { 0 };

	(void)state;
	test_task_start(sched, &pair.tasks[1], pong, &pair);
	test_task_wait_parked(&pair.tasks[1]);
	test_task_start(sched, &pair.tasks[0], ping, &pair);
	test_task_wait_over(&pair.tasks[0]);
	test_task_wait_over(&pair.tasks[1]);
	ln_sched_wait_idle(sched);
	ln_sched_counts(sched, &counts);
	ln_sched_counts_of(sched, 0, &one);
	assert_int_equal(one.switches, counts.switches);
	assert_true(counts.switches >= (uint64_t)ROUNDS * 2);
	assert_int_equal(counts.steals, 0);
	assert_int_equal(counts.preemptions, 0);
	assert_int_equal(counts.in_tasks,
			 cpu_of(&pair.tasks[0]) + cpu_of(&pair.tasks[1]));
	ln_histogram_init(&runs);
	ln_sched_waits(sched, &runs, NULL);
	ln_histogram_sum_up(&runs, &summary);
	/* Those that this thread woke may be left out. */
	assert_in_range(summary.count, 1, counts.switches + LN_SAMPLER_MAX);
	assert_true(summary.min >= 0 && summary.p50 <= summary.max);
	ln_sched_free(sched);
}

static void give_way(void *argument)
{
	(void)argument;
	for (int i = 0; i < ROUNDS; i++)
		ln_task_give_way(ln_task_current());
}

static void preemptions(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct test_task task = { 0 };
	struct ln_sched_counts counts;

	(void)state;
	test_task_start(sched, &task, give_way, NULL);
	test_task_wait_over(&task);
	ln_sched_wait_idle(sched);
	ln_sched_counts(sched, &counts);
	assert_int_equal(counts.preemptions, ROUNDS);
	assert_int_equal(counts.switches, ROUNDS + 1);
	ln_sched_free(sched);
}

/* While a worker sleeps its time goes on, and never back. */
static void time_goes_on(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_sched_counts last = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++) {
		struct ln_sched_counts now;

		ln_sched_counts(sched, &now);
		assert_true(now.awake + now.asleep >= last.awake + last.asleep);
		assert_true(now.asleep >= last.asleep);
		last = now;
		test_nap();
	}
	assert_true(last.asleep > 0);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_all_events),
		cmocka_unit_test(a_sleep_ends_the_count),
		cmocka_unit_test(rare_events_are_measured),
		cmocka_unit_test(time_is_that_of_tasks),
		cmocka_unit_test(switches_and_waits),
		cmocka_unit_test(preemptions),
		cmocka_unit_test(time_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
