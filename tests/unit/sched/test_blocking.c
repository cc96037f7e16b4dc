/* src/sched/blocking.c: jobs run elsewhere, and end before their task does. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/time.h"
#include "sched/blocking.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define TASKS 200
#define JOBS 20

struct user {
	struct test_task task;
	struct ln_sched *sched;
	struct ln_blocking *pool;
	pthread_t job_thread;
	bool job_had_task; /* ln_task_current in the job */
	int jobs;          /* that have run */
	int errors;
	_Atomic bool in_job;
	_Atomic bool job_over;
	bool over_before_task; /* the job, before run returned */
};

static void job(void *argument)
{
	struct user *self = argument;

	self->job_had_task = ln_task_current() != NULL;
	self->job_thread = pthread_self();
	self->jobs++;
}

static void run_jobs(void *argument)
{
	struct user *self = argument;

	for (int i = 0; i < JOBS; i++) {
		if (ln_blocking_run(self->pool, job, self) < 0)
			self->errors++;
	}
}

static void outside_a_task_in_place(void **state)
{
	struct ln_blocking *pool = NULL;
	struct user user = { 0 };

	(void)state;
	assert_int_equal(ln_blocking_new(2, 2, 0, &pool), 0);
	assert_int_equal(ln_blocking_run(pool, job, &user), 0);
	assert_int_equal(user.jobs, 1);
	assert_true(pthread_equal(user.job_thread, pthread_self()));
	ln_blocking_free(pool);
	ln_blocking_free(NULL);
}

static void many_jobs_from_tasks(void **state)
{
	static struct user users[TASKS];
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	for (int i = 0; i < TASKS; i++) {
		users[i].pool = ln_sched_blocking(sched);
		test_task_start(sched, &users[i].task, run_jobs, &users[i]);
	}
	ln_sched_wait_idle(sched);
	for (int i = 0; i < TASKS; i++) {
		assert_int_equal(users[i].jobs, JOBS);
		assert_int_equal(users[i].errors, 0);
		assert_false(users[i].job_had_task);
	}
	ln_sched_free(sched);
}

static _Atomic int together;

/* Goes on only when two of these are under way. */
static void meet(void *argument)
{
	struct user *self = argument;

	atomic_fetch_add(&together, 1);
	while (atomic_load(&together) < 2)
		test_nap();
	self->jobs++;
}

static void run_meeting(void *argument)
{
	struct user *self = argument;

	ln_blocking_run(self->pool, meet, self);
}

static void count_down(void *argument)
{
	_Atomic int *left = argument;

	while (atomic_fetch_sub(left, 1) > 1)
		ln_task_yield(ln_task_current());
}

/* One worker: jobs run side by side, and the worker stays free. */
static void jobs_run_side_by_side(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct user users[2] = { { .jobs = 0 }, { .jobs = 0 } };
	struct test_task other = { .over = false };
	_Atomic int left = 1000;

	(void)state;
	atomic_store(&together, 0);
	users[0].pool = ln_sched_blocking(sched);
	test_task_start(sched, &users[0].task, run_meeting, &users[0]);
	while (atomic_load(&together) == 0)
		test_nap();
	/* The first job runs; others have the worker meanwhile. */
	test_task_start(sched, &other, count_down, &left);
	test_task_wait_over(&other);
	assert_false(atomic_load(&users[0].task.over));
	users[1].pool = ln_sched_blocking(sched);
	test_task_start(sched, &users[1].task, run_meeting, &users[1]);
	ln_sched_wait_idle(sched);
	assert_int_equal(users[0].jobs + users[1].jobs, 2);
	ln_sched_free(sched);
}

static _Atomic bool let_go;

static void long_job(void *argument)
{
	struct user *self = argument;

	atomic_store(&self->in_job, true);
	while (!atomic_load(&let_go))
		test_nap();
	atomic_store(&self->job_over, true);
}

static void run_long_job(void *argument)
{
	struct user *self = argument;

	if (ln_blocking_run(self->pool, long_job, self) < 0)
		self->errors++;
	self->over_before_task = atomic_load(&self->job_over);
	self->jobs = ln_task_interrupted(&self->task.task);
}

/* The job uses the task's stack: a kill waits for it. */
static void kill_waits_for_the_job(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct user user = { .jobs = -1 };

	(void)state;
	atomic_store(&let_go, false);
	user.pool = ln_sched_blocking(sched);
	test_task_start(sched, &user.task, run_long_job, &user);
	while (!atomic_load(&user.in_job))
		test_nap();
	for (int i = 0; i < 5; i++) {
		ln_task_interrupt(&user.task.task);
		test_nap();
		assert_false(atomic_load(&user.task.over));
	}
	atomic_store(&let_go, true);
	ln_sched_wait_idle(sched);
	assert_true(user.over_before_task);
	assert_int_equal(user.jobs, 1);
	assert_int_equal(user.errors, 0);
	ln_sched_free(sched);
}

/* Wake-ups that have nothing to do with it do not end a job's wait. */
static void stray_wake_ups_change_nothing(void **state)
{
	static struct user users[10];
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	for (int i = 0; i < 10; i++) {
		users[i] = (struct user){ .pool = ln_sched_blocking(sched) };
		test_task_start(sched, &users[i].task, run_jobs, &users[i]);
	}
	while (ln_sched_live(sched) > 0) {
		for (int i = 0; i < 10; i++)
			ln_task_wake(&users[i].task.task);
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(users[i].jobs, JOBS);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static void hang(void *argument)
{
	struct user *self = argument;

	atomic_store(&self->in_job, true);
	while (!atomic_load(&self->job_over))
		test_nap();
}

static void hang_in_pool(void *argument)
{
	struct user *self = argument;

	if (ln_blocking_run(self->pool, hang, self) < 0)
		self->errors++;
}

/* Files that hang keep all threads of their pool, and none of the other. */
static void files_have_their_own(void **state)
{
	static struct user stuck[4];
	struct ln_sched *sched = test_sched_new(1);
	struct user user = { .pool = ln_sched_blocking(sched) };

	(void)state;
	for (int i = 0; i < 4; i++) {
		stuck[i] = (struct user){ .pool = ln_sched_files(sched) };
		test_task_start(sched, &stuck[i].task, hang_in_pool, &stuck[i]);
	}
	for (int i = 0; i < 4; i++) {
		while (!atomic_load(&stuck[i].in_job))
			test_nap();
	}
	test_task_start(sched, &user.task, run_jobs, &user);
	test_task_wait_over(&user.task);
	assert_int_equal(user.jobs, JOBS);
	for (int i = 0; i < 4; i++)
		atomic_store(&stuck[i].job_over, true);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < 4; i++)
		assert_int_equal(stuck[i].errors, 0);
	ln_sched_free(sched);
}

struct stepper {
	struct test_task task;
	struct ln_blocking *pool;
	struct ln_blocking_tenant *tenant;
	char name;
	int steps; /* left */
	int result;
};

static char order[64];
static _Atomic unsigned order_len;
static _Atomic int begun; /* steps */

static bool take_step(void *argument)
{
	struct stepper *self = argument;

	/* The first one waits until all are queued. */
	while (!atomic_load(&let_go))
		test_nap();
	order[atomic_fetch_add(&order_len, 1)] = self->name;
	return --self->steps > 0;
}

static void run_steps(void *argument)
{
	struct stepper *self = argument;

	self->result = ln_blocking_run_steps(self->pool, self->tenant,
					     take_step, self);
}

static void start_stepper(struct ln_sched *sched, struct stepper *stepper,
			  void (*run)(void *))
{
	test_task_start(sched, &stepper->task, run, stepper);
	while (atomic_load(&stepper->task.task.waiting) != LN_WAIT_BLOCKING)
		test_nap();
}

/* After each step the job goes behind the others of its tenant, and tenants
 * take turns. */
static void steps_take_turns(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_blocking_tenant *one;
	struct ln_blocking_tenant *two;
	struct ln_blocking *pool;
	struct stepper steppers[3] = {
		{ .name = 'a', .steps = 4 },
		{ .name = 'b', .steps = 2 },
		{ .name = 'x', .steps = 3 },
	};

	(void)state;
	atomic_store(&let_go, false);
	atomic_store(&order_len, 0);
	assert_int_equal(ln_blocking_new(1, 1, 0, &pool), 0);
	assert_int_equal(ln_blocking_tenant_new(pool, NULL, &one), 0);
	assert_int_equal(ln_blocking_tenant_new(pool, NULL, &two), 0);
	for (int i = 0; i < 3; i++) {
		steppers[i].pool = pool;
		steppers[i].tenant = i < 2 ? one : two;
		start_stepper(sched, &steppers[i], run_steps);
	}
	atomic_store(&let_go, true);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < 3; i++)
		assert_int_equal(steppers[i].result, 0);
	assert_int_equal(atomic_load(&order_len), 9);
	assert_memory_equal(order, "axbxaxbaa", 9);
	ln_blocking_tenant_release(one);
	ln_blocking_tenant_release(two);
	ln_blocking_free(pool);
	ln_sched_free(sched);
}

static void steps_outside_a_task(void **state)
{
	struct stepper stepper = { .name = 'o', .steps = 5 };

	(void)state;
	atomic_store(&let_go, true);
	atomic_store(&order_len, 0);
	assert_int_equal(ln_blocking_run_steps(NULL, NULL, take_step, &stepper),
			 0);
	assert_int_equal(stepper.steps, 0);
}

static bool hang_step(void *argument)
{
	(void)argument;
	atomic_fetch_add(&begun, 1);
	while (!atomic_load(&let_go))
		test_nap();
	return false;
}

static void run_hanging(void *argument)
{
	struct stepper *self = argument;

	self->result = ln_blocking_run_steps(self->pool, self->tenant,
					     hang_step, self);
}

/* Jobs that hang give way to others of their tenant, one after the other, until
 * it has half of the threads; the rest are for other tenants. */
static void hanging_jobs_keep_their_share(void **state)
{
	static struct stepper hanging[8];
	struct ln_sched *sched = test_sched_new(1);
	struct ln_blocking_tenant *one;
	struct ln_blocking_tenant *two;
	struct ln_blocking_tenant *below;
	struct ln_blocking *pool;
	struct stepper other = { .name = 'o', .steps = 1 };

	(void)state;
	atomic_store(&let_go, false);
	atomic_store(&begun, 0);
	atomic_store(&order_len, 0);
	assert_int_equal(ln_blocking_new(8, 1, 1, &pool), 0);
	assert_int_equal(ln_blocking_tenant_new(pool, NULL, &one), 0);
	assert_int_equal(ln_blocking_tenant_new(pool, one, &below), 0);
	assert_int_equal(ln_blocking_tenant_new(pool, NULL, &two), 0);
	for (int i = 0; i < 8; i++) {
		hanging[i] = (struct stepper){ .pool = pool,
					       .tenant = i < 4 ? below : one };
		start_stepper(sched, &hanging[i], run_hanging);
	}
	while (atomic_load(&begun) < 4)
		test_nap();
	/* Four times as long as it took a job to count no longer. */
	for (int i = 0; i < 40; i++)
		test_nap();
	assert_int_equal(atomic_load(&begun), 4);
	other.pool = pool;
	other.tenant = two;
	test_task_start(sched, &other.task, run_hanging, &other);
	while (atomic_load(&begun) < 5)
		test_nap();
	atomic_store(&let_go, true);
	ln_sched_wait_idle(sched);
	assert_int_equal(atomic_load(&begun), 9);
	for (int i = 0; i < 8; i++)
		assert_int_equal(hanging[i].result, 0);
	ln_blocking_tenant_release(below);
	ln_blocking_tenant_release(one);
	ln_blocking_tenant_release(two);
	ln_blocking_tenant_release(NULL);
	ln_blocking_free(pool);
	ln_sched_free(sched);
}

/* Hangs in its second step. */
static bool hang_later(void *argument)
{
	struct stepper *self = argument;

	return self->steps-- > 1 || hang_step(argument);
}

static void run_hanging_later(void *argument)
{
	struct stepper *self = argument;

	self->result = ln_blocking_run_steps(self->pool, self->tenant,
					     hang_later, self);
}

static void count_one(void *argument)
{
	*(int *)argument += 1;
}

static void run_short(void *argument)
{
	struct stepper *self = argument;

	self->result = ln_blocking_run_for(self->pool, self->tenant, count_one,
					   &self->steps);
}

/* Long jobs of a tenant that all hang leave it threads for short ones. */
static void long_jobs_leave_threads(void **state)
{
	static struct stepper hanging[8];
	struct ln_sched *sched = test_sched_new(1);
	struct ln_blocking_tenant *one;
	struct ln_blocking *pool;
	struct stepper other = { .steps = 1 };

	(void)state;
	atomic_store(&let_go, false);
	atomic_store(&begun, 0);
	assert_int_equal(ln_blocking_new(8, 1, 0, &pool), 0);
	assert_int_equal(ln_blocking_tenant_new(pool, NULL, &one), 0);
	for (int i = 0; i < 8; i++) {
		hanging[i] = (struct stepper){ .pool = pool,
					       .tenant = one,
					       .steps = 2 };
		start_stepper(sched, &hanging[i], run_hanging_later);
	}
	/* Half of the half that the tenant may use. */
	while (atomic_load(&begun) < 2)
		test_nap();
	other.pool = pool;
	other.tenant = one;
	test_task_start(sched, &other.task, run_short, &other);
	while (!atomic_load(&other.task.over))
		test_nap();
	assert_int_equal(other.result, 0);
	assert_int_equal(other.steps, 2);
	assert_int_equal(atomic_load(&begun), 2);
	atomic_store(&let_go, true);
	ln_sched_wait_idle(sched);
	for (int i = 0; i < 8; i++)
		assert_int_equal(hanging[i].result, 0);
	ln_blocking_tenant_release(one);
	ln_blocking_free(pool);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_a_task_in_place),
		cmocka_unit_test(many_jobs_from_tasks),
		cmocka_unit_test(jobs_run_side_by_side),
		cmocka_unit_test(kill_waits_for_the_job),
		cmocka_unit_test(stray_wake_ups_change_nothing),
		cmocka_unit_test(files_have_their_own),
		cmocka_unit_test(steps_take_turns),
		cmocka_unit_test(steps_outside_a_task),
		cmocka_unit_test(hanging_jobs_keep_their_share),
		cmocka_unit_test(long_jobs_leave_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
