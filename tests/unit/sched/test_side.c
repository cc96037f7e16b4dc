/* src/sched/side.c: calls on other stacks, which begin here and may move. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/error.h"
#include "sched/sched.h"
#include "sched/side.h"
#include "sched/task.h"
#include "support/tasks.h"

#define TASKS 100
#define ROUNDS 20

struct user {
	struct test_task task;
	struct ln_sched *sched;
	bool move;
	int calls;
	int errors;
	_Atomic int *turns;
	_Atomic bool moved;
};

static LN_NOINLINE pthread_t this_thread(void)
{
	__asm__ volatile("" ::: "memory");
	return pthread_self();
}

/* Uses most of the stack. */
static LN_NOINLINE unsigned dig(unsigned depth)
{
	volatile char room[4096];

	memset((char *)room, (int)depth, sizeof(room));
	return depth > 0 ? dig(depth - 1) + (unsigned char)room[depth]
			 : (unsigned char)room[0];
}

static void call(struct ln_side *side, void *argument)
{
	struct user *self = argument;
	struct ln_task *task = ln_task_current();
	pthread_t before = this_thread();
	int kept = self->calls;

	self->errors += task == NULL;
	if (self->move) {
		self->errors += !ln_side_move(side);
		/* No task runs there. */
		self->errors += ln_task_current() != NULL;
		self->errors += pthread_equal(before, this_thread()) != 0;
	}
	if (self->calls % 5 == 0) {
		ln_side_set_deep(side);
		(void)dig(100);
	}
	self->errors += kept != self->calls;
	self->calls++;
}

static void run_calls(void *argument)
{
	struct user *self = argument;

	for (int i = 0; i < ROUNDS; i++) {
		self->move = i % 3 == 1;
		if (ln_side_run(ln_sched_blocking(self->sched), NULL, call,
				self) < 0)
			self->errors++;
		self->errors += ln_task_current() == NULL;
		ln_task_yield(ln_task_current());
	}
}

static void many_calls(void **state)
{
	static struct user users[TASKS];
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	for (int i = 0; i < TASKS; i++) {
		users[i].sched = sched;
		test_task_start(sched, &users[i].task, run_calls, &users[i]);
	}
	ln_sched_wait_idle(sched);
	for (int i = 0; i < TASKS; i++) {
		assert_int_equal(users[i].calls, ROUNDS);
		assert_int_equal(users[i].errors, 0);
	}
	ln_sched_free(sched);
}

/* Ends only after others have had their turns. */
static void wait_for_turns(struct ln_side *side, void *argument)
{
	struct user *self = argument;

	self->errors += !ln_side_move(side);
	atomic_store(&self->moved, true);
	while (atomic_load(self->turns) < 1000)
		test_nap();
	self->calls++;
}

static void run_waiting(void *argument)
{
	struct user *self = argument;

	if (ln_side_run(ln_sched_blocking(self->sched), NULL, wait_for_turns,
			self) < 0)
		self->errors++;
}

static void take_turns(void *argument)
{
	_Atomic int *turns = argument;

	while (atomic_fetch_add(turns, 1) < 1000)
		ln_task_yield(ln_task_current());
}

/* One worker, which is free while the call is in the pool. */
static void neighbours_have_turns(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	_Atomic int turns = 0;
	struct user user = { .sched = sched, .turns = &turns };
	struct test_task other = { .over = false };

	(void)state;
	test_task_start(sched, &user.task, run_waiting, &user);
	while (!atomic_load(&user.moved))
		test_nap();
	test_task_start(sched, &other, take_turns, &turns);
	ln_sched_wait_idle(sched);
	assert_int_equal(user.calls, 1);
	assert_int_equal(user.errors, 0);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_calls),
		cmocka_unit_test(neighbours_have_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
