/* src/process/drain.c: who is told, once, and who is waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/time.h"
#include "net/serving.h"
#include "process/drain.h"
#include "process/environment.h"
#include "process/message.h"
#include "process/runtime.h"
#include "support/processes.h"
#include "support/tasks.h"

/* What one process is to do, and what it saw. */
struct asker {
	int64_t tags[2];    /* asks with these; 0: not */
	bool unwatches;     /* before it waits */
	_Atomic bool ready; /* has asked */
	_Atomic int64_t got;
	_Atomic unsigned extra; /* messages beyond the first */
	_Atomic bool leave;
	int error;
};

static enum ln_outcome ask(struct ln_process *self)
{
	struct asker *asker = self->argument;
	struct ln_message *message;

	for (int i = 0; i < 2; i++) {
		if (asker->tags[i] != 0)
			asker->error |= ln_drain_watch(self, asker->tags[i]);
	}
	if (asker->unwatches && !ln_drain_unwatch(self))
		asker->error = 1;
	atomic_store(&asker->ready, true);
	while (!atomic_load(&asker->leave)) {
		if (ln_process_receive(self, NULL, 0, ln_time_after_ms(1),
				       false, &message) != 0)
			continue;
		if (atomic_load(&asker->got) != 0)
			atomic_fetch_add(&asker->extra, 1);
		atomic_store(&asker->got, message->tag);
		if (message->kind != LN_MESSAGE_DRAIN || message->size != 0)
			asker->error = 2;
		ln_message_free(message);
		/* It knows by now. */
		asker->error |= ln_drain_watch(self, 99);
	}
	return LN_OUTCOME_NORMAL;
}

static struct ln_process *start(struct ln_environment *environment,
				struct asker *asker)
{
	struct ln_process *process =
		test_process_start(environment, ask, asker);

	while (!atomic_load(&asker->ready))
		test_nap();
	return process;
}

static void wait_told(struct asker *asker, int64_t tag)
{
	while (atomic_load(&asker->got) == 0)
		test_nap();
	assert_int_equal(atomic_load(&asker->got), tag);
}

static void end(struct ln_process *process, struct asker *asker)
{
	atomic_store(&asker->leave, true);
	assert_int_equal(test_process_wait(process), LN_OUTCOME_NORMAL);
	assert_int_equal(asker->error, 0);
	assert_int_equal(atomic_load(&asker->extra), 0);
}

static void tells_and_waits(void **state)
{
	struct ln_environment *environment = test_environment_new(2, NULL);
	struct ln_runtime *runtime = environment->runtime;
	struct asker first = { .tags = { 7 } };
	struct asker again = { .tags = { 7, 8 } };
	struct asker not = { .tags = { 7 }, .unwatches = true };
	struct asker late = { .tags = { 5 } };
	struct ln_process *processes[4];

	(void)state;
	assert_int_equal(ln_runtime_state(runtime), LN_RUNTIME_STARTING);
	ln_runtime_enter(runtime, LN_RUNTIME_READY);
	processes[0] = start(environment, &first);
	processes[1] = start(environment, &again);
	processes[2] = start(environment, &not);
	assert_int_equal(ln_runtime_drain_left(runtime), 2);
	assert_false(ln_runtime_drained(runtime));
	ln_runtime_drain(runtime);
	ln_runtime_enter(runtime, LN_RUNTIME_READY); /* it goes on only */
	assert_int_equal(ln_runtime_state(runtime), LN_RUNTIME_DRAINING);
	wait_told(&first, 7);
	wait_told(&again, 8);
	processes[3] = start(environment, &late);
	wait_told(&late, 5);
	assert_int_equal(ln_runtime_drain_left(runtime), 3);
	assert_int_equal(atomic_load(&not.got), 0);
	end(processes[0], &first);
	end(processes[1], &again);
	assert_false(ln_runtime_drained(runtime));
	end(processes[3], &late);
	/* The one that is left asks no longer. */
	assert_true(ln_runtime_drained(runtime));
	end(processes[2], &not);
	assert_int_equal(ln_runtime_drain_left(runtime), 0);
	test_environment_free(environment);
}

static void waits_for_connections(void **state)
{
	struct ln_environment *environment = test_environment_new(1, NULL);
	struct ln_runtime *runtime = environment->runtime;

	(void)state;
	ln_serving_begin(environment->serving);
	ln_runtime_drain(runtime);
	assert_false(ln_runtime_drained(runtime));
	ln_serving_end(environment->serving);
	assert_true(ln_runtime_drained(runtime));
	test_environment_free(environment);
}

static _Atomic bool stop;
static _Atomic unsigned asked;

/* Asks, forgets and ends in all orders. */
static enum ln_outcome come_and_go(struct ln_process *self)
{
	uintptr_t number = (uintptr_t)self->argument;

	(void)ln_drain_watch(self, (int64_t)number + 1);
	if (number % 3 == 0)
		(void)ln_drain_unwatch(self);
	if (number % 5 == 0)
		(void)ln_drain_watch(self, 1);
	atomic_fetch_add(&asked, 1);
	while (number % 2 == 0 && !atomic_load(&stop))
		ln_task_yield(&self->task);
	return LN_OUTCOME_NORMAL;
}

static void races_with_ends(void **state)
{
	static struct ln_process *processes[200];
	struct ln_environment *environment = test_environment_new(4, NULL);

	(void)state;
	for (uintptr_t i = 0; i < 200; i++) {
		processes[i] =
			test_process_start(environment, come_and_go, (void *)i);
		if (i == 100)
			ln_runtime_drain(environment->runtime);
	}
	while (atomic_load(&asked) < 200)
		test_nap();
	atomic_store(&stop, true);
	for (int i = 0; i < 200; i++)
		test_process_wait(processes[i]);
	assert_int_equal(ln_runtime_drain_left(environment->runtime), 0);
	assert_true(ln_runtime_drained(environment->runtime));
	test_environment_free(environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_and_waits),
		cmocka_unit_test(waits_for_connections),
		cmocka_unit_test(races_with_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
