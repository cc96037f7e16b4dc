/* src/sched/mutex.c: exclusion, order, and waiters that are killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define TASKS 64

struct shared {
	struct ln_mutex mutex;
	_Atomic bool let_go;   /* the first owner may release */
	unsigned long counter; /* under the mutex */
	int order[TASKS];      /* under the mutex */
	int owners;            /* under the mutex */
};

struct contender {
	struct test_task task;
	struct shared *shared;
	int index;
	int64_t deadline;
	int result;
};

static bool is_free(struct ln_mutex *mutex)
{
	return !mutex->held && ln_list_empty(&mutex->waiters);
}

/* Owns the mutex until it is told to let go. */
static void hold(void *argument)
{
	struct contender *self = argument;
	struct shared *shared = self->shared;

	self->result = ln_mutex_acquire(&shared->mutex, LN_NEVER);
	while (!atomic_load(&shared->let_go))
		ln_task_sleep(ln_task_current(), ln_time_after_ms(1));
	ln_mutex_release(&shared->mutex);
}

/* Waits for the mutex and notes its place in the order of owners. */
static void follow(void *argument)
{
	struct contender *self = argument;
	struct shared *shared = self->shared;

	self->result = ln_mutex_acquire(&shared->mutex, self->deadline);
	if (self->result == 0) {
		shared->order[shared->owners++] = self->index;
		ln_mutex_release(&shared->mutex);
	}
}

static void start(struct ln_sched *sched, struct contender *contender,
		  struct shared *shared, void (*body)(void *))
{
	contender->shared = shared;
	contender->result = -1000;
	contender->deadline = LN_NEVER;
	test_task_start(sched, &contender->task, body, contender);
}

/* Starts a task that holds the mutex, and returns when it does. */
static void start_holder(struct ln_sched *sched, struct contender *holder,
			 struct shared *shared)
{
	bool held = false;

	ln_mutex_init(&shared->mutex);
	atomic_init(&shared->let_go, false);
	start(sched, holder, shared, hold);
	while (!held) {
		ln_lock_acquire(&shared->mutex.lock);
		held = shared->mutex.held;
		ln_lock_release(&shared->mutex.lock);
	}
}

static void count_up(void *argument)
{
	struct contender *self = argument;
	struct shared *shared = self->shared;

	for (int i = 0; i < 200; i++) {
		unsigned long seen;

		self->result = ln_mutex_acquire(&shared->mutex, LN_NEVER);
		seen = shared->counter;
		/* Others run, and would see the old value. */
		if (i % 4 == 0)
			ln_task_yield(ln_task_current());
		shared->counter = seen + 1;
		ln_mutex_release(&shared->mutex);
	}
}

static void excludes_others(void **state)
{
	static struct contender contenders[TASKS];
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(4);

	(void)state;
	ln_mutex_init(&shared.mutex);
	for (int i = 0; i < TASKS; i++)
		start(sched, &contenders[i], &shared, count_up);
	ln_sched_wait_idle(sched);
	assert_int_equal(shared.counter, TASKS * 200);
	for (int i = 0; i < TASKS; i++)
		assert_int_equal(contenders[i].result, 0);
	assert_true(is_free(&shared.mutex));
	ln_sched_free(sched);
}

static void serves_in_order(void **state)
{
	static struct contender contenders[TASKS];
	static struct contender holder;
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	start_holder(sched, &holder, &shared);
	for (int i = 0; i < TASKS; i++) {
		contenders[i].index = i;
		start(sched, &contenders[i], &shared, follow);
		test_task_wait_parked(&contenders[i].task);
	}
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_int_equal(shared.owners, TASKS);
	for (int i = 0; i < TASKS; i++)
		assert_int_equal(shared.order[i], i);
	assert_true(is_free(&shared.mutex));
	ln_sched_free(sched);
}

static void killed_waiter_leaves(void **state)
{
	static struct contender contenders[3];
	static struct contender holder;
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	start_holder(sched, &holder, &shared);
	for (int i = 0; i < 3; i++) {
		contenders[i].index = i;
		start(sched, &contenders[i], &shared, follow);
		test_task_wait_parked(&contenders[i].task);
	}
	ln_task_interrupt(&contenders[1].task.task);
	test_task_wait_over(&contenders[1].task);
	assert_int_equal(contenders[1].result, LN_EKILLED);
	assert_false(atomic_load(&contenders[0].task.over));
	assert_false(atomic_load(&contenders[2].task.over));
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_int_equal(contenders[0].result, 0);
	assert_int_equal(contenders[2].result, 0);
	assert_int_equal(shared.order[0], 0);
	assert_int_equal(shared.order[1], 2);
	assert_true(is_free(&shared.mutex));
	ln_sched_free(sched);
}

static void deadline_ends_the_wait(void **state)
{
	static struct contender late;
	static struct contender holder;
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(1);

	(void)state;
	start_holder(sched, &holder, &shared);
	late.shared = &shared;
	late.deadline = ln_time_after_ms(2);
	test_task_start(sched, &late.task, follow, &late);
	test_task_wait_over(&late.task);
	assert_int_equal(late.result, LN_ETIMEDOUT);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_int_equal(shared.owners, 0);
	assert_true(is_free(&shared.mutex));
	ln_sched_free(sched);
}

/* Hands the mutex to a waiter and kills it before it can run. */
static void hand_over_and_kill(void *argument)
{
	struct contender *self = argument;
	struct contender *next = self + 1;

	hold(self);
	ln_task_interrupt(&next->task.task);
}

static void killed_owner_passes_it_on(void **state)
{
	static struct contender contenders[3];
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(1);

	(void)state;
	ln_mutex_init(&shared.mutex);
	start(sched, &contenders[0], &shared, hand_over_and_kill);
	for (int i = 1; i < 3; i++) {
		contenders[i].index = i;
		start(sched, &contenders[i], &shared, follow);
		test_task_wait_parked(&contenders[i].task);
	}
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_int_equal(contenders[1].result, LN_EKILLED);
	assert_int_equal(contenders[2].result, 0);
	assert_int_equal(shared.owners, 1);
	assert_int_equal(shared.order[0], 2);
	assert_true(is_free(&shared.mutex));
	ln_sched_free(sched);
}

/* Kills that race with the hand-over must not lose the mutex. */
static void kills_never_lose_it(void **state)
{
	static struct contender contenders[TASKS];
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(4);

	(void)state;
	for (int round = 0; round < 100; round++) {
		int owners = 0;

		shared.owners = 0;
		ln_mutex_init(&shared.mutex);
		for (int i = 0; i < TASKS; i++)
			start(sched, &contenders[i], &shared, follow);
		for (int i = round % 3; i < TASKS; i += 3)
			ln_task_interrupt(&contenders[i].task.task);
		ln_sched_wait_idle(sched);
		for (int i = 0; i < TASKS; i++) {
			if (contenders[i].result == 0)
				owners++;
			else
				assert_int_equal(contenders[i].result,
						 LN_EKILLED);
		}
		assert_int_equal(owners, shared.owners);
		assert_true(is_free(&shared.mutex));
	}
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(excludes_others),
		cmocka_unit_test(serves_in_order),
		cmocka_unit_test(killed_waiter_leaves),
		cmocka_unit_test(deadline_ends_the_wait),
		cmocka_unit_test(killed_owner_passes_it_on),
		cmocka_unit_test(kills_never_lose_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
