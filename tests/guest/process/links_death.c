// Links of processes that die with them: a chain and a ring of them go down
// together, whoever fails; killed processes fail for their links, too.
//
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

#define GO 1
#define LENGTH 100

// The links of a chain: each spawns and links the next, which is told of it,
// and the last one tells main.
ENTRY(chain)(int32_t left)
{
	uint64_t boss;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	if (left > 0) {
		uint64_t next = spawn_with("chain", left, left - 1);

		lunatic_message_create_data(0, 0);
		lunatic_message_push_process(boss);
		lunatic_message_send(next);
	} else {
		send_this(boss, 0);
	}
	receive_tag(GO, 0);
	__builtin_trap();
}

// Returns the last process of a chain whose first one is linked with main.
static uint64_t make_chain(int64_t tag, uint64_t *first)
{
	*first = spawn_with("chain", tag, LENGTH);
	send_this(*first, 0);
	CHECK_EQ(receive_any(SOON), DATA);
	return lunatic_message_take_process(0);
}

static void is_dead(uint64_t process)
{
	lunatic_message_create_data(GO, 0);
	CHECK_EQ(lunatic_message_send_receive_skip_search(process, 5),
		 TIMED_OUT);
}

// Spins until it is killed through its link.
ENTRY(spin)(void)
{
	for (volatile uint32_t i = 0;; i++)
		;
}

// Calls the host for ever.
ENTRY(spin_in_host)(void)
{
	for (;;)
		lunatic_process_drop_process(lunatic_process_this());
}

ENTRY(sleep_long)(void)
{
	lunatic_process_sleep_ms(UINT64_MAX);
	CHECK(!"sleeping for ever ends");
}

// Spawns one of each kind and dies; they die with it. What shows it: each of
// them is linked with a witness, too, which tells main.
ENTRY(witness)(int32_t tag)
{
	uint64_t boss, other;

	lunatic_process_die_when_link_dies(0);
	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	other = lunatic_message_take_process(1);
	lunatic_process_link(tag, other);
	send_number(boss, 1, tag);
	expect_link_died(tag);
	send_number(boss, 2, tag);
}

static const char *const kinds[] = { "spin", "spin_in_host", "sleep_long",
				     "chain" };

static void watch(uint64_t boss, int32_t tag, uint64_t other)
{
	lunatic_message_create_data(0, 0);
	lunatic_message_push_process(boss);
	lunatic_message_push_process(other);
	lunatic_message_send(spawn_with("witness", 0, tag));
}

ENTRY(parent)(void)
{
	uint64_t boss;

	CHECK_EQ(receive_any(SOON), DATA);
	boss = lunatic_message_take_process(0);
	for (int i = 0; i < 3; i++)
		watch(lunatic_process_clone_process(boss), i + 1,
		      spawn(kinds[i], 9));
	watch(boss, 4, spawn_with(kinds[3], 9, 3));
	CHECK_EQ(receive_tag(GO, 0), DATA);
	__builtin_trap();
}

static void kinds_of_victims(void)
{
	uint64_t parent = spawn("parent", 0);
	int ready = 0, told = 0;

	send_this(parent, 0);
	for (; ready < 4; ready++) {
		CHECK_EQ(receive_tag(1, SOON), DATA);
	}
	send_number(parent, GO, 0);
	for (; told < 4; told++)
		CHECK_EQ(receive_tag(2, SOON), DATA);
}

int main(void)
{
	uint64_t first, last;

	lunatic_process_die_when_link_dies(0);
	// From one end to the other.
	last = make_chain(41, &first);
	send_number(last, GO, 0);
	expect_link_died(41);
	is_dead(first);
	// From the first to the last.
	last = make_chain(42, &first);
	lunatic_process_link(43, last);
	send_number(first, GO, 0);
	CHECK_EQ(receive_tag(42, SOON), LINK_DIED);
	CHECK_EQ(receive_tag(43, SOON), LINK_DIED);
	// From a ring nobody is left.
	last = make_chain(44, &first);
	lunatic_process_link(45, last);
	lunatic_process_unlink(first);
	send_number(first, GO, 0);
	CHECK_EQ(receive_tag(45, SOON), LINK_DIED);
	expect_nothing();
	kinds_of_victims();
	expect_nothing();
	puts("passed");
	return 0;
}
