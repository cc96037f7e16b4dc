/* src/nats/hub.c, stream.c: two hubs, with a server in between that does what a
 * test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/time.h"
#include "mesh/mesh.h"
#include "nats/hub.h"
#include "net/wire.h"
#include "support/tasks.h"

#include "sched/sched.h"

#define MUCH ((size_t)3 << 20)
#define FEW 300 /* bytes of a packet */

static struct ln_sched *sched;
static struct ln_nats_hub *hubs[2];
static int heard[2];
static struct test_task tasks[2];

/* What a side does, and what it saw. */
static struct side {
	struct ln_wire *wire;
	size_t len;     /* to be sent or received */
	bool keep_open; /* until `release` */
	_Atomic size_t done;
	int error;
	const char *reason;
	bool wrong; /* other bytes than were sent */
} sides[2];
static _Atomic bool may_read;

static void hear(void *argument, const uint8_t *incarnation)
{
	int *count = argument;

	(void)incarnation;
	++*count;
}

static int setup(void **state)
{
	(void)state;
	sched = test_sched_new(2);
	memset(sides, 0, sizeof(sides));
	memset(tasks, 0, sizeof(tasks));
	memset(heard, 0, sizeof(heard));
	atomic_store(&may_read, true);
	for (int i = 0; i < 2; i++) {
		struct ln_nats_hub_options options = { .cluster = "test",
						       .heard = hear,
						       .argument = &heard[i] };

		memset(options.incarnation, 'a' + i, LN_NATS_INCARNATION);
		assert_int_equal(ln_nats_hub_new(&options, &hubs[i]), 0);
		ln_nats_hub_up(hubs[i], FEW, NULL);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ln_nats_hub_free(hubs[0]);
	ln_nats_hub_free(hubs[1]);
	ln_sched_free(sched);
	return 0;
}

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 31 + (at >> 8));
}

static void send_all(struct side *side)
{
	uint8_t data[5000];

	while (side->error == 0 && side->done < side->len) {
		size_t len = side->len - side->done;
		size_t n;

		if (len > sizeof(data))
			len = sizeof(data);
		for (size_t i = 0; i < len; i++)
			data[i] = byte_at(side->done + i);
		side->error = side->wire->class->write(
			side->wire, data, len, LN_NEVER, &n, &side->reason);
		side->done += n;
	}
}

static void receive_all(struct side *side)
{
	uint8_t data[7000];
	size_t n = 1;

	while (!atomic_load(&may_read))
		ln_task_sleep(ln_task_current(), ln_time_after_ms(1));
	while (side->error == 0 && n > 0) {
		side->error =
			side->wire->class->read(side->wire, data, sizeof(data),
						LN_NEVER, &n, &side->reason);
		for (size_t i = 0; i < n; i++)
			side->wrong |= data[i] != byte_at(side->done + i);
		side->done += n;
	}
}

static void dial_and_send(void *argument)
{
	struct side *side = argument;
	struct ln_mesh_carrier *carrier = ln_nats_hub_carrier(hubs[0]);
	char reason[LN_TLS_REASON_SIZE];

	side->error = carrier->class->dial(
		carrier, ln_nats_hub_address(hubs[1]), &side->wire, reason);
	if (side->error < 0)
		return;
	send_all(side);
	if (side->keep_open && side->error == 0) {
		size_t n;

		side->error = side->wire->class->read(
			side->wire, &n, sizeof(n), LN_NEVER, &n, &side->reason);
	}
	side->wire->class->release(side->wire);
}

static void accept_and_receive(void *argument)
{
	struct side *side = argument;
	struct ln_mesh_carrier *carrier = ln_nats_hub_carrier(hubs[1]);
	char from[LN_NODE_ADDRESS_SIZE];

	side->error = carrier->class->accept(carrier, &side->wire, from);
	if (side->error < 0)
		return;
	side->wrong = strcmp(from, ln_nats_hub_address(hubs[0])) != 0;
	receive_all(side);
	side->wire->class->release(side->wire);
}

/* What the server does to the packet of that number. */
enum fault { FAITHFUL, LOSE, DOUBLE, SWAP, BEND };

static int ordinal; /* of the packet of the first hub that comes next */
static bool struck; /* the fault has happened */

/* Passes on what one hub sends; returns how many packets. */
static int pass(int from, enum fault fault, int at)
{
	struct ln_nats_out *out = ln_nats_hub_take(hubs[from], 0);
	int passed = 0;

	while (out != NULL) {
		struct ln_nats_out *next = out->next;
		/* Two are swapped once there are two. */
		bool hit = from == 0 && !struck && ordinal++ >= at &&
			   (fault != SWAP || next != NULL);

		struck |= hit;
		assert_true(out->len <= FEW);
		if (hit && fault == SWAP) {
			struct ln_nats_out *third = next->next;

			ln_nats_hub_receive(hubs[1 - from], next->data,
					    next->len);
			free(next);
			next = third;
		}
		if (hit && fault == BEND)
			out->data[26] ^= 4;
		if (!(hit && fault == LOSE))
			ln_nats_hub_receive(hubs[1 - from], out->data,
					    out->len);
		if (hit && fault == DOUBLE)
			ln_nats_hub_receive(hubs[1 - from], out->data,
					    out->len);
		free(out);
		out = next;
		passed++;
	}
	return passed;
}

static bool both_over(void)
{
	return atomic_load(&tasks[0].over) && atomic_load(&tasks[1].over);
}

static void begin_tasks(size_t len, bool keep_open)
{
	while (pass(0, FAITHFUL, 0) + pass(1, FAITHFUL, 0) > 0)
		continue;
	ordinal = 0;
	struck = false;
	sides[0].len = len;
	sides[0].keep_open = keep_open;
	test_task_start(sched, &tasks[1], accept_and_receive, &sides[1]);
	test_task_start(sched, &tasks[0], dial_and_send, &sides[0]);
}

static void run(size_t len, enum fault fault, int at)
{
	begin_tasks(len, fault != FAITHFUL);
	while (!both_over()) {
		if (pass(0, fault, at) + pass(1, fault, at) == 0)
			test_nap();
	}
	test_task_wait_over(&tasks[0]);
	test_task_wait_over(&tasks[1]);
}

static void test_carries_bytes(void **state)
{
	(void)state;
	run(MUCH, FAITHFUL, 0);
	assert_int_equal(sides[0].error, 0);
	assert_int_equal(sides[1].error, 0);
	assert_int_equal(sides[1].done, MUCH);
	assert_false(sides[1].wrong);
}

static void test_ends_when_something_is_amiss(void **state)
{
	static const enum fault faults[] = { LOSE, DOUBLE, SWAP, BEND };
	static const int places[] = { 1, 2, 50 };

	(void)state;
	for (int i = 0; i < 12; i++) {
		memset(sides, 0, sizeof(sides));
		memset(tasks, 0, sizeof(tasks));
		run(MUCH, faults[i / 3], places[i % 3]);
		assert_int_equal(sides[1].error, LN_EIO);
		assert_non_null(sides[1].reason);
		assert_false(sides[1].wrong);
		assert_true(sides[1].done < MUCH);
	}
}

/* Nothing is read: so much is under way, and no more. */
static void test_holds_a_window(void **state)
{
	size_t before = 1;

	(void)state;
	atomic_store(&may_read, false);
	begin_tasks(MUCH, false);
	while (before != sides[0].done || before == 0) {
		before = sides[0].done;
		for (int i = 0; i < 20; i++) {
			pass(0, FAITHFUL, 0);
			test_nap();
		}
	}
	assert_true(sides[0].done > 0);
	assert_true(sides[0].done < LN_NATS_WINDOW_FIRST);
	atomic_store(&may_read, true);
	while (!both_over()) {
		if (pass(0, FAITHFUL, 0) + pass(1, FAITHFUL, 0) == 0)
			test_nap();
	}
	test_task_wait_over(&tasks[0]);
	test_task_wait_over(&tasks[1]);
	assert_int_equal(sides[1].done, MUCH);
}

/* The server is gone: both sides end, and nothing begins. */
static void test_ends_with_the_server(void **state)
{
	(void)state;
	begin_tasks(1000, true);
	while (sides[1].done < 1000) {
		pass(0, FAITHFUL, 0);
		pass(1, FAITHFUL, 0);
		test_nap();
	}
	ln_nats_hub_down(hubs[0], "gone");
	ln_nats_hub_down(hubs[1], "gone");
	test_task_wait_over(&tasks[0]);
	test_task_wait_over(&tasks[1]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sides[i].error, LN_EIO);
		assert_string_equal(sides[i].reason, "gone");
	}
	memset(&tasks[0], 0, sizeof(tasks[0]));
	memset(&sides[0], 0, sizeof(sides[0]));
	test_task_start(sched, &tasks[0], dial_and_send, &sides[0]);
	test_task_wait_over(&tasks[0]);
	assert_int_equal(sides[0].error, LN_EIO);
	assert_false(ln_nats_hub_is_up(hubs[0]));
	ln_nats_hub_announce(hubs[0]);
	assert_null(ln_nats_hub_take(hubs[0], 0));
}

/* The server says that there is no such node. */
static void test_hears_that_nobody_is_there(void **state)
{
	static const uint8_t other[LN_NATS_INCARNATION] = { 1 };
	struct ln_nats_out *out;

	(void)state;
	sides[0].keep_open = true;
	test_task_start(sched, &tasks[0], dial_and_send, &sides[0]);
	do
		out = ln_nats_hub_take(hubs[0], ln_time_after_ms(10000));
	while (out == NULL);
	assert_true(out->probe);
	ln_nats_hub_unreachable(hubs[0], other);
	assert_false(atomic_load(&tasks[0].over));
	ln_nats_hub_unreachable(hubs[0], out->token);
	test_task_wait_over(&tasks[0]);
	assert_int_equal(sides[0].error, LN_EIO);
	assert_non_null(strstr(sides[0].reason, "no such node"));
	free(out);
}

/* Nodes that say that they are there, and packets that are nobody's. */
static void test_announces(void **state)
{
	struct ln_nats_out *out;

	(void)state;
	ln_nats_hub_announce(hubs[0]);
	out = ln_nats_hub_take(hubs[0], 0);
	assert_non_null(out);
	assert_true(out->everyone);
	/* Not by itself. */
	ln_nats_hub_receive(hubs[0], out->data, out->len);
	assert_int_equal(heard[0], 0);
	ln_nats_hub_receive(hubs[1], out->data, out->len);
	assert_int_equal(heard[1], 1);
	free(out);
	assert_int_equal(pass(1, FAITHFUL, 1), 1);
	assert_int_equal(heard[0], 1);
	/* Answers that wait to be published are bounded. */
	ln_nats_hub_announce(hubs[0]);
	out = ln_nats_hub_take(hubs[0], 0);
	for (int i = 0; i < 5000; i++)
		ln_nats_hub_receive(hubs[1], out->data, out->len);
	free(out);
	assert_int_equal(pass(1, FAITHFUL, 1), 1024);
}

/* Who begins streams without end gets few of them, and they go with the hub. */
static void test_bounds_arrivals(void **state)
{
	uint8_t bytes[LN_NATS_HEADER];
	struct ln_nats_packet packet = { .kind = LN_NATS_OPEN };
	int count = 0;

	(void)state;
	memset(packet.from, 7, sizeof(packet.from));
	for (packet.stream = 1; packet.stream < 1000; packet.stream++) {
		ln_nats_packet_write(&packet, bytes);
		ln_nats_hub_receive(hubs[1], bytes, sizeof(bytes));
	}
	/* Each of those that are there answers a repetition with CLOSE. */
	for (packet.stream = 1; packet.stream < 1000; packet.stream++) {
		struct ln_nats_out *out;

		ln_nats_packet_write(&packet, bytes);
		ln_nats_hub_receive(hubs[1], bytes, sizeof(bytes));
		out = ln_nats_hub_take(hubs[1], 0);
		count += out != NULL;
		free(out);
	}
	assert_int_equal(count, 64);
}

static _Atomic int published;

/* Publishes until three packets have been there. */
static void publish_three(void *argument)
{
	(void)argument;
	while (atomic_load(&published) < 3) {
		struct ln_nats_out *out = ln_nats_hub_poll(hubs[0]);

		if (out == NULL) {
			ln_task_park(ln_task_current());
			continue;
		}
		atomic_fetch_add(&published, 1);
		ln_nats_outs_free(out);
	}
}

/* A task publishes: it is woken for each packet that it has to wait for. */
static void test_wakes_a_task(void **state)
{
	(void)state;
	ln_nats_hub_down(hubs[0], "again");
	/* Woken before it runs. */
	ln_nats_hub_up(hubs[0], FEW, &tasks[0].task);
	ln_nats_hub_announce(hubs[0]);
	test_task_start(sched, &tasks[0], publish_three, NULL);
	for (int i = 1; i <= 3; i++) {
		while (atomic_load(&published) < i)
			test_nap();
		if (i < 3)
			ln_nats_hub_announce(hubs[0]);
	}
	test_task_wait_over(&tasks[0]);
	/* It is not known any more. */
	ln_nats_hub_down(hubs[0], "over");
	ln_nats_hub_up(hubs[0], FEW, NULL);
	ln_nats_hub_announce(hubs[0]);
	assert_int_equal(pass(0, FAITHFUL, -1), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_carries_bytes),
		TEST(test_ends_when_something_is_amiss),
		TEST(test_holds_a_window),
		TEST(test_ends_with_the_server),
		TEST(test_hears_that_nobody_is_there),
		TEST(test_announces),
		TEST(test_bounds_arrivals),
		TEST(test_wakes_a_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
