/* src/node/pending.c: numbers, answers, kills and losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "node/pending.h"
#include "sched/sched.h"
#include "support/tasks.h"

static _Atomic int disposed;

static void dispose(struct ln_request *request)
{
	free(request);
	disposed++;
}

static struct ln_pending *make(void)
{
	struct ln_pending *pending = NULL;

	assert_int_equal(ln_pending_new(&pending), 0);
	disposed = 0;
	return pending;
}

static struct ln_request *make_request(bool large)
{
	struct ln_request *request = calloc(1, sizeof(*request));

	assert_non_null(request);
	request->large = large;
	request->dispose = dispose;
	return request;
}

/* One that entered; nobody waits for it yet. */
static struct ln_request *enter(struct ln_pending *pending, bool large)
{
	struct ln_request *request = make_request(large);

	assert_int_equal(ln_pending_enter(pending, request), 0);
	return request;
}

static void answer(struct ln_pending *pending, uint64_t number)
{
	struct ln_request *request = ln_pending_find(pending, number);

	assert_non_null(request);
	ln_pending_answered(pending, request);
	assert_null(ln_pending_find(pending, number));
}

/* A task that asks, and what came of it. */
struct asker {
	struct test_task task;
	struct ln_pending *pending;
	struct ln_request *request;
	_Atomic bool has_number;
	uint64_t number; /* valid when has_number */
	int entered;
	int answered;
};

static void ask(void *argument)
{
	struct asker *asker = argument;

	asker->entered = ln_pending_enter(asker->pending, asker->request);
	if (asker->entered == 0) {
		asker->number = asker->request->number;
		asker->has_number = true;
		asker->answered =
			ln_pending_await(asker->pending, asker->request);
	}
	if (asker->entered < 0 || asker->answered == 0 ||
	    asker->answered == LN_EIO)
		free(asker->request);
}

/* Waits until it has a number, and answers it. */
static void answer_asker(struct asker *asker)
{
	while (!asker->has_number)
		test_nap();
	answer(asker->pending, asker->number);
	test_task_wait_over(&asker->task);
}

static void start(struct ln_sched *sched, struct asker *asker,
		  struct ln_pending *pending, bool large)
{
	*asker = (struct asker){ .pending = pending,
				 .request = make_request(large) };
	test_task_start(sched, &asker->task, ask, asker);
	test_task_wait_parked(&asker->task);
}

static void an_answer_comes_once(void **state)
{
	struct ln_pending *pending = make();
	struct ln_request *first = enter(pending, false);
	struct ln_request *second = enter(pending, false);

	(void)state;
	assert_true(first->number != second->number);
	assert_null(ln_pending_find(pending, UINT64_MAX));
	answer(pending, first->number);
	assert_int_equal(ln_pending_await(pending, first), 0);
	answer(pending, second->number);
	assert_int_equal(ln_pending_await(pending, second), 0);
	free(first);
	free(second);
	ln_pending_release(pending);
}

static void numbers_are_not_used_again(void **state)
{
	struct ln_pending *pending = make();
	uint64_t last = UINT64_MAX;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct ln_request *request = enter(pending, false);

		assert_true(request->number != last);
		last = request->number;
		ln_pending_leave(pending, request);
		assert_null(ln_pending_find(pending, last));
		free(request);
	}
	ln_pending_release(pending);
}

static void tasks_wait_for_answers(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pending *pending = make();
	struct asker asker;

	(void)state;
	start(sched, &asker, pending, false);
	assert_false(asker.task.over);
	answer_asker(&asker);
	assert_int_equal(asker.answered, 0);
	assert_int_equal(disposed, 0);
	ln_sched_free(sched);
	ln_pending_release(pending);
}

static void the_killed_leave_their_request(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pending *pending = make();
	struct asker asker;
	uint64_t number;

	(void)state;
	start(sched, &asker, pending, true);
	number = asker.number;
	ln_task_interrupt(&asker.task.task);
	test_task_wait_over(&asker.task);
	assert_int_equal(asker.answered, LN_EKILLED);
	/* It holds its number until the answer. */
	assert_int_equal(disposed, 0);
	answer(pending, number);
	assert_int_equal(disposed, 1);
	ln_sched_free(sched);
	ln_pending_release(pending);
}

/* A peer may answer what it has not been asked yet. */
static void an_answer_may_come_too_early(void **state)
{
	struct ln_pending *pending = make();
	struct ln_request *request = enter(pending, true);

	(void)state;
	disposed = 0;
	assert_ptr_equal(ln_pending_find(pending, request->number), request);
	assert_false(ln_pending_leave(pending, request));
	assert_int_equal(disposed, 0);
	ln_pending_answered(pending, request);
	assert_int_equal(disposed, 1);
	ln_pending_release(pending);
}

static void there_are_so_many_at_a_time(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pending *pending = make();
	struct ln_request *requests[LN_PENDING_MAX];
	struct asker askers[3];

	(void)state;
	for (uint32_t i = 0; i < LN_PENDING_MAX; i++)
		requests[i] = enter(pending, false);
	for (int i = 0; i < 3; i++)
		start(sched, &askers[i], pending, false);
	/* One who waits is killed: the next one's turn is not lost. */
	ln_task_interrupt(&askers[0].task.task);
	test_task_wait_over(&askers[0].task);
	assert_int_equal(askers[0].entered, LN_EKILLED);
	answer(pending, requests[7]->number);
	answer_asker(&askers[1]);
	answer_asker(&askers[2]);
	assert_int_equal(askers[1].answered, 0);
	assert_int_equal(askers[2].answered, 0);
	for (uint32_t i = 0; i < LN_PENDING_MAX; i++) {
		if (i != 7)
			assert_true(ln_pending_leave(pending, requests[i]));
		free(requests[i]);
	}
	ln_sched_free(sched);
	ln_pending_release(pending);
}

static void large_ones_go_one_by_one(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pending *pending = make();
	struct ln_request *large = enter(pending, true);
	struct ln_request *small;
	struct asker asker;

	(void)state;
	start(sched, &asker, pending, true);
	small = enter(pending, false);
	assert_true(ln_pending_leave(pending, small));
	free(small);
	assert_false(asker.task.over);
	answer(pending, large->number);
	free(large);
	answer_asker(&asker);
	assert_int_equal(asker.answered, 0);
	ln_sched_free(sched);
	ln_pending_release(pending);
}

static void the_end_reaches_all(void **state)
{
	struct ln_sched *sched = test_sched_new(2);
	struct ln_pending *pending = make();
	struct asker waits;
	struct asker queued;
	struct asker killed;
	struct ln_request *late = make_request(false);

	(void)state;
	start(sched, &waits, pending, true);
	start(sched, &queued, pending, true);
	start(sched, &killed, pending, false);
	ln_task_interrupt(&killed.task.task);
	test_task_wait_over(&killed.task);
	assert_int_equal(killed.answered, LN_EKILLED);
	ln_pending_end(pending);
	test_task_wait_over(&waits.task);
	test_task_wait_over(&queued.task);
	assert_int_equal(waits.answered, LN_EIO);
	assert_int_equal(queued.entered, LN_EIO);
	assert_int_equal(disposed, 1);
	assert_int_equal(ln_pending_enter(pending, late), LN_EIO);
	free(late);
	ln_sched_free(sched);
	ln_pending_release(pending);
}

static void end(void *pending)
{
	ln_pending_end(pending);
}

static void threads_may_wait_too(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	struct ln_pending *pending = make();
	struct ln_request *request = enter(pending, false);
	struct test_task task = { 0 };

	(void)state;
	/* Whether the answer or the wait comes first: it returns. */
	test_task_start(sched, &task, end, pending);
	assert_int_equal(ln_pending_await(pending, request), LN_EIO);
	test_task_wait_over(&task);
	free(request);
	ln_sched_free(sched);
	ln_pending_release(pending);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_once),
		cmocka_unit_test(numbers_are_not_used_again),
		cmocka_unit_test(tasks_wait_for_answers),
		cmocka_unit_test(the_killed_leave_their_request),
		cmocka_unit_test(an_answer_may_come_too_early),
		cmocka_unit_test(there_are_so_many_at_a_time),
		cmocka_unit_test(large_ones_go_one_by_one),
		cmocka_unit_test(the_end_reaches_all),
		cmocka_unit_test(threads_may_wait_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
