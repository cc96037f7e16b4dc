#!/bin/sh
# lunatic test: which tests it finds and runs, what it tells of each, and that
# nothing of one is left when the next ones run.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

cmake --install "$(dirname "$lunatic")" --component sdk --prefix "$work/sdk" \
	>"$work/out" 2>"$work/err" || bad "installing"
cat >tests.c <<'EOS'
#include <lunatic.h>
#include <lunatic/test.h>
#include <stdlib.h>

static void speak(int64_t number)
{
	printf("child speaks %d\n", (int)number);
}
static void spin(int64_t number)
{
	for (volatile int64_t i = number; i >= 0;)
		;
}
LUNATIC_TEST(passes)
{
	printf("said by one that passes\n");
}
LUNATIC_TEST(checks)
{
	printf("said before the check\n");
	LUNATIC_CHECK_EQ(1, 2);
}
LUNATIC_TEST(children)
{
	lunatic_spawn_value(NULL, NULL, speak, 7);
	lunatic_sleep(300);
	__builtin_trap();
}
LUNATIC_TEST(endless)
{
	spin(1);
}
LUNATIC_TEST(leaves)
{
	for (int i = 0; i < 20; i++)
		lunatic_spawn_value(NULL, NULL, spin, 7);
}
LUNATIC_TEST(floods)
{
	for (int i = 0; i < 100000; i++)
		printf("%064d\n", i);
	abort();
}
LUNATIC_TEST(exits)
{
	exit(3);
}
LUNATIC_TEST(exits_well)
{
	exit(0);
}
LUNATIC_TEST_FAILS(says, "by zero")
{
	LUNATIC_PANIC("division by zero");
}
LUNATIC_TEST_FAILS(says_otherwise, "by zero")
{
	LUNATIC_PANIC("something");
}
LUNATIC_TEST_FAILS(survives, "")
{
}
LUNATIC_TEST_IGNORED(skipped)
{
	__builtin_trap();
}
EOS
"$work/sdk/bin/lunatic-cc" tests.c -o tests.wasm 2>"$work/err" ||
	bad "compiling"

run test --timeout 3 tests.wasm
expect 1 "all tests"
silent err "all tests"
for name in passes leaves exits_well 'says - should fail'; do
	says out "^test $name \.\.\. ok \([0-9]+ ms\)\$" "all tests"
done
for name in checks children endless floods exits \
	'says_otherwise - should fail' 'survives - should fail'; do
	says out "^test $name \.\.\. FAILED" "all tests"
done
says out '^test skipped \.\.\. ignored$' "all tests"
says out '^4 passed, 7 failed, 1 ignored in [0-9.]+ s$' "all tests"
says out '^---- checks: exited with status 1 ----$' "all tests"
says out '^tests.c:[0-9]+: failed: 1 is 1, not 2$' "all tests"
says out '^said before the check$' "all tests"
says out '^child speaks 7$' "a child's output"
says out 'trapped: wasm `unreachable` instruction' "a trap's report"
says out '^---- endless: still running after 3 s ----$' "all tests"
says out '^---- exits: exited with status 3 ----$' "all tests"
says out "^---- says_otherwise: .* without printing 'by zero' ----\$" "all tests"
says out '^---- survives: it should have failed ----$' "all tests"
says out '^\(the rest was not kept\)$' "output without end"
[ "$(wc -c <out)" -lt 1200000 ] || bad "output without end is shown"
! grep -q 'said by one that passes' out || bad "the output of one that passes"

run test tests.wasm passes exits_well says -j 1 --exact
expect 0 "filters"
says out '^3 passed, 0 failed, 0 ignored, 9 left out' "filters"
run test tests.wasm say
expect 1 "parts of names"
says out '^1 passed, 1 failed, 0 ignored, 10 left out' "parts of names"
run test tests.wasm no-such-test
expect 0 "a filter without a match"
says out '^0 passed, 0 failed, 0 ignored, 12 left out' "no match"
run test --nocapture tests.wasm --exact passes
expect 0 "--nocapture"
says out '^said by one that passes$' "--nocapture"
run test --nocapture tests.wasm --exact says
expect 0 "--nocapture of a test that fails"
says out '^tests.c:[0-9]+: division by zero$' "--nocapture"
run test --ignored tests.wasm
expect 1 "--ignored"
says out '^0 passed, 1 failed, 0 ignored, 11 left out' "--ignored"
run test --include-ignored tests.wasm skipped passes
expect 1 "--include-ignored"
says out '^1 passed, 1 failed, 0 ignored' "--include-ignored"
run test --list tests.wasm
expect 0 "--list"
[ "$(wc -l <out)" -eq 11 ] || bad "--list: not 11 names"

# Names as the crate for Rust writes them.
module names <<'EOF'
(module
  (func (export "#lunatic_test_suite::plain"))
  (func (export "#lunatic_test_#ignore_#panic_x#suite::both") unreachable)
  (func (export "#lunatic_test_#panic_a\\#b#suite::hash") unreachable)
  (func (export "#lunatic_test_#panic_wasm `unreachable`#suite::trap")
    unreachable)
  (func (export "#lunatic_test_#panic_#") unreachable)
  (func (export "#lunatic_test_#panic_endless") unreachable)
  (func (export "#lunatic_test_\1b[31mred"))
  (func (export "#lunatic_test_params") (param i32))
  (func (export "lunatic_test_none")))
EOF
run test names.wasm
expect 1 "names"
says out '^test suite::plain \.\.\. ok' "names"
says out '^test suite::both \.\.\. ignored$' "names"
says out '^test suite::hash - should fail \.\.\. FAILED' "names"
says out "^---- suite::hash: it failed without printing 'a#b' ----" "names"
says out '^test suite::trap - should fail \.\.\. ok' "names"
says out '^test  - should fail \.\.\. ok' "an empty name"
says out '^test \?\[31mred \.\.\. ok' "a name that a terminal obeys"
says out '^---- params: cannot be started' "a test with parameters"
says out '^4 passed, 3 failed, 1 ignored in' "names"

module none <<'EOF'
(module (func (export "_start")))
EOF
refuses "exports no tests" test none.wasm
refuses "cannot open 'nowhere.wasm'" test nowhere.wasm
echo "not wasm" >bad.wasm
refuses "cannot test 'bad.wasm'" test bad.wasm
for words in '' '--timeout' '--timeout x names.wasm' '--jobs 0 names.wasm' \
	'--jobs 257 names.wasm' '--nothing names.wasm' \
	'names.wasm --nothing' '--tcplisten 127.0.0.1:0 names.wasm'; do
	# shellcheck disable=SC2086
	run test $words
	expect 2 "test $words"
	silent out "test $words"
	[ "$(wc -l <err)" -eq 1 ] || bad "test $words: not one line"
done
# They belong to that command.
refuses "unknown option '--nocapture'" --nocapture names.wasm
finish
