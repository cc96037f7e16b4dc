/* src/sched/fold.c: tasks that are folded, and what wakes them; what is
 * refused; timers beside others. Interleavings: scenarios_fold.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/delta.h"
#include "base/error.h"
#include "base/time.h"
#include "sched/fold.h"
#include "sched/sched.h"
#include "sched/worker.h"
#include "support/tasks.h"

#define WORDS 3000 /* on the stack of a task */

struct subject {
	struct test_task task;
	_Atomic bool stop;
	_Atomic int result;
	_Atomic bool right; /* its stack was what it had been */
	_Atomic bool runs;
	int64_t deadline;
};

struct folded {
	struct ln_fold fold;
	struct ln_timer timer;
	_Atomic unsigned unfolds;
	bool on_fiber;
	uint8_t stack[LN_DELTA_ROOM(64 << 10)];
};

static void unfold(struct ln_fold *fold, struct ln_task *task)
{
	struct folded *folded = ln_container_of(fold, struct folded, fold);

	folded->on_fiber = ln_task_current() == task;
	atomic_fetch_add(&folded->unfolds, 1);
}

static void wait_with_much(void *argument)
{
	struct subject *subject = argument;
	volatile uint32_t words[WORDS];
	bool right = true;

	for (uint32_t i = 0; i < WORDS; i++)
		words[i] = i * UINT32_C(0x9e3779b1);
	atomic_store(&subject->result,
		     ln_task_wait(&subject->task.task, subject->deadline));
	for (uint32_t i = 0; i < WORDS; i++)
		right = right && words[i] == i * UINT32_C(0x9e3779b1);
	atomic_store(&subject->right, right);
}

static void compute(void *argument)
{
	struct subject *subject = argument;

	atomic_store(&subject->runs, true);
	while (!atomic_load(&subject->stop))
		;
}

/* Holds and folds a task that is parked. */
static void fold(struct ln_task *task, struct folded *folded)
{
	memset(folded, 0, sizeof(*folded));
	folded->fold.unfold = unfold;
	folded->fold.stack = folded->stack;
	folded->fold.timer = &folded->timer;
	assert_true(ln_fold_hold(task));
	assert_false(ln_fold_called(task));
	assert_in_range(ln_fold_stack_used(task), WORDS * 4, 64 << 10);
	assert_true(ln_fold_write_stack(task, NULL, NULL, folded->stack) <=
		    sizeof(folded->stack));
	assert_true(ln_fold_stack(task, &folded->fold));
	ln_fold_let_go(task);
}

/* Pages of a task's stack that are in memory. */
static size_t resident(const struct ln_task *task)
{
	size_t size = task->sched->stacks.slot_size;
	unsigned char *pages = calloc(size / 4096, 1);
	size_t count = 0;

	assert_non_null(pages);
	assert_int_equal(mincore(task->fiber.stack, size, pages), 0);
	for (size_t i = 0; i < size / 4096; i++)
		count += pages[i] & 1;
	free(pages);
	return count;
}

static void start_waiting(struct ln_sched *sched, struct subject *subject,
			  int64_t deadline)
{
	memset(subject, 0, sizeof(*subject));
	subject->deadline = deadline;
	test_task_start(sched, &subject->task, wait_with_much, subject);
	test_task_wait_parked(&subject->task);
}

static void ends_right(struct subject *subject, const struct folded *folded,
		       int result)
{
	test_task_wait_over(&subject->task);
	assert_int_equal(atomic_load(&subject->result), result);
	assert_true(atomic_load(&subject->right));
	assert_int_equal(atomic_load(&folded->unfolds), 1);
	assert_true(folded->on_fiber);
}

static void a_wake_up_unfolds(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct subject subject;
	struct folded folded;

	(void)state;
	start_waiting(sched, &subject, LN_NEVER);
	assert_true(resident(&subject.task.task) >= WORDS * 4 / 4096);
	fold(&subject.task.task, &folded);
	assert_int_equal(resident(&subject.task.task), 0);
	ln_task_wake(&subject.task.task);
	ends_right(&subject, &folded, 0);
	ln_sched_free(sched);
}

static void an_interrupt_unfolds(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct subject subject;
	struct folded folded;

	(void)state;
	start_waiting(sched, &subject, LN_NEVER);
	fold(&subject.task.task, &folded);
	ln_task_interrupt(&subject.task.task);
	ends_right(&subject, &folded, LN_EKILLED);
	ln_sched_free(sched);
}

/* Timers before and behind it in the heap come and go meanwhile. */
static void a_timer_unfolds(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_timer others[20] = { { 0 } };
	struct subject subject;
	struct folded folded;
	int earliest;

	(void)state;
	start_waiting(sched, &subject, ln_time_after_ms(200));
	for (size_t i = 0; i < 10; i++) {
		others[i].deadline = ln_time_after_ms(100000 - i);
		assert_int_equal(ln_timers_add(ln_sched_timers(sched),
					       &others[i], &earliest),
				 0);
	}
	fold(&subject.task.task, &folded);
	assert_non_null(folded.fold.waiting);
	for (size_t i = 10; i < 20; i++) {
		others[i].deadline = ln_time_after_ms(50000 + i);
		assert_int_equal(ln_timers_add(ln_sched_timers(sched),
					       &others[i], &earliest),
				 0);
	}
	for (size_t i = 0; i < 10; i++)
		assert_true(
			ln_timers_remove(ln_sched_timers(sched), &others[i]));
	assert_int_equal(resident(&subject.task.task), 0);
	ends_right(&subject, &folded, LN_ETIMEDOUT);
	for (size_t i = 10; i < 20; i++)
		assert_true(
			ln_timers_remove(ln_sched_timers(sched), &others[i]));
	ln_sched_free(sched);
}

/* Woken while it is held: it is queued when it is let go, folded or not. */
static void a_call_is_kept(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct subject subject;
	struct folded folded = { .unfolds = 0 };

	(void)state;
	start_waiting(sched, &subject, LN_NEVER);
	assert_true(ln_fold_hold(&subject.task.task));
	ln_task_wake(&subject.task.task);
	assert_true(ln_fold_called(&subject.task.task));
	ln_fold_let_go(&subject.task.task);
	test_task_wait_over(&subject.task);
	assert_true(atomic_load(&subject.right));

	start_waiting(sched, &subject, LN_NEVER);
	assert_true(ln_fold_hold(&subject.task.task));
	folded.fold.unfold = unfold;
	folded.fold.stack = folded.stack;
	ln_fold_write_stack(&subject.task.task, NULL, NULL, folded.stack);
	ln_task_wake(&subject.task.task);
	assert_true(ln_fold_stack(&subject.task.task, &folded.fold));
	assert_true(ln_fold_called(&subject.task.task));
	ln_fold_let_go(&subject.task.task);
	ends_right(&subject, &folded, 0);
	ln_sched_free(sched);
}

static void only_parked_tasks_are_held(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct subject subject = { .stop = false };
	struct ln_task never = { .state = LN_TASK_NEW };
	struct subject parked;

	(void)state;
	assert_false(ln_fold_hold(&never));
	test_task_start(sched, &subject.task, compute, &subject);
	while (!atomic_load(&subject.runs))
		test_nap();
	assert_false(ln_fold_hold(&subject.task.task));
	atomic_store(&subject.stop, true);
	test_task_wait_over(&subject.task);
	assert_false(ln_fold_hold(&subject.task.task));

	start_waiting(sched, &parked, LN_NEVER);
	assert_true(ln_fold_hold(&parked.task.task));
	assert_false(ln_fold_hold(&parked.task.task)); /* once */
	ln_fold_let_go(&parked.task.task);
	ln_task_wake(&parked.task.task);
	test_task_wait_over(&parked.task);
	ln_sched_free(sched);
}

static void answer(struct ln_probe *probe, struct ln_task *task)
{
	(void)probe;
	(void)task;
}

/* Who is folded is not woken to be asked. */
static void questions_do_not_wake(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_probe probe = { .answer = answer };
	struct subject subject;
	struct folded folded;

	(void)state;
	start_waiting(sched, &subject, LN_NEVER);
	fold(&subject.task.task, &folded);
	assert_false(ln_probe_ask(&probe, &subject.task.task));
	assert_int_equal(resident(&subject.task.task), 0);
	ln_task_wake(&subject.task.task);
	ends_right(&subject, &folded, 0);
	ln_sched_free(sched);
}

/* A kernel that takes no pages, as of locked memory under a filter: here one
 * that is asked about addresses where there are none. */
static void a_refusal_changes_nothing(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct folded folded = { .unfolds = 0 };
	struct subject subject;
	struct ln_task *task = &subject.task.task;
	char *stack;

	(void)state;
	start_waiting(sched, &subject, ln_time_after_ms(300));
	assert_true(ln_fold_hold(task));
	folded.fold.unfold = unfold;
	folded.fold.stack = folded.stack;
	folded.fold.timer = &folded.timer;
	ln_fold_write_stack(task, NULL, NULL, folded.stack);
	stack = task->fiber.stack;
	task->fiber.stack++; /* no page begins here */
	task->fiber.stack_len--;
	assert_false(ln_fold_stack(task, &folded.fold));
	task->fiber.stack = stack;
	task->fiber.stack_len++;
	ln_fold_let_go(task);
	test_task_wait_over(&subject.task);
	assert_int_equal(atomic_load(&subject.result), LN_ETIMEDOUT);
	assert_true(atomic_load(&subject.right));
	assert_int_equal(atomic_load(&folded.unfolds), 0);
	ln_sched_free(sched);
}

/* What the second of two alike is compared with; a task of its own kind. */
static void wait_with_pointers(void *argument)
{
	struct subject *subject = argument;
	const volatile void *volatile words[400];
	bool right = true;

	for (size_t i = 0; i < 400; i++)
		words[i] = &words[i * 7 % 400];
	words[200] = subject;
	atomic_store(&subject->result,
		     ln_task_wait(&subject->task.task, subject->deadline));
	for (size_t i = 0; i < 400; i++)
		right = right &&
			words[i] == (i == 200 ? (void *)subject
					      : (const volatile void
							 *)&words[i * 7 % 400]);
	atomic_store(&subject->right, right);
}

/* Stacks that are alike take little, wherever they are, and come back. */
static void a_model_is_followed(void **state)
{
	static uint64_t room[LN_STACK_MODEL_MAX / sizeof(uint64_t)];
	struct ln_sched *sched = test_sched_new(2);
	struct ln_stack_model *model = malloc(sizeof(*model) + sizeof(room));
	struct subject subjects[2];
	struct folded folded;
	struct ln_task *task = &subjects[1].task.task;
	size_t plain, len;

	(void)state;
	assert_non_null(model);
	memset(subjects, 0, sizeof(subjects));
	for (size_t i = 0; i < 2; i++) {
		subjects[i].deadline = LN_NEVER;
		test_task_start(sched, &subjects[i].task, wait_with_pointers,
				&subjects[i]);
		test_task_wait_parked(&subjects[i].task);
	}
	assert_true(ln_fold_hold(&subjects[0].task.task));
	assert_in_range(ln_fold_stack_used(&subjects[0].task.task), 3200,
			sizeof(room));
	ln_fold_take_model(&subjects[0].task.task, model);
	assert_int_equal(ln_fold_write_stack(&subjects[0].task.task, model,
					     room, folded.stack),
			 0);
	ln_fold_let_go(&subjects[0].task.task);

	memset(&folded, 0, sizeof(folded));
	folded.fold.unfold = unfold;
	folded.fold.stack = folded.stack;
	folded.fold.model = model;
	assert_true(ln_fold_hold(task));
	assert_int_equal(ln_fold_stack_used(task), model->len);
	plain = ln_fold_write_stack(task, NULL, NULL, folded.stack);
	len = ln_fold_write_stack(task, model, room, folded.stack);
	assert_in_range(len, 1, plain / 4);
	assert_true(ln_fold_stack(task, &folded.fold));
	ln_fold_let_go(task);
	assert_int_equal(resident(task), 0);
	for (size_t i = 0; i < 2; i++)
		ln_task_wake(&subjects[i].task.task);
	ends_right(&subjects[1], &folded, 0);
	test_task_wait_over(&subjects[0].task);
	assert_true(atomic_load(&subjects[0].right));
	free(model);
	ln_sched_free(sched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wake_up_unfolds),
		cmocka_unit_test(an_interrupt_unfolds),
		cmocka_unit_test(a_timer_unfolds),
		cmocka_unit_test(a_call_is_kept),
		cmocka_unit_test(only_parked_tasks_are_held),
		cmocka_unit_test(questions_do_not_wake),
		cmocka_unit_test(a_refusal_changes_nothing),
		cmocka_unit_test(a_model_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
