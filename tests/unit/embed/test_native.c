/* src/embed/native.c: what a native process can do, and others cannot. */
#include "fixture.h"

#include <pthread.h>

static void mark(void *argument)
{
	*(_Atomic int *)argument += 1;
}

/* Outside of native processes the calls of the running one are refused. */
static void outside(void **state)
{
	lunatic_rt_message *message = (lunatic_rt_message *)&state;
	lunatic_rt_process *process;
	struct fixture *fixture = *state;
	_Atomic int marks = 0;
	int64_t tag = 1;

	process = start(fixture->environment, wait_for_ever, NULL);
	assert_null(lunatic_rt_self());
	assert_false(lunatic_rt_killed());
	assert_int_equal(lunatic_rt_receive(&tag, 1, 0, &message),
			 LUNATIC_RT_EINVAL);
	assert_null(message);
	assert_int_equal(lunatic_rt_sleep_ms(1), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_yield(), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_blocking(mark, &marks), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_link(process, 1), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_unlink(process), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_die_when_link_dies(true),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_monitor(process, &tag), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_demonitor(tag), LUNATIC_RT_EINVAL);
	assert_int_equal(lunatic_rt_set_label("x"), LUNATIC_RT_EINVAL);
	assert_int_equal(marks, 0);
	lunatic_rt_process_kill(process);
	finish(process);
}

static void spawns_are_checked(void **state)
{
	struct fixture *fixture = *state;
	lunatic_rt_process *process = (lunatic_rt_process *)fixture;
	_Atomic int freed = 0;

	assert_int_equal(lunatic_rt_process_spawn_native(NULL, wait_for_ever,
							 &freed, mark, 0,
							 &process),
			 LUNATIC_RT_EINVAL);
	assert_null(process);
	assert_int_equal(freed, 1);
	assert_int_equal(lunatic_rt_process_spawn_native(fixture->environment,
							 NULL, &freed, mark, 0,
							 &process),
			 LUNATIC_RT_EINVAL);
	/* Only a process can be linked. */
	assert_int_equal(lunatic_rt_process_spawn_native(fixture->environment,
							 wait_for_ever, &freed,
							 mark, 3, &process),
			 LUNATIC_RT_EINVAL);
	assert_int_equal(freed, 3);
	assert_int_equal(lunatic_rt_process_spawn_native(fixture->environment,
							 wait_for_ever, &freed,
							 mark, 0, &process),
			 0);
	assert_int_equal(freed, 3);
	lunatic_rt_process_kill(process);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(freed, 4);
}

struct freed {
	_Atomic int calls;
	lunatic_rt_process *self;
	int receive;
	int yield;
};

static void free_and_try(void *argument)
{
	struct freed *freed = argument;
	lunatic_rt_message *message;

	freed->self = lunatic_rt_self();
	freed->receive = lunatic_rt_receive(NULL, 0, -1, &message);
	freed->yield = lunatic_rt_yield();
	freed->calls++;
}

static int code_of(lunatic_rt_process *self, void *argument)
{
	(void)argument;
	return self == lunatic_rt_self() ? -2 : 1;
}

static void returns_its_code(void **state)
{
	struct fixture *fixture = *state;
	struct freed freed = { .self = (lunatic_rt_process *)&freed };
	lunatic_rt_process *process;
	lunatic_rt_outcome outcome;
	uint32_t code;

	assert_int_equal(lunatic_rt_process_spawn_native(
				 fixture->environment, code_of, &freed,
				 free_and_try, 0, &process),
			 0);
	assert_int_equal(lunatic_rt_process_wait(process, -1, &outcome, &code),
			 0);
	assert_int_equal(outcome, LUNATIC_RT_OUTCOME_EXITED);
	assert_int_equal((int32_t)code, -2);
	lunatic_rt_process_release(process);
	/* What frees the argument is not part of the process. */
	assert_int_equal(freed.calls, 1);
	assert_null(freed.self);
	assert_int_equal(freed.receive, LUNATIC_RT_EINVAL);
	assert_int_equal(freed.yield, LUNATIC_RT_EINVAL);
}

struct seen {
	int64_t tags[8];
	int errors[8];
};

static void note_next(struct seen *seen, int index, const int64_t *tags,
		      size_t count, int64_t timeout)
{
	lunatic_rt_message *message;

	seen->errors[index] =
		lunatic_rt_receive(tags, count, timeout, &message);
	seen->tags[index] = lunatic_rt_message_tag(message);
	lunatic_rt_message_free(message);
}

static int receive_in_order(lunatic_rt_process *self, void *argument)
{
	static const int64_t both[] = { 20, 30 };
	static const int64_t untagged[] = { 0 };
	struct seen *seen = argument;

	for (int64_t tag = 0; tag <= 40; tag += 10)
		send_tag(self, tag);

	note_next(seen, 0, both, 2, -1);
	note_next(seen, 1, both, 2, 1000000);
	note_next(seen, 2, both, 2, 0);
	note_next(seen, 3, both, 2, 1);
	note_next(seen, 4, untagged, 1, 0);
	note_next(seen, 5, NULL, 0, 0);
	note_next(seen, 6, NULL, 1, 0);
	note_next(seen, 7, untagged, (size_t)UINT32_MAX + 1, 0);
	return lunatic_rt_receive(NULL, 0, 0, NULL) != LUNATIC_RT_EINVAL;
}

static void receives_by_tag(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen;

	run(fixture->environment, receive_in_order, &seen);
	assert_int_equal(seen.errors[0], 0);
	assert_int_equal(seen.tags[0], 20);
	assert_int_equal(seen.errors[1], 0);
	assert_int_equal(seen.tags[1], 30);
	assert_int_equal(seen.errors[2], LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(seen.errors[3], LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(seen.errors[4], LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(seen.errors[5], 0);
	assert_int_equal(seen.tags[5], 0);
	assert_int_equal(seen.errors[6], LUNATIC_RT_EINVAL);
	assert_int_equal(seen.errors[7], LUNATIC_RT_EINVAL);
}

static int sleep_and_yield(lunatic_rt_process *self, void *argument)
{
	struct seen *seen = argument;

	(void)self;
	seen->errors[0] = lunatic_rt_sleep_ms(0);
	seen->errors[1] = lunatic_rt_sleep_ms(3);
	seen->errors[2] = lunatic_rt_yield();
	return lunatic_rt_killed();
}

static void sleeps_and_yields(void **state)
{
	struct fixture *fixture = *state;
	struct seen seen = { .errors = { -1, -1, -1 } };
	struct timespec before, after;
	int64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &before);
	run(fixture->environment, sleep_and_yield, &seen);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ns = (int64_t)(after.tv_sec - before.tv_sec) * 1000000000 +
	     after.tv_nsec - before.tv_nsec;
	assert_true(ns >= 3000000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen.errors[i], 0);
}

struct pool {
	pthread_t thread;
	lunatic_rt_process *inside;
	lunatic_rt_process *other;
	lunatic_rt_environment *environment;
	int sleep;
	int nested;
	int wait;
	int result;
	lunatic_rt_outcome outcome;
	_Atomic int marks;
};

static int finish_at_once(lunatic_rt_process *self, void *argument)
{
	(void)self;
	(void)argument;
	return 0;
}

static void in_pool(void *argument)
{
	struct pool *pool = argument;

	pool->thread = pthread_self();
	pool->inside = lunatic_rt_self();
	pool->sleep = lunatic_rt_sleep_ms(1);
	pool->nested = lunatic_rt_blocking(mark, &pool->marks);
	pool->wait =
		lunatic_rt_process_wait(pool->other, -1, &pool->outcome, NULL);
}

static int use_pool(lunatic_rt_process *self, void *argument)
{
	struct pool *pool = argument;
	pthread_t worker = pthread_self();

	(void)self;
	if (lunatic_rt_process_spawn_native(pool->environment, finish_at_once,
					    NULL, NULL, 0, &pool->other) < 0)
		return 1;
	pool->result = lunatic_rt_blocking(in_pool, pool);
	lunatic_rt_process_release(pool->other);
	if (lunatic_rt_blocking(NULL, NULL) != LUNATIC_RT_EINVAL)
		return 2;
	return pthread_equal(worker, pool->thread) ? 3 : 0;
}

static void blocks_in_the_pool(void **state)
{
	struct fixture *fixture = *state;
	struct pool pool = { .environment = fixture->environment,
			     .inside = (lunatic_rt_process *)&pool,
			     .result = -1,
			     .wait = -1 };

	run(fixture->environment, use_pool, &pool);
	assert_int_equal(pool.result, 0);
	assert_null(pool.inside);
	assert_int_equal(pool.sleep, LUNATIC_RT_EINVAL);
	assert_int_equal(pool.nested, LUNATIC_RT_EINVAL);
	assert_int_equal(pool.marks, 0);
	assert_int_equal(pool.wait, 0);
	assert_int_equal(pool.outcome, LUNATIC_RT_OUTCOME_NORMAL);
}

struct killed {
	lunatic_rt_environment *environment;
	lunatic_rt_process *other; /* ends by failure */
	_Atomic int ready;
	int errors[8];
	bool knows;
	_Atomic int marks;
};

static int outlive_kill(lunatic_rt_process *self, void *argument)
{
	struct killed *killed = argument;
	lunatic_rt_message *message;

	send_tag(self, 1);
	killed->ready = 1;
	while (!lunatic_rt_killed())
		nap();
	/* A message waits, but the kill comes first. */
	killed->errors[0] = lunatic_rt_receive(NULL, 0, -1, &message);
	killed->errors[1] = lunatic_rt_receive(NULL, 0, 0, &message);
	killed->errors[2] = lunatic_rt_sleep_ms(1000000);
	killed->errors[3] = lunatic_rt_yield();
	killed->errors[4] = lunatic_rt_blocking(mark, &killed->marks);
	killed->errors[5] = lunatic_rt_link(killed->other, 1);
	killed->knows = lunatic_rt_killed();
	return 0;
}

static void a_kill_ends_every_wait(void **state)
{
	struct fixture *fixture = *state;
	struct killed killed = { .environment = fixture->environment };
	lunatic_rt_process *process;

	killed.other = start(fixture->environment, wait_for_ever, NULL);
	process = start(fixture->environment, outlive_kill, &killed);
	while (!killed.ready)
		nap();
	assert_int_equal(lunatic_rt_process_kill(process), 0);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	for (int i = 0; i < 6; i++)
		assert_int_equal(killed.errors[i], LUNATIC_RT_EKILLED);
	assert_true(killed.knows);
	assert_int_equal(killed.marks, 0);
	lunatic_rt_process_kill(killed.other);
	finish(killed.other);
}

static int sleep_long(lunatic_rt_process *self, void *argument)
{
	struct killed *killed = argument;

	(void)self;
	killed->ready = 1;
	killed->errors[0] = lunatic_rt_sleep_ms(UINT64_MAX);
	return 0;
}

static void a_kill_wakes_a_sleeper(void **state)
{
	struct fixture *fixture = *state;
	struct killed killed = { .ready = 0 };
	lunatic_rt_process *process =
		start(fixture->environment, sleep_long, &killed);

	while (!killed.ready)
		nap();
	nap();
	lunatic_rt_process_kill(process);
	assert_int_equal(finish(process), LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(killed.errors[0], LUNATIC_RT_EKILLED);
}

static int fail_when_told(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;

	(void)self;
	(void)argument;
	if (lunatic_rt_receive(NULL, 0, -1, &message) == 0)
		lunatic_rt_message_free(message);
	return 1;
}

struct links {
	lunatic_rt_environment *environment;
	int link;
	int relink;
	int unlink;
	int64_t tags[3];
	bool died[3];
	lunatic_rt_outcome outcome;
	int after_unlink;
	int dead;
	int normal;
	int misuse[3];
};

static int64_t next_news(bool *died)
{
	lunatic_rt_message *message;
	int64_t tag;

	if (lunatic_rt_receive(NULL, 0, -1, &message) < 0)
		return -1;
	*died = lunatic_rt_message_is_link_died(message);
	tag = lunatic_rt_message_tag(message);
	lunatic_rt_message_free(message);
	return tag;
}

static lunatic_rt_process *spawn(lunatic_rt_environment *environment,
				 lunatic_rt_function function, int64_t link_tag)
{
	lunatic_rt_process *process;

	if (lunatic_rt_process_spawn_native(environment, function, NULL, NULL,
					    link_tag, &process) < 0)
		abort();
	return process;
}

static void wait_for_end(lunatic_rt_process *process,
			 lunatic_rt_outcome *outcome)
{
	while (lunatic_rt_process_outcome(process, outcome, NULL) ==
	       LUNATIC_RT_EAGAIN)
		lunatic_rt_sleep_ms(1);
}

static int link_and_listen(lunatic_rt_process *self, void *argument)
{
	struct links *links = argument;
	lunatic_rt_process *process;
	lunatic_rt_message *message;
	lunatic_rt_outcome outcome;

	(void)self;
	lunatic_rt_die_when_link_dies(false);
	/* Linked by the spawn, then by hand with another tag. */
	process = spawn(links->environment, fail_when_told, 11);
	links->relink = lunatic_rt_link(process, 12);
	send_tag(process, 1);
	links->tags[0] = next_news(&links->died[0]);
	/* The news come after the outcome is known. */
	if (lunatic_rt_process_outcome(process, &links->outcome, NULL) < 0)
		return 1;
	/* It has failed already: that is told at once. */
	links->dead = lunatic_rt_link(process, 13);
	links->tags[1] = next_news(&links->died[1]);
	lunatic_rt_process_release(process);

	process = spawn(links->environment, fail_when_told, 14);
	links->unlink = lunatic_rt_unlink(process);
	send_tag(process, 1);
	wait_for_end(process, &outcome);
	links->after_unlink = lunatic_rt_receive(NULL, 0, 0, &message);
	lunatic_rt_process_release(process);

	process = spawn(links->environment, finish_at_once, 15);
	wait_for_end(process, &outcome);
	links->link = lunatic_rt_link(process, 16);
	links->normal = lunatic_rt_receive(NULL, 0, 0, &message);
	lunatic_rt_process_release(process);

	links->misuse[0] = lunatic_rt_link(NULL, 1);
	links->misuse[1] = lunatic_rt_unlink(NULL);
	return 0;
}

static void links_tell_of_failure(void **state)
{
	struct fixture *fixture = *state;
	struct links links = { .environment = fixture->environment };

	run(fixture->environment, link_and_listen, &links);
	assert_int_equal(links.relink, 0);
	assert_true(links.died[0]);
	assert_int_equal(links.tags[0], 12);
	assert_int_equal(links.outcome, LUNATIC_RT_OUTCOME_EXITED);
	assert_int_equal(links.dead, 0);
	assert_true(links.died[1]);
	assert_int_equal(links.tags[1], 13);
	assert_int_equal(links.unlink, 0);
	assert_int_equal(links.after_unlink, LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(links.link, 0);
	assert_int_equal(links.normal, LUNATIC_RT_ETIMEDOUT);
	assert_int_equal(links.misuse[0], LUNATIC_RT_EINVAL);
	assert_int_equal(links.misuse[1], LUNATIC_RT_EINVAL);
}

struct watching {
	lunatic_rt_environment *environment;
	int error;
	int wrong;
	int reasons[2];
	uint32_t codes[2];
};

/* Takes the end that comes under a tag. */
static void take_end(struct watching *watching, int64_t tag, int index)
{
	lunatic_rt_message *message;

	if (lunatic_rt_receive(&tag, 1, 10000, &message) < 0) {
		watching->error++;
		return;
	}
	watching->wrong += !lunatic_rt_message_end(
		message, &watching->reasons[index], &watching->codes[index]);
	watching->wrong += lunatic_rt_message_is_link_died(message);
	lunatic_rt_message_free(message);
}

static int watch(lunatic_rt_process *self, void *argument)
{
	struct watching *watching = argument;
	lunatic_rt_process *process;
	int64_t tag;
	int64_t other;

	(void)self;
	process = spawn(watching->environment, fail_when_told, 0);
	watching->error += lunatic_rt_monitor(process, &tag) != 0;
	watching->error += lunatic_rt_monitor(process, &other) != 0;
	watching->error += lunatic_rt_demonitor(other) != 0;
	watching->wrong += lunatic_rt_demonitor(other) != LUNATIC_RT_ENOENT;
	send_tag(process, 1);
	take_end(watching, tag, 0);
	lunatic_rt_process_release(process);
	process = spawn(watching->environment, wait_for_ever, 0);
	lunatic_rt_process_kill(process);
	watching->error += lunatic_rt_monitor(process, &tag) != 0;
	take_end(watching, tag, 1);
	lunatic_rt_process_release(process);
	watching->wrong += lunatic_rt_monitor(NULL, &tag) != LUNATIC_RT_EINVAL;

	watching->error += lunatic_rt_set_label("watcher") != 0;
	watching->wrong += lunatic_rt_set_label("\xff") != LUNATIC_RT_EINVAL;
	return 0;
}

static void monitors_tell(void **state)
{
	struct fixture *fixture = *state;
	struct watching watching = { .environment = fixture->environment };
	int reason;
	uint32_t code;

	run(fixture->environment, watch, &watching);
	assert_int_equal(watching.error, 0);
	assert_int_equal(watching.wrong, 0);
	assert_int_equal(watching.reasons[0], LUNATIC_RT_OUTCOME_EXITED);
	assert_int_not_equal(watching.codes[0], 0);
	assert_int_equal(watching.reasons[1], LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(watching.codes[1], 0);
	assert_false(lunatic_rt_message_end(NULL, &reason, &code));
}

static int link_to_dead(lunatic_rt_process *self, void *argument)
{
	struct links *links = argument;
	lunatic_rt_outcome outcome;
	lunatic_rt_process *process =
		spawn(links->environment, fail_when_told, 0);

	(void)self;
	send_tag(process, 1);
	wait_for_end(process, &outcome);
	links->dead = lunatic_rt_link(process, 1);
	lunatic_rt_process_release(process);
	return 0;
}

static int die_with_link(lunatic_rt_process *self, void *argument)
{
	struct links *links = argument;
	lunatic_rt_process *process =
		spawn(links->environment, fail_when_told, 1);
	lunatic_rt_message *message;

	(void)self;
	/* A new process dies with its links; this changes nothing. */
	lunatic_rt_die_when_link_dies(true);
	send_tag(process, 1);
	lunatic_rt_process_release(process);
	links->link = lunatic_rt_receive(NULL, 0, -1, &message);
	return 0;
}

static void links_kill(void **state)
{
	struct fixture *fixture = *state;
	struct links links = { .environment = fixture->environment };

	assert_int_equal(
		finish(start(fixture->environment, die_with_link, &links)),
		LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(links.link, LUNATIC_RT_EKILLED);
	assert_int_equal(
		finish(start(fixture->environment, link_to_dead, &links)),
		LUNATIC_RT_OUTCOME_KILLED);
	assert_int_equal(links.dead, LUNATIC_RT_EKILLED);
}

static int take_all(lunatic_rt_process *self, void *argument)
{
	_Atomic int *stop = argument;
	lunatic_rt_message *message;

	/* There is always a message: it sends itself the next one. */
	while (!*stop) {
		if (send_tag(self, 1) < 0 ||
		    lunatic_rt_receive(NULL, 0, -1, &message) < 0)
			return 1;
		lunatic_rt_message_free(message);
	}
	return 0;
}

static int set_stop(lunatic_rt_process *self, void *argument)
{
	(void)self;
	*(_Atomic int *)argument = 1;
	return 0;
}

/* On one worker, a process that never runs out of messages and one that can
 * only end when that lets it run. */
static void a_busy_receiver_lets_others_run(void **state)
{
	lunatic_rt_environment *environment;
	lunatic_rt_config config;
	lunatic_rt_process *processes[2];
	lunatic_rt *runtime;
	_Atomic int stop = 0;

	(void)state;
	lunatic_rt_config_init(&config, sizeof(config));
	config.workers = 1;
	assert_int_equal(lunatic_rt_new(&config, &runtime), 0);
	assert_int_equal(
		lunatic_rt_environment_new(runtime, NULL, &environment), 0);
	processes[0] = start(environment, take_all, &stop);
	nap();
	processes[1] = start(environment, set_stop, &stop);
	assert_int_equal(finish(processes[0]), LUNATIC_RT_OUTCOME_NORMAL);
	assert_int_equal(finish(processes[1]), LUNATIC_RT_OUTCOME_NORMAL);
	lunatic_rt_environment_release(environment);
	lunatic_rt_free(runtime);
}

#define STORM 2000

static int live_and_let_die(lunatic_rt_process *self, void *argument)
{
	lunatic_rt_message *message;

	(void)self;
	(void)argument;
	if (lunatic_rt_receive(NULL, 0, 5, &message) == 0)
		lunatic_rt_message_free(message);
	return 0;
}

/* Killed before, while and after they run: each argument is freed once. */
static void arguments_are_freed_once(void **state)
{
	struct fixture *fixture = *state;
	_Atomic int freed = 0;

	for (int i = 0; i < STORM; i++) {
		lunatic_rt_process *process;

		assert_int_equal(lunatic_rt_process_spawn_native(
					 fixture->environment, live_and_let_die,
					 &freed, mark, 0, &process),
				 0);
		if (i % 3 != 0)
			send_tag(process, 1);
		if (i % 2 != 0)
			lunatic_rt_process_kill(process);
		if (i % 50 == 0)
			lunatic_rt_process_wait(process, -1, NULL, NULL);
		lunatic_rt_process_release(process);
	}
	while (freed < STORM)
		nap();
	nap();
	assert_int_equal(freed, STORM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside),
		cmocka_unit_test(spawns_are_checked),
		cmocka_unit_test(returns_its_code),
		cmocka_unit_test(receives_by_tag),
		cmocka_unit_test(sleeps_and_yields),
		cmocka_unit_test(blocks_in_the_pool),
		cmocka_unit_test(a_kill_ends_every_wait),
		cmocka_unit_test(a_kill_wakes_a_sleeper),
		cmocka_unit_test(links_tell_of_failure),
		cmocka_unit_test(links_kill),
		cmocka_unit_test(monitors_tell),
		cmocka_unit_test(a_busy_receiver_lets_others_run),
		cmocka_unit_test(arguments_are_freed_once),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
