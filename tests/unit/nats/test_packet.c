/* src/nats/packet.c: packets, what ends a stream, credit, names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nats/packet.h"

#define SIZE 128

static const uint8_t node[LN_NATS_INCARNATION] = { 1, 2, 3, 0xfe, 0xff };

/* Writes a packet with a body of zeros; returns its length. */
static size_t write(uint8_t bytes[SIZE], enum ln_nats_kind kind,
		    uint64_t stream, uint64_t number, size_t body)
{
	struct ln_nats_packet packet = { .kind = kind,
					 .stream = stream,
					 .number = number };

	memcpy(packet.from, node, sizeof(node));
	memset(bytes, 0, SIZE);
	ln_nats_packet_write(&packet, bytes);
	return LN_NATS_HEADER + body;
}

static void test_reads_what_is_written(void **state)
{
	uint8_t bytes[SIZE];
	struct ln_nats_packet packet;
	size_t len = write(bytes, LN_NATS_CREDIT, UINT64_C(0x0102030405060708),
			   7, 8);

	(void)state;
	bytes[LN_NATS_HEADER + 1] = 1;
	assert_true(ln_nats_packet_read(bytes, len, &packet));
	assert_int_equal(packet.kind, LN_NATS_CREDIT);
	assert_memory_equal(packet.from, node, sizeof(node));
	assert_true(packet.stream == UINT64_C(0x0102030405060708));
	assert_int_equal(packet.number, 7);
	assert_int_equal(packet.credit, 256);
	assert_int_equal(bytes[18], 8);
}

static void test_refuses_what_is_malformed(void **state)
{
	static const struct {
		enum ln_nats_kind kind;
		uint64_t stream;
		uint64_t number;
		size_t body;
		bool good;
	} cases[] = {
		{ LN_NATS_HELLO, 0, 0, 0, true },
		{ LN_NATS_HELLO, 1, 0, 0, false },
		{ LN_NATS_HELLO, 0, 1, 0, false },
		{ LN_NATS_HERE, 0, 0, 1, false },
		{ LN_NATS_HERE, 0, 0, 0, true },
		{ LN_NATS_OPEN, 1, 0, 0, true },
		{ LN_NATS_OPEN, 1, 1, 0, false },
		{ LN_NATS_OPEN, 0, 0, 0, false },
		{ LN_NATS_DATA, 1, 1, 1, true },
		{ LN_NATS_DATA, 1, 1, 0, false },
		{ LN_NATS_DATA, 0, 1, 1, false },
		{ LN_NATS_CREDIT, 1, 1, 8, true },
		{ LN_NATS_CREDIT, 1, 1, 7, false },
		{ LN_NATS_CREDIT, 0, 1, 8, false },
		{ LN_NATS_CLOSE, 1, 9, 0, true },
		{ LN_NATS_CLOSE, 1, 9, 1, false },
		{ LN_NATS_CLOSE, 0, 9, 0, false },
		{ LN_NATS_KINDS, 1, 1, 1, false },
		{ 0, 1, 1, 1, false },
	};
	uint8_t bytes[SIZE];
	struct ln_nats_packet packet;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = write(bytes, cases[i].kind, cases[i].stream,
			    cases[i].number, cases[i].body);
		assert_int_equal(ln_nats_packet_read(bytes, len, &packet),
				 cases[i].good);
	}
	len = write(bytes, LN_NATS_HELLO, 0, 0, 0);
	assert_false(ln_nats_packet_read(bytes, len - 1, &packet));
	assert_false(ln_nats_packet_read(bytes, 0, &packet));
	bytes[0] = 2;
	assert_false(ln_nats_packet_read(bytes, len, &packet));
}

/* What a flow says to a packet. */
static const char *receive(struct ln_nats_flow *flow, enum ln_nats_kind kind,
			   uint64_t number, size_t len, uint64_t credit)
{
	const struct ln_nats_packet packet = { .kind = kind,
					       .number = number,
					       .stream = 1,
					       .len = len,
					       .credit = credit };

	return ln_nats_flow_receive(flow, &packet);
}

static void test_ends_at_a_gap_and_a_repetition(void **state)
{
	struct ln_nats_flow flow;

	(void)state;
	ln_nats_flow_init(&flow);
	assert_null(receive(&flow, LN_NATS_OPEN, 0, 0, 0));
	assert_null(receive(&flow, LN_NATS_DATA, 1, 10, 0));
	assert_string_equal(receive(&flow, LN_NATS_DATA, 1, 10, 0),
			    "a packet came again");
	assert_string_equal(receive(&flow, LN_NATS_DATA, 3, 10, 0),
			    "packets were lost on the way");
	assert_string_equal(receive(&flow, LN_NATS_CLOSE, 3, 0, 0),
			    "packets were lost on the way");
	assert_string_equal(receive(&flow, LN_NATS_HERE, 2, 0, 0),
			    "a packet that is in no stream");
}

static void test_bounds_what_is_sent(void **state)
{
	struct ln_nats_flow flow;
	uint64_t number = 0;
	size_t room;

	(void)state;
	ln_nats_flow_init(&flow);
	room = ln_nats_flow_room(&flow);
	assert_int_equal(room, LN_NATS_WINDOW_FIRST - LN_NATS_PACKET_COST);
	assert_int_equal(ln_nats_flow_send(&flow, LN_NATS_OPEN, 0), 0);
	assert_int_equal(ln_nats_flow_room(&flow), room);
	assert_int_equal(ln_nats_flow_send(&flow, LN_NATS_DATA, room), 1);
	assert_int_equal(ln_nats_flow_room(&flow), 0);
	/* Less than before, and absurdly much, is not credit. */
	assert_non_null(receive(&flow, LN_NATS_CREDIT, number++, 8,
				LN_NATS_WINDOW_FIRST - 1));
	assert_non_null(receive(&flow, LN_NATS_CREDIT, number++, 8,
				LN_NATS_WINDOW_FIRST + LN_NATS_WINDOW_MAX + 1));
	assert_null(receive(&flow, LN_NATS_CREDIT, number++, 8,
			    LN_NATS_WINDOW_FIRST + LN_NATS_PACKET_COST + 5));
	assert_int_equal(ln_nats_flow_room(&flow), 5);
}

static void test_bounds_what_is_received(void **state)
{
	struct ln_nats_flow flow;
	size_t half = LN_NATS_WINDOW_FIRST / 2;
	size_t body = half - LN_NATS_PACKET_COST;

	(void)state;
	ln_nats_flow_init(&flow);
	assert_null(receive(&flow, LN_NATS_DATA, 0, body, 0));
	assert_null(receive(&flow, LN_NATS_DATA, 1, body, 0));
	assert_string_equal(receive(&flow, LN_NATS_DATA, 2, 1, 0),
			    "the other side sends more than it may");
	assert_true(ln_nats_flow_consume(&flow, body, LN_NATS_WINDOW_FIRST));
	assert_int_equal(flow.granted, half + LN_NATS_WINDOW_FIRST);
	/* A window that has become smaller takes nothing back. */
	ln_nats_flow_init(&flow);
	assert_null(receive(&flow, LN_NATS_DATA, 0, body, 0));
	assert_true(ln_nats_flow_consume(&flow, body, LN_NATS_WINDOW_MAX));
	assert_null(receive(&flow, LN_NATS_DATA, 1, body, 0));
	assert_false(ln_nats_flow_consume(&flow, body, LN_NATS_WINDOW_FIRST));
	assert_int_equal(flow.granted, half + LN_NATS_WINDOW_MAX);
}

static void test_names(void **state)
{
	char address[LN_NATS_SUBJECT_SIZE];
	uint8_t incarnation[LN_NATS_INCARNATION];
	char name[LN_NATS_CLUSTER_MAX + 2];

	(void)state;
	ln_nats_address("blue", node, address);
	assert_string_equal(address,
			    "lunatic.blue.010203feff0000000000000000000000");
	assert_true(ln_nats_address_read("blue", address, incarnation));
	assert_memory_equal(incarnation, node, sizeof(node));
	assert_false(ln_nats_address_read("blu", address, incarnation));
	assert_false(ln_nats_address_read("bluer", address, incarnation));
	address[strlen(address) - 1] = '>';
	assert_false(ln_nats_address_read("blue", address, incarnation));
	address[strlen(address) - 1] = '\0';
	assert_false(ln_nats_address_read("blue", address, incarnation));
	assert_false(
		ln_nats_address_read("blue", "lunatic.blue.", incarnation));
	assert_true(ln_nats_cluster_valid("A-z_09"));
	assert_false(ln_nats_cluster_valid(""));
	assert_false(ln_nats_cluster_valid("a.b"));
	assert_false(ln_nats_cluster_valid("a*"));
	memset(name, 'a', sizeof(name));
	name[LN_NATS_CLUSTER_MAX] = '\0';
	assert_true(ln_nats_cluster_valid(name));
	/* The longest has room for an address. */
	ln_nats_address(name, node, address);
	assert_true(ln_nats_address_read(name, address, incarnation));
	name[LN_NATS_CLUSTER_MAX] = 'a';
	name[LN_NATS_CLUSTER_MAX + 1] = '\0';
	assert_false(ln_nats_cluster_valid(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_what_is_written),
		cmocka_unit_test(test_refuses_what_is_malformed),
		cmocka_unit_test(test_ends_at_a_gap_and_a_repetition),
		cmocka_unit_test(test_bounds_what_is_sent),
		cmocka_unit_test(test_bounds_what_is_received),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
