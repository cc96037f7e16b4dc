/* src/sched/turns.c: whose turn it is, and waiters that are killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "sched/sched.h"
#include "sched/turns.h"
#include "support/tasks.h"

#define MOST 64

struct shared {
	struct ln_turns turns;
	_Atomic bool let_go; /* the holders may end their turns */
	_Atomic int count;
	char order[MOST];
};

struct taker {
	struct test_task task;
	struct shared *shared;
	struct ln_party *party;
	char name;
	int result;
};

/* Keeps a turn until it is told to end it. */
static void hold(void *argument)
{
	struct taker *self = argument;

	self->result = ln_turns_take(&self->shared->turns, self->party);
	while (!atomic_load(&self->shared->let_go))
		ln_task_sleep(ln_task_current(), ln_time_after_ms(1));
	ln_turns_end(&self->shared->turns);
}

/* Notes its name when it has a turn. */
static void take(void *argument)
{
	struct taker *self = argument;

	self->result = ln_turns_take(&self->shared->turns, self->party);
	if (self->result < 0)
		return;
	self->shared->order[atomic_fetch_add(&self->shared->count, 1)] =
		self->name;
	ln_turns_end(&self->shared->turns);
}

static void start(struct ln_sched *sched, struct taker *taker,
		  struct shared *shared, struct ln_party *party, char name,
		  void (*body)(void *))
{
	taker->shared = shared;
	taker->party = party;
	taker->name = name;
	taker->result = -1000;
	test_task_start(sched, &taker->task, body, taker);
	if (body == take)
		test_task_wait_parked(&taker->task);
}

static void wait_held(struct ln_turns *turns)
{
	bool held = false;

	while (!held) {
		ln_lock_acquire(&turns->lock);
		held = turns->free == 0;
		ln_lock_release(&turns->lock);
		test_nap();
	}
}

static struct ln_party below(struct ln_party *above, uint64_t number)
{
	return (struct ln_party){
		.above = above,
		.depth = above != NULL ? above->depth + 1 : 0,
		.number = number,
	};
}

/* One turn at a time: everybody waits, then the order is looked at. `names`
 * says who waits, in the order of their arrival; a party is its first one. */
static void check(const char *names, struct ln_party *parties[],
		  const char *expected)
{
	static struct taker takers[MOST];
	static struct taker holder;
	static struct shared shared;
	struct ln_party nobody = { .number = 1000 };
	struct ln_sched *sched = test_sched_new(2);
	int count = 0;

	shared = (struct shared){ .count = 0 };
	ln_turns_init(&shared.turns, 1);
	start(sched, &holder, &shared, &nobody, '-', hold);
	wait_held(&shared.turns);
	for (; names[count] != '\0'; count++)
		start(sched, &takers[count], &shared,
		      parties[(unsigned char)names[count]], names[count], take);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, expected);
	assert_int_equal(shared.turns.free, 1);
	for (int i = 0; i < count; i++)
		assert_int_equal(takers[i].result, 0);
	ln_sched_free(sched);
}

static void waiters_of_a_party_come_in_order(void **state)
{
	struct ln_party party = below(NULL, 1);
	struct ln_party *parties[128] = {
		['a'] = &party, ['b'] = &party, ['c'] = &party
	};

	(void)state;
	check("cabbac", parties, "cabbac");
}

static void many_of_one_do_not_keep_others_waiting(void **state)
{
	struct ln_party a = below(NULL, 1);
	struct ln_party b = below(NULL, 2);
	struct ln_party c = below(NULL, 3);
	struct ln_party *parties[128] = { ['a'] = &a, ['b'] = &b, ['c'] = &c };

	(void)state;
	check("aaaaaabbc", parties, "abcabaaaa");
}

/* a has made x, y and z below itself; all of them together are one party beside
 * b. */
static void children_share_the_turns_of_their_parent(void **state)
{
	struct ln_party root = below(NULL, 1);
	struct ln_party a = below(&root, 2);
	struct ln_party b = below(&root, 3);
	struct ln_party x = below(&a, 4);
	struct ln_party y = below(&a, 5);
	struct ln_party z = below(&y, 6);
	struct ln_party *parties[128] = {
		['r'] = &root, ['a'] = &a, ['b'] = &b,
		['x'] = &x,    ['y'] = &y, ['z'] = &z
	};

	(void)state;
	check("xxyyzzaabbbbbbb", parties, "abxbybabxbzbybz");
}

static void a_party_comes_before_those_below_it(void **state)
{
	struct ln_party root = below(NULL, 1);
	struct ln_party a = below(&root, 2);
	struct ln_party b = below(&root, 3);
	struct ln_party x = below(&a, 4);
	struct ln_party *parties[128] = {
		['r'] = &root, ['a'] = &a, ['b'] = &b, ['x'] = &x
	};

	(void)state;
	check("xbar", parties, "rabx");
}

static void as_many_at_a_time_as_it_says(void **state)
{
	static struct taker takers[3];
	static struct shared shared;
	struct ln_party party = below(NULL, 1);
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	ln_turns_init(&shared.turns, 2);
	start(sched, &takers[0], &shared, &party, 'a', hold);
	start(sched, &takers[1], &shared, &party, 'b', hold);
	wait_held(&shared.turns);
	start(sched, &takers[2], &shared, &party, 'c', take);
	assert_int_equal(atomic_load(&shared.count), 0);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, "c");
	assert_int_equal(shared.turns.free, 2);
	ln_sched_free(sched);
}

static void the_killed_leave(void **state)
{
	static struct taker holder, dies, lives;
	static struct shared shared;
	struct ln_party party = below(NULL, 1);
	struct ln_sched *sched = test_sched_new(2);

	(void)state;
	ln_turns_init(&shared.turns, 1);
	start(sched, &holder, &shared, &party, 'h', hold);
	wait_held(&shared.turns);
	start(sched, &dies, &shared, &party, 'd', take);
	start(sched, &lives, &shared, &party, 'l', take);
	ln_task_interrupt(&dies.task.task);
	test_task_wait_over(&dies.task);
	assert_int_equal(dies.result, LN_EKILLED);
	atomic_store(&shared.let_go, true);
	ln_sched_wait_idle(sched);
	assert_string_equal(shared.order, "l");
	assert_int_equal(shared.turns.free, 1);
	ln_sched_free(sched);
}

/* Kills meet grants: each turn comes back. */
static void kills_and_grants_cross(void **state)
{
	static struct taker takers[MOST];
	static struct shared shared;
	struct ln_party party = below(NULL, 1);

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct ln_sched *sched = test_sched_new(4);

		shared = (struct shared){ .let_go = true };
		ln_turns_init(&shared.turns, 1);
		for (int i = 0; i < MOST; i++) {
			takers[i].shared = &shared;
			takers[i].party = &party;
			test_task_start(sched, &takers[i].task, take,
					&takers[i]);
		}
		for (int i = 0; i < MOST; i += 2)
			ln_task_interrupt(&takers[i].task.task);
		ln_sched_wait_idle(sched);
		assert_int_equal(shared.turns.free, 1);
		assert_true(ln_list_empty(&shared.turns.waiters));
		ln_sched_free(sched);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiters_of_a_party_come_in_order),
		cmocka_unit_test(many_of_one_do_not_keep_others_waiting),
		cmocka_unit_test(children_share_the_turns_of_their_parent),
		cmocka_unit_test(a_party_comes_before_those_below_it),
		cmocka_unit_test(as_many_at_a_time_as_it_says),
		cmocka_unit_test(the_killed_leave),
		cmocka_unit_test(kills_and_grants_cross),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
