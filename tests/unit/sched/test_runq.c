/* src/sched/runq.c: order, wrap-around, and thieves. The queue never looks at
 * what it holds, so numbers stand for tasks. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sched/runq.h"

#define TASKS 200000
#define THIEVES 3

static struct ln_task *task(size_t number)
{
	return (struct ln_task *)(uintptr_t)(number * 8);
}

static size_t number_of(const struct ln_task *queued)
{
	return (size_t)((uintptr_t)queued / 8);
}

/* An empty queue whose indices begin at `index`. */
static void reset(struct ln_runq *queue, uint32_t index)
{
	memset(queue, 0, sizeof(*queue));
	atomic_store(&queue->head, index);
	atomic_store(&queue->tail, index);
}

static const uint32_t starts[] = { 0, 1, 255, UINT32_MAX - 100, UINT32_MAX };

#define STARTS (sizeof(starts) / sizeof(starts[0]))

static void first_in_first_out(void **state)
{
	static struct ln_runq queue;

	(void)state;
	for (size_t s = 0; s < STARTS; s++) {
		reset(&queue, starts[s]);
		assert_true(ln_runq_empty(&queue));
		assert_null(ln_runq_pop(&queue));
		for (size_t i = 1; i <= LN_RUNQ_SIZE; i++)
			assert_true(ln_runq_push(&queue, task(i)));
		assert_false(ln_runq_push(&queue, task(999)));
		assert_false(ln_runq_empty(&queue));
		assert_int_equal(ln_runq_length(&queue), LN_RUNQ_SIZE);
		for (size_t i = 1; i <= LN_RUNQ_SIZE; i++)
			assert_ptr_equal(ln_runq_pop(&queue), task(i));
		assert_null(ln_runq_pop(&queue));
		assert_true(ln_runq_empty(&queue));
		assert_int_equal(ln_runq_length(&queue), 0);
	}
}

static void slots_are_used_again(void **state)
{
	static struct ln_runq queue;
	size_t in = 1;
	size_t out = 1;

	(void)state;
	reset(&queue, UINT32_MAX - 1000);
	while (in < 5000) {
		for (int i = 0; i < 7; i++)
			assert_true(ln_runq_push(&queue, task(in++)));
		for (int i = 0; i < 7; i++)
			assert_ptr_equal(ln_runq_pop(&queue), task(out++));
	}
}

static void steals_half_from_the_head(void **state)
{
	static const struct {
		uint32_t queued;
		uint32_t max;
		uint32_t stolen;
	} cases[] = {
		{ 0, 64, 0 },    { 1, 64, 1 },      { 2, 64, 1 },
		{ 3, 64, 2 },    { 10, 64, 5 },     { 10, 3, 3 },
		{ 256, 64, 64 }, { 256, 256, 128 }, { 255, 256, 128 },
	};
	static struct ln_runq queue;
	struct ln_task *out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reset(&queue, starts[i % STARTS]);
		for (uint32_t j = 0; j < cases[i].queued; j++)
			assert_true(ln_runq_push(&queue, task(j + 1)));
		assert_int_equal(ln_runq_steal(&queue, out, cases[i].max),
				 cases[i].stolen);
		for (uint32_t j = 0; j < cases[i].stolen; j++)
			assert_ptr_equal(out[j], task(j + 1));
		for (uint32_t j = cases[i].stolen; j < cases[i].queued; j++)
			assert_ptr_equal(ln_runq_pop(&queue), task(j + 1));
		assert_null(ln_runq_pop(&queue));
	}
}

static struct ln_runq shared;
static _Atomic uint8_t seen[TASKS + 1];
static _Atomic size_t taken;

static void note(const struct ln_task *queued)
{
	size_t number = number_of(queued);

	if (number >= 1 && number <= TASKS)
		atomic_fetch_add(&seen[number], 1);
	atomic_fetch_add(&taken, 1);
}

static void *steal_all(void *argument)
{
	struct ln_task *out[64];

	while (atomic_load(&taken) < TASKS) {
		uint32_t n = ln_runq_steal(&shared, out, 64);

		for (uint32_t i = 0; i < n; i++)
			note(out[i]);
	}
	return argument;
}

/* The owner pushes everything, and pops now and then. */
static void own(void)
{
	for (size_t next = 1; next <= TASKS;) {
		if (ln_runq_push(&shared, task(next))) {
			next++;
			if (next % 3 != 0)
				continue;
		}
		const struct ln_task *popped = ln_runq_pop(&shared);

		if (popped != NULL)
			note(popped);
	}
	while (atomic_load(&taken) < TASKS) {
		const struct ln_task *popped = ln_runq_pop(&shared);

		if (popped != NULL)
			note(popped);
	}
}

static void every_task_once(void **state)
{
	pthread_t thieves[THIEVES];

	(void)state;
	reset(&shared, UINT32_MAX - TASKS / 2);
	for (int i = 0; i < THIEVES; i++)
		assert_int_equal(
			pthread_create(&thieves[i], NULL, steal_all, NULL), 0);
	own();
	for (int i = 0; i < THIEVES; i++)
		pthread_join(thieves[i], NULL);
	assert_true(ln_runq_empty(&shared));
	assert_int_equal(atomic_load(&taken), TASKS);
	for (size_t i = 1; i <= TASKS; i++)
		assert_int_equal(atomic_load(&seen[i]), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_in_first_out),
		cmocka_unit_test(slots_are_used_again),
		cmocka_unit_test(steals_half_from_the_head),
		cmocka_unit_test(every_task_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
