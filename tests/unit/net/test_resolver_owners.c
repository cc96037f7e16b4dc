/* Owners of look-ups in src/net/resolver.c: who may have how many threads, and
 * whose turn it is. */
#include "lookups.h"

#define FLOOD 40

static struct ln_resolver_owner *owner_below(struct ln_resolver_owner *above)
{
	struct ln_resolver_owner *owner;

	assert_int_equal(ln_resolver_owner_new(resolver, above, &owner), 0);
	return owner;
}

/* Queues a look-up: when this returns it is in the queue. */
static void queue(struct query *query, struct ln_resolver_owner *owner,
		  const char *name)
{
	start_for(query, owner, name, LN_NEVER);
	test_task_wait_parked(&query->task);
}

static void finish(struct query *queries, int count)
{
	for (int i = 0; i < count; i++) {
		test_task_wait_over(&queries[i].task);
		assert_int_equal(queries[i].result, 0);
		free(queries[i].addresses);
	}
}

static void open_gate(int times)
{
	for (int i = 0; i < times; i++)
		sem_post(&gate);
}

static void run_for(struct ln_resolver_owner *owner, const char *name)
{
	struct query query;

	start_for(&query, owner, name, LN_NEVER);
	finish(&query, 1);
}

/* Names that hang keep their owner waiting, and nobody else. */
static void flood(void **state)
{
	struct query queries[FLOOD];
	struct query own;
	struct ln_resolver_owner *a;
	struct ln_resolver_owner *b;

	(void)state;
	set_up(4);
	a = owner_below(NULL);
	b = owner_below(NULL);
	for (int i = 0; i < FLOOD; i++)
		queue(&queries[i], a, "slow:1");
	wait_until(&begun, 2);
	for (int i = 0; i < 5; i++)
		run_for(b, "name:1");
	run_for(NULL, "name:1");
	/* What does not hang waits for what does when it is of the same. */
	queue(&own, a, "name:1");
	assert_int_equal(atomic_load(&begun), 8);
	assert_int_equal(atomic_load(&max_at_once), 3);
	open_gate(FLOOD);
	finish(queries, FLOOD);
	finish(&own, 1);
	assert_int_equal(atomic_load(&begun), FLOOD + 7);
	ln_resolver_owner_release(a);
	ln_resolver_owner_release(b);
	tear_down();
}

/* With one thread: owners in turns, in each the oldest first. */
static void in_turns(void **state)
{
	static const char *const names[] = { "a1:1", "a2:1", "a3:1", "b1:1",
					     "b2:1", "c1:1", "t1:1", "t2:1" };
	struct ln_resolver_owner *owners[4];
	struct query queries[8];
	struct query first;

	(void)state;
	set_up(1);
	for (int i = 0; i < 3; i++)
		owners[i] = owner_below(NULL);
	owners[3] = NULL;
	queue(&first, owners[0], "slow:1");
	wait_until(&begun, 1);
	for (int i = 0; i < 8; i++)
		queue(&queries[i],
		      owners[names[i][0] == 't' ? 3 : names[i][0] - 'a'],
		      names[i]);
	open_gate(1);
	finish(&first, 1);
	finish(queries, 8);
	/* The one who has just had the thread comes after the others. */
	assert_string_equal(order, "slow b1 c1 t1 a1 b2 t2 a2 a3 ");
	for (int i = 0; i < 3; i++)
		ln_resolver_owner_release(owners[i]);
	tear_down();
}

/* Who makes owners below himself gets no more turns for them. */
static void branches_take_turns(void **state)
{
	static const char *const names[] = { "x1:1", "x2:1", "x3:1",
					     "y1:1", "y2:1", "a1:1",
					     "b1:1", "b2:1", "b3:1" };
	struct ln_resolver_owner *a;
	struct ln_resolver_owner *b;
	struct ln_resolver_owner *x;
	struct ln_resolver_owner *y;
	struct query queries[9];
	struct query first;

	(void)state;
	set_up(1);
	a = owner_below(NULL);
	b = owner_below(NULL);
	x = owner_below(a);
	y = owner_below(a);
	queue(&first, NULL, "slow:1");
	wait_until(&begun, 1);
	for (int i = 0; i < 9; i++)
		queue(&queries[i],
		      names[i][0] == 'x'   ? x
		      : names[i][0] == 'y' ? y
		      : names[i][0] == 'a' ? a
					   : b,
		      names[i]);
	open_gate(1);
	finish(&first, 1);
	finish(queries, 9);
	assert_string_equal(order, "slow x1 b1 y1 b2 a1 b3 x2 y2 x3 ");
	ln_resolver_owner_release(x);
	ln_resolver_owner_release(y);
	ln_resolver_owner_release(a);
	ln_resolver_owner_release(b);
	tear_down();
}

/* Half of what the one above may have, and always one. */
static void halves(void **state)
{
	struct ln_resolver_owner *owners[5];
	struct query queries[5][10];

	(void)state;
	set_up(8);
	for (int i = 0; i < 5; i++)
		owners[i] = owner_below(i > 0 ? owners[i - 1] : NULL);
	/* From the lowest up, 1 and 1 and 1 of 1; then 1, 2, 4 together. */
	for (int i = 0; i < 10; i++)
		queue(&queries[4][i], owners[4], "slow4:1");
	wait_until(&begun, 1);
	for (int i = 0; i < 10; i++)
		queue(&queries[3][i], owners[3], "slow3:1");
	for (int i = 0; i < 10; i++)
		queue(&queries[2][i], owners[2], "slow2:1");
	for (int i = 0; i < 10; i++)
		queue(&queries[1][i], owners[1], "slow1:1");
	wait_until(&begun, 2);
	for (int i = 0; i < 10; i++)
		queue(&queries[0][i], owners[0], "slow0:1");
	wait_until(&begun, 4);
	run_for(NULL, "name:1");
	assert_int_equal(atomic_load(&begun), 5);
	assert_string_equal(order, "slow4 slow1 slow0 slow0 name ");
	assert_int_equal(atomic_load(&max_at_once), 5);
	open_gate(50);
	for (int i = 0; i < 5; i++)
		finish(queries[i], 10);
	/* In whichever order, an owner goes after those below it. */
	for (int i = 0; i < 5; i++)
		ln_resolver_owner_release(owners[4 - i]);
	tear_down();
}

/* Killing and trying again gets nobody more threads, and leaves no jobs. */
static void abandoned(void **state)
{
	struct query query;
	struct ln_resolver_owner *a;
	struct ln_resolver_owner *b;

	(void)state;
	set_up(4);
	a = owner_below(NULL);
	b = owner_below(NULL);
	for (int i = 0; i < 100; i++) {
		start_for(&query, a, "slow:1", LN_NEVER);
		if (i < 2)
			wait_until(&begun, i + 1);
		leave(&query);
	}
	for (int i = 0; i < 20; i++) {
		start_for(&query, a, "slow:1", ln_time_after_ms(1));
		test_task_wait_over(&query.task);
		assert_int_equal(query.result, LN_ETIMEDOUT);
	}
	run_for(b, "name:1");
	assert_int_equal(atomic_load(&begun), 3);
	/* One ends, and its thread is the owner's again. */
	queue(&query, a, "name:1");
	open_gate(1);
	finish(&query, 1);
	assert_int_equal(atomic_load(&begun), 4);
	open_gate(1);
	wait_until(&freed, 4);
	ln_resolver_owner_release(a);
	ln_resolver_owner_release(b);
	tear_down();
}

/* What an owner that is gone has left counts for the one above. */
static void released_while_running(void **state)
{
	struct query queries[3];
	struct query query;
	struct ln_resolver_owner *a;
	struct ln_resolver_owner *x;

	(void)state;
	set_up(8);
	a = owner_below(NULL);
	for (int i = 0; i < 3; i++) {
		x = owner_below(a);
		start_for(&query, x, "slow:1", LN_NEVER);
		wait_until(&begun, i + 1);
		leave(&query);
		ln_resolver_owner_release(x);
	}
	for (int i = 0; i < 3; i++)
		queue(&queries[i], a, "slow:1");
	wait_until(&begun, 4);
	run_for(NULL, "name:1");
	assert_int_equal(atomic_load(&begun), 5);
	open_gate(6);
	finish(queries, 3);
	wait_until(&freed, 7); /* all have passed the gate */
	/* The last one that is left running outlives all. */
	start_for(&query, a, "slow:1", LN_NEVER);
	wait_until(&begun, 8);
	leave(&query);
	ln_resolver_owner_release(a);
	tear_down();
	open_gate(1);
	wait_until(&freed, 8);
}

/* Owners that have nothing to look up are no burden, also the one that is none.
 */
static void nothing_to_do(void **state)
{
	struct ln_resolver_owner *owners[100];

	(void)state;
	set_up(2);
	for (int i = 0; i < 100; i++)
		owners[i] = owner_below(i % 10 > 0 ? owners[i - 1] : NULL);
	run_for(owners[99], "name:1");
	for (int i = 0; i < 100; i++)
		ln_resolver_owner_release(owners[99 - i]);
	ln_resolver_owner_release(NULL);
	run_for(NULL, "name:1");
	tear_down();
}

/* Many tasks of many owners at once, of which some leave. */
static void crowd(void **state)
{
	struct query queries[60];
	struct ln_resolver_owner *owners[6];

	(void)state;
	set_up(4);
	for (int i = 0; i < 6; i++)
		owners[i] = owner_below(i > 2 ? owners[i - 3] : NULL);
	open_gate(100000);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 60; i++)
			start_for(&queries[i], owners[i % 6],
				  i % 2 ? "slow:1" : "name:1",
				  i % 7 == 0 ? ln_time_after_ms(1) : LN_NEVER);
		for (int i = 0; i < 60; i += 5)
			ln_task_interrupt(&queries[i].task.task);
		for (int i = 0; i < 60; i++) {
			test_task_wait_over(&queries[i].task);
			if (queries[i].result == 0)
				free(queries[i].addresses);
			else
				assert_true(i % 5 == 0 || i % 7 == 0);
		}
	}
	for (int i = 0; i < 6; i++)
		ln_resolver_owner_release(owners[5 - i]);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flood),
		cmocka_unit_test(in_turns),
		cmocka_unit_test(branches_take_turns),
		cmocka_unit_test(halves),
		cmocka_unit_test(abandoned),
		cmocka_unit_test(released_while_running),
		cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(crowd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
