// Tasks with results, taken in the order in which they were spawned, with
// timeouts, and cancelled by killing them together with their own tasks.
//
// options: --workers 4
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

#define TASKS 100
#define SUBTASKS 5
#define GO 1
#define BUSY 2 /* a task tells that it computes */

/* What a task does after GO, for the number that it is given. */
enum { SUM, TRAPS, SPINS, WAITS, SPAWNS };

/* A task's result, and its death, come under a tag of its own. */
struct task {
	uint64_t id;
	int64_t tag;
};

static uint64_t self;

static struct task start(const char *entry, int64_t what, int64_t number)
{
	static int64_t last_tag = 1000;
	const int64_t values[4] = { (int64_t)self, ++last_tag, what, number };
	uint8_t params[4 * PARAM_SIZE] = { 0 };
	struct task task = { 0, last_tag };

	for (int i = 0; i < 4; i++) {
		params[i * PARAM_SIZE] = I64;
		memcpy(params + i * PARAM_SIZE + 1, &values[i], 8);
	}
	CHECK_EQ(try_spawn(OWN, entry, task.tag, params, sizeof(params),
			   &task.id),
		 0);
	return task;
}

static struct task start_now(int64_t what, int64_t number)
{
	struct task task = start("task", what, number);

	send_number(task.id, GO, 0);
	return task;
}

/* Waits for a result: DATA if there is one, LINK_DIED if there will be none,
 * or TIMED_OUT. */
static uint32_t await(const struct task *task, uint64_t timeout,
		      int64_t *result)
{
	uint32_t type = receive_tag(task->tag, timeout);

	if (type == DATA)
		*result = read_number();
	return type;
}

static void cancel(const struct task *task)
{
	int64_t result;

	lunatic_process_kill(task->id);
	CHECK_EQ(await(task, SOON, &result), LINK_DIED);
	await_end(task->id);
	/* That was all. */
	CHECK_EQ(await(task, 0, &result), TIMED_OUT);
}

static int64_t sum_of_squares(int64_t count)
{
	volatile int64_t sum = 0;

	for (int64_t i = 1; i <= count; i++)
		sum += i * i;
	return sum;
}

static int64_t want(int64_t count)
{
	return count * (count + 1) * (2 * count + 1) / 6;
}

/* Sums its tasks' results. */
static int64_t spawns(int64_t parent, int64_t number)
{
	struct task tasks[SUBTASKS];
	int64_t sum = 0;

	for (int i = 0; i < SUBTASKS; i++) {
		tasks[i] = start("task", SUM, number);
		send_number((uint64_t)parent, BUSY, (int64_t)tasks[i].id);
	}
	/* It may begin, and let the others begin. */
	CHECK_EQ(receive_tag(GO, NO_LIMIT), DATA);
	for (int i = 0; i < SUBTASKS; i++)
		send_number(tasks[i].id, GO, 0);
	for (int i = 0; i < SUBTASKS; i++) {
		int64_t result = 0;

		CHECK_EQ(await(&tasks[i], NO_LIMIT, &result), DATA);
		sum += result;
	}
	return sum;
}

ENTRY(task)(int64_t parent, int64_t tag, int64_t what, int64_t number)
{
	int64_t result = 0;

	self = lunatic_process_process_id();
	CHECK_EQ(receive_tag(GO, NO_LIMIT), DATA);
	switch (what) {
	case SUM:
		result = sum_of_squares(number);
		break;
	case TRAPS:
		__builtin_trap();
	case SPINS:
		send_number((uint64_t)parent, BUSY, (int64_t)self);
		for (volatile bool on = true; on;)
			;
		break;
	case WAITS:
		receive_tag(GO, NO_LIMIT);
		break;
	default:
		result = spawns(parent, number);
	}
	send_number((uint64_t)parent, tag, result);
}

/* They end in the other order, one after the other. */
static void in_order(void)
{
	static struct task tasks[TASKS];

	for (int i = 0; i < TASKS; i++)
		tasks[i] = start("task", SUM, 100 * i);
	for (int i = TASKS - 1; i >= 0; i--) {
		CHECK_EQ(lunatic_process_exists(tasks[i].id), 1);
		send_number(tasks[i].id, GO, 0);
		await_end(tasks[i].id);
	}
	for (int i = 0; i < TASKS; i++) {
		int64_t result = -1;

		CHECK_EQ(await(&tasks[i], 0, &result), DATA);
		CHECK_EQ(result, want(100 * i));
	}
	CHECK_EQ(receive_any(0), TIMED_OUT);
}

/* All at a time, and some of them have no result. */
static void some_fail(void)
{
	static struct task tasks[TASKS];

	for (int i = 0; i < TASKS; i++)
		tasks[i] = start_now(i % 10 == 3 ? TRAPS : SUM, 1000 * i);
	for (int i = 0; i < TASKS; i++) {
		int64_t result = -1;
		uint32_t type = await(&tasks[i], SOON, &result);

		CHECK_EQ(type, i % 10 == 3 ? LINK_DIED : DATA);
		if (type == DATA)
			CHECK_EQ(result, want(1000 * i));
	}
	CHECK_EQ(receive_any(0), TIMED_OUT);
}

static void timeouts(void)
{
	struct task spins = start_now(SPINS, 0);
	struct task waits = start_now(WAITS, 0);
	struct task slow = start_now(WAITS, 0);
	struct task sums = start_now(SUM, 10);
	int64_t result = -1;

	CHECK_EQ(receive_tag(BUSY, SOON), DATA);
	CHECK_EQ(read_number(), spins.id);
	CHECK_EQ(await(&spins, A_WHILE, &result), TIMED_OUT);
	CHECK_EQ(await(&waits, 0, &result), TIMED_OUT);
	CHECK_EQ(await(&slow, A_WHILE, &result), TIMED_OUT);
	cancel(&spins);
	cancel(&waits);
	/* A result is there even when it comes after a timeout. */
	send_number(slow.id, GO, 0);
	CHECK_EQ(await(&slow, SOON, &result), DATA);
	CHECK_EQ(result, 0);
	CHECK_EQ(await(&sums, SOON, &result), DATA);
	CHECK_EQ(result, want(10));
	/* It is too late to cancel these. */
	await_end(sums.id);
	lunatic_process_kill(sums.id);
	CHECK_EQ(await(&sums, A_WHILE, &result), TIMED_OUT);
	/* One that has not begun. */
	waits = start("task", SUM, 1);
	cancel(&waits);
	CHECK_EQ(receive_any(0), TIMED_OUT);
}

static void receive_subtasks(uint64_t *ids)
{
	for (int i = 0; i < SUBTASKS; i++)
		ids[i] = (uint64_t)expect_any_number(BUSY);
}

static void nested(void)
{
	struct task task = start_now(SPAWNS, 50);
	uint64_t ids[SUBTASKS];
	int64_t result = -1;

	receive_subtasks(ids);
	send_number(task.id, GO, 0);
	CHECK_EQ(await(&task, SOON, &result), DATA);
	CHECK_EQ(result, SUBTASKS * want(50));
	/* With the task its own ones end, which are linked to it. */
	task = start_now(SPAWNS, 50);
	receive_subtasks(ids);
	for (int i = 0; i < SUBTASKS; i++)
		CHECK_EQ(lunatic_process_exists(ids[i]), 1);
	cancel(&task);
	for (int i = 0; i < SUBTASKS; i++)
		await_end(ids[i]);
	/* One of its own that fails takes it along, and all others. */
	task = start_now(SPAWNS, 50);
	receive_subtasks(ids);
	lunatic_process_kill(ids[2]);
	CHECK_EQ(await(&task, SOON, &result), LINK_DIED);
	for (int i = 0; i < SUBTASKS; i++)
		await_end(ids[i]);
	CHECK_EQ(receive_any(0), TIMED_OUT);
}

int main(void)
{
	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	in_order();
	some_fail();
	timeouts();
	nested();
	puts("passed");
	return 0;
}
