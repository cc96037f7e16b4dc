#!/bin/sh
# lunatic log: tells and sets up to which level a program that runs logs; its
# guests see the same.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/cli.sh"
. "$here/support/programs.sh"

cat >says.c <<'EOC'
#include <lunatic.h>

LUNATIC_MAIN(argc, argv)
{
	(void)argc;
	(void)argv;
	for (;;) {
		lunatic_log(LUNATIC_LOG_WARN, "always");
		if (lunatic_log_enabled(LUNATIC_LOG_DEBUG))
			lunatic_log(LUNATIC_LOG_DEBUG, "wanted");
		lunatic_sleep(10);
	}
}
EOC
clang-19 --target=wasm32-wasi -O1 -I "$here/../../sdk/c/include" says.c \
	"$(dirname "$lunatic")/sdk/c/lib/liblunatic-guest.a" -o says.wasm ||
	bad "clang"

run log debug
expect 3 "log without a program"
run log debug info
expect 2 "log with two words"
run log --help
expect 0 "log --help"
says out '^Usage: lunatic log ' "log --help"

begin says says.wasm
within "a line" grep -q always "$work/says.err"
run log
expect 0 "log"
[ "$(cat out)" = warn ] || bad "log: not warn"
! grep -q wanted "$work/says.err" || bad "debug is logged"
run log debug
expect 0 "log debug"
[ "$(cat out)" = debug ] || bad "log debug: another answer"
within "a line of debug" grep -q wanted "$work/says.err"
run log --json error
expect 0 "log --json"
[ "$(cat out)" = '{"level":"error","before":"debug"}' ] ||
	bad "log --json: another answer"
run log loud
expect 1 "log loud"
says err "no level 'loud': there are error, warn, info and debug" "log loud"
run log
[ "$(cat out)" = error ] || bad "a wrong level changes it"
# Lines that waited are written; then there are none.
sleep 0.3
size=$(wc -c <"$work/says.err")
sleep 0.2
[ "$(wc -c <"$work/says.err")" -eq "$size" ] || bad "warnings are logged"
finish
