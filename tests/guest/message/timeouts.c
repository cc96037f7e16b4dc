// How long receiving waits: not for what is there, at least as long as asked
// for what is not, and with a timeout of 0 until it is there.
//
// stdout: passed
#include <time.h>

#include "../check.h"

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

ENTRY(late)(void)
{
	uint64_t to;

	CHECK_EQ(receive_any(SOON), DATA);
	to = lunatic_message_take_process(0);
	lunatic_process_sleep_ms(30);
	send_number(to, 4, 4);
}

int main(void)
{
	const uint32_t timeouts[] = { 1, 2, 10, 100 };
	uint64_t self = lunatic_process_this();
	int64_t start;

	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		start = now();
		CHECK_EQ(receive_any(timeouts[i]), TIMED_OUT);
		CHECK(now() - start >= timeouts[i] * 1000000ll);
		start = now();
		CHECK_EQ(receive_tag(1, timeouts[i]), TIMED_OUT);
		CHECK(now() - start >= timeouts[i] * 1000000ll);
	}
	// A message of another tag neither ends nor prolongs it.
	send_number(self, 2, 2);
	start = now();
	CHECK_EQ(receive_tag(1, 20), TIMED_OUT);
	CHECK(now() - start >= 20000000ll);
	// What is there is taken, whatever the timeout.
	CHECK_EQ(receive_any(UINT32_MAX), DATA);
	CHECK_EQ(read_number(), 2);
	send_number(self, 3, 3);
	CHECK_EQ(receive_tag(3, 0), DATA);
	// What is not there is not waited for, with the other function.
	send_number(self, 3, 5);
	CHECK_EQ(lunatic_message_try_receive(&(int64_t){ 2 }, 1), TIMED_OUT);
	CHECK_EQ(lunatic_message_try_receive(NULL, 0), DATA);
	CHECK_EQ(read_number(), 5);
	CHECK_EQ(lunatic_message_try_receive(NULL, 0), TIMED_OUT);
	// The scratch area is what it was.
	CHECK_EQ(lunatic_message_get_tag(), 3);
	// 0 waits, and the longest timeout does not end at once.
	send_this(spawn("late", 0), 0);
	CHECK_EQ(receive_any(0), DATA);
	CHECK_EQ(read_number(), 4);
	send_this(spawn("late", 0), 0);
	CHECK_EQ(receive_tag(4, UINT32_MAX), DATA);
	CHECK_EQ(read_number(), 4);
	// A sleep is no shorter than asked for; messages do not end it.
	send_this(spawn("late", 0), 0);
	start = now();
	lunatic_process_sleep_ms(0);
	lunatic_process_sleep_ms(60);
	CHECK(now() - start >= 60000000ll);
	CHECK_EQ(receive_tag(4, SOON), DATA);
	puts("passed");
	return 0;
}
