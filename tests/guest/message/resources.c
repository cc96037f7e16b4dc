// Processes in messages: moved in, numbered from 0, moved out in any order.
//
// stdout: passed
#include "../check.h"

static uint64_t self;

static void uuid(uint64_t process, uint8_t out[16])
{
	lunatic_process_id(process, out);
}

static bool same(uint64_t a, uint64_t b)
{
	uint8_t x[16], y[16];

	uuid(a, x);
	uuid(b, y);
	return memcmp(x, y, 16) == 0;
}

ENTRY(wait)(void)
{
	receive_any(0);
}

// Taking one does not move the others.
static void any_order(void)
{
	uint64_t made[5], kept[5];
	const int order[] = { 3, 0, 4, 1, 2 };

	lunatic_message_create_data(1, 0);
	for (int i = 0; i < 5; i++) {
		made[i] = spawn("wait", 0);
		kept[i] = lunatic_process_clone_process(made[i]);
		CHECK(kept[i] != made[i]);
		CHECK_EQ(lunatic_message_push_process(made[i]), i);
	}
	lunatic_message_send(self);
	CHECK_EQ(receive_any(SOON), DATA);
	for (int i = 0; i < 5; i++) {
		uint64_t taken =
			lunatic_message_take_process((uint64_t)order[i]);

		// An id is never used twice.
		CHECK(taken > made[4]);
		CHECK(same(taken, kept[order[i]]));
	}
	for (int i = 0; i < 5; i++)
		send_number(kept[i], 0, 0);
}

// More can be added after some were taken, before and after sending.
static void refilled(void)
{
	uint64_t a = spawn("wait", 0);
	uint64_t b;

	lunatic_message_create_data(0, 0);
	CHECK_EQ(lunatic_message_push_process(a), 0);
	a = lunatic_message_take_process(0);
	CHECK_EQ(lunatic_message_push_process(lunatic_process_this()), 1);
	lunatic_message_send(self);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(lunatic_message_push_process(a), 2);
	b = lunatic_message_take_process(2);
	CHECK(same(lunatic_message_take_process(1), self));
	CHECK_EQ(lunatic_message_data_size(), 0);
	send_number(b, 0, 0);
	lunatic_process_drop_process(b);
}

static void many(void)
{
	uint64_t wait = spawn("wait", 0);

	lunatic_message_create_data(0, 0);
	for (int i = 0; i < 20000; i++)
		CHECK_EQ(lunatic_message_push_process(
				 lunatic_process_clone_process(i % 2 ? self
								     : wait)),
			 i);
	CHECK_EQ(lunatic_message_write_data("x", 1), 1);
	lunatic_message_send(self);
	CHECK_EQ(receive_any(SOON), DATA);
	for (int i = 19999; i >= 0; i -= 777) {
		uint64_t taken = lunatic_message_take_process((uint64_t)i);

		CHECK(same(taken, i % 2 ? self : wait));
		lunatic_process_drop_process(taken);
	}
	// The rest goes with the message.
	lunatic_message_create_data(0, 0);
	lunatic_message_send(wait);
}

// A process lives on when nobody has an id of it.
ENTRY(answer)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	CHECK_EQ(receive_tag(5, SOON), DATA);
	lunatic_message_send(to);
}

static void unnamed(void)
{
	uint64_t answer = spawn("answer", 0);

	send_this(answer, 0);
	send_number(answer, 5, 55);
	lunatic_process_drop_process(answer);
	expect_number(5, 55);
}

int main(void)
{
	self = lunatic_process_this();
	any_order();
	refilled();
	many();
	unnamed();
	puts("passed");
	return 0;
}
