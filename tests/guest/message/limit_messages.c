// A mailbox holds at most --max-messages messages; more are dropped, with the
// processes in them, and the sender goes on. What is taken out makes room.
//
// options: --max-messages 10
// stdout: passed
#include "../check.h"

// Fills its own mailbox with `count` of `sent`.
static void fill(uint64_t self, int sent)
{
	for (int i = 0; i < sent; i++) {
		lunatic_message_create_data(i + 1, 0);
		lunatic_message_write_data(&(int64_t){ i }, 8);
		lunatic_message_push_process(lunatic_process_this());
		lunatic_message_send(self);
	}
}

ENTRY(flood)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	for (int i = 0; i < 100000; i++)
		send_number(to, 1, i);
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	int64_t last = -1;
	int count = 0;

	fill(self, 10);
	for (int i = 0; i < 10; i++)
		expect_number(i + 1, i);
	expect_nothing();

	fill(self, 1000);
	for (int i = 0; i < 10; i++)
		expect_number(i + 1, i);
	expect_nothing();

	// Looking through the messages takes none out, a match does.
	fill(self, 10);
	CHECK_EQ(receive_tag(77, 1), TIMED_OUT);
	send_number(self, 77, 0);
	CHECK_EQ(receive_tag(77, 1), TIMED_OUT);
	CHECK_EQ(receive_tag(5, 1), DATA);
	CHECK_EQ(receive_tag(6, 1), DATA);
	send_number(self, 77, 1);
	send_number(self, 78, 2);
	send_number(self, 79, 3);
	CHECK_EQ(receive_tag(79, 1), TIMED_OUT);
	for (int i = 0; i < 10; i++) {
		if (i < 4 || i > 5)
			expect_number(i + 1, i);
	}
	expect_number(77, 1);
	expect_number(78, 2);
	expect_nothing();

	// A question that finds the mailbox full stays without an answer.
	fill(self, 10);
	lunatic_message_create_data(500, 0);
	CHECK_EQ(lunatic_message_send_receive_skip_search(self, 5), TIMED_OUT);
	for (int i = 0; i < 10; i++)
		expect_number(i + 1, i);

	// What gets through from another process is in order.
	lunatic_process_die_when_link_dies(0);
	send_this(spawn("flood", 3), 0);
	while (receive_any(200) == DATA) {
		int64_t number = read_number();

		CHECK(number > last);
		last = number;
		count++;
	}
	CHECK(count >= 10);
	puts("passed");
	return 0;
}
