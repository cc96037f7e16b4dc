/* src/net/resolver.c, with a look-up that answers when the test says so. */
#include "lookups.h"

#include "sched/task.h"

#define WAITERS 10

static void start(struct query *query, const char *name, int64_t deadline)
{
	start_for(query, NULL, name, deadline);
}

static int run(struct query *query, const char *name)
{
	start(query, name, LN_NEVER);
	test_task_wait_over(&query->task);
	return query->result;
}

static void answers(void **state)
{
	struct query query;

	(void)state;
	set_up(2);
	assert_int_equal(run(&query, "name:4711"), 0);
	assert_int_equal(query.addresses->count, 2);
	assert_int_equal(query.addresses->next, 0);
	assert_int_equal(query.addresses->list[1].port, 4711);
	assert_int_equal(query.addresses->list[1].version, 4);
	free(query.addresses);
	assert_int_equal(run(&query, "none:1"), LN_EIO);
	assert_string_equal(query.reason, "Name or service not known");
	assert_int_equal(run(&query, "name"), LN_EFORMAT);
	/* Literals ask nobody. */
	atomic_store(&begun, 0);
	assert_int_equal(run(&query, "1.2.3.4:5"), 0);
	assert_int_equal(query.addresses->count, 1);
	free(query.addresses);
	assert_int_equal(atomic_load(&begun), 0);
	tear_down();
}

static void odd_answers(void **state)
{
	struct sockaddr_un_like {
		sa_family_t family;
		char path[108];
	} other = { .family = AF_UNIX };
	struct query query;

	(void)state;
	set_up(1);
	answer(MANY);
	assert_int_equal(run(&query, "name:1"), 0);
	assert_int_equal(query.addresses->count, 256);
	free(query.addresses);
	answer(3);
	list[0].ai_addr = (struct sockaddr *)&other;
	list[0].ai_addrlen = sizeof(other);
	list[1].ai_addr = (struct sockaddr *)&other;
	list[1].ai_addrlen = sizeof(sa_family_t);
	assert_int_equal(run(&query, "name:1"), 0);
	assert_int_equal(query.addresses->count, 1);
	free(query.addresses);
	tear_down();
}

/* One look-up runs; whoever waits behind it can leave, and so can the one whom
 * it is for. */
static void leaving(void **state)
{
	struct query first;
	struct query second;

	(void)state;
	set_up(1);
	start(&first, "slow:1", LN_NEVER);
	wait_until(&begun, 1);
	start(&second, "name:1", ln_time_after_ms(3));
	test_task_wait_over(&second.task);
	assert_int_equal(second.result, LN_ETIMEDOUT);
	start(&second, "name:1", LN_NEVER);
	test_task_wait_parked(&second.task);
	leave(&second);
	leave(&first);
	/* The thread is still busy, and then comes back. */
	start(&second, "name:1", LN_NEVER);
	test_task_wait_parked(&second.task);
	assert_false(atomic_load(&second.task.over));
	sem_post(&gate);
	test_task_wait_over(&second.task);
	assert_int_equal(second.result, 0);
	free(second.addresses);
	assert_int_equal(atomic_load(&begun), 2);
	wait_until(&freed, 2);
	tear_down();
}

static void bounded(void **state)
{
	struct query queries[WAITERS];

	(void)state;
	set_up(3);
	for (int i = 0; i < WAITERS; i++)
		start(&queries[i], "slow:1", LN_NEVER);
	wait_until(&begun, 3);
	for (int i = 0; i < WAITERS; i++)
		sem_post(&gate);
	for (int i = 0; i < WAITERS; i++) {
		test_task_wait_over(&queries[i].task);
		assert_int_equal(queries[i].result, 0);
		free(queries[i].addresses);
	}
	assert_int_equal(atomic_load(&max_at_once), 3);
	tear_down();
}

static void nobody_waits_for_it(void **state)
{
	struct query query;

	(void)state;
	set_up(2);
	start(&query, "slow:1", LN_NEVER);
	wait_until(&begun, 1);
	leave(&query);
	tear_down();
	sem_post(&gate);
	wait_until(&freed, 1);
}

/* A look-up whose task does not wait for it alone. */
struct polled {
	struct query query;
	struct ln_lookup *lookup;
	bool waits; /* before it is over */
	int early;
};

static void poll_body(void *argument)
{
	struct polled *polled = argument;
	struct ln_endpoint *endpoint = calloc(1, sizeof(*endpoint));
	int error;

	strcpy(endpoint->host, "slow");
	error = ln_lookup_start(resolver, NULL, endpoint, &polled->lookup);
	free(endpoint);
	polled->early =
		ln_lookup_result(polled->lookup, &polled->query.addresses,
				 &polled->query.result);
	polled->waits = ln_lookup_watch(polled->lookup);
	while (error == 0 && ln_lookup_watch(polled->lookup))
		error = ln_task_wait(ln_task_current(), LN_NEVER);
	ln_lookup_unwatch(polled->lookup);
	polled->query.result = ln_lookup_result(
		polled->lookup, &polled->query.addresses, &error);
	polled->query.result += error;
}

static void watched(void **state)
{
	struct polled polled = { .early = 1 };

	(void)state;
	set_up(1);
	test_task_start(sched, &polled.query.task, poll_body, &polled);
	wait_until(&begun, 1);
	test_task_wait_parked(&polled.query.task);
	sem_post(&gate);
	test_task_wait_over(&polled.query.task);
	assert_int_equal(polled.early, LN_EAGAIN);
	assert_true(polled.waits);
	assert_int_equal(polled.query.result, 0);
	assert_int_equal(polled.query.addresses->count, 2);
	ln_lookup_end(polled.lookup);
	tear_down();
}

/* Ended while a thread is at it, which frees it. */
static void ended_early(void **state)
{
	struct ln_endpoint *endpoint = calloc(1, sizeof(*endpoint));
	struct ln_lookup *running;
	struct ln_lookup *queued;

	(void)state;
	set_up(1);
	strcpy(endpoint->host, "slow");
	assert_int_equal(ln_lookup_start(resolver, NULL, endpoint, &running),
			 0);
	wait_until(&begun, 1);
	assert_int_equal(ln_lookup_start(resolver, NULL, endpoint, &queued), 0);
	ln_lookup_end(queued);
	ln_lookup_end(running);
	ln_lookup_end(NULL);
	sem_post(&gate);
	wait_until(&freed, 1);
	assert_int_equal(atomic_load(&begun), 1);
	free(endpoint);
	tear_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(odd_answers),
		cmocka_unit_test(leaving),
		cmocka_unit_test(bounded),
		cmocka_unit_test(nobody_waits_for_it),
		cmocka_unit_test(watched),
		cmocka_unit_test(ended_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
