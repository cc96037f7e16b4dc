// Labels: what reports of traps call a process by; a registered name goes
// first.
//
// stdout: passed
// stderr~ process [0-9a-f-]+ 'worker 1' trapped: .*unreachable
// stderr~ process [0-9a-f-]+ 'b..21m.d' trapped: .*unreachable
// stderr~ process [0-9a-f-]+
// '0123456789012345678901234567890123456789012345678901234567890ä' trapped:
// .*unreachable stderr~ process [0-9a-f-]+
// '012345678901234567890123456789012345678901234567890123456789ab' trapped:
// .*unreachable stderr~ process [0-9a-f-]+ 'front' trapped: .*unreachable
// stderr~ process [0-9a-f-]+ trapped: the label is not UTF-8
// \(lunatic::process::set_label\) stderr~ process [0-9a-f-]+ trapped: .*divide
// by zero
#include "../check.h"

static void label(const char *text)
{
	lunatic_process_set_label(text, strlen(text));
}

ENTRY(plain)(void)
{
	label("worker 0");
	label("worker 1");
	__builtin_trap();
}

ENTRY(hostile)(void)
{
	label("b\x1b[21m\nd");
	__builtin_trap();
}

ENTRY(long_one)(void)
{
	label("0123456789012345678901234567890123456789"
	      "012345678901234567890ä");
	__builtin_trap();
}

// Its last character would be cut.
ENTRY(longer_one)(void)
{
	label("0123456789012345678901234567890123456789"
	      "01234567890123456789abäcd");
	__builtin_trap();
}

ENTRY(registered)(void)
{
	uint64_t environment = lunatic_process_this_env();

	CHECK_EQ(lunatic_process_register("front", 5, "1.0.0", 5, environment,
					  lunatic_process_this()),
		 0);
	label("back");
	__builtin_trap();
}

ENTRY(not_utf8)(void)
{
	label("\xff");
}

ENTRY(taken_away)(void)
{
	label("x");
	label("");
	__builtin_trap();
}

int main(void)
{
	lunatic_process_die_when_link_dies(0);
	must_fail("plain");
	must_fail("hostile");
	must_fail("long_one");
	must_fail("longer_one");
	must_fail("registered");
	must_fail("not_utf8");
	must_fail("taken_away");
	puts("passed");
	return 0;
}
