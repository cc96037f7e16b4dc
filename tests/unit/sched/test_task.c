/* src/sched/task.c: parking, waking, waiting, yielding. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "sched/sched.h"
#include "support/tasks.h"

struct sleeper {
	struct test_task task;
	int64_t deadline;
	int64_t ended;
	int result;
	int parks;
	_Atomic bool go;
	_Atomic bool ready;
};

/* Runs one task to its end. */
static void run_one(struct ln_sched *sched, struct sleeper *sleeper,
		    void (*body)(void *))
{
	test_task_start(sched, &sleeper->task, body, sleeper);
	test_task_wait_over(&sleeper->task);
}

static void knows_itself(void *argument)
{
	struct sleeper *self = argument;

	self->result = ln_task_current() == &self->task.task;
}

static void current_is_the_running_one(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper sleeper = { 0 };

	(void)state;
	assert_null(ln_task_current());
	run_one(sched, &sleeper, knows_itself);
	assert_true(sleeper.result);
	assert_null(ln_task_current());
	ln_sched_wait_idle(sched);
	assert_int_equal(sleeper.task.task.state, LN_TASK_DONE);
	assert_int_equal(sleeper.task.task.slices, 1);
	ln_sched_free(sched);
}

/* Wakes itself first: the park returns at once, and only once. */
static void wake_then_park(void *argument)
{
	struct sleeper *self = argument;

	for (int i = 0; i < 3; i++) {
		ln_task_wake(&self->task.task);
		ln_task_wake(&self->task.task);
		ln_task_park(&self->task.task);
		self->parks++;
	}
	atomic_store(&self->ready, true);
	ln_task_park(&self->task.task);
	self->parks++;
}

static void wake_before_park_is_kept(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper sleeper = { 0 };

	(void)state;
	test_task_start(sched, &sleeper.task, wake_then_park, &sleeper);
	test_task_wait_parked(&sleeper.task);
	/* Two wake-ups are one token: the fourth park is a real one. */
	assert_true(atomic_load(&sleeper.ready));
	assert_int_equal(sleeper.parks, 3);
	assert_false(atomic_load(&sleeper.task.over));
	ln_task_wake(&sleeper.task.task);
	test_task_wait_over(&sleeper.task);
	assert_int_equal(sleeper.parks, 4);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void park_until_told(void *argument)
{
	struct sleeper *self = argument;

	while (!atomic_load(&self->go)) {
		ln_task_park(&self->task.task);
		self->parks++;
	}
}

static void wake_while_parked(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct sleeper sleeper = { 0 };

	(void)state;
	test_task_start(sched, &sleeper.task, park_until_told, &sleeper);
	/* For nothing, and each time it parks again. */
	for (int i = 0; i < 10; i++) {
		test_task_wait_parked(&sleeper.task);
		ln_task_wake(&sleeper.task.task);
	}
	test_task_wait_parked(&sleeper.task);
	assert_false(atomic_load(&sleeper.task.over));
	atomic_store(&sleeper.go, true);
	ln_task_wake(&sleeper.task.task);
	test_task_wait_over(&sleeper.task);
	assert_int_equal(sleeper.parks, 11);
	/* One that has ended takes wake-ups without harm. */
	ln_sched_wait_idle(sched);
	ln_task_wake(&sleeper.task.task);
	ln_task_interrupt(&sleeper.task.task);
	assert_int_equal(sleeper.task.task.state, LN_TASK_DONE);
	ln_sched_free(sched);
}

#define ROUNDS 20000

struct pair {
	struct test_task tasks[2];
	_Atomic int turn;
};

static void take_turns(struct pair *pair, int self)
{
	for (int i = 0; i < ROUNDS; i++) {
		while (atomic_load(&pair->turn) % 2 != self)
			ln_task_park(&pair->tasks[self].task);
		atomic_fetch_add(&pair->turn, 1);
		ln_task_wake(&pair->tasks[1 - self].task);
	}
}

static void first_of_pair(void *argument)
{
	take_turns(argument, 0);
}

static void second_of_pair(void *argument)
{
	take_turns(argument, 1);
}

/* Wake-ups that come while the other is about to park. */
static void no_wake_up_is_lost(void **state)
{
	static struct pair pairs[4];

	(void)state;
	for (unsigned workers = 1; workers <= 4; workers++) {
		struct ln_sched *sched = test_sched_new(workers);

		memset(pairs, 0, sizeof(pairs));
		for (int i = 0; i < 4; i++) {
			test_task_start(sched, &pairs[i].tasks[0],
					first_of_pair, &pairs[i]);
			test_task_start(sched, &pairs[i].tasks[1],
					second_of_pair, &pairs[i]);
		}
		ln_sched_wait_idle(sched);
		for (int i = 0; i < 4; i++)
			assert_int_equal(pairs[i].turn, 2 * ROUNDS);
		ln_sched_free(sched);
	}
}

static void wait_once(void *argument)
{
	struct sleeper *self = argument;

	self->result = ln_task_wait(&self->task.task, self->deadline);
	self->ended = ln_time_now();
}

static void wait_tells_why_it_ended(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct sleeper sleeper = { .deadline = ln_time_after_ms(3) };

	(void)state;
	run_one(sched, &sleeper, wait_once);
	assert_int_equal(sleeper.result, LN_ETIMEDOUT);
	assert_true(sleeper.ended >= sleeper.deadline);

	sleeper = (struct sleeper){ .deadline = ln_time_now() - 1 };
	run_one(sched, &sleeper, wait_once);
	assert_int_equal(sleeper.result, LN_ETIMEDOUT);

	sleeper = (struct sleeper){ .deadline = LN_NEVER };
	test_task_start(sched, &sleeper.task, wait_once, &sleeper);
	test_task_wait_parked(&sleeper.task);
	ln_task_wake(&sleeper.task.task);
	test_task_wait_over(&sleeper.task);
	assert_int_equal(sleeper.result, 0);

	sleeper = (struct sleeper){ .deadline = ln_time_after_ms(1000000) };
	test_task_start(sched, &sleeper.task, wait_once, &sleeper);
	test_task_wait_parked(&sleeper.task);
	ln_task_interrupt(&sleeper.task.task);
	test_task_wait_over(&sleeper.task);
	assert_int_equal(sleeper.result, LN_EKILLED);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

/* An interrupt that comes before the start stays in force. */
static void interrupt_before_start(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper sleeper = { .deadline = LN_NEVER };

	(void)state;
	ln_task_interrupt(&sleeper.task.task);
	ln_task_wake(&sleeper.task.task);
	assert_int_equal(sleeper.task.task.state, LN_TASK_NEW);
	run_one(sched, &sleeper, wait_once);
	assert_int_equal(sleeper.result, LN_EKILLED);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void sleep_once(void *argument)
{
	struct sleeper *self = argument;

	self->result = ln_task_sleep(&self->task.task, self->deadline);
	self->ended = ln_time_now();
}

static void sleeps_are_long_enough(void **state)
{
	static struct sleeper sleepers[100];
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	for (int i = 0; i < 100; i++) {
		sleepers[i].deadline =
			ln_time_after_ms((uint64_t)((i * 7) % 20));
		test_task_start(sched, &sleepers[i].task, sleep_once,
				&sleepers[i]);
	}
	for (int i = 0; i < 100; i += 2)
		ln_task_wake(&sleepers[i].task.task); /* for nothing */
	ln_sched_wait_idle(sched);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(sleepers[i].result, 0);
		assert_true(sleepers[i].ended >= sleepers[i].deadline);
	}
	ln_sched_free(sched);
}

static void sleep_ends_by_interrupt(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper sleeper = { .deadline = LN_NEVER };

	(void)state;
	test_task_start(sched, &sleeper.task, sleep_once, &sleeper);
	test_task_wait_parked(&sleeper.task);
	ln_task_interrupt(&sleeper.task.task);
	test_task_wait_over(&sleeper.task);
	assert_int_equal(sleeper.result, LN_EKILLED);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

/* A later deadline does not hide an earlier one that comes after it. */
static void earlier_deadline_comes_later(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct sleeper late = { .deadline = ln_time_after_ms(1000000) };
	struct sleeper early = { 0 };

	(void)state;
	test_task_start(sched, &late.task, sleep_once, &late);
	test_task_wait_parked(&late.task);
	early.deadline = ln_time_after_ms(2);
	run_one(sched, &early, sleep_once);
	assert_int_equal(early.result, 0);
	assert_false(atomic_load(&late.task.over));
	ln_task_interrupt(&late.task.task);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

#define YIELDERS 10

struct yielder {
	struct test_task task;
	struct yielder *all;
	int turns;
	int max_ahead; /* turns more than the slowest, at worst */
};

static void yield_often(void *argument)
{
	struct yielder *self = argument;

	for (int i = 0; i < 500; i++) {
		self->turns++;
		for (int j = 0; j < YIELDERS; j++) {
			int ahead = self->turns - self->all[j].turns;

			/* Those that have not begun do not count. */
			if (self->all[j].turns > 0 && ahead > self->max_ahead)
				self->max_ahead = ahead;
		}
		ln_task_yield(&self->task.task);
	}
}

struct starter {
	struct test_task task;
	struct ln_sched *sched;
	struct yielder *all;
};

static void start_yielders(void *argument)
{
	struct starter *self = argument;

	for (int i = 0; i < YIELDERS; i++) {
		self->all[i].all = self->all;
		test_task_start(self->sched, &self->all[i].task, yield_often,
				&self->all[i]);
	}
}

/* On one worker those that yield take turns; none gets far ahead. */
static void yield_is_fair(void **state)
{
	static struct yielder yielders[YIELDERS];
	struct ln_sched *sched = test_sched_new(1);
	struct starter starter = { .sched = sched, .all = yielders };

	(void)state;
	test_task_start(sched, &starter.task, start_yielders, &starter);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < YIELDERS; i++) {
		assert_int_equal(yielders[i].turns, 500);
		assert_true(yielders[i].max_ahead <= 2);
	}
	ln_sched_free(sched);
}

/* Two that wake each other do not shut out a third. */
static void streak_is_bounded(void **state)
{
	static struct pair pair;
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper third = { 0 };

	(void)state;
	memset(&pair, 0, sizeof(pair));
	test_task_start(sched, &pair.tasks[0], first_of_pair, &pair);
	test_task_start(sched, &pair.tasks[1], second_of_pair, &pair);
	run_one(sched, &third, knows_itself);
	assert_true(third.result);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

/* Computes until somebody else wants the worker. */
static void spin_until_asked(void *argument)
{
	struct sleeper *self = argument;

	atomic_store(&self->ready, true);
	while (!atomic_load(&self->go)) {
		if (ln_task_should_yield(&self->task.task)) {
			self->parks++;
			ln_task_yield(&self->task.task);
		}
	}
}

static void let_go_of_it(void *argument)
{
	struct sleeper *spinner = argument;

	atomic_store(&spinner->go, true);
}

static void should_yield_when_others_wait(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper spinner = { 0 };
	struct test_task other = { .over = false };

	(void)state;
	test_task_start(sched, &spinner.task, spin_until_asked, &spinner);
	while (!atomic_load(&spinner.ready))
		test_nap();
	/* Only the spinner's yielding lets this one run. */
	test_task_start(sched, &other, let_go_of_it, &spinner);
	ln_sched_wait_idle(sched);
	assert_true(spinner.parks >= 1);
	ln_sched_free(sched);
}

/* A timer that is due counts as somebody who waits. */
static void should_yield_when_a_timer_is_due(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct sleeper spinner = { 0 };
	struct sleeper sleeper = { .deadline = ln_time_after_ms(5) };

	(void)state;
	test_task_start(sched, &sleeper.task, sleep_once, &sleeper);
	test_task_start(sched, &spinner.task, spin_until_asked, &spinner);
	test_task_wait_over(&sleeper.task);
	atomic_store(&spinner.go, true);
	ln_sched_wait_idle(sched);
	assert_int_equal(sleeper.result, 0);
	ln_sched_free(sched);
}

struct caller {
	struct test_task task;
	bool on_own_stack;
	bool is_task; /* ln_task_current in the call */
	int calls;
};

static void note_stack(void *argument)
{
	struct caller *self = argument;
	struct ln_fiber *fiber = &self->task.task.fiber;
	volatile char deep[256 << 10];
	uintptr_t here = (uintptr_t)&deep[0];

	deep[0] = 1;
	deep[sizeof(deep) - 1] = 1;
	self->on_own_stack = here >= (uintptr_t)fiber->stack &&
			     here < (uintptr_t)fiber->stack + fiber->stack_len;
	self->is_task = ln_task_current() == &self->task.task;
	self->calls++;
}

static void call_on_worker_stack(void *argument)
{
	struct caller *self = argument;

	for (int i = 0; i < 100; i++) {
		ln_task_on_worker_stack(&self->task.task, note_stack, self);
		if (self->on_own_stack)
			return;
		ln_task_yield(&self->task.task);
	}
}

static void worker_stack_is_another(void **state)
{
	static struct caller callers[20];
	struct ln_sched *sched = test_sched_new(2);
	struct caller outside = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++)
		test_task_start(sched, &callers[i].task, call_on_worker_stack,
				&callers[i]);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(callers[i].calls, 100);
		assert_false(callers[i].on_own_stack);
		assert_true(callers[i].is_task);
	}
	/* In a thread that is no worker it is a plain call. */
	ln_task_on_worker_stack(&outside.task.task, note_stack, &outside);
	assert_int_equal(outside.calls, 1);
	assert_false(outside.is_task);
	ln_sched_free(sched);
}

static void never_runs(struct ln_task *task)
{
	(void)task;
	abort();
}

static void no_stack_no_task(void **state)
{
	/* Slots that no address space holds. */
	const struct ln_sched_options options = {
		.workers = 1,
		.stack_size = (size_t)1 << 60,
	};
	struct ln_sched *sched = NULL;
	struct ln_task task = { 0 };

	(void)state;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	assert_int_equal(ln_task_start(sched, &task, never_runs, never_runs),
			 LN_ENOMEM);
	assert_int_equal(ln_sched_live(sched), 0);
	assert_int_equal(task.state, LN_TASK_NEW);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(current_is_the_running_one),
		cmocka_unit_test(wake_before_park_is_kept),
		cmocka_unit_test(wake_while_parked),
		cmocka_unit_test(no_wake_up_is_lost),
		cmocka_unit_test(wait_tells_why_it_ended),
		cmocka_unit_test(interrupt_before_start),
		cmocka_unit_test(sleeps_are_long_enough),
		cmocka_unit_test(sleep_ends_by_interrupt),
		cmocka_unit_test(earlier_deadline_comes_later),
		cmocka_unit_test(yield_is_fair),
		cmocka_unit_test(streak_is_bounded),
		cmocka_unit_test(should_yield_when_others_wait),
		cmocka_unit_test(should_yield_when_a_timer_is_due),
		cmocka_unit_test(worker_stack_is_another),
		cmocka_unit_test(no_stack_no_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
