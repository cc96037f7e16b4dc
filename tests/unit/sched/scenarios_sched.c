/* Scenarios of the deterministic mode: tasks, workers, locks. */
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/systematic.h"
#include "base/time.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/systematic.h"
#include "sched/task.h"
#include "sched/world.h"

static void sometimes_yield(struct actor *self)
{
	if (systematic_choose(3) == 0)
		ln_task_yield(&self->task);
}

/* Scenario: two tasks take turns. */

static void take_turns(struct actor *self)
{
	struct actor *other = &world.actors[1 - self->index];

	for (unsigned i = 0; i < 6; i++) {
		while (atomic_load(&world.turn) % 2 != self->index)
			ln_task_park(&self->task);
		atomic_fetch_add(&world.turn, 1);
		ln_task_wake(&other->task);
	}
}

static void ping_pong(void)
{
	open_world(2);
	start_actor(0, take_turns);
	start_actor(1, take_turns);
	close_world();
	systematic_check(world.turn == 12, "a turn is missing");
}

/* Scenario: tasks and a thread wake each other, all at once. */

#define STORM_ROUNDS 4

static void give_token(unsigned index)
{
	atomic_fetch_add(&world.actors[index].tokens, 1);
	ln_task_wake(&world.actors[index].task);
}

static void collect_tokens(struct actor *self)
{
	for (unsigned round = 1; round <= STORM_ROUNDS; round++) {
		give_token((self->index + 1) % 3);
		sometimes_yield(self);
		give_token((self->index + 2) % 3);
		while (atomic_load(&self->tokens) < round * 3)
			ln_task_park(&self->task);
	}
}

static void *give_from_outside(void *argument)
{
	for (unsigned round = 0; round < STORM_ROUNDS; round++) {
		for (unsigned i = 0; i < 3; i++)
			give_token(i);
	}
	return argument;
}

static void storm(void)
{
	pthread_t outside;

	open_world(3);
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, collect_tokens);
	systematic_create(&outside, NULL, give_from_outside, NULL);
	systematic_join(outside, NULL);
	close_world();
}

/* Scenario: tasks that wait without end are interrupted from outside. */

static void wait_to_be_killed(struct actor *self)
{
	while (ln_task_wait(&self->task, LN_NEVER) != LN_EKILLED)
		sometimes_yield(self);
}

static void *interrupt_all(void *argument)
{
	for (unsigned i = 0; i < 3; i++)
		ln_task_interrupt(&world.actors[i].task);
	return argument;
}

static void interrupts(void)
{
	pthread_t outside;

	open_world(2);
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, wait_to_be_killed);
	systematic_create(&outside, NULL, interrupt_all, NULL);
	systematic_join(outside, NULL);
	close_world();
}

/* Scenario: one task makes work for three workers. */

static void yield_twice(struct actor *self)
{
	ln_task_yield(&self->task);
	atomic_fetch_add(&world.turn, 1);
	ln_task_yield(&self->task);
}

static void start_many(struct actor *self)
{
	for (unsigned i = 1; i < MAX_ACTORS; i++) {
		start_actor(i, yield_twice);
		sometimes_yield(self);
	}
}

static void stealing(void)
{
	open_world(3);
	start_actor(0, start_many);
	close_world();
	systematic_check(world.turn == MAX_ACTORS - 1, "a task did not run");
}

/* Scenario: a task keeps its worker; others must run what it has queued. */

static void note_run(struct actor *self)
{
	(void)self;
	atomic_fetch_add(&world.ran, 1);
	ln_futex_wake(&world.ran, MAX_ACTORS);
}

/* Keeps the worker until `count` tasks have run. */
static void keep_worker(uint32_t count)
{
	uint32_t seen;

	while ((seen = atomic_load(&world.ran)) < count)
		ln_futex_wait(&world.ran, seen, -1);
}

/* Keeps a second worker, so that it takes a third one for the rest. */
static void keep_second_worker(struct actor *self)
{
	keep_worker(2);
	note_run(self);
}

static void start_and_keep(struct actor *self)
{
	(void)self;
	start_actor(1, keep_second_worker);
	for (unsigned i = 2; i <= 4; i++)
		start_actor(i, note_run);
	/* All but the last, which is next on this worker. */
	keep_worker(3);
}

static void conservation(void)
{
	open_world(3);
	start_actor(0, start_and_keep);
	close_world();
}

/* Scenario: likewise for the task that is next, after a tick. */

static void start_one_and_keep(struct actor *self)
{
	(void)self;
	start_actor(1, note_run);
	keep_worker(1);
}

static void rescue(void)
{
	open_world(2);
	start_actor(0, start_one_and_keep);
	while (atomic_load(&world.ran) == 0) {
		ln_sched_tick(world.sched);
		ln_systematic_point();
	}
	close_world();
}

/* Scenario: likewise for those whose timers are due, in a long step of the only
 * worker that is awake: the ticker has a sleeping one look. */

static int64_t due_at;

static void sleep_and_note(struct actor *self)
{
	ln_task_sleep(&self->task, due_at);
	note_run(self);
}

static void start_sleepers_and_keep(struct actor *self)
{
	for (unsigned i = 1; i <= 3; i++)
		start_actor(i, sleep_and_note);
	/* They run while this one waits in the queue. */
	ln_task_yield(&self->task);
	atomic_store(&world.turn, 1);
	keep_worker(3);
}

static void due(void)
{
	open_world(2);
	due_at = ln_time_now() + LN_NS_PER_MS;
	start_actor(0, start_sleepers_and_keep);
	while (atomic_load(&world.turn) == 0)
		ln_systematic_point();
	systematic_pass_time(LN_NS_PER_MS);
	while (atomic_load(&world.ran) < 3) {
		ln_sched_tick(world.sched);
		ln_systematic_point();
	}
	close_world();
}

/* Scenario: workers fall asleep and are woken, by several threads. */

static void do_nothing(struct actor *self)
{
	(void)self;
}

static void *start_a_few(void *argument)
{
	unsigned first = *(unsigned *)argument;

	for (unsigned i = first; i < first + 4; i++)
		start_actor(i, do_nothing);
	return NULL;
}

static void idling(void)
{
	unsigned firsts[3] = { 4, 8, 12 };
	pthread_t threads[3];

	open_world(4);
	for (unsigned i = 0; i < 4; i++) {
		start_actor(i, do_nothing);
		ln_sched_wait_idle(world.sched);
	}
	for (int i = 0; i < 3; i++)
		systematic_create(&threads[i], NULL, start_a_few, &firsts[i]);
	for (int i = 0; i < 3; i++)
		systematic_join(threads[i], NULL);
	close_world();
}

/* Scenario: a task is woken by others while it is being started, and may be
 * over before that has returned; another task lives on. */

static void *wake_early(void *argument)
{
	for (int i = 0; i < 20; i++)
		ln_task_wake(&world.actors[1].task);
	return argument;
}

static void *start_second(void *argument)
{
	start_actor(1, do_nothing);
	return argument;
}

static void yield_often(struct actor *self)
{
	for (int i = 0; i < 20; i++)
		ln_task_yield(&self->task);
}

static void early_wake(void)
{
	pthread_t threads[2];

	open_world(3);
	start_actor(0, yield_often);
	systematic_create(&threads[0], NULL, wake_early, NULL);
	systematic_create(&threads[1], NULL, start_second, NULL);
	ln_sched_wait_idle(world.sched);
	systematic_check(atomic_load(&world.actors[0].over),
			 "a task lives, but none is counted");
	systematic_join(threads[0], NULL);
	systematic_join(threads[1], NULL);
	close_world();
}

/* Scenario: workers are stopped on their way to sleep, or before. */

static void stopping(void)
{
	open_world(3);
	close_world();
	open_world(2);
	start_actor(0, do_nothing);
	close_world();
}

/* Scenario: a mutex that is handed over, to tasks of which one is killed. */

static void use_mutex(struct actor *self)
{
	for (int i = 0; i < 3; i++) {
		if (ln_mutex_acquire(&world.mutex, LN_NEVER) < 0)
			return;
		world.counter++;
		sometimes_yield(self);
		ln_mutex_release(&world.mutex);
	}
}

static void mutexes(void)
{
	open_world(2);
	ln_mutex_init(&world.mutex);
	for (unsigned i = 0; i < 3; i++)
		start_actor(i, use_mutex);
	ln_task_interrupt(&world.actors[1].task);
	close_world();
	systematic_check(world.counter >= 6 && world.counter <= 9,
			 "the mutex was lost");
	systematic_check(!world.mutex.held, "the mutex is held");
}

/* Scenario: threads meet in one lock. */

static void *use_lock(void *argument)
{
	for (int i = 0; i < 4; i++) {
		unsigned seen;

		ln_lock_acquire(&world.lock);
		seen = world.counter;
		ln_systematic_point();
		world.counter = seen + 1;
		ln_lock_release(&world.lock);
	}
	return argument;
}

static void locks(void)
{
	pthread_t threads[3];

	memset(&world, 0, sizeof(world));
	for (int i = 0; i < 3; i++)
		systematic_create(&threads[i], NULL, use_lock, NULL);
	for (int i = 0; i < 3; i++)
		systematic_join(threads[i], NULL);
	systematic_check(world.counter == 12, "the lock let two in");
}

const struct scenario sched_scenarios[] = {
	{ "ping_pong", ping_pong },
	{ "storm", storm },
	{ "interrupts", interrupts },
	{ "stealing", stealing },
	{ "conservation", conservation },
	{ "rescue", rescue },
	{ "due", due },
	{ "idling", idling },
	{ "early_wake", early_wake },
	{ "stopping", stopping },
	{ "mutexes", mutexes },
	{ "locks", locks },
	{ NULL, NULL },
};
