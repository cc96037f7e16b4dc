// The library's main() for tests: it runs what its arguments ask for, goes on
// after a failure, and tells of it.
//
// args: lucky wanted
// exit: 1
// stdout: ok lucky
// stdout: FAILED unlucky
// stdout: FAILED lucky_but_should_fail
// stdout: ok lucky_in_failing
// stdout: ok wanted_but_ignored
// stdout: 3 passed, 2 failed
// stderr~ runner.c:[0-9]+: out of luck: 13
#include <lunatic.h>

LUNATIC_TEST(lucky)
{
}

LUNATIC_TEST(unlucky)
{
	LUNATIC_PANIC("out of luck: %d", 13);
}

LUNATIC_TEST(another)
{
	LUNATIC_PANIC("nobody asked for this");
}

LUNATIC_TEST_FAILS(lucky_but_should_fail, "")
{
}

LUNATIC_TEST_FAILS(lucky_in_failing, "")
{
	lunatic_panic();
}

LUNATIC_TEST_IGNORED(wanted_but_ignored)
{
}
