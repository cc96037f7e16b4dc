// What runs inside is like any other part of a process: it waits, gives way,
// goes on in other threads, and can be killed.
//
// options: --workers 4
// stdout: passed
#include "check.h"

#define CHILDREN 50
#define TRIPS 200

static uint64_t self;
static volatile uint32_t spins;

static uint32_t waits(uint32_t argument)
{
	send_number(self, argument, 1);
	receive_any(NO_LIMIT);
	return 1;
}

static uint32_t computes(uint32_t argument)
{
	send_number(self, argument, 1);
	for (;;)
		spins++;
}

static uint32_t leaves(uint32_t argument)
{
	exit((int)argument);
}

// Exchanges messages, and traps then.
static uint32_t talks(uint32_t argument)
{
	uint64_t to = self;

	for (int64_t i = 0; i < TRIPS; i++) {
		send_number(to, argument, i);
		expect_number(argument, i);
	}
	__builtin_trap();
}

static uint32_t nests_and_talks(uint32_t argument)
{
	return 5 + catch (talks, argument);
}

ENTRY(waiter)(int64_t to)
{
	self = (uint64_t)to;
	catch (waits, 1);
	send_number(self, 2, 1);
}

ENTRY(computer)(int64_t to)
{
	self = (uint64_t)to;
	catch (computes, 1);
	send_number(self, 2, 1);
}

ENTRY(leaver)(int64_t code)
{
	catch (leaves, (uint32_t)code);
	send_number(self, 2, 1);
}

ENTRY(talker)(int64_t to)
{
	self = (uint64_t)to;
	lunatic_message_create_data(3, 0);
	lunatic_message_push_process(lunatic_process_process_id());
	lunatic_message_send(self);
	CHECK_EQ(receive_any(SOON), DATA);
	CHECK_EQ(catch (nests_and_talks, (uint32_t)lunatic_message_get_tag()),
		 5);
	send_number(self, 4, 1);
}

static void killed(const char *entry)
{
	uint64_t child = spawn_with(entry, 10, (int64_t)self);

	expect_number(1, 1);
	lunatic_process_sleep_ms(5);
	lunatic_process_kill(child);
	expect_link_died(10);
	await_end(child);
}

// An exit with 0 is the normal end.
static void exits(void)
{
	spawn_with("leaver", 11, 3);
	expect_link_died(11);
	await_end(spawn_with("leaver", 11, 0));
	expect_nothing();
}

// All at a time; each is known by the tag of its messages.
static void conversations(void)
{
	static uint64_t ids[CHILDREN];
	uint32_t over = 0;

	for (int i = 0; i < CHILDREN; i++)
		spawn_with("talker", 0, (int64_t)self);
	for (int i = 0; i < CHILDREN; i++) {
		CHECK_EQ(receive_tag(3, SOON), DATA);
		ids[i] = lunatic_message_take_process(0);
		send_number(ids[i], 100 + i, 0);
	}
	while (over < CHILDREN) {
		int64_t tag;

		CHECK_EQ(receive_any(SOON), DATA);
		tag = lunatic_message_get_tag();
		if (tag == 4)
			over++;
		else
			send_number(ids[tag - 100], tag, read_number());
	}
}

int main(void)
{
	uint64_t busy;

	self = lunatic_process_process_id();
	lunatic_process_die_when_link_dies(0);
	killed("waiter");
	killed("computer");
	exits();
	busy = spawn_with("computer", 0, (int64_t)self);
	expect_number(1, 1);
	conversations();
	lunatic_process_kill(busy);
	puts("passed");
	return 0;
}
