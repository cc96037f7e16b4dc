/* src/net/resolver.c, with a look-up that answers when the test says so. */
#include <netdb.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "net/address.h"
#include "net/resolver.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define MANY 300
#define WAITERS 10

static sem_t gate; /* a look-up of "slow" passes it */
static _Atomic int begun;
static _Atomic int freed;
static _Atomic int at_once;
static _Atomic int most_at_once;
static struct addrinfo list[MANY];
static struct sockaddr_in name_4 = { .sin_family = AF_INET };

static int lookup(const char *host, const char *service,
		  const struct addrinfo *hints, struct addrinfo **result)
{
	int now = atomic_fetch_add(&at_once, 1) + 1;
	int code = 0;

	if (service != NULL || hints->ai_socktype != SOCK_STREAM)
		code = EAI_FAIL;
	if (now > atomic_load(&most_at_once))
		atomic_store(&most_at_once, now);
	atomic_fetch_add(&begun, 1);
	if (strcmp(host, "slow") == 0) {
		while (sem_wait(&gate) < 0)
			continue;
	}
	if (strcmp(host, "none") == 0)
		code = EAI_NONAME;
	*result = code == 0 ? list : NULL;
	atomic_fetch_sub(&at_once, 1);
	return code;
}

static void free_result(struct addrinfo *result)
{
	(void)result;
	atomic_fetch_add(&freed, 1);
}

struct query {
	struct test_task task;
	struct ln_resolver *resolver;
	const char *name;
	int64_t deadline;
	struct ln_addresses *addresses;
	const char *reason;
	int result;
};

static void resolve(void *argument)
{
	struct query *query = argument;

	query->result = ln_resolver_resolve(
		query->resolver, query->name, strlen(query->name),
		query->deadline, &query->addresses, &query->reason);
}

static struct ln_sched *sched;
static struct ln_resolver *resolver;

static void start(struct query *query, const char *name, int64_t deadline)
{
	*query = (struct query){ .resolver = resolver,
				 .name = name,
				 .deadline = deadline,
				 .result = -1000 };
	test_task_start(sched, &query->task, resolve, query);
}

static int run(struct query *query, const char *name)
{
	start(query, name, LN_NEVER);
	test_task_wait_over(&query->task);
	return query->result;
}

/* The list has `count` addresses of version 4 from now on. */
static void answer(size_t count)
{
	for (size_t i = 0; i < count; i++)
		list[i] = (struct addrinfo){
			.ai_addr = (struct sockaddr *)&name_4,
			.ai_addrlen = sizeof(name_4),
			.ai_next = i + 1 < count ? &list[i + 1] : NULL,
		};
}

static void wait_until(_Atomic int *counter, int value)
{
	while (atomic_load(counter) < value)
		test_nap();
}

static void set_up(unsigned threads)
{
	sem_init(&gate, 0, 0);
	atomic_store(&begun, 0);
	atomic_store(&freed, 0);
	atomic_store(&most_at_once, 0);
	answer(2);
	sched = test_sched_new(2);
	assert_int_equal(
		ln_resolver_new(threads, lookup, free_result, &resolver), 0);
}

static void tear_down(void)
{
	ln_sched_wait_idle(sched);
	ln_resolver_free(resolver);
	ln_sched_free(sched);
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
	ln_task_interrupt(&second.task.task);
	test_task_wait_over(&second.task);
	assert_int_equal(second.result, LN_EKILLED);
	ln_task_interrupt(&first.task.task);
	test_task_wait_over(&first.task);
	assert_int_equal(first.result, LN_EKILLED);
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
	assert_int_equal(atomic_load(&most_at_once), 3);
	tear_down();
}

static void nobody_waits_for_it(void **state)
{
	struct query query;

	(void)state;
	set_up(2);
	start(&query, "slow:1", LN_NEVER);
	wait_until(&begun, 1);
	ln_task_interrupt(&query.task.task);
	test_task_wait_over(&query.task);
	tear_down();
	sem_post(&gate);
	wait_until(&freed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(odd_answers),
		cmocka_unit_test(leaving),
		cmocka_unit_test(bounded),
		cmocka_unit_test(nobody_waits_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
