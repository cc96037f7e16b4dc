/* src/sched/timer.c: the heap against a model. Tasks that were never started
 * take wake-ups without any effect, so none runs here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/time.h"
#include "sched/task.h"
#include "sched/timer.h"

#define MANY 3000
#define STEPS 40000

static struct ln_task task;
static struct ln_timer timers[MANY];
static uint64_t random_state;

static uint64_t next_random(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
	return random_state >> 33;
}

static void add(struct ln_timers *heap, struct ln_timer *timer,
		int64_t deadline, int first)
{
	int earliest = -1;

	*timer = (struct ln_timer){ .deadline = deadline, .task = &task };
	assert_int_equal(ln_timers_add(heap, timer, &earliest), 0);
	assert_int_not_equal(timer->index, 0);
	assert_int_equal(earliest, first);
}

static int64_t earliest(struct ln_timers *heap)
{
	return atomic_load(&heap->earliest);
}

static void tells_the_earliest(void **state)
{
	struct ln_timers heap;

	(void)state;
	ln_timers_init(&heap);
	assert_true(earliest(&heap) == LN_NEVER);
	add(&heap, &timers[0], 50, 1);
	add(&heap, &timers[1], 70, 0);
	add(&heap, &timers[2], 20, 1);
	add(&heap, &timers[3], 60, 0);
	assert_true(earliest(&heap) == 20);
	ln_timers_remove(&heap, &timers[2]);
	assert_true(earliest(&heap) == 50);
	ln_timers_remove(&heap, &timers[1]);
	assert_true(earliest(&heap) == 50);
	ln_timers_remove(&heap, &timers[0]);
	assert_true(earliest(&heap) == 60);
	ln_timers_remove(&heap, &timers[3]);
	assert_true(earliest(&heap) == LN_NEVER);
	assert_int_equal(heap.count, 0);
	ln_timers_deinit(&heap);
}

static void removing_twice_is_harmless(void **state)
{
	struct ln_timers heap;

	(void)state;
	ln_timers_init(&heap);
	add(&heap, &timers[0], 50, 1);
	add(&heap, &timers[1], 60, 0);
	ln_timers_remove(&heap, &timers[0]);
	ln_timers_remove(&heap, &timers[0]);
	ln_timers_expire(&heap, 60);
	ln_timers_remove(&heap, &timers[1]);
	assert_int_equal(heap.count, 0);
	ln_timers_deinit(&heap);
}

static void expires_what_is_due(void **state)
{
	struct ln_timers heap;

	(void)state;
	ln_timers_init(&heap);
	for (int i = 0; i < 100; i++)
		add(&heap, &timers[i], (i * 37) % 100, i == 0);
	for (int64_t now = -1; now < 100; now++) {
		int expired = 0;

		ln_timers_expire(&heap, now);
		for (int i = 0; i < 100; i++) {
			bool due = timers[i].deadline <= now;

			assert_int_equal(timers[i].index == 0, due);
			expired += due;
		}
		assert_int_equal(expired, now + 1);
		assert_true(earliest(&heap) ==
			    (now == 99 ? LN_NEVER : now + 1));
	}
	ln_timers_deinit(&heap);
}

/* However many are due, one call wakes some of them, the earliest first. */
static void expires_in_pieces(void **state)
{
	struct ln_timers heap;
	int calls = 0;

	(void)state;
	ln_timers_init(&heap);
	for (int i = 0; i < 1000; i++)
		add(&heap, &timers[i], (i * 37) % 1000, i == 0);
	while (earliest(&heap) <= 1000) {
		size_t before = heap.count;

		ln_timers_expire(&heap, 1000);
		assert_true(before - heap.count <= 64);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(timers[i].index == 0,
					 timers[i].deadline < earliest(&heap));
		calls++;
	}
	assert_int_equal(calls, 16);
	ln_timers_deinit(&heap);
}

/* The state of a task says that it was woken. */
static void wakes_its_task(void **state)
{
	struct ln_timer timer = { .deadline = 5 };
	struct ln_task running = { .state = LN_TASK_ACTIVE };
	struct ln_timers heap;
	int first;

	(void)state;
	ln_timers_init(&heap);
	timer.task = &running;
	assert_int_equal(ln_timers_add(&heap, &timer, &first), 0);
	ln_timers_expire(&heap, 4);
	assert_int_equal(running.state, LN_TASK_ACTIVE);
	ln_timers_expire(&heap, 5);
	assert_int_equal(running.state, LN_TASK_NOTIFIED);
	ln_timers_deinit(&heap);
}

/* The least deadline of those that the model says are in the heap. */
static int64_t min(const bool *present)
{
	int64_t result = LN_NEVER;

	for (int i = 0; i < MANY; i++) {
		if (present[i] && timers[i].deadline < result)
			result = timers[i].deadline;
	}
	return result;
}

static void random_steps_match_a_model(void **state)
{
	static bool present[MANY];
	struct ln_timers heap;
	size_t count = 0;
	int64_t now = 0;

	(void)state;
	random_state = 1;
	ln_timers_init(&heap);
	for (int step = 0; step < STEPS; step++) {
		size_t i = next_random() % MANY;

		if (step % 1000 == 999) {
			now += 5000;
			while (earliest(&heap) <= now)
				ln_timers_expire(&heap, now);
			for (size_t j = 0; j < MANY; j++) {
				if (present[j] && timers[j].deadline <= now) {
					assert_int_equal(timers[j].index, 0);
					present[j] = false;
					count--;
				}
			}
		} else if (present[i]) {
			ln_timers_remove(&heap, &timers[i]);
			present[i] = false;
			count--;
		} else {
			int64_t deadline =
				now + 1 + (int64_t)(next_random() % 50000);

			add(&heap, &timers[i], deadline,
			    deadline < earliest(&heap));
			present[i] = true;
			count++;
		}
		assert_int_equal(heap.count, count);
		if (step % 50 == 0)
			assert_true(earliest(&heap) == min(present));
	}
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(timers[i].index != 0, present[i]);
	ln_timers_deinit(&heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_earliest),
		cmocka_unit_test(removing_twice_is_harmless),
		cmocka_unit_test(expires_what_is_due),
		cmocka_unit_test(expires_in_pieces),
		cmocka_unit_test(wakes_its_task),
		cmocka_unit_test(random_steps_match_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
