/*
 * What the tests of the resolver share: a look-up that answers when the test
 * says so, and tasks that wait for it.
 */
#ifndef LN_TEST_NET_LOOKUPS_H
#define LN_TEST_NET_LOOKUPS_H

#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

static sem_t gate; /* a look-up of "slow" or "slow..." passes it */
static _Atomic int begun;
static _Atomic int freed;
static _Atomic int at_once;
static _Atomic int max_at_once;
static struct addrinfo list[MANY];
static struct sockaddr_in name_4 = { .sin_family = AF_INET };
static pthread_mutex_t notes = PTHREAD_MUTEX_INITIALIZER;
static char order[256]; /* the names, as they began, with blanks */

/* Notes that a look-up begins, as one of `now`. */
static void note(const char *name, int now)
{
	size_t len;

	pthread_mutex_lock(&notes);
	len = strlen(order);
	snprintf(order + len, sizeof(order) - len, "%s ", name);
	if (now > atomic_load(&max_at_once))
		atomic_store(&max_at_once, now);
	pthread_mutex_unlock(&notes);
}

static int lookup(const char *host, const char *service,
		  const struct addrinfo *hints, struct addrinfo **result)
{
	int now = atomic_fetch_add(&at_once, 1) + 1;
	int code = 0;

	if (service != NULL || hints->ai_socktype != SOCK_STREAM)
		code = EAI_FAIL;
	note(host, now);
	atomic_fetch_add(&begun, 1);
	if (strncmp(host, "slow", 4) == 0) {
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
	struct ln_resolver_owner *owner;
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
		query->resolver, query->owner, query->name, strlen(query->name),
		query->deadline, &query->addresses, &query->reason);
}

static struct ln_sched *sched;
static struct ln_resolver *resolver;

/* Looks a name up for an owner, or for none. */
static void start_for(struct query *query, struct ln_resolver_owner *owner,
		      const char *name, int64_t deadline)
{
	*query = (struct query){ .resolver = resolver,
				 .owner = owner,
				 .name = name,
				 .deadline = deadline,
				 .result = -1000 };
	test_task_start(sched, &query->task, resolve, query);
}

/* Kills the one who waits. */
static void leave(struct query *query)
{
	ln_task_interrupt(&query->task.task);
	test_task_wait_over(&query->task);
	assert_int_equal(query->result, LN_EKILLED);
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
	atomic_store(&max_at_once, 0);
	order[0] = '\0';
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

#endif
