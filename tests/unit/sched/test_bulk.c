/* src/sched/bulk.c: pieces give what a whole would, and let others run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sched/bulk.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define LARGE ((size_t)64 << 20)

static void fill(uint8_t *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		block[i] = (uint8_t)(i * 31 >> 3);
}

static void copies(void **state)
{
	static const size_t sizes[] = { 0,
					1,
					LN_BULK_PIECE - 1,
					LN_BULK_PIECE,
					LN_BULK_PIECE + 1,
					7 * LN_BULK_PIECE + 5 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *from = malloc(sizes[i] + 1);
		uint8_t *to = calloc(1, sizes[i] + 1);

		fill(from, sizes[i]);
		ln_bulk_copy(to, from, sizes[i]);
		assert_memory_equal(to, from, sizes[i]);
		assert_int_equal(to[sizes[i]], 0);
		ln_bulk_free(from, sizes[i] + 1);
		ln_bulk_free(to, sizes[i] + 1);
	}
	ln_bulk_free(NULL, LARGE);
}

static void resizes(void **state)
{
	size_t size = 1000;
	uint8_t *block = malloc(size);
	uint8_t *expected = malloc(LARGE);

	(void)state;
	fill(expected, LARGE);
	fill(block, size);
	while (size < LARGE) {
		size_t wanted = size * 3 < LARGE ? size * 3 : LARGE;

		block = ln_bulk_resize(block, size, size, wanted);
		assert_non_null(block);
		assert_memory_equal(block, expected, size);
		fill(block, wanted);
		size = wanted;
	}
	ln_bulk_free(block, size);
	free(expected);
}

struct copier {
	struct test_task task;
	uint8_t *from;
	uint8_t *to;
	_Atomic bool *stop;
	_Atomic unsigned *turns;
};

static void copy_all(void *argument)
{
	struct copier *self = argument;

	self->task.task.gives_way = true;
	/* As often as it takes for another one to have had turns. */
	while (atomic_load(self->turns) < 3)
		ln_bulk_copy(self->to, self->from, LARGE);
	atomic_store(self->stop, true);
}

static void count_places(void *argument)
{
	struct copier *self = argument;

	while (!atomic_load(self->stop)) {
		atomic_fetch_add(self->turns, 1);
		ln_task_yield(ln_task_current());
	}
}

static void others_run_meanwhile(void **state)
{
	struct ln_sched *sched = test_sched_new(1);
	_Atomic bool stop = false;
	_Atomic unsigned turns = 0;
	struct copier copier = { .from = calloc(1, LARGE),
				 .to = malloc(LARGE),
				 .stop = &stop,
				 .turns = &turns };
	struct copier other = { .stop = &stop, .turns = &turns };

	(void)state;
	test_task_start(sched, &copier.task, copy_all, &copier);
	test_task_start(sched, &other.task, count_places, &other);
	ln_sched_wait_idle(sched);
	assert_true(atomic_load(&turns) >= 3);
	ln_sched_free(sched);
	free(copier.from);
	free(copier.to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies),
		cmocka_unit_test(resizes),
		cmocka_unit_test(others_run_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
