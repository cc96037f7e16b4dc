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
#include "base/error.h"
#include "base/futex.h"
#include "base/systematic.h"
#include "base/time.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/systematic.h"
#include "sched/task.h"
#include "sched/worker.h"

#define STACK ((size_t)128 << 10)
#if LN_TSAN
#define SEEDS 60
#elif LN_ASAN
#define SEEDS 200
#else
#define SEEDS 1000
#endif
#define SEEDS_FOR_MUTANTS 3000
#define MOST_ACTORS 16

/* The rest of the process layer, as far as process.c needs it. */

struct ln_environment *ln_environment_retain(struct ln_environment *environment)
{
	atomic_fetch_add(&environment->references, 1);
	return environment;
}

void ln_environment_release(struct ln_environment *environment)
{
	atomic_fetch_sub(&environment->references, 1);
}

void ln_runtime_add(struct ln_runtime *runtime, struct ln_process *process)
{
	(void)runtime;
	(void)process;
}

void ln_runtime_remove(struct ln_runtime *runtime, struct ln_process *process)
{
	(void)runtime;
	(void)process;
}

/* A task of a scenario. */
struct actor {
	struct ln_task task;
	void (*body)(struct actor *self);
	unsigned index;
	_Atomic unsigned tokens;
	_Atomic bool over;
};

/* What the tasks and threads of the scenario that runs share. */
static struct {
	struct ln_sched *sched;
	struct actor actors[MOST_ACTORS];
	_Atomic unsigned turn;
	_Atomic uint32_t ran; /* futex */
	struct ln_mutex mutex;
	struct ln_lock lock;
	unsigned counter;
	struct ln_runtime runtime;
	struct ln_environment environment;
	struct ln_process *processes[4];
} world;

static void open_world(unsigned workers)
{
	const struct ln_sched_options options = {
		.workers = workers,
		.stack_size = STACK,
		.manual = true,
	};

	memset(&world, 0, sizeof(world));
	for (unsigned i = 0; i < MOST_ACTORS; i++)
		world.actors[i].index = i;
	systematic_check(ln_sched_new(&options, &world.sched) == 0,
			 "no scheduler");
	world.runtime.sched = world.sched;
	world.environment.runtime = &world.runtime;
	world.environment.limits =
		(struct ln_limits){ .max_processes = 100, .max_links = 100 };
	world.environment.references = 1;
}

/* Waits for all tasks, stops the workers. */
static void close_world(void)
{
	ln_sched_wait_idle(world.sched);
	systematic_check(ln_sched_live(world.sched) == 0, "tasks are left");
	for (unsigned i = 0; i < MOST_ACTORS; i++)
		systematic_check(world.actors[i].body == NULL ||
					 atomic_load(&world.actors[i].over),
				 "a task is not over");
	ln_sched_free(world.sched);
}

/* What the workers and tasks were about when a run failed. */
static void describe(void)
{
	struct ln_sched *sched = world.sched;

	if (sched == NULL)
		return;
	fprintf(stderr, "  %u sleeping, %u searching, %u injected, %llu live\n",
		sched->sleeping, sched->searching, sched->inject_count,
		(unsigned long long)sched->live);
	for (unsigned i = 0; i < sched->count; i++) {
		struct ln_worker *worker = &sched->workers[i];

		fprintf(stderr,
			"  worker %u: asleep %u, idle %d, searching %d, next "
			"%d, queued %u\n",
			i, worker->asleep, worker->idle, worker->searching,
			worker->next != NULL,
			worker->queue.tail - worker->queue.head);
	}
	for (unsigned i = 0; i < MOST_ACTORS; i++) {
		if (world.actors[i].body != NULL)
			fprintf(stderr, "  task %u: state %u, %u tokens\n", i,
				world.actors[i].task.state,
				world.actors[i].tokens);
	}
}

static void run_actor(struct ln_task *task)
{
	struct actor *self = ln_container_of(task, struct actor, task);

	self->body(self);
}

static void end_actor(struct ln_task *task)
{
	atomic_store(&ln_container_of(task, struct actor, task)->over, true);
}

static void start_actor(unsigned index, void (*body)(struct actor *))
{
	struct actor *actor = &world.actors[index];

	actor->body = body;
	systematic_check(ln_task_start(world.sched, &actor->task, run_actor,
				       end_actor) == 0,
			 "no task");
}

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
	for (unsigned i = 1; i < MOST_ACTORS; i++) {
		start_actor(i, yield_twice);
		sometimes_yield(self);
	}
}

static void stealing(void)
{
	open_world(3);
	start_actor(0, start_many);
	close_world();
	systematic_check(world.turn == MOST_ACTORS - 1, "a task did not run");
}

/* Scenario: a task keeps its worker; others must run what it has queued. */

static void note_run(struct actor *self)
{
	(void)self;
	atomic_fetch_add(&world.ran, 1);
	ln_futex_wake(&world.ran, MOST_ACTORS);
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

/* Scenario: workers fall asleep and are woken, by two threads. */

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
	unsigned firsts[2] = { 4, 8 };
	pthread_t threads[2];

	open_world(3);
	for (unsigned i = 0; i < 4; i++) {
		start_actor(i, do_nothing);
		ln_sched_wait_idle(world.sched);
	}
	for (int i = 0; i < 2; i++)
		systematic_create(&threads[i], NULL, start_a_few, &firsts[i]);
	for (int i = 0; i < 2; i++)
		systematic_join(threads[i], NULL);
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

/* Processes. */

static struct ln_process *
start_process(enum ln_outcome (*body)(struct ln_process *), void *argument)
{
	struct ln_process *process = NULL;

	systematic_check(ln_process_new(&world.environment, body, argument,
					&process) == 0,
			 "no process");
	systematic_check(ln_process_start(process) == 0, "no start");
	return process;
}

/* Waits for a process from outside, and forgets it. */
static enum ln_outcome wait_for(struct ln_process *process)
{
	uint32_t code;
	enum ln_outcome outcome = ln_process_wait(process, &code);

	ln_process_release(process);
	return outcome;
}

static void close_processes(void)
{
	close_world();
	systematic_check(world.environment.references == 1,
			 "a process is left");
	systematic_check(world.environment.processes == 0,
			 "a process is counted still");
}

static void send(struct ln_process *to, int64_t tag)
{
	struct ln_message *message = ln_message_new(LN_MESSAGE_DATA, tag, 0);

	systematic_check(message != NULL, "no message");
	systematic_check(ln_process_send(to, message) == 0, "not sent");
}

/* Takes `count` messages that have one of the tags. */
static void receive(struct ln_process *self, const int64_t *tags,
		    uint32_t tag_count, int count)
{
	for (int i = 0; i < count; i++) {
		struct ln_message *message;

		systematic_check(ln_process_receive(self, (const uint8_t *)tags,
						    tag_count, LN_NEVER, false,
						    &message) == 0,
				 "nothing received");
		ln_message_free(message);
	}
}

/* Scenario: selective receive from two processes and a thread. */

static enum ln_outcome select_messages(struct ln_process *self)
{
	static const int64_t third[] = { 3 };
	static const int64_t first_two[] = { 1, 2 };

	receive(self, third, 1, 3);
	receive(self, first_two, 2, 6);
	receive(self, NULL, 0, 3);
	return LN_OUTCOME_NORMAL;
}

static void send_four(struct ln_process *receiver)
{
	for (int64_t tag = 0; tag < 4; tag++)
		send(receiver, tag);
}

static enum ln_outcome send_messages(struct ln_process *self)
{
	send_four(self->argument);
	return LN_OUTCOME_NORMAL;
}

static void *send_from_outside(void *receiver)
{
	send_four(receiver);
	return NULL;
}

static void mailbox(void)
{
	struct ln_process *receiver;
	pthread_t outside;

	open_world(3);
	receiver = start_process(select_messages, NULL);
	for (int i = 0; i < 2; i++)
		ln_process_release(start_process(send_messages, receiver));
	systematic_create(&outside, NULL, send_from_outside, receiver);
	systematic_join(outside, NULL);
	systematic_check(wait_for(receiver) == LN_OUTCOME_NORMAL,
			 "the receiver failed");
	close_processes();
}

/* Scenario: request and reply, the receiver waiting for its tag only. */

static enum ln_outcome reply(struct ln_process *self)
{
	for (int64_t tag = 1; tag <= 5; tag++) {
		receive(self, &tag, 1, 1);
		send(world.processes[1], -1);
		send(world.processes[1], tag);
	}
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome request(struct ln_process *self)
{
	for (int64_t tag = 1; tag <= 5; tag++) {
		const int64_t tags[] = { 99, tag };

		send(world.processes[0], tag);
		receive(self, tags, 2, 1);
	}
	return LN_OUTCOME_NORMAL;
}

static void request_reply(void)
{
	open_world(2);
	for (int i = 0; i < 2; i++)
		systematic_check(ln_process_new(&world.environment,
						i == 0 ? reply : request, NULL,
						&world.processes[i]) == 0,
				 "no process");
	for (int i = 0; i < 2; i++)
		systematic_check(ln_process_start(world.processes[i]) == 0,
				 "no start");
	for (int i = 0; i < 2; i++)
		systematic_check(wait_for(world.processes[i]) ==
					 LN_OUTCOME_NORMAL,
				 "a process failed");
	close_processes();
}

/* Scenario: a process is killed while others link to it. */

static enum ln_outcome receive_forever(struct ln_process *self)
{
	struct ln_message *message;

	while (ln_process_receive(self, NULL, 0, LN_NEVER, false, &message) !=
	       LN_EKILLED)
		ln_message_free(message);
	return LN_OUTCOME_KILLED;
}

static enum ln_outcome await_death(struct ln_process *self)
{
	struct ln_process *target = self->argument;
	struct ln_message *message;

	atomic_store(&self->die_when_link_dies, false);
	systematic_check(ln_process_link(self, target, 7, 0) == 0, "no link");
	systematic_check(ln_process_receive(self, NULL, 0, LN_NEVER, false,
					    &message) == 0,
			 "no message of the death");
	systematic_check(message->kind == LN_MESSAGE_LINK_DIED &&
				 message->tag == 7,
			 "another message");
	ln_message_free(message);
	return LN_OUTCOME_NORMAL;
}

static enum ln_outcome link_and_unlink(struct ln_process *self)
{
	struct ln_process *target = self->argument;

	systematic_check(ln_process_link(self, target, 0, 0) == 0, "no link");
	ln_process_unlink(self, target);
	return LN_OUTCOME_NORMAL;
}

static void *kill_it(void *target)
{
	ln_process_kill(target);
	return NULL;
}

/* One link at a time: the table of links is ordered by address, and a run must
 * not depend on where the processes lie. */
static void die_under(enum ln_outcome (*body)(struct ln_process *),
		      bool may_die)
{
	struct ln_process *target;
	struct ln_process *other;
	pthread_t outside;

	open_world(3);
	target = start_process(receive_forever, NULL);
	if (systematic_choose(2) == 0) {
		other = start_process(body, target);
		systematic_create(&outside, NULL, kill_it, target);
	} else {
		systematic_create(&outside, NULL, kill_it, target);
		other = start_process(body, target);
	}
	systematic_check(wait_for(other) == LN_OUTCOME_NORMAL || may_die,
			 "the other one failed");
	systematic_join(outside, NULL);
	systematic_check(wait_for(target) == LN_OUTCOME_KILLED, "not killed");
	close_processes();
}

static void deaths(void)
{
	die_under(await_death, false);
}

static void unlinking(void)
{
	die_under(link_and_unlink, true);
}

static const struct scenario {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "ping_pong", ping_pong },
	{ "storm", storm },
	{ "interrupts", interrupts },
	{ "stealing", stealing },
	{ "conservation", conservation },
	{ "rescue", rescue },
	{ "idling", idling },
	{ "stopping", stopping },
	{ "mutexes", mutexes },
	{ "locks", locks },
	{ "mailbox", mailbox },
	{ "request_reply", request_reply },
	{ "deaths", deaths },
	{ "unlinking", unlinking },
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

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
	systematic_begin(scenario->name, seed, describe);
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
	for (size_t i = 0; i < SCENARIOS; i++) {
		for (uint64_t seed = 1; seed <= 4; seed++) {
			uint64_t once = run_seed(&scenarios[i], seed);

			assert_true(run_seed(&scenarios[i], seed) == once);
			different += once != last;
			last = once;
		}
	}
	assert_true(different > (int)SCENARIOS * 2);
}

/* A mistake was built in; whether a seed of the scenario shows it. */
static int expect_loss(const char *name)
{
	for (size_t i = 0; i < SCENARIOS; i++) {
		int status;

		if (strcmp(scenarios[i].name, name) != 0)
			continue;
		status = run_seeds(&scenarios[i], 1, SEEDS_FOR_MUTANTS);
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
	struct CMUnitTest tests[SCENARIOS + 1];

	if (argc == 3 && strcmp(argv[1], "--lost") == 0)
		return expect_loss(argv[2]);
	for (size_t i = 0; i < SCENARIOS; i++)
		tests[i] = (struct CMUnitTest){
			.name = scenarios[i].name,
			.test_func = passes,
			.initial_state = (void *)(uintptr_t)&scenarios[i],
		};
	tests[SCENARIOS] = (struct CMUnitTest)cmocka_unit_test(seeds_decide);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
