/*
 * Tasks for tests: functions that run on fibers of a real scheduler. Assertions
 * of cmocka leave by longjmp, which a fiber must not; so a body only notes what
 * it saw, and the test checks it afterwards.
 */
#ifndef LN_TEST_SUPPORT_TASKS_H
#define LN_TEST_SUPPORT_TASKS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "sched/task.h"

struct ln_sched;

struct test_task {
	struct ln_task task;
	void (*body)(void *argument);
	void *argument;
	_Atomic bool over;
};

/* A scheduler with `workers` threads. The test fails when there is none. */
struct ln_sched *test_sched_new(unsigned workers);

/* Starts body(argument) on a fiber; `task` must live until it is over. */
void test_task_start(struct ln_sched *sched, struct test_task *task,
		     void (*body)(void *), void *argument);

/* Sleeps until the task has parked, or is over. Not from a task. */
void test_task_wait_parked(struct test_task *task);

/* Sleeps until the task is over. Not from a task. */
void test_task_wait_over(struct test_task *task);

/* Sleeps for about a millisecond, for loops that wait for something. */
void test_nap(void);

#endif
