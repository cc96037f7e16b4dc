/* Tasks for tests. */
#include "support/tasks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "sched/sched.h"

struct ln_sched *test_sched_new(unsigned workers)
{
	const struct ln_sched_options options = { .workers = workers };
	struct ln_sched *sched = NULL;

	assert_int_equal(ln_sched_new(&options, &sched), 0);
	return sched;
}

static void run(struct ln_task *task)
{
	struct test_task *self = ln_container_of(task, struct test_task, task);

	self->body(self->argument);
}

static void done(struct ln_task *task)
{
	struct test_task *self = ln_container_of(task, struct test_task, task);

	atomic_store(&self->over, true);
}

void test_task_start(struct ln_sched *sched, struct test_task *task,
		     void (*body)(void *), void *argument)
{
	task->body = body;
	task->argument = argument;
	atomic_init(&task->over, false);
	assert_int_equal(ln_task_start(sched, &task->task, run, done), 0);
}

void test_nap(void)
{
	const struct timespec time = { .tv_nsec = 1000000 };

	nanosleep(&time, NULL);
}

void test_task_wait_parked(struct test_task *task)
{
	while (!atomic_load(&task->over) &&
	       atomic_load(&task->task.state) != LN_TASK_PARKED)
		test_nap();
}

void test_task_wait_over(struct test_task *task)
{
	while (!atomic_load(&task->over))
		test_nap();
}
