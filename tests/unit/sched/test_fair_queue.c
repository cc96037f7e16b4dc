/* src/sched/fair_queue.c: whose turn it is, and waiters that are killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/fair.h"
#include "base/time.h"
#include "sched/fair_queue.h"
#include "sched/sched.h"
#include "support/tasks.h"

#define MAX_COUNT 64

struct shared {
	struct ln_fair_queue queue;
	_Atomic bool let_go; /* the holders may end their turns */
	_Atomic int count;
	char order[MAX_COUNT];
};

struct taker {
	struct test_task task;
	struct shared *shared;
	struct ln_tenant *tenant;
	char name;
	int result;
};

/* Keeps a turn until it is told to end it. */
static void hold(void *argument)
{
	struct taker *self = argument;

	self->result = ln_fair_queue_enter(&self->shared->queue, self->tenant);
	while (!atomic_load(&self->shared->let_go))
		ln_task_sleep(ln_task_current(), ln_time_after_ms(1));
	ln_fair_queue_leave(&self->shared->queue, self->tenant);
}

/* Notes its name when it has a turn. */
static void take(void *argument)
{
	struct taker *self = argument;

	self->result = ln_fair_queue_enter(&self->shared->queue, self->tenant);
	if (self->result < 0)
		return;
	self->shared->order[atomic_fetch_add(&self->shared->count, 1)] =
		self->name;
	ln_fair_queue_leave(&self->shared->queue, self->tenant);
}

static void start(struct ln_sched *sched, struct taker *taker,
		  struct shared *shared, struct ln_tenant *tenant, char name,
		  void (*body)(void *))
{
	taker->shared = shared;
	taker->tenant = tenant;
	taker->name = name;
	taker->result = -1000;
	test_task_start(sched, &taker->task, body, taker);
	if (body == take)
		test_task_wait_parked(&taker->task);
}

/* Whether all turns are taken. */
static bool is_held(struct ln_fair_queue *queue)
{
	struct ln_list probe;
	bool held;

	ln_list_init(&probe);
	ln_lock_acquire(&queue->lock);
	held = !ln_tenant_queue(queue->root, &probe);
	ln_tenant_withdraw(queue->root, &probe);
	ln_lock_release(&queue->lock);
	return held;
}

static void wait_held(struct ln_fair_queue *queue)
{
	while (!is_held(queue))
		test_nap();
}

/* One turn at a time: everybody waits, then the order is looked at. `names`
 * says who waits, in the order of their arrival, and for which tenant: a to c
 * are below none, x is below a, y below x; r has no tenant. */
static void check(const char *names, const char *expected)
{
	static struct taker takers[MAX_COUNT];
	static struct taker holder;
	static struct shared shared;
	struct ln_tenant *tenants[128] = { NULL };
	struct ln_fair_queue *queue = &shared.queue;
	struct ln_sched *sched = test_sched_new(2);
	int count = 0;

	shared = (struct shared){ .count = 0 };
	assert_int_equal(ln_fair_queue_init(queue, 1), 0);
	tenants['a'] = ln_fair_queue_join(queue, NULL);
	tenants['b'] = ln_fair_queue_join(queue, NULL);
	tenants['c'] = ln_fair_queue_join(queue, NULL);
	tenants['x'] = ln_fair_queue_join(queue, tenants['a']);
	tenants['y'] = ln_fair_queue_join(queue, tenants['x']);
	start(sched, &holder, &shared, NULL, '-', hold);
	wait_held(queue);
	for (; names[count] != '\0'; count++)
		start(sched, &takers[count], &shared,
		      tenants[(unsigned char)names[count]], names[count], take);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, expected);
	assert_false(is_held(queue));
	for (int i = 0; i < count; i++)
		assert_int_equal(takers[i].result, 0);
	ln_sched_free(sched);
	for (int i = 0; i < 128; i++)
		ln_fair_queue_quit(queue, tenants[i]);
	ln_fair_queue_deinit(queue);
}

static void waiters_of_a_tenant_come_in_order(void **state)
{
	static struct taker takers[3];
	static struct taker holder;
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	assert_int_equal(ln_fair_queue_init(&shared.queue, 1), 0);
	start(sched, &holder, &shared, NULL, '-', hold);
	wait_held(&shared.queue);
	for (int i = 0; i < 3; i++)
		start(sched, &takers[i], &shared, NULL, "cab"[i], take);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, "cab");
	ln_sched_free(sched);
	ln_fair_queue_deinit(&shared.queue);
}

static void many_of_one_do_not_keep_others_waiting(void **state)
{
	(void)state;
	check("aaaaaabbc", "abcabaaaa");
}

/* a has made x, and x has made y; all of them together take turns with b. */
static void children_share_the_turns_of_their_parent(void **state)
{
	(void)state;
	check("aaxxyybbbbbb", "abxbabybxbyb");
}

static void those_of_no_tenant_take_turns_with_the_others(void **state)
{
	(void)state;
	check("rrrabb", "rabrbr");
}

static void as_many_at_a_time_as_it_says(void **state)
{
	static struct taker takers[3];
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	assert_int_equal(ln_fair_queue_init(&shared.queue, 2), 0);
	start(sched, &takers[0], &shared, NULL, 'a', hold);
	start(sched, &takers[1], &shared, NULL, 'b', hold);
	wait_held(&shared.queue);
	start(sched, &takers[2], &shared, NULL, 'c', take);
	assert_int_equal(atomic_load(&shared.count), 0);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, "c");
	assert_false(is_held(&shared.queue));
	ln_sched_free(sched);
	ln_fair_queue_deinit(&shared.queue);
}

static void the_killed_leave(void **state)
{
	static struct taker holder, dies, lives;
	static struct shared shared;
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	assert_int_equal(ln_fair_queue_init(&shared.queue, 1), 0);
	start(sched, &holder, &shared, NULL, 'h', hold);
	wait_held(&shared.queue);
	start(sched, &dies, &shared, NULL, 'd', take);
	start(sched, &lives, &shared, NULL, 'l', take);
	ln_task_interrupt(&dies.task.task);
	test_task_wait_over(&dies.task);
	assert_int_equal(dies.result, LN_EKILLED);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, "l");
	assert_false(is_held(&shared.queue));
	ln_sched_free(sched);
	ln_fair_queue_deinit(&shared.queue);
}

/* Kills meet grants: each turn comes back. */
static void kills_and_grants_cross(void **state)
{
	static struct taker takers[MAX_COUNT];
	static struct shared shared;

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct ln_sched *sched = test_sched_new(4);

		shared = (struct shared){ .let_go = true };
		assert_int_equal(ln_fair_queue_init(&shared.queue, 1), 0);
		for (int i = 0; i < MAX_COUNT; i++) {
			takers[i].shared = &shared;
			takers[i].tenant = NULL;
			test_task_start(sched, &takers[i].task, take,
					&takers[i]);
		}
		for (int i = 0; i < MAX_COUNT; i += 2)
			ln_task_interrupt(&takers[i].task.task);
		ln_sched_wait_idle(sched);
		assert_false(is_held(&shared.queue));
		assert_null(ln_tenant_take(shared.queue.root));
		ln_sched_free(sched);
		ln_fair_queue_deinit(&shared.queue);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiters_of_a_tenant_come_in_order),
		cmocka_unit_test(many_of_one_do_not_keep_others_waiting),
		cmocka_unit_test(children_share_the_turns_of_their_parent),
		cmocka_unit_test(those_of_no_tenant_take_turns_with_the_others),
		cmocka_unit_test(as_many_at_a_time_as_it_says),
		cmocka_unit_test(the_killed_leave),
		cmocka_unit_test(kills_and_grants_cross),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
