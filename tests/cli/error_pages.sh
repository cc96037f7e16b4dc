#!/bin/sh
# Messages that name a topic, which is a part of docs/errors.md: `lunatic help`
# prints it, and the messages come when they should.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/support/cli.sh"

topics=$(cat "$top"/src/cli/*.c | tr -d '\n\t"' |
	grep -o 'see lunatic help [a-z-]*' | sed 's/.* //' | sort -u)
[ "$(echo "$topics" | wc -l)" -ge 5 ] || bad "topics in the sources: $topics"
run help
expect 0 "help"
cp out list
for topic in $topics; do
	grep -q "^  $topic " list || bad "lunatic help does not list $topic"
	run help "$topic"
	expect 0 "help $topic"
	[ "$(wc -l <out)" -ge 5 ] || bad "help $topic: a short text"
done
refuses "no topic 'trap'; did you mean lunatic help traps\?$" help trap
refuses "help takes one topic" help traps killed

echo nothing >text
refuses "not a WebAssembly module.* \(see lunatic help refused\)$" text
module library <<'EOF'
(module)
EOF
refuses '`_start`.* \(see lunatic help refused\)$' library.wasm
run test library.wasm
says err 'exports no tests.* \(see lunatic help refused\)$' "no tests"
run test text
says err "cannot test 'text'.* \(see lunatic help refused\)$" "test text"

module traps <<'EOF'
(module
  (import "lunatic::process" "inherit_spawn"
    (func $spawn (param i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "other")
  (func (export "other") unreachable)
  (func (export "_start") unreachable)
  (func (export "parent")))
EOF
run traps.wasm
expect 134 "a trap"
[ "$(grep -c 'lunatic help traps' err)" -eq 1 ] || bad "a trap: not one pointer"
sed 's/"_start"/"first"/; s/"parent")/"_start")\
  (drop (call $spawn (i64.const 0) (i32.const 0) (i32.const 5)\
    (i32.const 0) (i32.const 0) (i32.const 8)))\
  (call $sleep (i64.const 300))/' traps.wat >other.wat
wat2wasm other.wat -o other.wasm
run other.wasm
expect 0 "another process that traps"
says err 'trapped: ' "another process that traps"
! grep -q 'lunatic help' err || bad "another process that traps: a pointer"
sed 's/(i64.const 0) (i32.const 0) (i32.const 5)/(i64.const 1) (i32.const 0) (i32.const 5)/
	s/300/30000/' other.wat >linked.wat
wat2wasm linked.wat -o linked.wasm
run linked.wasm
expect 134 "killed by a link"
says err 'first process was killed.*\(see lunatic help killed\)$' "killed by a link"


# A word that is no command and no file.
refuses "cannot open 'tset': No such file.*; did you mean lunatic test\?$" \
	tset app.wasm
refuses "cannot open 'exec': No such file.*; .*no such command, use lunatic FILE$" \
	exec library.wasm
refuses "cannot open 'none.wasm': No such file or directory$" run none.wasm
refuses "cannot open 'tset': No such file or directory$" run tset
refuses "cannot open 'tset.wasm': No such file or directory$" tset.wasm
cp traps.wasm exec
run exec
expect 134 "a file with the name of such a command"
# Commands of lunatic 0.13.
for command in node control deploy login app; do
	run "$command" --bind-socket 127.0.0.1:0
	expect 2 "$command"
	silent out "$command"
	[ "$(wc -l <err)" -eq 1 ] || bad "$command: not one line on stderr"
	says err "^lunatic: there is no command '$command': .*(--node ADDR|lunatic FILE)" \
		"$command"
	cp traps.wasm "$command"
	run "$command"
	expect 134 "a file called $command"
	rm "$command"
done

# A program that looks for its directories, and has none.
cat >opens.c <<'EOC'
#include <stdio.h>
int main(int argc, char **argv)
{
	if (fopen(argv[0], "r") != NULL)
		return 0;
	perror(argv[0]);
	return argc > 1 ? 0 : 3;
}
EOC
clang-19 --target=wasm32-wasi -O1 opens.c -o opens.wasm
run opens.wasm
expect 3 "no directory"
says err '^opens.wasm: Capabilities insufficient$' "no directory"
[ "$(grep -c '^lunatic: .*--dir (see lunatic help files)$' err)" -eq 1 ] ||
	bad "no directory: not one line"
run opens.wasm fine
expect 0 "no directory, and fine"
! grep -q '^lunatic' err || bad "no directory, and fine: a line"
run --dir . opens.wasm
expect 0 "a directory"
silent err "a directory"
mkdir sub
run --dir sub opens.wasm
expect 3 "another directory"
! grep -q '^lunatic' err || bad "another directory: a line"
# The same for one that opens what it takes for its first directory.
module directly <<'EOF'
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "x")
  (func (export "_start")
    (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0)
      (i32.const 1) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0)
      (i32.const 8)))))
EOF
run directly.wasm
expect 8 "no directory at 3"
says err '\(see lunatic help files\)$' "no directory at 3"
cat >opens_test.c <<'EOC'
#include <lunatic.h>
#include <stdio.h>
LUNATIC_TEST(opens)
{
	LUNATIC_CHECK(fopen("opens.wasm", "r") != NULL);
}
EOC
sdk=$(dirname "$lunatic")/sdk/c
if LUNATIC_SDK=$sdk "$sdk/lunatic-cc" -I "$top/sdk/c/include" opens_test.c \
	-o opens_test.wasm; then
	run test opens_test.wasm
	expect 1 "a test without a directory"
	says out '^\(it looked for a directory .*; see lunatic help files\)$' \
		"a test without a directory"
	run test --dir . opens_test.wasm
	expect 0 "a test with a directory"
else
	bad "lunatic-cc"
fi

# Variables of the program.
LUNATIC_CACHE=no
refuses "LUNATIC_CACHE should be on or off" traps.wasm
LUNATIC_CACHE=off
LUNATIC_CACHE_SIZE=1G
export LUNATIC_CACHE_SIZE
refuses "LUNATIC_CACHE_SIZE should be a number of MiB" traps.wasm
run test opens_test.wasm
expect 2 "a bad size, for tests"
run --help
expect 0 "a bad size, for the help"
finish
