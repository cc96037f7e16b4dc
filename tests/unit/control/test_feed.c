/* src/control/feed.c: lines from other threads, and what is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control_impl.h"
#include "control/method.h"

#define LINES 2000

static struct ln_control control;

static int set_up(void **state)
{
	(void)state;
	ln_control_init(&control, NULL, "feed");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ln_control_deinit(&control);
	return 0;
}

static void keeps_the_order(void **state)
{
	struct ln_control_feed *feed = ln_control_feed_new(&control, 4096);
	int64_t lost;
	size_t len;
	char *text;

	(void)state;
	assert_null(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(lost, 0);
	assert_true(ln_control_feed_push(feed, "one", 3));
	assert_true(ln_control_feed_push(feed, "", 0));
	text = ln_control_feed_take(feed, &len, &lost);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "one", 3);
	free(text);
	text = ln_control_feed_take(feed, &len, &lost);
	assert_int_equal(len, 0);
	assert_non_null(text);
	free(text);
	assert_null(ln_control_feed_take(feed, &len, &lost));
	ln_control_feed_close(feed);
}

static void counts_what_does_not_fit(void **state)
{
	struct ln_control_feed *feed = ln_control_feed_new(&control, 1000);
	char big[2000] = { 0 };
	int64_t lost;
	size_t len;

	(void)state;
	assert_false(ln_control_feed_crowded(feed));
	assert_true(ln_control_feed_push(feed, big, 300));
	assert_true(ln_control_feed_push(feed, big, 300));
	assert_true(ln_control_feed_crowded(feed));
	assert_false(ln_control_feed_push(feed, big, 900));
	assert_false(ln_control_feed_push(feed, big, 900));
	assert_true(ln_control_feed_push(feed, "x", 1));
	free(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(lost, 0);
	free(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(lost, 0);
	free(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(len, 1);
	assert_int_equal(lost, 2);
	/* Those behind the last line are told of as well, once. */
	assert_false(ln_control_feed_push(feed, big, 2000));
	assert_null(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(lost, 1);
	assert_null(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(lost, 0);
	ln_control_feed_close(feed);
}

static void outlives_its_request(void **state)
{
	struct ln_control_feed *feed = ln_control_feed_new(&control, 1000);

	(void)state;
	ln_control_feed_retain(feed);
	assert_true(ln_control_feed_push(feed, "x", 1));
	ln_control_feed_close(feed);
	assert_true(ln_control_feed_closed(feed));
	assert_false(ln_control_feed_push(feed, "y", 1));
	ln_control_feed_release(feed);
}

static void *push_all(void *feed)
{
	for (int i = 0; i < LINES; i++)
		ln_control_feed_push(feed, "line", 4);
	return NULL;
}

/* What is taken and what is lost are all that were pushed. */
static void loses_nothing_uncounted(void **state)
{
	struct ln_control_feed *feed = ln_control_feed_new(&control, 4096);
	pthread_t threads[3];
	int64_t taken = 0;
	int64_t gone = 0;
	int64_t lost;
	size_t len;
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, push_all, feed);
	while (taken + gone < 3 * LINES) {
		text = ln_control_feed_take(feed, &len, &lost);
		gone += lost;
		if (text != NULL)
			taken++;
		free(text);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_null(ln_control_feed_take(feed, &len, &lost));
	assert_int_equal(lost, 0);
	assert_int_equal(taken + gone, 3 * LINES);
	assert_true(taken > 0);
	ln_control_feed_close(feed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order),
		cmocka_unit_test(counts_what_does_not_fit),
		cmocka_unit_test(outlives_its_request),
		cmocka_unit_test(loses_nothing_uncounted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
