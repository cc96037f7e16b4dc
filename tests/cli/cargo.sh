#!/bin/sh
# lunatic run, and what `cargo test` calls: modules that export tests, with the
# options, the output and the exit status of cargo's own harness.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
. "$(dirname "$0")/support/cli.sh"

deps=target/wasm32-wasip1/debug/deps
mkdir -p "$deps"
CARGO_MANIFEST_DIR=$work
export CARGO_MANIFEST_DIR
unset RUST_TEST_THREADS RUST_TEST_NOCAPTURE

# print NAME TEXT: a test that prints TEXT, and what is in $then.
print() {
	address=$((address + 64))
	# Where, and how long, with the end of the line.
	low=$(printf %02x $(((address + 8) % 256)))
	high=$(printf %02x $(((address + 8) / 256)))
	len=$(printf %02x $((${#2} + (${#2} > 0))))
	cat <<EOS2
(data (i32.const $address) "\\$low\\$high\\00\\00\\$len")
(data (i32.const $((address + 8))) "$2\\0a")
(func (export "$1")
  (drop (call \$write (i32.const 1) (i32.const $address) (i32.const 1)
    (i32.const 0)))
  $then)
EOS2
}

# tests FILE NAME TEXT THEN ...
tests() {
	file=$1
	shift
	address=0
	{
		cat <<'EOS'
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get"
    (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
EOS
		while [ $# -gt 0 ]; do
			then=$3
			print "$1" "$2"
			shift 3
		done
		echo ')'
	} >tests.wat
	wat2wasm tests.wat -o "$deps/$file" || bad "wat2wasm"
}

tests all-1234.wasm \
	'#lunatic_test_m::second' 'said by second' '' \
	'#lunatic_test_m::first' '' '' \
	'#lunatic_test_m::bad' 'said by bad' 'unreachable' \
	'#lunatic_test_#ignore_m::slow' 'said by slow' '' \
	'#lunatic_test_#panic_by \\#zero#m::panics' 'divided by #zero' unreachable \
	'#lunatic_test_#panic_by zero#m::otherwise' 'other' unreachable \
	'#lunatic_test_#panic_#m::survives' '' '' \
	'#lunatic_test_#ignore_#panic_#m::ignored_panic' '' unreachable
file=$PWD/$deps/all-1234.wasm

# Both forms of the runner.
for form in '' run; do
	# shellcheck disable=SC2086
	run $form "$file"
	expect 101 "cargo test ($form)"
	silent err "cargo test ($form)"
	sed 's/finished in [0-9]*\.[0-9][0-9]s$/finished in TIME/' out |
		grep -v '^lunatic: process .* trapped\|^ *[0-9]*: ' >have
	cp have out
	head -n 4 out >begin
	printf '\nrunning 8 tests\ntest m::ignored_panic - should panic ... ignored\ntest m::slow ... ignored\n' |
		diff - begin || bad "the beginning ($form)"
	sed -n '5,10p' out | sort >lines
	diff - lines <<'EOS' || bad "the lines of tests ($form)"
test m::bad ... FAILED
test m::first ... ok
test m::otherwise - should panic ... FAILED
test m::panics - should panic ... ok
test m::second ... ok
test m::survives - should panic ... FAILED
EOS
	sed -n '11,$p' out >rest
	diff - rest <<'EOS' || bad "the end ($form)"

failures:

---- m::bad stdout ----
said by bad
note: trapped

---- m::otherwise stdout ----
other
note: it failed without printing 'by zero'

---- m::survives stdout ----
note: it should have failed


failures:
    m::bad
    m::otherwise
    m::survives

test result: FAILED. 3 passed; 3 failed; 2 ignored; 0 measured; 0 filtered out; finished in TIME

EOS
done

run run "$file" first second
expect 0 "filters"
says out '^running 2 tests$' "filters"
says out '^test result: ok\. 2 passed; 0 failed; 0 ignored; 0 measured; 6 filtered out; finished in [0-9]+\.[0-9][0-9]s$' "filters"
run run "$file" m::first --exact
expect 0 "--exact"
says out '^running 1 test$' "--exact"
run run "$file" --exact first
expect 0 "--exact of a part"
says out '^running 0 tests$' "--exact of a part"
says out '^test result: ok\. 0 passed; .* 8 filtered out' "no test"
run run "$file" --skip bad --skip otherwise --skip=survives
expect 0 "--skip"
says out '^test result: ok\. 3 passed; 0 failed; 2 ignored; 0 measured; 3 filtered out' "--skip"
run run "$file" --ignored
expect 0 "--ignored"
says out '^running 2 tests$' "--ignored"
says out '^test m::slow \.\.\. ok$' "--ignored"
run run "$file" --include-ignored s
expect 101 "--include-ignored"
says out '^test result: FAILED\. 4 passed; 2 failed; 0 ignored; 0 measured; 2 filtered out' "--include-ignored"
run run "$file" --nocapture m::second
expect 0 "--nocapture"
says out '^said by second' "--nocapture"
run run "$file" m::second
! grep -q 'said by second' out || bad "output of a test that passes"
RUST_TEST_NOCAPTURE=1 run run "$file" m::second
says out '^said by second' "RUST_TEST_NOCAPTURE"
run run "$file" --show-output m::second m::first --test-threads=1
expect 0 "--show-output"
sed -n '3,$p' out | sed 's/in [0-9.]*s$/in TIME/' >rest
diff - rest <<'EOS' || bad "--show-output"
test m::first ... ok
test m::second ... ok

successes:

---- m::second stdout ----
said by second


successes:
    m::first
    m::second

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 6 filtered out; finished in TIME

EOS

run run "$file" --list
expect 0 "--list"
diff - out <<'EOS' || bad "--list"
m::bad: test
m::first: test
m::ignored_panic: test
m::otherwise: test
m::panics: test
m::second: test
m::slow: test
m::survives: test

8 tests, 0 benchmarks
EOS
run run "$file" --list --format terse --ignored
expect 0 "--list --format terse"
printf 'm::ignored_panic: test\nm::slow: test\n' | diff - out ||
	bad "--list --format terse"
run run "$file" --list --exact m::first
printf 'm::first: test\n\n1 test, 0 benchmarks\n' | diff - out ||
	bad "--list of one"

for quiet in -q --quiet --format=terse; do
	run run "$file" "$quiet" --test-threads 1
	expect 101 "$quiet"
	sed -n '1,9p' out >begin
	diff - begin <<'EOS' || bad "$quiet"

running 8 tests
ii 2/8
m::bad --- FAILED
. 4/8
m::otherwise --- FAILED
.. 7/8
m::survives --- FAILED

EOS
done
run run "$file" -q first
sed -n '3,4p' out | sed 's/ok.*/ok/' >begin
printf '.\ntest result: ok\n' | diff - begin || bad "-q of one that passes"
run run "$file" --color always m::
says out "$(printf '^test m::first \.\.\. \033\[32mok\033\[0m$')" "--color always"
says out "$(printf '^test result: \033\[31mFAILED\033\[0m\. ')" "--color always"
run run "$file" first
! grep -q "$(printf '\033')" out || bad "colors in a file"

# What is wrong ends as tests that fail do.
for wrong in --nonsense --format=json --test-threads=0 --skip; do
	run run "$file" "$wrong"
	expect 101 "$wrong"
	[ "$(wc -l <err)" -eq 1 ] || bad "$wrong: not one line on stderr"
done

# Options of the runner; nothing else is taken for a test.
mkdir dir
tests dirs-1.wasm \
	'#lunatic_test_current' '' \
	'(if (call $prestat (i32.const 3) (i32.const 0)) (then unreachable))' \
	'#lunatic_test_given' '' \
	'(if (call $prestat (i32.const 4) (i32.const 0)) (then unreachable))' \
	'_start' 'run' '(call $exit (i32.const 7))'
run run "$deps/dirs-1.wasm" current
expect 0 "the current directory of a test"
run "$deps/dirs-1.wasm" current
expect 0 "the current directory of a test, runner = lunatic"
run run --dir dir "$deps/dirs-1.wasm"
expect 0 "--dir of a test"
run run "$deps/dirs-1.wasm" given
expect 101 "no --dir of a test"
run run "$deps/dirs-1.wasm" --bench
expect 7 "a benchmark"
run run --bench "$deps/dirs-1.wasm"
expect 7 "a benchmark of the runner"
(
	unset CARGO_MANIFEST_DIR
	run run "$deps/dirs-1.wasm"
	[ "$status" -eq 7 ]
) || bad "without cargo it is no test"
cp "$deps/dirs-1.wasm" .
run run dirs-1.wasm
expect 7 "cargo run"
tests own-1.wasm '_start' 'harness' '(call $exit (i32.const 9))'
run run "$deps/own-1.wasm" --nocapture
expect 9 "a harness of its own"
tests lib-1.wasm 'other' '' ''
run run "$deps/lib-1.wasm"
expect 0 "no tests"
says out '^running 0 tests$' "no tests"
run run "$deps/none-1.wasm"
expect 1 "no module"
printf 'no module' >"$deps/wrong-1.wasm"
run run "$deps/wrong-1.wasm"
expect 101 "a wrong module"

# lunatic run of a program.
tests args.wasm '_start' '' '(if (i32.eqz (call $prestat (i32.const 3)
	(i32.const 0))) (then (call $exit (i32.const 3))))'
cp "$deps/args.wasm" .
run run args.wasm
expect 3 "the current directory"
run args.wasm
expect 0 "no directory"
tests twice.wasm '_start' '' '(if (i32.eqz (call $prestat (i32.const 4)
	(i32.const 0))) (then (call $exit (i32.const 3))))'
run run --dir .:ro "$deps/twice.wasm"
expect 0 "--dir . is not added to"
run run --dir dir "$deps/twice.wasm"
expect 3 "--dir and the current directory"
cat >echo.c <<'EOS'
#include <stdio.h>
int main(int argc, char **argv)
{
	FILE *file;

	for (int i = 0; i < argc; i++)
		puts(argv[i]);
	file = fopen("written", "w");
	return file == NULL || fputs("text", file) < 0 || fclose(file) != 0;
}
EOS
clang-19 --target=wasm32-wasi -O1 echo.c -o "$deps/echo.wasm" 2>err ||
	bad "compiling"
mv "$deps/echo.wasm" dir
run run dir/echo.wasm --name x -- y --bench
expect 0 "arguments"
printf 'echo.wasm\n--name\nx\n--\ny\n--bench\n' | diff - out || bad "arguments"
[ "$(cat written)" = text ] || bad "a file in the current directory"
run run --bench dir/echo.wasm a
printf 'echo.wasm\na\n--bench\n' | diff - out || bad "--bench"
run dir/echo.wasm a
printf 'dir/echo.wasm\na\n' | diff - out || bad "without run"
expect 1 "without run nothing is written"
# A directory that holds keys is not given, nor is one that is gone.
(
	mkdir -p home/.config/lunatic gone
	HOME=$work/home
	export HOME
	unset XDG_CONFIG_HOME
	cd home/.config/lunatic
	status=0
	"$lunatic" run "$work/dir/echo.wasm" >"$work/out" 2>"$work/err" ||
		status=$?
	[ "$status" -eq 1 ] && [ ! -e written ]
) || bad "the folder of keys"
status=0
(
	cd gone
	rmdir ../gone
	exec "$lunatic" run "$work/args.wasm"
) >out 2>err || status=$?
expect 3 "a directory that is gone"
run test --format pretty "$deps/all-1234.wasm"
expect 1 "lunatic test --format pretty"
says out '^test result: FAILED\. 3 passed' "lunatic test --format pretty"
finish
