// Supervisors that restart their children, one for one or all for one, a
// bounded number of times. Children trap, exit, are killed, or end normally.
//
// options: --workers 4
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

#define CHILDREN 4
#define MAX_RESTARTS 5

enum strategy { ONE_FOR_ONE, ONE_FOR_ALL };

/* What a child is told to do. */
enum { TRAP = 1, EXIT, RETURN, ANSWER };

/* Tags of what is told to the first process. */
#define STARTED 100    /* and the child's index; its id */
#define ANSWERED 200   /* likewise */
#define RESTARTED 300  /* how many restarts there were so far */
#define SUPERVISOR 400 /* the death of a supervisor */

static uint64_t self;

static void spawn_two(const char *entry, int64_t link, int64_t first,
		      int64_t second, uint64_t *id)
{
	uint8_t params[2 * PARAM_SIZE] = { I64 };

	params[PARAM_SIZE] = I64;
	memcpy(params + 1, &first, sizeof(first));
	memcpy(params + PARAM_SIZE + 1, &second, sizeof(second));
	CHECK_EQ(try_spawn(OWN, entry, link, params, sizeof(params), id), 0);
}

ENTRY(child)(int64_t parent, int64_t index)
{
	char name[] = "child 0";

	self = lunatic_process_process_id();
	name[6] = (char)('0' + index);
	lunatic_registry_put(name, strlen(name), 0, self);
	send_number((uint64_t)parent, STARTED + index, (int64_t)self);
	for (;;) {
		receive_any(NO_LIMIT);
		switch (lunatic_message_get_tag()) {
		case TRAP:
			__builtin_trap();
		case EXIT:
			exit(7);
		case RETURN:
			return;
		default:
			send_number((uint64_t)parent, ANSWERED + index,
				    (int64_t)self);
		}
	}
}

/* The supervisor. A link's tag is new for each process. */

static struct {
	uint64_t id;
	int64_t tag;
} children[CHILDREN];

static int64_t last_tag;

static void start(int64_t parent, int index)
{
	children[index].tag = ++last_tag;
	spawn_two("child", last_tag, parent, index, &children[index].id);
}

/* Ends all but one, which has failed, and waits until they are gone. One that
 * has ended normally says nothing. */
static void end_others(int failed)
{
	for (int i = 0; i < CHILDREN; i++) {
		if (i == failed || !lunatic_process_exists(children[i].id))
			continue;
		lunatic_process_kill(children[i].id);
		CHECK_EQ(receive_tag(children[i].tag, SOON), LINK_DIED);
	}
}

static int find_child(int64_t tag)
{
	for (int i = 0; i < CHILDREN; i++) {
		if (children[i].tag == tag)
			return i;
	}
	return -1;
}

static void restart(int64_t parent, enum strategy strategy, int failed)
{
	if (strategy == ONE_FOR_ONE) {
		start(parent, failed);
		return;
	}
	end_others(failed);
	for (int i = 0; i < CHILDREN; i++)
		start(parent, i);
}

ENTRY(supervisor)(int64_t parent, int64_t strategy)
{
	lunatic_process_die_when_link_dies(0);
	for (int i = 0; i < CHILDREN; i++)
		start(parent, i);
	for (int restarts = 0;; restarts++) {
		int failed;

		CHECK_EQ(receive_any(NO_LIMIT), LINK_DIED);
		failed = find_child(lunatic_message_get_tag());
		CHECK(failed >= 0);
		if (restarts == MAX_RESTARTS)
			exit(1);
		restart(parent, (enum strategy)strategy, failed);
		send_number((uint64_t)parent, RESTARTED, restarts + 1);
	}
}

/* The first process. */

static uint64_t ids[CHILDREN];

static void check_named(int index)
{
	char name[] = "child 0";
	uint64_t node;
	uint64_t id = 0;

	name[6] = (char)('0' + index);
	CHECK_EQ(lunatic_registry_get(name, strlen(name), &node, &id), 0);
	CHECK_EQ(id, ids[index]);
}

static void expect_started(int index)
{
	uint64_t old = ids[index];

	CHECK_EQ(receive_tag(STARTED + index, SOON), DATA);
	ids[index] = (uint64_t)read_number();
	CHECK(ids[index] != old);
	CHECK_EQ(lunatic_process_exists(old), 0);
	check_named(index);
}

static void expect_all_started(void)
{
	for (int i = 0; i < CHILDREN; i++)
		expect_started(i);
}

static void expect_restarts(int count)
{
	CHECK_EQ(receive_tag(RESTARTED, SOON), DATA);
	CHECK_EQ(read_number(), count);
}

static void tell(int index, int what)
{
	send_number(ids[index], what, 0);
}

/* All must be those that were started last. */
static void check_alive(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		tell(i, ANSWER);
		expect_number(ANSWERED + i, (int64_t)ids[i]);
	}
}

static void check_all_gone(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		char name[] = "child 0";
		uint64_t node, id;

		await_end(ids[i]);
		name[6] = (char)('0' + i);
		CHECK_EQ(lunatic_registry_get(name, strlen(name), &node, &id),
			 1);
	}
}

static uint64_t start_supervisor(enum strategy strategy)
{
	uint64_t id = 0;

	spawn_two("supervisor", SUPERVISOR, (int64_t)self, strategy, &id);
	expect_all_started();
	check_alive();
	return id;
}

/* Lets a child fail in one of three ways. */
static void fail(int index, int way)
{
	if (way % 3 == 0)
		tell(index, TRAP);
	else if (way % 3 == 1)
		tell(index, EXIT);
	else
		lunatic_process_kill(ids[index]);
}

static void one_for_one(void)
{
	uint64_t supervisor = start_supervisor(ONE_FOR_ONE);

	for (int i = 0; i < MAX_RESTARTS; i++) {
		fail(i % CHILDREN, i);
		expect_started(i % CHILDREN);
		expect_restarts(i + 1);
		check_alive();
	}
	/* Nothing is done for one that ends normally. */
	tell(0, RETURN);
	await_end(ids[0]);
	expect_nothing();
	CHECK_EQ(lunatic_process_exists(supervisor), 1);
	/* That was the last restart: now all of them end. */
	fail(2, 2);
	expect_link_died(SUPERVISOR);
	check_all_gone();
	expect_nothing();
}

static void one_for_all(void)
{
	uint64_t supervisor = start_supervisor(ONE_FOR_ALL);

	for (int i = 0; i < MAX_RESTARTS; i++) {
		/* One that has ended normally is started, too. */
		if (i == 3) {
			tell(1, RETURN);
			await_end(ids[1]);
		}
		fail(i % CHILDREN, i);
		expect_all_started();
		expect_restarts(i + 1);
		check_alive();
	}
	CHECK_EQ(lunatic_process_exists(supervisor), 1);
	fail(3, 0);
	expect_link_died(SUPERVISOR);
	check_all_gone();
	expect_nothing();
}

/* The death of a supervisor takes its children along, and it can be started
 * anew, as its own supervisor would. */
static void killed(void)
{
	for (int i = 0; i < 3; i++) {
		uint64_t supervisor = start_supervisor((enum strategy)(i % 2));

		fail(i, i);
		if (i % 2 == ONE_FOR_ALL)
			expect_all_started();
		else
			expect_started(i);
		expect_restarts(1);
		lunatic_process_kill(supervisor);
		expect_link_died(SUPERVISOR);
		check_all_gone();
		expect_nothing();
	}
}

int main(void)
{
	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	one_for_one();
	one_for_all();
	killed();
	puts("passed");
	return 0;
}
