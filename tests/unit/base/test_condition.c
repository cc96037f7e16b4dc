/* Conditions with deadlines: one that has passed, and one that is far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/condition.h"
#include "base/time.h"

static pthread_cond_t condition;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool told;

static void *tell(void *argument)
{
	pthread_mutex_lock(&lock);
	told = true;
	pthread_cond_signal(&condition);
	pthread_mutex_unlock(&lock);
	return argument;
}

static void waits(void **state)
{
	pthread_t thread;
	bool early = true;

	(void)state;
	ln_condition_init(&condition);
	pthread_mutex_lock(&lock);
	assert_false(ln_condition_wait(&condition, &lock, ln_time_now()));
	/* Of the time of day the next one would have passed long ago. */
	assert_int_equal(pthread_create(&thread, NULL, tell, NULL), 0);
	while (!told && early)
		early = ln_condition_wait(&condition, &lock,
					  ln_time_after_ms(60000));
	assert_true(told);
	assert_true(early);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	pthread_cond_destroy(&condition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
