/* src/sched/sched.c and worker.c: workers, stealing, sleep, the ticker, the
 * end. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/time.h"
#include "sched/poller.h"
#include "sched/sched.h"
#include "support/tasks.h"

#if LN_TSAN
#define SHORT_TASKS 5000 /* each is dear, and few may be alive at once */
#define ALIVE_MAX 1000u
#else
#define SHORT_TASKS 200000
#define ALIVE_MAX 4000u
#endif

static _Atomic unsigned runs;

static void count_run(struct ln_task *task)
{
	(void)task;
	atomic_fetch_add(&runs, 1);
}

static void free_task(struct ln_task *task)
{
	free(task);
}

/* Starts a task that frees itself; false when it could not. */
static bool start_short(struct ln_sched *sched)
{
	struct ln_task *task = calloc(1, sizeof(*task));

	if (task == NULL)
		return false;
	if (ln_task_start(sched, task, count_run, free_task) < 0) {
		free(task);
		return false;
	}
	return true;
}

static void starts_and_stops(void **state)
{
	(void)state;
	for (unsigned workers = 1; workers <= 8; workers++) {
		struct ln_sched *sched = test_sched_new(workers);

		assert_int_equal(ln_sched_workers(sched), workers);
		assert_int_equal(ln_sched_live(sched), 0);
		ln_sched_wait_idle(sched);
		ln_sched_free(sched);
	}
	ln_sched_free(NULL);
}

/* Freed at any moment of the workers' way to sleep. */
static void stops_at_any_moment(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct ln_sched *sched = test_sched_new(3);

		if (i % 3 == 0)
			test_nap();
		if (i % 2 == 0)
			assert_true(start_short(sched));
		ln_sched_wait_idle(sched);
		ln_sched_free(sched);
	}
}

static void options_have_defaults(void **state)
{
	const struct ln_sched_options options = { .workers = 1000 };
	struct ln_sched *sched = test_sched_new(0);

	(void)state;
	assert_true(ln_sched_workers(sched) >= 1);
	assert_true(ln_sched_stack_size(sched) >= 65536);
	assert_non_null(ln_sched_poller(sched));
	assert_non_null(ln_sched_blocking(sched));
	assert_non_null(ln_sched_timers(sched));
	ln_sched_free(sched);
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	assert_int_equal(ln_sched_workers(sched), 256);
	ln_sched_free(sched);
}

/* Pages are given back, and must not be those of two stacks. */
static void stacks_are_whole_pages(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const struct ln_sched_options options = {
		.workers = 1,
		.stack_size = ((size_t)256 << 10) + 1,
	};
	struct ln_sched *sched = NULL;

	(void)state;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	assert_int_equal(ln_sched_stack_size(sched),
			 ((size_t)256 << 10) + page);
	ln_sched_free(sched);
}

static void many_short_tasks_from_outside(void **state)
{
	struct ln_sched *sched = test_sched_new(4);

	(void)state;
	atomic_store(&runs, 0);
	for (unsigned i = 0; i < SHORT_TASKS; i++) {
		while (ln_sched_live(sched) > ALIVE_MAX)
			test_nap();
		assert_true(start_short(sched));
	}
	ln_sched_wait_idle(sched);
	assert_int_equal(ln_sched_live(sched), 0);
	assert_int_equal(atomic_load(&runs), SHORT_TASKS);
	ln_sched_free(sched);
}

struct spawner {
	struct test_task task;
	struct ln_sched *sched;
	unsigned count;
	bool failed;
};

/* More than a queue holds, so that some go to the shared one. */
static void spawn(void *argument)
{
	struct spawner *self = argument;

	for (unsigned i = 0; i < self->count; i++) {
		if (!start_short(self->sched))
			self->failed = true;
		if (i % 1000 == 999)
			ln_task_yield(ln_task_current());
	}
}

static void many_short_tasks_from_tasks(void **state)
{
	(void)state;
	for (unsigned workers = 1; workers <= 4; workers++) {
		struct ln_sched *sched = test_sched_new(workers);
		struct spawner spawners[3];

		atomic_store(&runs, 0);
		memset(spawners, 0, sizeof(spawners));
		for (int i = 0; i < 3; i++) {
			spawners[i].sched = sched;
			spawners[i].count = SHORT_TASKS / 20;
			test_task_start(sched, &spawners[i].task, spawn,
					&spawners[i]);
		}
		ln_sched_wait_idle(sched);
		assert_int_equal(atomic_load(&runs), SHORT_TASKS / 20 * 3);
		for (int i = 0; i < 3; i++)
			assert_false(spawners[i].failed);
		ln_sched_free(sched);
	}
}

#define CROWD 1000u
#define ROUNDS 100u

struct member {
	struct test_task task;
	unsigned turns;
};

static _Atomic bool complete; /* all members are there */

static void take_turns(void *argument)
{
	struct member *self = argument;

	while (!atomic_load(&complete))
		ln_task_yield(ln_task_current());
	while (atomic_fetch_add(&runs, 1) < CROWD * ROUNDS) {
		self->turns++;
		ln_task_yield(ln_task_current());
	}
}

/* More tasks than the ring holds, so most are in the shared queue: none of them
 * is left out while the others take turns. */
static void a_crowd_takes_turns(void **state)
{
	static struct member members[CROWD];
	struct ln_sched *sched = test_sched_new(1);

	(void)state;
	atomic_store(&runs, 0);
	for (unsigned i = 0; i < CROWD; i++)
		test_task_start(sched, &members[i].task, take_turns,
				&members[i]);
	atomic_store(&complete, true);
	ln_sched_wait_idle(sched);
	for (unsigned i = 0; i < CROWD; i++)
		assert_in_range(members[i].turns, ROUNDS / 20, ROUNDS * 20);
	ln_sched_free(sched);
}

static void *spawn_from_thread(void *argument)
{
	struct spawner *self = argument;

	for (unsigned i = 0; i < self->count; i++) {
		while (ln_sched_live(self->sched) > ALIVE_MAX)
			test_nap();
		if (!start_short(self->sched))
			self->failed = true;
	}
	return NULL;
}

static void threads_start_tasks(void **state)
{
	struct ln_sched *sched = test_sched_new(3);
	struct spawner spawners[4];
	pthread_t threads[4];

	(void)state;
	atomic_store(&runs, 0);
	memset(spawners, 0, sizeof(spawners));
	for (int i = 0; i < 4; i++) {
		spawners[i].sched = sched;
		spawners[i].count = SHORT_TASKS / 20;
		assert_int_equal(pthread_create(&threads[i], NULL,
						spawn_from_thread,
						&spawners[i]),
				 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_false(spawners[i].failed);
	}
	ln_sched_wait_idle(sched);
	assert_int_equal(atomic_load(&runs), SHORT_TASKS / 20 * 4);
	ln_sched_free(sched);
}

struct walker {
	struct test_task task;
	_Atomic bool *moved;
	_Atomic bool began;
	pid_t home;
};

/* Yields until some walker has found itself elsewhere than at home. The thread
 * is asked for by a system call: compilers take pthread_self for constant. */
static void walk(void *argument)
{
	struct walker *self = argument;

	while (!atomic_load(self->moved)) {
		if (gettid() != self->home)
			atomic_store(self->moved, true);
		else
			ln_task_yield(&self->task.task);
	}
}

#define WALKERS 8

struct crowd {
	struct test_task task;
	struct ln_sched *sched;
	struct walker walkers[WALKERS];
	struct walker keeper;
	_Atomic bool moved;
};

/* Starts all of them where it runs itself, while others have nothing to do. */
static void start_walkers(void *argument)
{
	struct crowd *self = argument;
	pid_t home = gettid();

	for (int i = 0; i < WALKERS; i++) {
		struct walker *walker = &self->walkers[i];

		walker->moved = &self->moved;
		walker->home = home;
		test_task_start(self->sched, &walker->task, walk, walker);
	}
}

/* Runs a crowd until somebody has moved. */
static void disperse(struct crowd *crowd, unsigned workers,
		     void (*start)(void *))
{
	crowd->sched = test_sched_new(workers);
	test_task_start(crowd->sched, &crowd->task, start, crowd);
	ln_sched_wait_idle(crowd->sched);
	assert_true(atomic_load(&crowd->moved));
	ln_sched_free(crowd->sched);
}

/* Tasks move to whoever has nothing to do. */
static void workers_share_the_work(void **state)
{
	static struct crowd crowd;

	(void)state;
	disperse(&crowd, 4, start_walkers);
}

/* Keeps a worker busy, elsewhere, until somebody has moved there. */
static void keep_busy(void *argument)
{
	struct walker *self = argument;

	atomic_store(&self->began, true);
	while (!atomic_load(self->moved))
		ln_task_yield(&self->task.task);
}

static void start_walkers_beside(void *argument)
{
	struct crowd *self = argument;

	self->keeper.moved = &self->moved;
	test_task_start(self->sched, &self->keeper.task, keep_busy,
			&self->keeper);
	/* This one keeps its own worker. */
	while (!atomic_load(&self->keeper.began))
		continue;
	start_walkers(self);
}

/* Tasks move from a longer queue to a worker that is never without tasks. */
static void queues_are_levelled(void **state)
{
	static struct crowd crowd;

	(void)state;
	disperse(&crowd, 2, start_walkers_beside);
}

struct hog {
	struct test_task task;
	struct ln_sched *sched;
	struct test_task next;
	_Atomic bool ran;
};

static void set_flag(void *argument)
{
	atomic_store((_Atomic bool *)argument, true);
}

/* Keeps its worker until the task that is next there has run elsewhere. */
static void start_next_and_spin(void *argument)
{
	struct hog *self = argument;

	test_task_start(self->sched, &self->next, set_flag, &self->ran);
	while (!atomic_load(&self->ran))
		continue;
}

static void next_task_is_rescued(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct hog hog = { .sched = sched };

	(void)state;
	test_task_start(sched, &hog.task, start_next_and_spin, &hog);
	ln_sched_wait_idle(sched);
	assert_true(atomic_load(&hog.ran));
	ln_sched_free(sched);
}

static void park(void *argument)
{
	_Atomic bool *go = argument;

	while (!atomic_load(go))
		ln_task_park(ln_task_current());
}

/* Waits until the ticks stand still; they must, while all sleep. */
static uint64_t wait_for_silence(struct ln_sched *sched)
{
	uint64_t last;

	do {
		last = ln_sched_ticks(sched);
		for (int i = 0; i < 40; i++)
			test_nap();
	} while (ln_sched_ticks(sched) != last);
	return last;
}

static void ticks_stop_while_all_sleep(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct test_task sleeper = { .over = false };
	_Atomic bool go = false;
	uint64_t quiet;
	int64_t until;

	(void)state;
	test_task_start(sched, &sleeper, park, &go);
	quiet = wait_for_silence(sched);
	/* A task that waits without end does not make it tick. */
	assert_false(atomic_load(&sleeper.over));
	for (int i = 0; i < 20; i++)
		test_nap();
	assert_true(ln_sched_ticks(sched) == quiet);
	/* The next one who works brings it back. */
	atomic_store(&go, true);
	ln_task_wake(&sleeper.task);
	until = ln_time_after_ms(30000);
	while (ln_sched_ticks(sched) == quiet && ln_time_now() < until)
		test_nap();
	assert_true(ln_sched_ticks(sched) > quiet);
	ln_sched_wait_idle(sched);
	ln_sched_free(sched);
}

static _Atomic unsigned hook_calls;

static void hook(void *argument)
{
	atomic_fetch_add((_Atomic unsigned *)argument, 1);
}

static void spin_for_ticks(void *argument)
{
	struct ln_sched *sched = argument;
	uint64_t from = ln_sched_ticks(sched);

	while (ln_sched_ticks(sched) < from + 5)
		continue;
}

static void ticks_call_the_hook(void **state)
{
	const struct ln_sched_options options = {
		.workers = 1,
		.on_tick = hook,
		.on_tick_argument = &hook_calls,
	};
	struct ln_sched *sched = NULL;
	struct test_task spinner = { .over = false };

	(void)state;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	test_task_start(sched, &spinner, spin_for_ticks, sched);
	ln_sched_wait_idle(sched);
	assert_true(atomic_load(&hook_calls) >= 4);
	ln_sched_free(sched);
}

static void manual_ticks_only_by_hand(void **state)
{
	const struct ln_sched_options options = { .workers = 2,
						  .manual = true };
	struct ln_sched *sched = NULL;

	(void)state;
	assert_int_equal(ln_sched_new(&options, &sched), 0);
	assert_null(ln_sched_poller(sched));
	atomic_store(&runs, 0);
	for (int i = 0; i < 100; i++)
		assert_true(start_short(sched));
	ln_sched_wait_idle(sched);
	assert_int_equal(atomic_load(&runs), 100);
	assert_true(ln_sched_ticks(sched) == 0);
	ln_sched_tick(sched);
	assert_true(ln_sched_ticks(sched) == 1);
	ln_sched_free(sched);
}

#define SLEEPERS 50
#define WAKES 400

struct woken {
	struct test_task task;
	_Atomic unsigned wanted;
	unsigned seen;
};

static void follow(void *argument)
{
	struct woken *self = argument;

	while (self->seen < WAKES) {
		while (atomic_load(&self->wanted) == self->seen)
			ln_task_park(&self->task.task);
		self->seen++;
	}
}

/* Workers that sleep are woken by threads that are none. */
static void wake_ups_from_outside(void **state)
{
	static struct woken tasks[SLEEPERS];
	struct ln_sched *sched = test_sched_new(3);

	(void)state;
	for (int i = 0; i < SLEEPERS; i++)
		test_task_start(sched, &tasks[i].task, follow, &tasks[i]);
	for (int round = 0; round < WAKES; round++) {
		for (int i = 0; i < SLEEPERS; i++) {
			atomic_fetch_add(&tasks[i].wanted, 1);
			ln_task_wake(&tasks[i].task.task);
		}
		if (round % 20 == 0)
			test_nap();
	}
	ln_sched_wait_idle(sched);
	for (int i = 0; i < SLEEPERS; i++)
		assert_int_equal(tasks[i].seen, WAKES);
	ln_sched_free(sched);
}

static void *wait_for_all(void *sched)
{
	ln_sched_wait_idle(sched);
	return NULL;
}

static void several_may_wait(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct test_task sleeper = { .over = false };
	_Atomic bool go = false;
	pthread_t threads[3];

	(void)state;
	test_task_start(sched, &sleeper, park, &go);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, wait_for_all, sched),
			0);
	test_nap();
	assert_int_equal(ln_sched_live(sched), 1);
	atomic_store(&go, true);
	ln_task_wake(&sleeper.task);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(ln_sched_live(sched), 0);
	ln_sched_free(sched);
}

static void nap_task(void *argument)
{
	ln_task_sleep(ln_task_current(),
		      ln_time_after_ms((uintptr_t)argument % 5));
}

/* Two side by side know nothing of each other. */
static void schedulers_are_separate(void **state)
{
	static struct test_task tasks[2][50];
	struct ln_sched *scheds[2] = { test_sched_new(2), test_sched_new(1) };

	(void)state;
	for (int i = 0; i < 50; i++) {
		for (int j = 0; j < 2; j++)
			test_task_start(scheds[j], &tasks[j][i], nap_task,
					(void *)(uintptr_t)i);
	}
	for (int j = 0; j < 2; j++) {
		ln_sched_wait_idle(scheds[j]);
		ln_sched_free(scheds[j]);
		for (int i = 0; i < 50; i++)
			assert_true(atomic_load(&tasks[j][i].over));
	}
}

/* Someone whose turn comes by a timer and who keeps his worker until all others
 * have run: what those wait for must be noticed by other workers. */
struct keeper {
	struct test_task task;
	struct ln_sched *sched;
	_Atomic unsigned *ran;
	unsigned until; /* so many have run */
	int ms;
	int pipe[2];
};

static void sleep_and_run(void *argument)
{
	struct keeper *self = argument;

	ln_task_sleep(ln_task_current(), ln_time_after_ms((uint64_t)self->ms));
	atomic_fetch_add(self->ran, 1);
	while (atomic_load(self->ran) < self->until)
		;
}

/* Each is due while the one before keeps the worker that was in the poller. */
static void timers_do_not_wait_for_one_worker(void **state)
{
	struct ln_sched *sched = test_sched_new(3);
	_Atomic unsigned ran = 0;
	struct keeper keepers[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		keepers[i] = (struct keeper){ .ran = &ran,
					      .until = 3,
					      .ms = 5 * (i + 1) };
		test_task_start(sched, &keepers[i].task, sleep_and_run,
				&keepers[i]);
	}
	ln_sched_wait_idle(sched);
	assert_int_equal(ran, 3);
	ln_sched_free(sched);
}

static void read_and_run(void *argument)
{
	struct keeper *self = argument;
	struct ln_pollable *pollable;
	char byte;

	if (ln_pollable_new(ln_sched_poller(self->sched), self->pipe[0],
			    &pollable) < 0)
		abort();
	while (read(self->pipe[0], &byte, 1) < 0)
		ln_pollable_wait(pollable, LN_READABLE, LN_NEVER);
	ln_pollable_free(pollable);
	atomic_fetch_add(self->ran, 1);
}

static void sleep_and_write(void *argument)
{
	struct keeper *self = argument;

	ln_task_sleep(ln_task_current(), ln_time_after_ms(5));
	if (write(self->pipe[1], "x", 1) != 1)
		abort();
	while (atomic_load(self->ran) == 0)
		;
}

static void events_do_not_wait_for_one_worker(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	_Atomic unsigned ran = 0;
	struct keeper reader = { .sched = sched, .ran = &ran };
	struct keeper writer;

	(void)state;
	assert_int_equal(pipe2(reader.pipe, O_CLOEXEC | O_NONBLOCK), 0);
	writer = reader;
	test_task_start(sched, &reader.task, read_and_run, &reader);
	test_task_wait_parked(&reader.task);
	test_task_start(sched, &writer.task, sleep_and_write, &writer);
	ln_sched_wait_idle(sched);
	assert_int_equal(ran, 1);
	ln_sched_free(sched);
	close(reader.pipe[0]);
	close(reader.pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_do_not_wait_for_one_worker),
		cmocka_unit_test(events_do_not_wait_for_one_worker),
		cmocka_unit_test(starts_and_stops),
		cmocka_unit_test(stops_at_any_moment),
		cmocka_unit_test(options_have_defaults),
		cmocka_unit_test(stacks_are_whole_pages),
		cmocka_unit_test(many_short_tasks_from_outside),
		cmocka_unit_test(many_short_tasks_from_tasks),
		cmocka_unit_test(a_crowd_takes_turns),
		cmocka_unit_test(threads_start_tasks),
		cmocka_unit_test(workers_share_the_work),
		cmocka_unit_test(queues_are_levelled),
		cmocka_unit_test(next_task_is_rescued),
		cmocka_unit_test(ticks_stop_while_all_sleep),
		cmocka_unit_test(ticks_call_the_hook),
		cmocka_unit_test(manual_ticks_only_by_hand),
		cmocka_unit_test(wake_ups_from_outside),
		cmocka_unit_test(several_may_wait),
		cmocka_unit_test(schedulers_are_separate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
