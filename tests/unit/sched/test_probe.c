/* src/sched/probe.c: questions to tasks that are parked, run, have yet to run,
 * and have ended; one asker at a time; withdrawal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "base/time.h"
#include "sched/probe.h"
#include "sched/sched.h"
#include "support/tasks.h"

struct subject {
	struct test_task task;
	_Atomic bool stop;
	_Atomic bool runs;
};

struct question {
	struct ln_probe probe;
	struct ln_task *answered_by;
	bool on_fiber;
};

static void note(struct ln_probe *probe, struct ln_task *task)
{
	struct question *question =
		ln_container_of(probe, struct question, probe);

	question->answered_by = task;
	question->on_fiber = ln_task_current() == task;
}

static void park(void *argument)
{
	struct ln_task *task = &((struct subject *)argument)->task.task;

	while (ln_task_wait(task, LN_NEVER) != LN_EKILLED)
		;
}

/* Runs without parking, but looks, as compiled code does at each tick. */
static void compute(void *argument)
{
	struct subject *subject = argument;

	atomic_store(&subject->runs, true);
	while (!atomic_load(&subject->stop))
		ln_probe_look(&subject->task.task);
}

/* Runs and never looks. */
static void ignore(void *argument)
{
	struct subject *subject = argument;

	atomic_store(&subject->runs, true);
	while (!atomic_load(&subject->stop))
		;
}

static void start(struct ln_sched *sched, struct subject *subject,
		  void (*body)(void *))
{
	test_task_start(sched, &subject->task, body, subject);
}

static void wait_until_it_runs(struct subject *subject)
{
	while (!atomic_load(&subject->runs))
		test_nap();
}

static void assert_answered(struct subject *subject)
{
	struct question question = { .probe = { .answer = note } };

	assert_true(ln_probe_ask(&question.probe, &subject->task.task));
	assert_true(ln_probe_await(&question.probe, LN_NEVER));
	assert_ptr_equal(question.answered_by, &subject->task.task);
	assert_true(question.on_fiber);
	assert_null(atomic_load(&subject->task.task.probe));
}

static void a_parked_task_answers(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct subject subject = { .stop = false };

	(void)state;
	start(sched, &subject, park);
	for (int i = 0; i < 1000; i++)
		assert_answered(&subject);
	ln_task_interrupt(&subject.task.task);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void a_running_task_answers(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct subject subject = { .stop = false };

	(void)state;
	start(sched, &subject, compute);
	wait_until_it_runs(&subject);
	for (int i = 0; i < 1000; i++)
		assert_answered(&subject);
	atomic_store(&subject.stop, true);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

/* One that waits for a worker answers when it first runs. */
static void a_queued_task_answers(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct subject first = { .stop = false };
	struct subject second = { .stop = false };
	struct question question = { .probe = { .answer = note } };

	(void)state;
	start(sched, &first, ignore);
	wait_until_it_runs(&first);
	start(sched, &second, park);
	assert_true(ln_probe_ask(&question.probe, &second.task.task));
	assert_null(question.answered_by);
	atomic_store(&first.stop, true);
	assert_true(ln_probe_await(&question.probe, LN_NEVER));
	assert_ptr_equal(question.answered_by, &second.task.task);
	ln_task_interrupt(&second.task.task);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void who_does_not_look_is_left(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct subject subject = { .stop = false };
	struct question question = { .probe = { .answer = note } };
	struct question other = { .probe = { .answer = note } };

	(void)state;
	start(sched, &subject, ignore);
	wait_until_it_runs(&subject);
	assert_true(ln_probe_ask(&question.probe, &subject.task.task));
	/* Only one asks at a time. */
	assert_false(ln_probe_ask(&other.probe, &subject.task.task));
	assert_false(ln_probe_await(&question.probe, ln_time_after_ms(1)));
	assert_null(question.answered_by);
	/* Now the other may, and learns that the task has ended. */
	assert_true(ln_probe_ask(&other.probe, &subject.task.task));
	atomic_store(&subject.stop, true);
	assert_false(ln_probe_await(&other.probe, LN_NEVER));
	assert_null(other.answered_by);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parked_task_answers),
		cmocka_unit_test(a_running_task_answers),
		cmocka_unit_test(a_queued_task_answers),
		cmocka_unit_test(who_does_not_look_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
