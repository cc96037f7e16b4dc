// Messages that are sent later, cancelled, or sent to nobody.
//
// stdout: passed
// stderr~ no message is being worked on \(lunatic::timer::send_after\)$
#include "../check.h"

static uint64_t self;

static uint64_t later(uint64_t to, int64_t tag, uint64_t milliseconds)
{
	int64_t number = tag + 1;

	lunatic_message_create_data(tag, 8);
	lunatic_message_write_data(&number, 8);
	return lunatic_timer_send_after(to, milliseconds);
}

static void in_time(void)
{
	uint64_t first, second;

	second = later(self, 2, 100);
	first = later(self, 1, 20);
	CHECK(first != second);
	later(self, 3, 0);
	expect_number(3, 4);
	expect_number(1, 2);
	CHECK_EQ(lunatic_timer_cancel_timer(first), 0);
	expect_number(2, 3);
	CHECK_EQ(lunatic_timer_cancel_timer(second), 0);
}

static void cancelled(void)
{
	const uint64_t none[] = { 77, UINT64_MAX, UINT64_MAX - 1, INT64_MAX };
	uint64_t timer = later(self, 1, A_WHILE);
	uint64_t never = later(self, 2, UINT64_MAX);

	CHECK_EQ(lunatic_timer_cancel_timer(timer), 1);
	CHECK_EQ(lunatic_timer_cancel_timer(timer), 0);
	CHECK_EQ(lunatic_timer_cancel_timer(never), 1);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(lunatic_timer_cancel_timer(none[i]), 0);
	lunatic_process_sleep_ms(A_WHILE);
	expect_nothing();
}

ENTRY(counts)(int64_t to)
{
	expect_number(5, 6);
	send_number((uint64_t)to, 6, 1);
}

// Leaves timers behind, which send all the same; one that is still there at the
// end of the program.
ENTRY(leaves)(int64_t to)
{
	for (int i = 0; i < 100; i++)
		CHECK(later((uint64_t)to, 9, A_WHILE) != UINT64_MAX);
	CHECK(later((uint64_t)to, 9, 3600000) != UINT64_MAX);
}

static void others(void)
{
	uint64_t child = spawn_with("counts", 0, (int64_t)self);

	later(child, 5, 10);
	expect_number(6, 1);
	await_end(child);
	// To nobody: what was to be sent is gone.
	CHECK_EQ(later(child, 5, 10), UINT64_MAX);
	CHECK_EQ(later(0, 5, 0), UINT64_MAX);
	CHECK_EQ(later(UINT64_MAX, 5, 0), UINT64_MAX);
	await_end(spawn_with("leaves", 0, (int64_t)self));
	for (int i = 0; i < 100; i++)
		expect_number(9, 10);
	expect_nothing();
}

ENTRY(sends_nothing)(void)
{
	lunatic_timer_send_after(self, 1);
}

#define MANY 20000

static void many(void)
{
	static uint64_t timers[MANY];
	int left = 0;

	for (int i = 0; i < MANY; i++)
		timers[i] = later(self, 4, i % 2 == 0 ? UINT64_MAX / 2 : 1);
	for (int i = 0; i < MANY; i += 2)
		CHECK_EQ(lunatic_timer_cancel_timer(timers[i]), 1);
	while (left < MANY / 2) {
		expect_number(4, 5);
		left++;
	}
	expect_nothing();
}

int main(void)
{
	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	in_time();
	cancelled();
	others();
	must_fail("sends_nothing");
	many();
	puts("passed");
	return 0;
}
