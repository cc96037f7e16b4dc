/* src/base/futex.c: sleeping on a word, and the lock under contention. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/futex.h"
#include "base/time.h"

#define THREADS 4
#define ROUNDS 50000

static void nap(void)
{
	const struct timespec time = { .tv_nsec = 1000000 };

	nanosleep(&time, NULL);
}

static void other_value_returns_at_once(void **state)
{
	_Atomic uint32_t word = 7;

	(void)state;
	assert_int_equal(ln_futex_wait(&word, 8, -1), 0);
	assert_int_equal(ln_futex_wait(&word, 6, LN_NS_PER_S), 0);
}

static void deadline_passes(void **state)
{
	_Atomic uint32_t word = 7;
	int64_t start = ln_time_now();
	int result;

	(void)state;
	/* It may wake for no reason, but not without end. */
	do {
		result = ln_futex_wait(&word, 7, 2 * LN_NS_PER_MS);
	} while (result == 0);
	assert_int_equal(result, LN_ETIMEDOUT);
	assert_true(ln_time_now() - start >= 2 * LN_NS_PER_MS);
}

struct sleepers {
	_Atomic uint32_t word;
	_Atomic int awake;
};

static void *sleep_on_word(void *argument)
{
	struct sleepers *sleepers = argument;

	while (atomic_load(&sleepers->word) == 0)
		ln_futex_wait(&sleepers->word, 0, -1);
	atomic_fetch_add(&sleepers->awake, 1);
	return NULL;
}

static void wake_reaches_all(void **state)
{
	static struct sleepers sleepers;
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						sleep_on_word, &sleepers),
				 0);
	nap();
	assert_int_equal(atomic_load(&sleepers.awake), 0);
	atomic_store(&sleepers.word, 1);
	ln_futex_wake(&sleepers.word, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&sleepers.awake), THREADS);
}

struct contended {
	struct ln_lock lock;
	uint64_t counter; /* under lock */
	_Atomic int inside;
	_Atomic bool crowded;
};

static void *count_up(void *argument)
{
	struct contended *shared = argument;

	for (int i = 0; i < ROUNDS; i++) {
		ln_lock_acquire(&shared->lock);
		if (atomic_fetch_add(&shared->inside, 1) != 0)
			atomic_store(&shared->crowded, true);
		shared->counter++;
		atomic_fetch_sub(&shared->inside, 1);
		ln_lock_release(&shared->lock);
	}
	return NULL;
}

static void lock_excludes(void **state)
{
	static struct contended shared;
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, count_up, &shared),
			0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.counter, THREADS * ROUNDS);
	assert_false(atomic_load(&shared.crowded));
	assert_int_equal(atomic_load(&shared.lock.word), 0);
}

static void *take_once(void *argument)
{
	struct contended *shared = argument;

	ln_lock_acquire(&shared->lock);
	shared->counter++;
	ln_lock_release(&shared->lock);
	return NULL;
}

/* Waiters have long stopped spinning when the lock is released. */
static void lock_passes_to_sleepers(void **state)
{
	static struct contended shared;
	pthread_t threads[THREADS];

	(void)state;
	ln_lock_acquire(&shared.lock);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, take_once, &shared),
			0);
	for (int i = 0; i < 5; i++)
		nap();
	assert_int_equal(shared.counter, 0);
	ln_lock_release(&shared.lock);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared.counter, THREADS);
	assert_int_equal(atomic_load(&shared.lock.word), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_value_returns_at_once),
		cmocka_unit_test(deadline_passes),
		cmocka_unit_test(wake_reaches_all),
		cmocka_unit_test(lock_excludes),
		cmocka_unit_test(lock_passes_to_sleepers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
