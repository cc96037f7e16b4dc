// Links of a process that asked for messages: who is told, with which tag.
//
// stdout: passed
// stderr~ trapped: .*unreachable
#include "../check.h"

#define FAIL 5
#define EXIT_WITH 6

ENTRY(fail)(void)
{
	__builtin_trap();
}

// Does what it is told: a number with the tag FAIL, or EXIT_WITH, or to link
// with the process in the message, with the message's tag; then it tells so.
ENTRY(obey)(void)
{
	uint64_t boss = 0;

	lunatic_process_die_when_link_dies(0);
	for (;;) {
		uint32_t kind = receive_any(0);
		int64_t tag = lunatic_message_get_tag();

		if (kind == LINK_DIED) {
			send_number(boss, 7000, tag);
			continue;
		}
		if (tag == FAIL)
			__builtin_trap();
		if (tag == EXIT_WITH)
			exit((int)read_number());
		if (tag == 1) {
			boss = lunatic_message_take_process(0);
			send_number(boss, 3000, 0);
			continue;
		}
		lunatic_process_link(tag == 4000 ? 0 : tag,
				     lunatic_message_take_process(0));
		send_number(boss, 3000, 0);
	}
}

static void done(void)
{
	CHECK_EQ(receive_tag(3000, SOON), DATA);
}

// Returns when it is ready.
static uint64_t servant(int64_t link)
{
	uint64_t process = spawn("obey", link);

	send_this(process, 1);
	done();
	return process;
}

// A link of spawn has its tag on the parent's side.
static void from_spawn(void)
{
	const int64_t tags[] = { 1, -1, INT64_MIN, INT64_MAX };

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		spawn("fail", tags[i]);
		CHECK_EQ(receive_tag(tags[i], SOON), LINK_DIED);
		CHECK_EQ(lunatic_message_get_tag(), tags[i]);
	}
	// 0 is no link at all.
	spawn("fail", 0);
	expect_nothing();
}

// A link that main makes: main is told with the tag.
static void from_link(void)
{
	uint64_t other = servant(0);

	lunatic_process_link(44, other);
	send_number(other, FAIL, 0);
	expect_link_died(44);
	// A link without a tag gives a message without one.
	other = servant(0);
	lunatic_process_link(0, other);
	send_number(other, FAIL, 0);
	CHECK_EQ(receive_tag(44, 20), TIMED_OUT);
	expect_link_died(0);
}

// A link that the other one makes holds in both directions, with its tag.
static void from_the_other(void)
{
	uint64_t a = servant(0), b = servant(0);

	send_this(a, 77);
	done();
	send_number(a, EXIT_WITH, 9);
	expect_link_died(77);

	a = servant(0);
	lunatic_message_create_data(88, 0);
	lunatic_message_push_process(lunatic_process_clone_process(b));
	lunatic_message_send(a);
	done();
	// a fails, b tells.
	send_number(a, FAIL, 0);
	expect_number(7000, 88);
	a = servant(0);
	lunatic_message_create_data(4000, 0);
	lunatic_message_push_process(lunatic_process_clone_process(a));
	lunatic_message_send(b);
	done();
	// b fails, a tells; the link had no tag.
	send_number(b, FAIL, 0);
	expect_number(7000, 0);
}

// The second link between two replaces the tag; one message comes.
static void twice(void)
{
	uint64_t other = servant(60);

	lunatic_process_link(61, other);
	lunatic_process_link(62, other);
	send_number(other, FAIL, 0);
	expect_link_died(62);
	expect_nothing();
}

static void many(void)
{
	static bool seen[501];

	for (int i = 1; i <= 500; i++)
		lunatic_process_drop_process(spawn("fail", i));
	for (int i = 1; i <= 500; i++) {
		int64_t tag;

		CHECK_EQ(receive_any(SOON), LINK_DIED);
		tag = lunatic_message_get_tag();
		CHECK(tag >= 1 && tag <= 500 && !seen[tag]);
		seen[tag] = true;
	}
	expect_nothing();
}

// Messages about links wait in the mailbox with the others, in order.
static void in_order(void)
{
	uint64_t self = lunatic_process_this();
	uint64_t other = servant(90);

	send_number(self, 91, 1);
	send_number(other, FAIL, 0);
	CHECK_EQ(receive_tag(90, SOON), LINK_DIED);
	send_number(self, 91, 2);
	expect_number(91, 1);
	expect_number(91, 2);
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	from_spawn();
	from_link();
	from_the_other();
	twice();
	many();
	in_order();
	puts("passed");
	return 0;
}
