// The messages in a mailbox take at most --max-mailbox bytes together, what
// the host needs to keep them included.
//
// options: --max-mailbox 64K --workers 2
// stdout: passed
#include "../check.h"

static char bytes[100000];

static void send_bytes(uint64_t to, int64_t tag, size_t len)
{
	lunatic_message_create_data(tag, len);
	CHECK_EQ(lunatic_message_write_data(bytes, len), len);
	lunatic_message_send(to);
}

int main(void)
{
	uint64_t self = lunatic_process_this();
	int count = 0;

	// Larger than the mailbox: never gets in.
	send_bytes(self, 1, 100000);
	expect_nothing();
	// Large ones: bytes count.
	for (int i = 0; i < 30; i++)
		send_bytes(self, i + 1, 10000);
	while (receive_any(1) == DATA) {
		CHECK_EQ(lunatic_message_get_tag(), count + 1);
		CHECK_EQ(lunatic_message_data_size(), 10000);
		count++;
	}
	CHECK(count >= 4 && count <= 6);
	// Empty ones are not for nothing.
	for (int i = 0; i < 65536; i++)
		send_bytes(self, 2, 0);
	for (count = 0; receive_any(1) == DATA; count++)
		;
	CHECK(count >= 100 && count <= 65536 / 16);
	// Nor are processes in messages.
	for (int i = 0; i < 20; i++) {
		lunatic_message_create_data(3, 0);
		for (int n = 0; n < 1000; n++)
			lunatic_message_push_process(lunatic_process_this());
		lunatic_message_send(self);
	}
	for (count = 0; receive_any(1) == DATA; count++)
		;
	CHECK(count >= 1 && count <= 8);
	// Taking makes room: more goes through than fits at once.
	for (int i = 0; i < 100; i++) {
		send_bytes(self, 4, 30000);
		send_bytes(self, 5, 20000);
		CHECK_EQ(receive_tag(5, 1), DATA);
		CHECK_EQ(receive_tag(4, 1), DATA);
	}
	expect_nothing();
	puts("passed");
	return 0;
}
